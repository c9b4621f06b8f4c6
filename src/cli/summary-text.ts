/**
 * What a run came to, in the words that `study run`, `study compare`, `demo` and `train` share.
 * @module
 */

import { heardMark } from '../bench/contamination.ts';
import { monotonyOf, thresholdDrifts } from '../bench/robustness.ts';
import type { ConditionResult, Summary } from '../bench/summary.ts';
import { thresholdClause } from '../bench/thresholds.ts';
import type { Figure } from '../metrics/types.ts';
import { clipCount, decimalWithInterval, percentWithInterval } from '../report/figures.ts';
import { type Column, formatTable } from './table.ts';

/** Two columns a detector: its EER, and its error at the threshold that was fixed beforehand. */
export function errorColumns({ detectors }: Pick<Summary, 'detectors'>): Column[] {
  return detectors.flatMap(({ name }) => [
    { title: `${name} EER`, align: 'right' as const },
    { title: 'at threshold', align: 'right' as const },
  ]);
}

/** The cells of {@link errorColumns} under one condition. */
export function errorCells({ detectors, results }: Summary, condition: string): string[] {
  return detectors.flatMap(({ name, heard }) => {
    const result = results.find((r) => r.detector === name && r.condition === condition);
    const marked = (cell: string): string => (cell === '–' ? cell : cell + heardMark(heard));
    return [marked(eerCell(result)), marked(percentWithInterval(result?.atThreshold?.error))];
  });
}

function eerCell(result: ConditionResult | undefined): string {
  if (result === undefined || result.eer === undefined) return '–';
  const lost = result.failed + result.refused;
  return `${percentWithInterval(result.eer)}${lost === 0 ? '' : ` (${lost} not scored)`}`;
}

/** Where the threshold of each detector came from. */
export function thresholdLine({ detectors }: Pick<Summary, 'detectors'>): string {
  const clauses = detectors.flatMap(({ name, threshold }) =>
    threshold === undefined ? [] : [thresholdClause(name, threshold)],
  );
  return `Thresholds: ${clauses.join('; ')}.`;
}

/** The floor that figures on a corpus stand on; null for one that was not verified. */
export function confoundLine(confound: Figure | null): string {
  if (confound === null) {
    return 'This corpus was not verified: how much trivial features tell is not known.';
  }
  return `Trivial features alone (level, silence, bandwidth, …) reach an AUC of ${decimalWithInterval(confound)} on this corpus: what a detector adds starts there.`;
}

/** What a threshold fixed on clean data costs at worst, and whether stronger levels hurt more. */
export function stressLines(
  summary: Pick<Summary, 'results' | 'robustness' | 'contrasts'>,
): string {
  const lines: string[] = [];
  const [worst] = thresholdDrifts(summary).filter(({ ratio }) => Number.isFinite(ratio));
  // Less than a tenth more is not worth a line.
  if (worst !== undefined && worst.ratio >= 1.1) {
    const { detector, condition, eer, atThreshold } = worst.result;
    lines.push(
      `The threshold fixed on clean data costs most for ${detector} under ${condition}: error ${percentWithInterval(atThreshold?.error)}, EER ${percentWithInterval(eer)}, ${worst.ratio.toFixed(1)} times as much.`,
    );
  }
  const { pairs, rising, failing } = monotonyOf(summary);
  if (pairs > 0) {
    const others = failing.map(({ detector, corruption }) => `${detector} × ${corruption}`);
    lines.push(
      `EER rises with the level (ρ ≥ 0.6) for ${rising} of ${pairs} pairs of detector and one-sided corruption${others.length === 0 ? '' : `; not for ${others.join(', ')}`}.`,
    );
  }
  for (const { detector, difference: d, n } of summary.contrasts) {
    const points = (share: number | null): string =>
      share === null ? '–' : (100 * share).toFixed(1);
    lines.push(
      `Compression and strong modification cost ${detector} ${points(d.value)} points of EER more than noise of 20 dB and more [${points(d.low)} to ${points(d.high)}], n = ${clipCount(n)}.`,
    );
  }
  return lines.join('\n');
}

/** Mean EER by family of corruptions; nothing for a study without any. */
export function familyTable({ detectors, families }: Summary): string {
  const names = [...new Set(families.map(({ family }) => family))];
  if (names.length === 0) return '';
  const rows = names.map((family) => {
    const own = families.filter((mean) => mean.family === family);
    return [
      family,
      String(own[0]?.conditions),
      ...detectors.flatMap(({ name }) => {
        const mean = own.find(({ detector }) => detector === name);
        return [percentWithInterval(mean?.meanEer), clipCount(mean?.n)];
      }),
    ];
  });
  return formatTable(
    [
      { title: 'family' },
      { title: 'conditions', align: 'right' },
      ...detectors.flatMap(({ name }) => [
        { title: `${name} mean EER`, align: 'right' as const },
        { title: 'n', align: 'right' as const },
      ]),
    ],
    rows,
  );
}

/** mCE and relative mCE of every detector but the one that they are measured against; nothing for that one alone. */
export function corruptionErrorLines({ corruptionErrors }: Summary): string {
  const lines = corruptionErrors
    .filter(({ detector, base }) => detector !== base)
    .map(({ detector, mce, relativeMce, n, note }) => {
      const figures = `mCE ${decimalWithInterval(mce ?? undefined)}, relative mCE ${decimalWithInterval(relativeMce ?? undefined)}, n = ${clipCount(n)}`;
      return `  ${detector}: ${figures}${note === null ? '' : ` (${note})`}`;
    });
  if (lines.length === 0) return '';
  const head = `Against ${corruptionErrors[0]?.base}, errors under corruption (mCE, below 1: fewer) and their rise over clean (relative mCE, above 1: degrades faster):`;
  return [head, ...lines].join('\n');
}
