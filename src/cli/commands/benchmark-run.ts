/**
 * `ringtrue benchmark run FILE`: trains and tests what a benchmark file says.
 * @module
 */

import { join, relative } from 'node:path';
import * as z from 'zod';
import { readBenchmark } from '../../benchmarks/read.ts';
import { runBenchmark } from '../../benchmarks/run.ts';
import {
  type BenchmarkSummary,
  type CellSummary,
  titleOfCorpora,
} from '../../benchmarks/summary.ts';
import type { Json } from '../../core/errors.ts';
import { percentWithInterval } from '../../report/figures.ts';
import { describeClaims } from '../claims.ts';
import { defineCommand } from '../command.ts';
import { formatTable } from '../table.ts';

const options = z.strictObject({
  out: z
    .string()
    .optional()
    .describe('result folder; runs/NAME-HASH by default')
    .meta({ short: 'o' }),
  workers: z
    .int()
    .min(1)
    .optional()
    .describe('worker threads of the scoring; one a processor by default')
    .meta({ short: 'w' }),
});

/** The `benchmark run` command. */
export const command = defineCommand({
  name: 'benchmark run',
  summary: 'Train and test across domains, corpora, languages, systems: a matrix with its checks',
  arguments: [
    {
      name: 'FILE',
      description:
        'benchmark file (.yaml): {benchmark: cross-domain, corpus: speech-base, domains: {a: {domain: prompts}, b: {domain: stamps}}, recipes: [lfcc-gmm]}; `ringtrue benchmark list` names the kinds',
      required: true,
      many: false,
    },
  ],
  options,
  examples: [
    {
      line: 'ringtrue benchmark run papers/02-xmad-bench/benchmark.yaml',
      does: 'trains every detector that is not there yet, tests all; killed, the same command continues',
    },
    {
      line: 'ringtrue benchmark run mine.yaml --out results --json',
      does: 'writes results/report.html and prints summary.json',
    },
  ],
  async run({ out, workers }, { args, onProgress, signal, print, result }) {
    const { benchmark, name, cwd } = await readBenchmark(args[0] ?? '');
    const { folder, summary, trained } = await runBenchmark(
      benchmark,
      { out, name, cwd, workers },
      { onProgress, signal },
    );
    const report = join(folder, 'report.html');
    // Absent figures are undefined in memory and left out in JSON.
    const document: Json = JSON.parse(JSON.stringify({ folder, report, trained, ...summary }));
    result(document);
    print(describe(summary));
    print(`\nreport: ${relative(process.cwd(), report) || report}`);
    return 0;
  },
});

function describe(summary: BenchmarkSummary): string {
  const { recipes, conditions, models, seeds, interval, audit, notes } = summary;
  const matrices = recipes.flatMap((recipe) =>
    conditions.map((condition) => {
      const title = conditions.length === 1 ? recipe : `${recipe}, ${condition}`;
      return `${title}: EER, trained on (rows) × tested on (columns)\n\n${matrixOf(summary, { recipe, condition })}`;
    }),
  );
  const broken = audit.broken.map(
    ({ train, test, what, count }) => `  ${train} → ${test}: ${count} × ${what} heard in training`,
  );
  return [
    `${summary.name}: ${summary.benchmark} on ${titleOfCorpora(summary)}, ${models.length} detectors`,
    ...matrices,
    `Means over ${seeds.length} seeds ± standard deviation, with ${100 * interval.level} % intervals; * differs by more than 5 points between seeds.`,
    [
      `${audit.promises} promises of disjointness looked into, ${audit.broken.length} broken.`,
      ...broken,
    ].join('\n'),
    ...(notes.length === 0 ? [] : [notes.join('\n')]),
    describeClaims(summary.claims),
  ].join('\n\n');
}

function matrixOf(
  { cells }: BenchmarkSummary,
  { recipe, condition }: { readonly recipe: string; readonly condition: string },
): string {
  const shown = cells.filter(
    (cell) =>
      cell.recipe === recipe &&
      cell.condition === condition &&
      !cell.treated.test &&
      (cell.kind === 'in-domain' || cell.kind === 'cross-domain'),
  );
  const rows = [...new Set(shown.map(({ train }) => train))];
  const tests = [...new Set(shown.map(({ test }) => test))];
  return formatTable(
    [{ title: '' }, ...tests.map((title) => ({ title, align: 'right' as const }))],
    rows.map((train) => [
      train,
      ...tests.map((test) =>
        cellText(shown.find((cell) => cell.train === train && cell.test === test)),
      ),
    ]),
  );
}

function cellText(cell: CellSummary | undefined): string {
  if (cell?.figures === undefined) return '–';
  const { eer } = cell.figures;
  const sd = eer.sd === null ? '' : ` ± ${(100 * eer.sd).toFixed(1)}`;
  return `${percentWithInterval(eer).replace(' %', `${cell.unstable ? '*' : ''}${sd}`)}`;
}
