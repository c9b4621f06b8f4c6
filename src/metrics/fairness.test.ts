import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { trackPitch } from '../audio/dsp/pitch.ts';
import { createRng } from '../core/rng.ts';
import { eer } from './eer.ts';
import { evaluateFairness, type FairnessEvaluation } from './fairness.ts';
import type { GroupedClip } from './fairness-groups.ts';
import { judgeGaps } from './fairness-verdict.ts';
import { thresholdAtFpr } from './rates.ts';
import { rocAuc } from './roc.ts';

/** The worked example of card 22 §5, as printed there. */
const EXAMPLE = {
  A: [
    [0.05, 0.1, 0.12, 0.2, 0.22, 0.3, 0.35, 0.41, 0.48, 0.62],
    [0.38, 0.55, 0.61, 0.66, 0.7, 0.74, 0.8, 0.85, 0.9, 0.95],
  ],
  B: [
    [0.04, 0.15, 0.18, 0.25, 0.33, 0.4, 0.52, 0.55, 0.58, 0.71],
    [0.3, 0.45, 0.51, 0.6, 0.65, 0.72, 0.78, 0.83, 0.88, 0.93],
  ],
  C: [
    [0.08, 0.11, 0.16, 0.21, 0.28, 0.31, 0.36, 0.42, 0.44, 0.47],
    [0.28, 0.36, 0.43, 0.49, 0.57, 0.63, 0.69, 0.77, 0.82, 0.91],
  ],
} as const;
/** Places that the card prints. */
const PRINTED = 3;

const rows: readonly GroupedClip[] = Object.entries(EXAMPLE).flatMap(([group, classes]) =>
  classes.flatMap((scores, c) =>
    scores.map((score, i) => ({
      clip: `${group}${c}${i}`,
      label: c === 1 ? ('spoof' as const) : ('bonafide' as const),
      score,
      group,
    })),
  ),
);
const example = evaluateFairness(rows, { threshold: 0.5, replicates: 2000 });

function valuesOf(
  evaluation: FairnessEvaluation,
  figure: keyof FairnessEvaluation['groups'][0]['figures'],
) {
  return evaluation.groups.map(({ figures }) => figures[figure]?.value);
}

describe('the worked example of card 22', () => {
  test.each([
    ['fpr', [0.1, 0.4, 0]],
    ['fnr', [0.1, 0.2, 0.4]],
    ['balancedAccuracy', [0.9, 0.7, 0.8]],
    ['eer', [0.1, 0.3, 0.2]],
    ['auc', [0.95, 0.84, 0.89]],
    ['selectionRate', [0.5, 0.6, 0.3]],
    ['genuineAuc', [0.8975, 0.8325, 0.955]],
    ['fakesAuc', [0.9325, 0.9275, 0.825]],
  ] as const)('%s by group', (name, expected) => {
    const values = valuesOf(example, name);
    for (const [g, value] of expected.entries()) expect(values[g]).toBeCloseTo(value, PRINTED);
  });

  test.each([
    ['fprGap', 0.4],
    ['fnrGap', 0.3],
    ['worstBalancedAccuracy', 0.7],
    ['balancedAccuracyDeviation', 0.0816],
    ['fprDeviation', 0.17],
    ['fnrDeviation', 0.1247],
    ['fdr', 0.65],
    ['fprGini', 0.8],
    ['fnrGini', 0.4286],
    ['garbe', 0.6143],
    ['inequityRate', 5.196],
    ['equalisedOdds', 0.4],
    ['averageOdds', 0.35],
    ['selectionGap', 0.3],
    ['selectionRatio', 0.5],
  ] as const)('%s', (name, expected) => {
    expect(example.figures[name]?.value).toBeCloseTo(expected, PRINTED);
  });

  test('the worst group, and who is at either end of a gap', () => {
    expect(example.worst).toBe('B');
    const [fpr, fnr] = example.gaps;
    expect([fpr?.highest.group, fpr?.lowest.group]).toEqual(['B', 'C']);
    expect([fnr?.highest.group, fnr?.lowest.group]).toEqual(['C', 'A']);
  });

  test('pooled figures', () => {
    const pooled = rows.map((row) => ({ ...row, group: 'all' }));
    const [all] = evaluateFairness(pooled, { threshold: 0.5, replicates: 100 }).groups;
    const names = ['fpr', 'fnr', 'balancedAccuracy', 'eer', 'auc'] as const;
    const expected = [0.1667, 0.2333, 0.8, 0.2, 0.8944];
    for (const [k, name] of names.entries()) {
      expect(all?.figures[name]?.value).toBeCloseTo(expected[k]!, PRINTED);
    }
  });

  test('at the pooled 10 % point', () => {
    const scores = (label: string): Float64Array =>
      Float64Array.from(rows.filter((row) => row.label === label).map(({ score }) => score));
    const threshold = thresholdAtFpr({ bonafide: scores('bonafide'), spoof: scores('spoof') }, 0.1);
    expect(threshold).toBeGreaterThan(0.55);
    expect(threshold).toBeLessThanOrEqual(0.57);
    const moved = evaluateFairness(rows, { threshold, replicates: 100 });
    for (const [g, value] of [0.1, 0.2, 0].entries()) {
      expect(valuesOf(moved, 'fpr')[g]).toBeCloseTo(value, PRINTED);
    }
    for (const [g, value] of [0.2, 0.3, 0.4].entries()) {
      expect(valuesOf(moved, 'fnr')[g]).toBeCloseTo(value, PRINTED);
    }
  });

  test('the bootstrap interval of the gap', () => {
    const gap = example.figures.fprGap;
    expect(gap?.low).toBeCloseTo(0.1, PRINTED);
    expect(gap?.high).toBeCloseTo(0.7, PRINTED);
  });

  test('permutation tests: exactly 13356/142506 and 0.43', () => {
    // 5 alarms fall on 3 groups of 10: C(10,5) thrice, and 4 + 1 in six ways, of C(30,5).
    const exact = (3 * 252 + 6 * 210 * 10) / 142506;
    const shuffles = 20_000;
    const many = evaluateFairness(rows, { threshold: 0.5, replicates: shuffles });
    const [fpr, fnr] = many.gaps;
    const deviation = Math.sqrt((exact * (1 - exact)) / shuffles);
    expect(Math.abs((fpr?.p ?? 1) - exact)).toBeLessThan(4 * deviation);
    // The card's own shuffles gave 0.092 and 0.43.
    expect(fpr?.p).toBeCloseTo(0.092, 2);
    expect(fnr?.p).toBeCloseTo(0.43, 2);
  });
});

/** A made detector: scores of speakers in groups, with an effect of the speaker and of the group. */
function simulate(options: {
  readonly seed: number;
  readonly groups: number;
  readonly speakers: number;
  readonly clips: number;
  readonly speakerEffect: number;
  /** Added to the genuine scores of the first group. */
  readonly planted: number;
}): GroupedClip[] {
  const rng = createRng(options.seed);
  return Array.from({ length: options.groups * options.speakers }).flatMap((_, s) => {
    const group = s % options.groups;
    const effect = options.speakerEffect * rng.normal();
    return Array.from({ length: 2 * options.clips }, (__, c): GroupedClip => {
      const spoof = c % 2 === 1;
      const planted = group === 0 && !spoof ? options.planted : 0;
      return {
        clip: `${s} ${c}`,
        label: spoof ? 'spoof' : 'bonafide',
        score: (spoof ? 0.65 : 0.35) + 0.1 * rng.normal() + effect + planted,
        group: `group ${group}`,
        cluster: `speaker ${s}`,
      };
    });
  });
}

describe('planted bias (card 22 §6, check 2)', () => {
  const plain = { seed: 5, groups: 3, speakers: 100, clips: 1, speakerEffect: 0 } as const;

  test('genuine scores of one group raised by 0.1: worst, FDR falls, p below .05', () => {
    const options = { threshold: 0.5, replicates: 400 };
    const before = evaluateFairness(simulate({ ...plain, planted: 0 }), options);
    const after = evaluateFairness(simulate({ ...plain, planted: 0.1 }), options);
    const [fprBefore] = before.gaps;
    const [fpr, fnr] = after.gaps;
    expect(fprBefore?.p).toBeGreaterThan(0.05);
    expect(fpr?.p).toBeLessThan(0.05);
    expect(fpr?.gap.value).toBeGreaterThan(fpr?.chance.high ?? 1);
    expect(fnr?.p).toBeGreaterThan(0.05);
    expect(after.worst).toBe('group 0');
    expect(fpr?.highest.group).toBe('group 0');
    expect(after.figures.fdr!.value).toBeLessThan(before.figures.fdr!.value);
    expect(after.figures.fdr!.high!).toBeLessThan(before.figures.fdr!.value);
  });

  test('one sentence says so, and the other that nothing was shown', () => {
    const evaluation = evaluateFairness(simulate({ ...plain, planted: 0.1 }), {
      threshold: 0.5,
      replicates: 400,
    });
    const [fpr, fnr, eerGap] = judgeGaps([{ attribute: 'group', evaluation }]);
    expect(fpr?.differs).toBe(true);
    expect(fpr?.text).toMatch(/^bona fide called spoof differs by group: group 0 \d/);
    expect(fnr?.differs).toBe(false);
    expect(fnr?.text).toMatch(
      /^no difference shown in spoof called bona fide by group \(n=300 clips/,
    );
    expect(eerGap?.tests).toBe(3);
    expect(fpr?.pHolm).toBeCloseTo(3 * (fpr?.p ?? 1), 12);
  });
});

describe('no bias (card 22 §6, check 3)', () => {
  const clustered = { groups: 3, speakers: 12, clips: 6, speakerEffect: 0.12, planted: 0 } as const;

  /** p-values of data sets without any difference between groups. */
  function pValues(sets: number, alone: boolean) {
    return Array.from({ length: sets }, (_, seed) => {
      const made = simulate({ seed, ...clustered });
      const used = alone ? made.map(({ cluster: _cluster, ...row }) => row) : made;
      const [fpr, fnr, eerGap] = evaluateFairness(used, {
        threshold: 0.5,
        replicates: 99,
        seed,
      }).gaps;
      return [fpr, fnr, eerGap].map((gap) => ({
        p: gap?.p ?? 1,
        inside: (gap?.gap.value ?? 1) <= (gap?.chance.high ?? 0),
      }));
    }).flat();
  }
  const below = (values: readonly { p: number }[], cut: number): number =>
    values.filter(({ p }) => p <= cut).length / values.length;

  test('p-values are uniform, and the gap lies inside the band', () => {
    const values = pValues(200, false);
    // The three values of a data set hang together: four standard errors as if there were one of each.
    for (const cut of [0.05, 0.1, 0.25, 0.5, 0.75, 0.9]) {
      const tolerance = 4 * Math.sqrt((cut * (1 - cut)) / 200);
      expect(below(values, cut)).toBeLessThan(cut + tolerance);
      // Gaps of a few dozen clips tie, and a tie counts as a hit: large p-values are larger still.
      if (cut <= 0.5) expect(below(values, cut)).toBeGreaterThan(cut - tolerance);
    }
    const inside = values.filter((value) => value.inside).length / values.length;
    expect(inside).toBeGreaterThan(0.92);
  });

  test('shuffling clips in place of speakers finds differences that are not there', () => {
    const values = pValues(60, true);
    expect(below(values, 0.05)).toBeGreaterThan(0.12);
  });
});

describe('invariances and oracles', () => {
  const clips = fc.array(
    fc.record({
      label: fc.constantFrom('bonafide' as const, 'spoof' as const),
      // Few values, so that ties come up.
      score: fc.integer({ min: -4, max: 4 }),
      group: fc.constantFrom('a', 'b', 'c', null),
      cluster: fc.constantFrom('x', 'y', 'z', null),
    }),
    { minLength: 1, maxLength: 60 },
  );

  test('each group has the EER and the AUCs that it has alone', () => {
    fc.assert(
      fc.property(clips, (made) => {
        const numbered = made.map((row, i) => ({ ...row, clip: String(i) }));
        const { groups } = evaluateFairness(numbered, { threshold: 0.5, replicates: 1 });
        const scores = (label: string, keep: (group: string | null) => boolean): Float64Array =>
          Float64Array.from(
            numbered.filter((row) => row.label === label && row.group !== null && keep(row.group)),
            ({ score }) => score,
          );
        for (const { group, figures } of groups) {
          const own = (name: string | null): boolean => name === group;
          const others = (name: string | null): boolean => name !== group;
          const pairs = [
            ['auc', own, own],
            ['genuineAuc', own, others],
            ['fakesAuc', others, own],
          ] as const;
          for (const [name, genuine, fakes] of pairs) {
            const pair = { bonafide: scores('bonafide', genuine), spoof: scores('spoof', fakes) };
            if (pair.bonafide.length === 0 || pair.spoof.length === 0) {
              expect(figures[name]).toBeUndefined();
            } else {
              expect(figures[name]?.value).toBeCloseTo(rocAuc(pair), 12);
              if (name === 'auc') expect(figures.eer?.value).toBeCloseTo(eer(pair).value, 12);
            }
          }
        }
      }),
      { seed: 1 },
    );
  });

  test('the area under FDR is the mean over its thresholds', () => {
    const made = simulate({
      seed: 9,
      groups: 3,
      speakers: 40,
      clips: 3,
      speakerEffect: 0.05,
      planted: 0.05,
    });
    const whole = evaluateFairness(made, { threshold: 0.5, replicates: 1 });
    const scores = (label: string): Float64Array =>
      Float64Array.from(
        made.filter((row) => row.label === label),
        ({ score }) => score,
      );
    const pooled = { bonafide: scores('bonafide'), spoof: scores('spoof') };
    const parts = Array.from({ length: 21 }, (_, k) => {
      const threshold = thresholdAtFpr(pooled, 1e-3 * 100 ** (k / 20));
      const finite = Number.isFinite(threshold) ? threshold : 1e9;
      return evaluateFairness(made, { threshold: finite, replicates: 1 }).figures.fdr!.value;
    });
    const mean = parts.reduce((sum, part) => sum + part, 0) / parts.length;
    expect(whole.figures.fdrArea?.value).toBeCloseTo(mean, 12);
  });

  test('the order of the rows changes nothing, nor a rising map of the scores', () => {
    const made = simulate({
      seed: 2,
      groups: 2,
      speakers: 12,
      clips: 2,
      speakerEffect: 0.05,
      planted: 0.1,
    });
    const options = { threshold: 0.5, replicates: 50 };
    const { threshold: _threshold, ...plain } = evaluateFairness(made, options);
    const shuffled = evaluateFairness(createRng(1).shuffle(made), options);
    expect({ ...shuffled, threshold: undefined }).toEqual({ ...plain, threshold: undefined });
    const mapped = evaluateFairness(
      made.map((row) => ({ ...row, score: Math.exp(3 * row.score) })),
      { ...options, threshold: Math.exp(1.5) },
    );
    expect({ ...mapped, threshold: undefined }).toEqual({ ...plain, threshold: undefined });
  });

  test('a score that is not finite is refused by name', () => {
    const bad = [{ ...rows[0]!, score: Number.NaN }, ...rows.slice(1)];
    expect(() => evaluateFairness(bad, { threshold: 0.5 })).toThrow(
      expect.objectContaining({
        code: 'metrics/not-finite',
        message: expect.stringContaining('A00'),
      }),
    );
  });
});

describe('what is hidden, marked and told', () => {
  test('thin cells are marked or hidden; hidden ones keep their n and are not compared', () => {
    const made = simulate({
      seed: 4,
      groups: 3,
      speakers: 40,
      clips: 1,
      speakerEffect: 0,
      planted: 0,
    });
    // Group 2 keeps ten speakers.
    const few = made.filter(
      ({ group, cluster }) => group !== 'group 2' || Number(cluster?.split(' ')[1]) < 30,
    );
    const marked = evaluateFairness(few, { threshold: 0.5, replicates: 50 });
    expect(marked.groups.map(({ thin }) => thin.bonafide)).toEqual([false, false, true]);
    expect(marked.gaps[0]?.groups).toContain('group 2');
    const hidden = evaluateFairness(few, { threshold: 0.5, replicates: 50, thinCells: 'hide' });
    expect(hidden.groups[2]).toMatchObject({ n: { bonafide: 10, spoof: 10 }, figures: {} });
    expect(hidden.gaps[0]?.groups).toEqual(['group 0', 'group 1']);
  });

  test('with few speakers clips are resampled, and the figure says so', () => {
    const made = simulate({
      seed: 6,
      groups: 2,
      speakers: 3,
      clips: 20,
      speakerEffect: 0.02,
      planted: 0.1,
    });
    const { groups, gaps, figures } = evaluateFairness(made, { threshold: 0.5, replicates: 200 });
    expect(groups[0]?.figures.eer?.rule).toMatch(/^clips resampled/);
    expect(figures.fprGap?.rule).toMatch(/^clips resampled/);
    // Six speakers in threes: twenty ways, and a gap is the same with the groups exchanged.
    expect(gaps[0]?.arrangements).toBe(20);
    expect(gaps[0]?.p).toBeGreaterThan(0.05);
  });

  test('without a single error the interval still has a width', () => {
    const sure = rows.map((row) => ({
      ...row,
      score: row.label === 'spoof' ? row.score + 5 : row.score - 5,
    }));
    const { groups } = evaluateFairness(sure, { threshold: 0.5, replicates: 50 });
    expect(groups[0]?.figures.fpr?.value).toBe(0);
    expect(groups[0]?.figures.fpr?.low).toBe(0);
    expect(groups[0]?.figures.fpr?.high).toBeCloseTo(0.278, PRINTED);
  });

  test('a speaker in several groups is shuffled among the own clips', () => {
    const rng = createRng(8);
    const made = Array.from({ length: 20 }).flatMap((_, s) => {
      // Speakers differ a lot, and the codec adds little to each.
      const effect = 0.3 * rng.normal();
      return ['plain', 'phone'].flatMap((group) =>
        Array.from(
          { length: 8 },
          (__, c): GroupedClip => ({
            clip: `${s} ${group} ${c}`,
            label: c % 2 === 0 ? 'bonafide' : 'spoof',
            score:
              (c % 2) + effect + 0.1 * rng.normal() + (group === 'phone' && c % 2 === 0 ? 0.3 : 0),
            group,
            cluster: `speaker ${s}`,
          }),
        ),
      );
    });
    const within = evaluateFairness(made, { threshold: 0.5, replicates: 400 });
    expect(within.design).toBe('within');
    expect(within.gaps[0]?.p).toBeLessThan(0.05);
    // The same clips, as if nobody knew that they share speakers' habits: the gap drowns between speakers.
    const between = evaluateFairness(
      made.map((row) => ({ ...row, cluster: `${row.cluster} ${row.group}` })),
      { threshold: 0.5, replicates: 400 },
    );
    expect(between.design).toBe('between');
    expect(between.gaps[0]?.p).toBeGreaterThan(within.gaps[0]?.p ?? 1);
  });
});

describe('a detector that hears pitch (card 12 §5)', () => {
  const sampleRate = 16000;
  /** A buzz of 0.4 s with a fundamental of `f0` Hz. */
  function voice(f0: number): Float32Array {
    return Float32Array.from({ length: 0.4 * sampleRate }, (_, i) => {
      let sum = 0;
      for (let h = 1; h <= 8; h += 1) sum += Math.sin((2 * Math.PI * h * f0 * i) / sampleRate) / h;
      return 0.2 * sum;
    });
  }
  const rng = createRng(12);
  const made = Array.from({ length: 120 }, (_, s): GroupedClip => {
    const low = s % 4 < 2;
    const f0 = (low ? 115 : 205) * Math.exp(0.12 * rng.normal());
    const track = trackPitch(voice(f0), sampleRate);
    const voiced = track.f0.filter((hz) => hz > 0);
    const meanF0 = voiced.reduce((sum, hz) => sum + hz, 0) / voiced.length;
    const spoof = s % 2 === 1;
    // Planted: what it takes for synthetic rises with the pitch.
    const score = (spoof ? 1 : 0) + 0.3 * rng.normal() + (meanF0 - 150) / 120;
    return {
      clip: `voice ${s}`,
      label: spoof ? 'spoof' : 'bonafide',
      score,
      group: low ? 'low' : 'high',
      cluster: `speaker ${s}`,
    };
  });
  const options = { threshold: 0.5, replicates: 500 };

  test('is found out', () => {
    const verdicts = judgeGaps([
      { attribute: 'pitch', evaluation: evaluateFairness(made, options) },
    ]);
    const [fpr, fnr] = verdicts;
    expect(fpr).toMatchObject({ differs: true, highest: { group: 'high' } });
    expect(fnr).toMatchObject({ differs: true, highest: { group: 'low' } });
    expect(fpr?.gap.value).toBeGreaterThan(fpr?.chance.high ?? 1);
  });

  test('with shuffled labels the gap lies within the band', () => {
    const inside = Array.from({ length: 60 }, (_, seed) => {
      const labels = createRng(seed).shuffle(made.map(({ group }) => group));
      const shuffled = made.map((row, i) => ({ ...row, group: labels[i]! }));
      const [fpr] = evaluateFairness(shuffled, { ...options, replicates: 200, seed }).gaps;
      return (fpr?.gap.value ?? 1) <= (fpr?.chance.high ?? 0);
    });
    // 95 % of 60 are 57; fewer than 51 come up once in ten thousand times.
    expect(inside.filter(Boolean).length).toBeGreaterThanOrEqual(51);
  });
});
