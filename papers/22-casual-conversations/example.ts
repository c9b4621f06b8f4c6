/**
 * The worked example of the method's card, with every number that it prints.
 * @module
 */

import { type Claim, claimOf } from 'ringtrue/benchmarks';
import {
  clipsForMargin,
  evaluateFairness,
  type FairnessFigure,
  type GroupedClip,
  type GroupFigure,
  gapByChance,
  skewedErrorRatio,
  wilsonInterval,
} from 'ringtrue/metrics';

const THRESHOLD = 0.5;
const TOLERANCE = 1e-3;

/** Genuine and fake scores of three groups. */
const SCORES: Readonly<Record<string, readonly [readonly number[], readonly number[]]>> = {
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
};

const BY_GROUP: Readonly<Partial<Record<GroupFigure, readonly number[]>>> = {
  fpr: [0.1, 0.4, 0],
  fnr: [0.1, 0.2, 0.4],
  balancedAccuracy: [0.9, 0.7, 0.8],
  eer: [0.1, 0.3, 0.2],
  auc: [0.95, 0.84, 0.89],
  selectionRate: [0.5, 0.6, 0.3],
  genuineAuc: [0.8975, 0.8325, 0.955],
  fakesAuc: [0.9325, 0.9275, 0.825],
};

const OVER_GROUPS: Readonly<Partial<Record<FairnessFigure, number>>> = {
  fprGap: 0.4,
  fnrGap: 0.3,
  worstBalancedAccuracy: 0.7,
  balancedAccuracyDeviation: 0.0816,
  fprDeviation: 0.17,
  fnrDeviation: 0.1247,
  fdr: 0.65,
  fprGini: 0.8,
  fnrGini: 0.4286,
  garbe: 0.6143,
  inequityRate: 5.196,
  equalisedOdds: 0.4,
  averageOdds: 0.35,
  selectionGap: 0.3,
  selectionRatio: 0.5,
};

/** A number as printed and as computed. */
interface Comparison {
  readonly name: string;
  readonly printed: number;
  readonly computed: number;
}

/** Check 1: every value of the card's tables to 1e-3. */
export function exampleClaim(): Claim {
  const clips = Object.entries(SCORES).flatMap(([group, classes]) =>
    classes.flatMap((scores, c) =>
      scores.map(
        (score, i): GroupedClip => ({
          clip: `${group}${c}${i}`,
          label: c === 1 ? 'spoof' : 'bonafide',
          score,
          group,
        }),
      ),
    ),
  );
  const { groups, figures, gaps } = evaluateFairness(clips, {
    threshold: THRESHOLD,
    replicates: 2000,
  });
  const compared: Comparison[] = [
    ...Object.entries(BY_GROUP).flatMap(([name, printed]) =>
      printed.map((value, g) => ({
        name: `${name} of ${groups[g]?.group}`,
        printed: value,
        // The keys of BY_GROUP are figures of a group.
        computed: groups[g]?.figures[name as GroupFigure]?.value ?? Number.NaN,
      })),
    ),
    ...Object.entries(OVER_GROUPS).map(([name, printed]) => ({
      name,
      printed,
      // The keys of OVER_GROUPS are figures over groups.
      computed: figures[name as FairnessFigure]?.value ?? Number.NaN,
    })),
    { name: 'skewed error ratio of fnr', printed: 4, computed: skewedErrorRatio([0.1, 0.2, 0.4]) },
    ...wilsonComparisons(),
    ...[
      [50, 0.051],
      [100, 0.037],
      [300, 0.021],
      [1000, 0.012],
    ].map(([n, printed]) => ({
      name: `mean gap by chance, n = ${n}`,
      printed: printed!,
      computed: gapByChance({ rate: 0.05, sizes: [n!, n!, n!] }).mean,
    })),
    {
      name: 'clips for 5 % ± 2',
      printed: 457,
      computed: clipsForMargin({ rate: 0.05, margin: 0.02 }),
    },
    {
      name: 'clips for 5 % ± 1',
      printed: 1825,
      computed: clipsForMargin({ rate: 0.05, margin: 0.01 }),
    },
    {
      name: 'clips for 10 % ± 3',
      printed: 385,
      computed: clipsForMargin({ rate: 0.1, margin: 0.03 }),
    },
  ];
  const errors = compared.map(({ printed, computed }) => Math.abs(printed - computed));
  const off = compared.filter((_, i) => !(errors[i]! <= TOLERANCE));
  const [fpr, fnr] = gaps;
  return claimOf(
    {
      id: 'table',
      claim: 'Every value of the worked example is reproduced',
      expected: `all ${compared.length} values within ${TOLERANCE}`,
      figures: [
        { name: 'values off', value: off.length, low: null, high: null, n: compared.length },
        {
          name: 'largest difference',
          value: Math.max(...errors),
          low: null,
          high: null,
          n: compared.length,
        },
        { name: 'p of the fpr gap', value: fpr?.p ?? Number.NaN, low: null, high: null, n: 30 },
        { name: 'p of the fnr gap', value: fnr?.p ?? Number.NaN, low: null, high: null, n: 30 },
      ],
      note: `The card's own p-values, 0.092 and 0.43, come from its shuffles; counted out, the first is 13356/142506 = 0.0937.${off.length === 0 ? '' : ` Off: ${off.map(({ name }) => name).join(', ')}.`}`,
    },
    off.length === 0,
  );
}

function wilsonComparisons(): Comparison[] {
  return (
    [
      [0, 10, 0, 0.278],
      [1, 10, 0.018, 0.404],
      [4, 10, 0.168, 0.687],
      [0, 300, 0, 0.0126],
    ] as const
  ).flatMap(([k, n, low, high]) => {
    const interval = wilsonInterval(k, n);
    return [
      { name: `Wilson ${k}/${n}, low`, printed: low, computed: interval.low ?? Number.NaN },
      { name: `Wilson ${k}/${n}, high`, printed: high, computed: interval.high ?? Number.NaN },
    ];
  });
}
