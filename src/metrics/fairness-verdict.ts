/**
 * What may be said of gaps: "differs" only where the permutation test, corrected for all that was tested,
 * excludes chance; else "no difference shown", which is not "no difference" (card 22 §6).
 * @module
 */

import type { FairnessEvaluation, GapTest, TestedRate } from './fairness.ts';
import { benjaminiHochberg, holm } from './multiple-comparisons.ts';

/** A tested gap with its corrected p-values and the sentence that it allows. */
export interface GapVerdict extends GapTest {
  /** Attribute whose groups are compared. */
  readonly attribute: string;
  /** Adjusted over all gaps of the family: `pHolm` decides, `pBh` is the milder one. */
  readonly pHolm: number;
  /** Of Benjamini and Hochberg. */
  readonly pBh: number;
  /** Number of tests in the family. */
  readonly tests: number;
  /** True if `pHolm` is below one less the level of the intervals. */
  readonly differs: boolean;
  /** The sentence for a report. */
  readonly text: string;
}

/** How the rates are called in sentences. */
export const RATE_NAMES: Readonly<Record<TestedRate, string>> = {
  fpr: 'bona fide called spoof',
  fnr: 'spoof called bona fide',
  eer: 'EER',
};

/**
 * Judges the gaps of several attributes of one detector as one family.
 * @param level a gap differs where Holm's p is below 1 − level. @default 0.95
 */
export function judgeGaps(
  evaluations: readonly {
    readonly attribute: string;
    readonly evaluation: Pick<FairnessEvaluation, 'gaps'>;
  }[],
  { level = 0.95 }: { level?: number } = {},
): GapVerdict[] {
  const family = evaluations.flatMap(({ attribute, evaluation }) =>
    evaluation.gaps.map((gap) => ({ attribute, ...gap })),
  );
  const pValues = family.map(({ p }) => p);
  const [byHolm, byBh] = [holm(pValues), benjaminiHochberg(pValues)];
  return family.map((gap, i) => {
    const judged = {
      ...gap,
      pHolm: byHolm[i]!,
      pBh: byBh[i]!,
      tests: family.length,
      // 1 − level has a rounding error of its own: 0.05 must not count as below 0.05.
      differs: byHolm[i]! < 1 - level - 1e-12,
    };
    return { ...judged, text: sentence(judged, level) };
  });
}

function sentence(verdict: Omit<GapVerdict, 'text'>, level: number): string {
  const { attribute, rate, gap, chance, highest, lowest, n, speakers, pHolm, tests } = verdict;
  const points = `${(100 * gap.value).toFixed(1)} points`;
  const band = `by chance ${(100 * chance.mean).toFixed(1)}, up to ${(100 * chance.high).toFixed(1)}`;
  const p = `p = ${pHolm.toFixed(3)} after Holm over ${tests} tests`;
  const size = `n=${n} clips of ${speakers} speakers in ${verdict.groups.length} groups`;
  if (verdict.differs) {
    return `${RATE_NAMES[rate]} differs by ${attribute}: ${highest.group} ${percent(highest.value)}, ${lowest.group} ${percent(lowest.value)}; gap ${points} (${band}; ${p}; ${size})`;
  }
  const few =
    1 / verdict.arrangements > 1 - level
      ? `; the speakers can be grouped in ${verdict.arrangements} ways only, so no gap could be shown`
      : '';
  return `no difference shown in ${RATE_NAMES[rate]} by ${attribute} (${size}; gap ${points}, ${band}; ${p}${few})`;
}

function percent(rate: number): string {
  return `${(100 * rate).toFixed(1)} %`;
}
