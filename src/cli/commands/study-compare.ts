/**
 * `ringtrue study compare A [B]`.
 * @module
 */

import * as z from 'zod';
import { type ComparedFigure, type Comparison, compareRuns } from '../../bench/report/compare.ts';
import { type Json, RingtrueError } from '../../core/errors.ts';
import { defineCommand } from '../command.ts';
import { confoundLine } from '../summary-text.ts';
import { formatTable } from '../table.ts';

const options = z.object({
  detectors: z
    .array(z.string())
    .optional()
    .describe('a detector of A and one of B, in place of those of the same name')
    .meta({ short: 'd' }),
  flips: z.number().int().nonnegative().default(20).describe('flipped clips that are listed'),
  replicates: z.number().int().positive().default(1000).describe('bootstrap resamples'),
  seed: z.number().int().default(1).describe('seed of the resamples'),
});

/** The `study compare` command. */
export const command = defineCommand({
  name: 'study compare',
  summary: 'Compare two runs: paired differences with intervals, and the clips that flipped',
  arguments: [
    { name: 'A', description: 'run folder', required: true, many: false },
    {
      name: 'B',
      description: 'run folder; differences are B − A; A once more if absent',
      required: false,
      many: false,
    },
  ],
  options,
  examples: [
    {
      line: 'ringtrue study compare runs/before runs/after',
      does: 'EER and AUC differences by condition',
    },
    {
      line: 'ringtrue study compare runs/demo --detectors lfcc-gmm acoustic-logistic',
      does: 'two detectors of one run on the same clips',
    },
  ],
  async run({ detectors, flips, replicates, seed }, { args, print, result }) {
    const [a = '', b] = args;
    const pair = pairOf(detectors);
    if (b === undefined && pair === undefined) {
      throw new RingtrueError(
        'cli/usage',
        'expected a second run, or two --detectors of the first',
      );
    }
    const comparison = await compareRuns(a, b ?? a, { detectors: pair, replicates, seed });
    print(
      formatTable(
        [
          { title: 'condition' },
          { title: 'detector' },
          { title: 'n', align: 'right' },
          { title: 'EER A', align: 'right' },
          { title: 'EER B', align: 'right' },
          { title: 'B − A, points', align: 'right' },
          { title: 'p', align: 'right' },
          { title: 'mended', align: 'right' },
          { title: 'broken', align: 'right' },
        ],
        comparison.conditions.map(({ condition, detectorA, detectorB, n, eer, flips: counts }) => [
          condition,
          pairName(detectorA, detectorB),
          String(n.bonafide + n.spoof),
          (100 * eer.a).toFixed(1),
          (100 * eer.b).toFixed(1),
          points(eer),
          eer.p === null ? '–' : eer.p.toFixed(3),
          counts === null ? '–' : String(counts.mended),
          counts === null ? '–' : String(counts.broken),
        ]),
      ),
    );
    print(`\n${comparison.note}`);
    print(floorLines(comparison.confound));
    for (const sentence of comparison.withoutThreshold)
      print(`${sentence}: no clip can be told to have flipped.`);
    const rest = comparison.unmatched.length - UNMATCHED_SHOWN;
    const more = rest > 0 ? `; and ${rest} more` : '';
    if (comparison.unmatched.length > 0) {
      print(`not compared: ${comparison.unmatched.slice(0, UNMATCHED_SHOWN).join('; ')}${more}`);
    }
    const shown = comparison.flipped.slice(0, flips);
    if (shown.length > 0) {
      print(`\nflipped clips (${shown.length} of ${comparison.flipped.length}):`);
      print(
        formatTable(
          [
            { title: 'clip' },
            { title: 'condition' },
            { title: 'detector' },
            { title: 'label' },
            { title: 'score A', align: 'right' },
            { title: 'score B', align: 'right' },
            { title: '' },
          ],
          shown.map((flip) => [
            flip.clip,
            flip.condition,
            pairName(flip.detectorA, flip.detectorB),
            flip.label,
            flip.scoreA.toFixed(3),
            flip.scoreB.toFixed(3),
            flip.change,
          ]),
        ),
      );
    }
    // A Comparison is plain data.
    result(JSON.parse(JSON.stringify(comparison)) as Json);
    return 0;
  },
});

/** Reasons that are printed; `--json` has all. */
const UNMATCHED_SHOWN = 6;

/** One line where both runs stand on the same floor. */
function floorLines({ a, b }: Comparison['confound']): string {
  const [ofA, ofB] = [confoundLine(a), confoundLine(b)];
  return ofA === ofB ? ofA : `A: ${ofA}\nB: ${ofB}`;
}

function pairName(detectorA: string, detectorB: string): string {
  return detectorA === detectorB ? detectorA : `${detectorA} → ${detectorB}`;
}

function pairOf(detectors: readonly string[] | undefined): [string, string] | undefined {
  if (detectors === undefined) return undefined;
  const [a, b] = detectors;
  if (a === undefined || b === undefined || detectors.length > 2) {
    throw new RingtrueError(
      'cli/usage',
      `--detectors: expected a detector of A and one of B, got ${detectors.length} names`,
    );
  }
  return [a, b];
}

function points({ value, low, high }: ComparedFigure): string {
  const text = (100 * value).toFixed(1);
  return low === null || high === null
    ? text
    : `${text} [${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`;
}
