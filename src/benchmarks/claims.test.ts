import { describe, expect, test } from 'vitest';
import { auditLeaks } from './audit.ts';
import { checkBenchmark } from './benchmark-file.ts';
import type { ScoredCell } from './cells.ts';
import * as cross from './cross-domain-claims.ts';
import { auditedPairs, type Design } from './design.ts';
import { deviation, type Estimate } from './estimates.ts';
import type { CorpusClip } from './filter.ts';
import * as leave from './leave-one-out-claims.ts';
import type { MatrixCell } from './matrix.ts';

const DOMAINS = ['a', 'b', 'c', 'd'];

/** A figure that is the same on all resamples. */
function sure(value: number): Estimate {
  return { value, replicates: Float64Array.of(value, value, value) };
}

interface Wanted {
  readonly eer?: readonly number[];
  readonly auc?: number;
  readonly lost?: number;
}

function scored({ eer = [0.1, 0.1, 0.1], auc = 0.9, lost = 0 }: Wanted): ScoredCell {
  const mean = eer.reduce((sum, value) => sum + value, 0) / eer.length;
  const figures = (value: number) => ({
    eer: sure(value),
    auc: sure(auc),
    accuracy: sure(0.9 - lost),
    bestAccuracy: sure(0.9),
  });
  return {
    n: { bonafide: 10, spoof: 10 },
    note: '',
    seeds: eer.map((value, i) => ({ seed: i + 1, figures: figures(value) })),
    figures: figures(mean),
    thresholdLoss: sure(lost),
    deviations: { eer: deviation(eer), auc: 0, accuracy: 0, bestAccuracy: 0 },
    unstable: (deviation(eer) ?? 0) > 0.05,
  };
}

function cell(more: Partial<MatrixCell>, wanted: Wanted = {}): MatrixCell {
  return {
    kind: 'cross-domain',
    train: 'a',
    test: 'b',
    domains: ['a'],
    treated: { train: false, test: false },
    promised: [],
    recipe: 'r',
    condition: 'clean',
    scored: scored(wanted),
    problem: null,
    failed: 0,
    refused: 0,
    ...more,
  };
}

/** A matrix of four domains with an EER for each pair. */
function square(eerOf: (train: string, test: string) => number): MatrixCell[] {
  return DOMAINS.flatMap((train) =>
    DOMAINS.map((test) => {
      const value = eerOf(train, test);
      const kind = train === test ? 'in-domain' : 'cross-domain';
      return cell({ kind, train, test, domains: [train] }, { eer: [value, value, value] });
    }),
  );
}

const EMPTY: Design = {
  trainSets: [],
  testSets: [],
  cells: [],
  parts: { of: new Map(), sources: [] },
  notes: [],
};

function found(cells: readonly MatrixCell[], more: Record<string, unknown> = {}): cross.Findings {
  const benchmark = checkBenchmark({
    benchmark: 'cross-domain',
    corpus: 'x',
    domains: Object.fromEntries(DOMAINS.map((name) => [name, { domain: name }])),
    recipes: ['r'],
    ...more,
  });
  const model = { detector: '', trainSet: 'a', seed: 1, key: '', folder: '', threshold: 0 };
  return {
    benchmark,
    design: EMPTY,
    matrix: { models: [{ ...model, recipe: 'r', trained: true }], conditions: ['clean'], cells },
    audit: { promises: 1, broken: [], unknown: [] },
  };
}

describe('checks of card 02', () => {
  test('1: hardly an error in the domain and 15 points more across, on three of four domains', () => {
    const good = (train: string, test: string): number => (train === test ? 0.02 : 0.18);
    expect(cross.acrossDomains(found(square(good)), 'r').status).toBe('reproduced');
    // One domain may fail, two may not.
    const poor = (names: readonly string[]) => (train: string, test: string) =>
      names.includes(train) && train === test ? 0.03 : good(train, test);
    expect(cross.acrossDomains(found(square(poor(['a']))), 'r').status).toBe('reproduced');
    const claim = cross.acrossDomains(found(square(poor(['a', 'b']))), 'r');
    expect(claim.status).toBe('not-reproduced');
    expect(claim.note).toContain('Errs more than 2 % at home: a, b.');
    const near = cross.acrossDomains(found(square((x, y) => (x === y ? 0.01 : 0.15))), 'r');
    expect(near).toMatchObject({ status: 'not-reproduced' });
    expect(near.figures[2]).toEqual({
      name: 'a: across less in',
      value: expect.closeTo(0.14, 12),
      low: expect.closeTo(0.14, 12),
      high: expect.closeTo(0.14, 12),
      n: 80,
    });
  });

  test('2: the threshold fails where the ranking holds; where nothing ranks, nothing is shown', () => {
    const claim = (auc: number, lost: number) =>
      cross.thresholdTransfer(found([cell({}, { auc, lost })])).status;
    expect(claim(0.85, 0.05)).toBe('reproduced');
    expect(claim(0.85, 0.04)).toBe('not-reproduced');
    expect(claim(0.84, 0.2)).toBe('not-reproduced');
    expect(cross.thresholdTransfer(found([])).status).toBe('not-testable');
  });

  test('3: more domains, fewer errors, by rank correlation over training sets and seeds', () => {
    const cells = (eers: readonly number[]) =>
      eers.map((value, i) =>
        cell(
          { kind: 'diversity', domains: DOMAINS.slice(0, i + 1) },
          { eer: [value, value + 0.001, value + 0.002] },
        ),
      );
    const falling = cross.diversity(found(cells([0.4, 0.3, 0.2])), 'r');
    expect(falling.status).toBe('reproduced');
    // Nine points in three ties of three: 8 / √(8 · 80 / 9).
    expect(falling.figures[0]).toMatchObject({ name: 'Spearman ρ', n: 9 });
    expect(falling.figures[0]?.value).toBeLessThan(-0.9);
    expect(cross.diversity(found(cells([0.2, 0.3, 0.4])), 'r').status).toBe('not-reproduced');
    expect(cross.diversity(found(cells([0.4, 0.2])), 'r').status).toBe('not-testable');
    // One resample in three in which more domains err more: no trend is shown.
    const shaky = cells([0.4, 0.3, 0.2]).map((one, i) => {
      const vary = (eer: Estimate): Estimate => ({
        ...eer,
        replicates: Float64Array.of(eer.value, 0.2 + 0.1 * i, eer.value),
      });
      const seeds = one.scored!.seeds.map(({ seed, figures }) => ({
        seed,
        figures: { ...figures, eer: vary(figures.eer) },
      }));
      return { ...one, scored: { ...one.scored!, seeds } };
    });
    expect(cross.diversity(found(shaky), 'r')).toMatchObject({
      status: 'not-reproduced',
      note: 'The interval reaches 0: no trend is shown.',
    });
    const few = found(cells([0.4, 0.3, 0.2]), { seeds: [1, 2] });
    expect(cross.diversity(few, 'r')).toMatchObject({ note: '2 seeds; 3 are needed.' });
  });

  test('4: every cell has a spread over three seeds; those above five points are counted', () => {
    const claim = cross.seedSpread(found([cell({}, { eer: [0.1, 0.2, 0.3] }), cell({})]));
    expect(claim.status).toBe('reproduced');
    expect(claim.figures[2]).toMatchObject({ name: 'unstable cells', value: 1 });
    const lacking = [cell({}), cell({ scored: null, problem: 'no' })];
    expect(cross.seedSpread(found(lacking)).status).toBe('not-reproduced');
  });

  test('5: a fake without its bona fide clip is noticed', () => {
    const clip = (id: string, label: 'bonafide' | 'spoof', source: string): CorpusClip => ({
      ...{ id, label, source, path: id, medium: 'audio' },
    });
    const pair = [clip('r1', 'bonafide', '1'), clip('f1', 'spoof', '1')];
    const claim = (train: readonly CorpusClip[]) =>
      cross.pairedSampling({
        ...found([]),
        design: { ...EMPTY, trainSets: [{ name: 'a', draws: [{ seed: 1, train, dev: [] }] }] },
      }).status;
    expect(claim(pair)).toBe('reproduced');
    expect(claim([...pair, clip('f2', 'spoof', '2')])).toBe('not-reproduced');
    expect(claim([...pair, clip('f3', 'spoof', '1')])).toBe('not-reproduced');
    const apart = found([], { sampling: 'balanced' });
    expect(cross.pairedSampling(apart).status).toBe('not-testable');
  });

  test('6: the audit passes a clean tree and fails each way of polluting it', () => {
    const clip = (i: number, label: 'bonafide' | 'spoof', more: Partial<CorpusClip> = {}) => ({
      id: `${label} ${i}`,
      path: `/${label}/${i}`,
      medium: 'audio' as const,
      label,
      source: `s${i}`,
      transcript: `words ${i}`,
      speaker: `human ${i}`,
      domain: `d${i}`,
      sha256: `${label}${i}`.padEnd(64, '0'),
      ...(label === 'spoof' ? { generator: `g${i}` } : {}),
      ...more,
    });
    const design = (...added: CorpusClip[]): Design => ({
      ...EMPTY,
      trainSets: [
        {
          name: 'a',
          draws: [{ seed: 1, train: [clip(1, 'bonafide'), clip(1, 'spoof')], dev: added }],
        },
      ],
      testSets: [{ name: 'b', clips: [clip(2, 'bonafide'), clip(2, 'spoof')] }],
      cells: [
        {
          ...{ kind: 'cross-domain', train: 'a', test: 'b', domains: ['a'] },
          treated: { train: false, test: false },
          promised: ['recording', 'sentence', 'speaker', 'source', 'generator'],
        },
      ],
    });
    const audit = (...added: CorpusClip[]) => auditLeaks(auditedPairs(design(...added)));
    expect(audit()).toEqual({ promises: 5, broken: [], unknown: [] });
    const clean = { ...found([]), design: design(), audit: audit() };
    expect(cross.leakage(clean).status).toBe('reproduced');
    const ways: readonly [what: string, clip: CorpusClip][] = [
      ['recording', clip(3, 'spoof', { sha256: clip(2, 'spoof').sha256 })],
      ['sentence', clip(3, 'spoof', { transcript: 'Words, 2!' })],
      ['speaker', clip(3, 'bonafide', { speaker: 'human 2' })],
      ['source', clip(3, 'bonafide', { domain: 'd2' })],
      ['generator', clip(3, 'spoof', { generator: 'g2' })],
    ];
    for (const [what, polluting] of ways) {
      const dirty = audit(polluting);
      expect(dirty.broken.map((row) => row.what)).toEqual([what]);
      const claim = cross.leakage({ ...found([]), design: design(polluting), audit: dirty });
      expect(claim.status).toBe('not-reproduced');
      expect(claim.note).toContain(`1 of ${what}`);
    }
  });

  test('a control tells both numbers, and a rise beyond its interval is called what it is', () => {
    const plain = { kind: 'in-domain' as const, test: 'a' };
    const both = { ...plain, treated: { train: true, test: true } };
    const tested = { ...plain, treated: { train: false, test: true } };
    const claim = cross.control(
      found([cell(plain), cell(tested), cell(both, { eer: [0.3, 0.3, 0.3] })]),
      'r',
    );
    expect(claim.note).toContain('rises by 20.0 points');
    expect(cross.control(found([cell(plain)]), 'r').status).toBe('not-testable');
  });
});

describe('checks of card 07', () => {
  test('1: ten points more off the diagonal, on three corpora at least', () => {
    const claim = (more: number) =>
      leave.offDiagonal(found(square((x, y) => (x === y ? 0.1 : 0.1 + more))), 'r').status;
    expect(claim(0.101)).toBe('reproduced');
    expect(claim(0.09)).toBe('not-reproduced');
    expect(leave.offDiagonal(found([cell({})]), 'r').status).toBe('not-testable');
  });

  test('2: a union is no worse than the better one on six of ten test sets', () => {
    const singles = square(() => 0.2);
    const union = (test: string, value: number) =>
      cell(
        { kind: 'union', train: 'a+b', test, domains: ['a', 'b'] },
        { eer: [value, value, value] },
      );
    const claim = (...values: number[]) =>
      leave.complementarity(
        found([...singles, ...values.map((value, i) => union(DOMAINS[i]!, value))]),
        'r',
      );
    expect(claim(0.1, 0.2, 0.3, 0.2)).toMatchObject({ status: 'reproduced' });
    expect(claim(0.1, 0.2, 0.3, 0.2).figures[0]).toMatchObject({ value: 0.75, n: 4 });
    expect(claim(0.1, 0.2, 0.3, 0.3)).toMatchObject({ status: 'not-reproduced' });
    expect(leave.complementarity(found(singles), 'r').status).toBe('not-testable');
  });

  test('3: what was left out costs, the hardest first; the oldest vocoder must be the easiest', () => {
    const left = (value: string, unheard: number, heard: number) => [
      cell({ kind: 'left-out', train: `all but ${value}`, test: value, value }, { eer: [unheard] }),
      cell({ kind: 'heard', train: 'all', test: value, value }, { eer: [heard] }),
    ];
    const more = {
      benchmark: 'leave-one-out',
      vintage: { order: ['old', 'middle', 'new'], easiest: 'old' },
    };
    const cells = [
      ...left('language en', 0.3, 0.1),
      ...left('language cs', 0.2, 0.2),
      ...left('generator old', 0.1, 0.1),
      ...left('generator middle', 0.2, 0.1),
      ...left('generator new', 0.3, 0.1),
    ];
    const claim = leave.leftOut(found(cells, more), 'r');
    expect(claim.status).toBe('reproduced');
    expect(claim.figures[0]).toMatchObject({
      name: 'language: EER more than heard, mean',
      value: expect.closeTo(0.1, 12),
      n: 2,
    });
    expect(claim.figures.map(({ name }) => name).slice(4)).toEqual([
      'generator new: EER unheard',
      'generator middle: EER unheard',
      'generator old: EER unheard',
    ]);
    expect(leave.vintage(found(cells, more), 'r')).toMatchObject({
      status: 'reproduced',
      figures: [{ name: 'Spearman ρ', value: 1 }, {}, {}, {}],
    });
    const reversed = { ...more, vintage: { order: ['new', 'middle', 'old'], easiest: 'old' } };
    const other = { ...more, vintage: { order: ['old', 'middle', 'new'], easiest: 'new' } };
    expect(leave.vintage(found(cells, other), 'r').status).toBe('not-reproduced');
    expect(leave.vintage(found(cells, reversed), 'r').status).toBe('not-reproduced');
    const broken = {
      ...found(cells, more),
      audit: {
        promises: 1,
        unknown: [],
        broken: [
          {
            ...{ train: 'all but language en', test: 'language en', what: 'recording' as const },
            ...{ shared: ['x'], count: 1, clips: 1 },
          },
        ],
      },
    };
    expect(leave.leftOut(broken, 'r').status).toBe('not-reproduced');
  });

  test('4: an error rate of fakes alone is refused', () => {
    const fake: CorpusClip = { id: 'f', path: 'f', medium: 'audio', label: 'spoof' };
    const design = { ...EMPTY, testSets: [{ name: 'b', clips: [fake] }] };
    expect(leave.spoofOnlyGuard({ design })).toMatchObject({
      status: 'reproduced',
      note: 'The error is datasets/class-missing.',
    });
  });
});
