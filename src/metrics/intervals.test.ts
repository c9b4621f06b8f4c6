import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { T1 } from '../../test/fixtures/metrics-toys.ts';
import { chooseCluster } from './cluster.ts';
import { eer } from './eer.ts';
import { evaluate, evaluateRoc, type ScoredClip } from './evaluate.ts';
import { evaluateGroups } from './groups.ts';
import { quantile } from './quantile.ts';
import { createResampler, groupClusters } from './resample.ts';
import { rocAuc } from './roc.ts';

describe('the exact cluster bootstrap of metrics.md §9', () => {
  const speakers = [
    [1, 1, 1, 0],
    [1, 0],
    [0, 0, 1],
  ];
  const shareOf = (counts: ArrayLike<number>): number => {
    let hits = 0;
    let n = 0;
    for (const [s, outcomes] of speakers.entries()) {
      hits += counts[s]! * outcomes.reduce((a, b) => a + b, 0);
      n += counts[s]! * outcomes.length;
    }
    return hits / n;
  };

  test('all 27 draws: moments and quantiles', () => {
    const values: number[] = [];
    for (let draw = 0; draw < 27; draw += 1) {
      const counts = [0, 0, 0];
      for (const place of [draw % 3, Math.floor(draw / 3) % 3, Math.floor(draw / 9)])
        counts[place]! += 1;
      values.push(shareOf(counts));
    }
    const sorted = Float64Array.from(values).sort();
    const mean = values.reduce((a, b) => a + b, 0) / 27;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / 27;
    expect(mean).toBeCloseTo(0.544869328, 9);
    expect(Math.sqrt(variance)).toBeCloseTo(0.112097777, 9);
    expect(sorted[0]).toBeCloseTo(1 / 3, 12);
    expect(sorted[26]).toBeCloseTo(0.75, 12);
    expect(quantile(sorted, 0.025)).toBeCloseTo(0.360416667, 9);
    expect(quantile(sorted, 0.975)).toBeCloseTo(0.7175, 9);
  });

  test('our draws have the same distribution', () => {
    const resampler = createResampler([[0, 3]], 7);
    const weights = new Uint8Array(3);
    const seen = new Map<string, number>();
    const draws = 27_000;
    let sum = 0;
    for (let i = 0; i < draws; i += 1) {
      resampler.next(weights);
      seen.set(weights.join(), (seen.get(weights.join()) ?? 0) + 1);
      sum += shareOf(weights);
    }
    // Multinomial: 3!/(a! b! c!) of 27; chi-square with 9 degrees of freedom, 99.99 % at 33.7.
    let chiSquare = 0;
    for (const [counts, n] of seen) {
      const factorials = counts.split(',').reduce((p, k) => p * [1, 1, 2, 6][Number(k)]!, 1);
      const expected = (draws * 6) / factorials / 27;
      chiSquare += (n - expected) ** 2 / expected;
    }
    expect(seen.size).toBe(10);
    expect(chiSquare).toBeLessThan(33.7);
    expect(sum / draws).toBeCloseTo(0.544869328, 2);
  });
});

test('resamples of many clusters are multinomial: exact total, variance 1 − 1/n, covariance −1/n', () => {
  const n = 500;
  const resampler = createResampler([[0, n]], 3);
  const weights = new Uint8Array(n);
  let squares = 0;
  let products = 0;
  const draws = 2000;
  for (let i = 0; i < draws; i += 1) {
    resampler.next(weights);
    expect(weights.reduce((a, b) => a + b, 0)).toBe(n);
    for (let k = 0; k < n; k += 1) {
      squares += (weights[k]! - 1) ** 2;
      products += (weights[k]! - 1) * (weights[(k + 1) % n]! - 1);
    }
  }
  expect(squares / draws / n).toBeCloseTo(1 - 1 / n, 2);
  expect(products / draws / n).toBeCloseTo(-1 / n, 2);
});

test('the seeded bootstrap of metrics.md §9 (mulberry32, seed 42)', () => {
  const uniform = mulberry32(42);
  // The card draws in its own order: the toy classes are listed as there.
  const replicate = (): { bonafide: Float64Array; spoof: Float64Array } => ({
    bonafide: T1.bonafide.map(() => T1.bonafide[Math.floor(uniform() * 5)]!),
    spoof: T1.spoof.map(() => T1.spoof[Math.floor(uniform() * 6)]!),
  });
  const values = Float64Array.from({ length: 1000 }, () => eer(replicate()).value);
  expect(values.reduce((a, b) => a + b, 0) / 1000).toBeCloseTo(0.195666667, 9);
  values.sort();
  expect([0.025, 0.5, 0.975].map((p) => quantile(values, p))).toEqual([
    expect.closeTo(0, 12),
    expect.closeTo(0.166666667, 9),
    expect.closeTo(0.5, 12),
  ]);
});

test('the same for AUC with a fresh generator', () => {
  const uniform = mulberry32(42);
  const values = Float64Array.from({ length: 1000 }, () =>
    rocAuc({
      bonafide: T1.bonafide.map(() => T1.bonafide[Math.floor(uniform() * 5)]!),
      spoof: T1.spoof.map(() => T1.spoof[Math.floor(uniform() * 6)]!),
    }),
  );
  expect(values.reduce((a, b) => a + b, 0) / 1000).toBeCloseTo(0.900966667, 9);
  values.sort();
  expect(quantile(values, 0.025)).toBeCloseTo(0.666666667, 9);
  expect(quantile(values, 0.5)).toBeCloseTo(0.933333333, 9);
  expect(quantile(values, 0.975)).toBeCloseTo(1, 12);
});

test('intervals agree with the textbook standard error of AUC', () => {
  // 200 + 200 normal scores one deviation apart: AUC 0.76, DeLong's deviation about 0.024.
  const uniform = mulberry32(5);
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const rows: ScoredClip[] = Array.from({ length: 400 }, (_, i) => ({
    clip: `c${i}`,
    label: i % 2 === 0 ? 'bonafide' : 'spoof',
    score: normal() + (i % 2),
  }));
  // Enough resamples that the ends of the intervals are known to about 1 %.
  const many = { replicates: 8000 };
  const { low, high } = evaluateRoc(rows, many).auc;
  expect((high! - low!) / (2 * 1.96)).toBeCloseTo(0.024, 2);
  // Clips of one speaker that move together: the clip-level interval is too narrow.
  const twice = rows.flatMap((row) =>
    [0, 1, 2, 3].map((k) => ({
      ...row,
      clip: `${row.clip}-${k}`,
      score: row.score + k * 1e-9,
      cluster: row.clip,
    })),
  );
  const clustered = evaluateRoc(twice, many).auc;
  const naive = evaluateRoc(
    twice.map((row) => ({ ...row, cluster: null })),
    many,
  ).auc;
  expect(clustered.high! - clustered.low!).toBeCloseTo(high! - low!, 2);
  expect((naive.high! - naive.low!) / (high! - low!)).toBeCloseTo(0.5, 1);
});

test('EER and AUC alone have the very figures of all metrics, ties and mixed clusters included', () => {
  const row = fc.record({
    spoof: fc.boolean(),
    score: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -3, max: 3, noNaN: true })),
    cluster: fc.constantFrom(null, 'x', 'y', 'z', 'v', 'w'),
  });
  fc.assert(
    fc.property(fc.array(row, { minLength: 4, maxLength: 700 }), (drawn) => {
      const rows: ScoredClip[] = drawn.map(({ spoof, score, cluster }, i) => ({
        clip: `c${i}`,
        label: spoof ? 'spoof' : 'bonafide',
        score,
        cluster,
      }));
      const labels = new Set(rows.map((r) => r.label));
      fc.pre(labels.size === 2 && new Set(rows.map((r) => r.score + 0)).size >= 3);
      const options = { replicates: 20 };
      const all = evaluate(rows, options).metrics;
      const { eer, auc } = evaluateRoc(rows, options);
      expect(eer).toEqual(all.eer);
      expect(auc.value).toBe(all.auc.value);
      for (const side of ['low', 'high'] as const) {
        if (all.auc[side] === null) expect(auc[side]).toBeNull();
        else expect(auc[side]).toBeCloseTo(all.auc[side], 12);
      }
    }),
    { seed: 1, numRuns: 60 },
  );
});

describe('clusters', () => {
  test('classes are resampled apart where clusters are pure, together where not', () => {
    const spoof = Uint8Array.of(0, 0, 1, 1, 0, 1);
    const { strata, of, count, enough } = groupClusters(['b', 'b', 's', 't', 'm', 'm'], spoof);
    expect(strata).toEqual([
      [0, 1],
      [1, 3],
      [3, 4],
    ]);
    expect([...of]).toEqual([0, 0, 1, 2, 3, 3]);
    expect(count).toBe(4);
    expect(enough).toBe(false);
  });

  test('one cluster in a class gives figures without an interval', () => {
    const rows: ScoredClip[] = [
      { clip: 'a', label: 'bonafide', score: 0, cluster: 'x' },
      { clip: 'b', label: 'bonafide', score: 1, cluster: 'x' },
      { clip: 'c', label: 'spoof', score: 2 },
      { clip: 'd', label: 'spoof', score: 3 },
    ];
    const { metrics, interval } = evaluate(rows);
    expect(metrics.eer).toEqual({ value: 0, low: null, high: null, rule: 'interpolated' });
    expect(interval.enough).toBe(false);
  });

  const clips = (speakers: number, sources: number | null, n = 60) =>
    Array.from({ length: n }, (_, i) => ({
      clip: `c${i}`,
      label: i % 2 === 0 ? ('bonafide' as const) : ('spoof' as const),
      speaker: speakers === 0 ? null : `p${(i >> 1) % speakers}`,
      source: sources === null ? null : `t${(i >> 1) % sources}`,
    }));
  test.each([
    ['six speakers', clips(6, 12), 'speaker', 'cover new speakers'],
    ['one speaker, twelve texts', clips(1, 12), 'source', 'There is one speaker'],
    ['four speakers, no source', clips(4, null), 'clip', 'too few speakers'],
    ['nothing named', clips(0, null), 'clip', 'No speaker is named'],
    [
      'sources as many as clips',
      clips(1, 1000, 12).map((c) => ({ ...c, source: c.clip })),
      'clip',
      'one speaker',
    ],
    [
      'a speaker missing',
      clips(6, null).map((c, i) => (i === 3 ? { ...c, speaker: null } : c)),
      'clip',
      '1 clips name no speaker',
    ],
  ] as const)('%s: %s', (_, rows, unit, note) => {
    const choice = chooseCluster(rows);
    expect(choice.unit).toBe(unit);
    expect(choice.note).toContain(note);
    expect(choice.clusters).toHaveLength(rows.length);
  });
});

test('groups: an attack stands against all bona fide, a hopeless group says why', () => {
  const rows = [
    ...Array.from(T1.bonafide, (score, i) => ({
      clip: `b${i}`,
      label: 'bonafide' as const,
      score,
      attack: null,
    })),
    ...Array.from(T1.spoof, (score, i) => ({
      clip: `s${i}`,
      label: 'spoof' as const,
      score,
      attack: i < 3 ? 'A' : 'B',
    })),
    { clip: 'lone', label: 'bonafide' as const, score: 0, attack: 'C' },
  ];
  const { groups, macro } = evaluateGroups(rows.slice(0, -1), (row) => row.attack);
  expect(groups.map(({ group, n }) => [group, n.bonafide, n.spoof])).toEqual([
    ['A', 5, 3],
    ['B', 5, 3],
  ]);
  expect(macro?.groups).toBe(2);
  const [, , c] = evaluateGroups(rows, (row) => row.attack).groups;
  expect(c).toMatchObject({ group: 'C', evaluation: null, code: 'metrics/class-missing' });
});

test('pooled and macro EER of metrics.md §1.6, both rules', () => {
  const attacks = {
    A: [-2, -2.1, -2.2, -2.3, -1.9, -1.8, -1.7, -1.6],
    H: [0.5, 1],
  };
  const rows = [
    ...[...T1.bonafide].map((score, i) => ({
      clip: `b${i}`,
      label: 'bonafide' as const,
      score,
      attack: '',
    })),
    ...Object.entries(attacks).flatMap(([attack, scores]) =>
      // The card's scores rise with bona fide.
      scores.map((score, i) => ({
        clip: `${attack}${i}`,
        label: 'spoof' as const,
        score: -score,
        attack,
      })),
    ),
  ];
  const pooled = evaluate(rows).metrics;
  expect(pooled.eer.value).toBeCloseTo(0.2, 9);
  expect(pooled.eerStep.value).toBeCloseTo(0.2, 9);
  const { groups, macro } = evaluateGroups(rows, (row) => row.attack);
  const of = (name: 'eer' | 'eerStep') =>
    groups.map(({ evaluation }) => evaluation?.metrics[name].value);
  expect(of('eer')).toEqual([0, 0.5].map((value) => expect.closeTo(value, 9)));
  expect(of('eerStep')).toEqual([0, 0.45].map((value) => expect.closeTo(value, 9)));
  expect(macro).toEqual({ eer: expect.closeTo(0.25, 9), auc: expect.any(Number), groups: 2 });
});

test('bad rows and options are refused with their codes', () => {
  const row = (clip: string, label: 'bonafide' | 'spoof', score: number): ScoredClip => ({
    clip,
    label,
    score,
  });
  const rows = [row('a', 'bonafide', 0), row('b', 'spoof', 1), row('c', 'spoof', 2)];
  const code = (name: string) => expect.objectContaining({ code: name });
  expect(() => evaluate([...rows, row('a', 'spoof', 4)])).toThrow(code('datasets/duplicate-id'));
  expect(() => evaluate([...rows, row('d', 'spoof', Number.NaN)])).toThrow(
    code('metrics/not-finite'),
  );
  expect(() => evaluate(rows.slice(0, 2))).toThrow(code('metrics/too-few-values'));
  expect(() => evaluate(rows.slice(1))).toThrow(code('metrics/class-missing'));
  expect(() => evaluate([])).toThrow(code('metrics/class-missing'));
  expect(() => evaluate(rows, { replicates: 0 })).toThrow(code('core/invalid-options'));
  expect(() => evaluate(rows, { level: 1 })).toThrow(code('core/invalid-options'));
  expect(evaluate(rows).interval.seed).toBe(1);
});

/** The card's generator. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
