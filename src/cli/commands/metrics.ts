/**
 * `ringtrue metrics`: every metric of a score file with its interval; with two files, their paired
 * difference.
 * @module
 */

import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { type Json, RingtrueError, toRingtrueError } from '../../core/errors.ts';
import { writeFileAtomic } from '../../core/node/files.ts';
import type { OnProgress } from '../../core/progress.ts';
import { chooseCluster } from '../../metrics/cluster.ts';
import { delong } from '../../metrics/delong.ts';
import { type Evaluation, evaluate } from '../../metrics/evaluate.ts';
import { LEAST_SPEAKERS } from '../../metrics/fairness.ts';
import { evaluateGroups, type GroupsEvaluation } from '../../metrics/groups.ts';
import { orient, POLARITIES } from '../../metrics/orientation.ts';
import { pairedDifferences, pairedScores } from '../../metrics/paired.ts';
import {
  evaluateProbabilities,
  type ProbabilityEvaluation,
  probabilityToLlr,
} from '../../metrics/probability.ts';
import { detCurve } from '../../metrics/roc.ts';
import {
  readKey,
  readScoreRecords,
  readScores,
  type ScoreFile,
  type ScoreKey,
  type ScoreRow,
  writeScores,
} from '../../metrics/score-files.ts';
import { defineCommand } from '../command.ts';
import { measureFairness } from '../fairness-report.ts';
import { type GroupReport, type MetricsReport, renderMetrics } from '../metrics-report.ts';

const options = z.object({
  key: z
    .string()
    .optional()
    .describe('file with the labels: an ASVspoof protocol, `clip label` lines or a CSV'),
  partial: z.boolean().default(false).describe('accept scores for only a part of the key'),
  polarity: z
    .enum(POLARITIES)
    .optional()
    .describe(
      'what a high score means in the files; by default spoof in CSV and Parquet, bona fide in ASVspoof text',
    ),
  threshold: z
    .number()
    .optional()
    .describe('adds the rates when scores of at least this (high = spoof) are called spoof'),
  probability: z
    .boolean()
    .default(false)
    .describe(
      'the scores are probabilities: adds Brier score, log loss and calibration errors; actDCF and Cllr read their log odds',
    ),
  prior: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.5)
    .describe('share of spoof that a model of probabilities was trained with'),
  write: z
    .string()
    .optional()
    .describe('writes the scores to a .csv, a .parquet or, in ASVspoof form, a .txt')
    .meta({ unit: 'file' }),
  writePolarity: z
    .enum(POLARITIES)
    .optional()
    .describe('what a high score means in that file; by default as for files that are read'),
  det: z
    .string()
    .optional()
    .describe('writes the DET curve as CSV: threshold, both rates, their normal deviates')
    .meta({ unit: 'file' }),
  clusterBy: z
    .string()
    .optional()
    .describe('column whose clips are resampled together; by default speaker, source or clip'),
  by: z.string().optional().describe('column to break the figures down by'),
  group: z
    .array(z.string().min(1))
    .optional()
    .describe(
      'columns of groups that should fare alike: error rates of each at one threshold, tests of the gaps',
    ),
  leastSpeakers: z
    .int()
    .min(1)
    .default(LEAST_SPEAKERS)
    .describe('cells of that table with fewer speakers are marked'),
  replicates: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1000)
    .describe('number of resamples behind each interval'),
  level: z.number().gt(0).lt(1).default(0.95).describe('share of resamples inside the interval'),
  seed: z.int().default(1).describe('seed of the resamples'),
});

type Options = z.output<typeof options>;

const ROWS_WITH_PROGRESS = 20_000;

/** The `metrics` command. */
export const command = defineCommand({
  name: 'metrics',
  summary: 'Error rates of a score file with intervals; of two files, the paired difference',
  arguments: [
    {
      name: 'file',
      description: 'scores: CSV (clip,label,score), ASVspoof text or Parquet',
      required: true,
      many: false,
    },
    {
      name: 'other',
      description: 'scores of another detector or condition over the same clips',
      required: false,
      many: false,
    },
  ],
  options,
  examples: [
    {
      line: 'ringtrue metrics scores.csv',
      does: 'EER, AUC, detection costs and Cllr, each with a 95 % interval',
    },
    {
      line: 'ringtrue metrics scores.csv --by generator --threshold 0.5',
      does: 'also error rates at a fixed threshold, and a table by generator',
    },
    {
      line: 'ringtrue metrics scores.csv --group language --threshold 0.5',
      does: 'whether languages fare alike: rates with intervals, gaps against chance, figures of fairness',
    },
    {
      line: 'ringtrue metrics scores.txt --key trial_metadata.txt',
      does: 'reads an ASVspoof 2021 submission (high = bona fide) with its key',
    },
    {
      line: 'ringtrue metrics scores.csv --write scores.txt --det det.csv',
      does: 'also writes an ASVspoof file (high = bona fide) and the DET curve',
    },
    {
      line: 'ringtrue metrics mine.csv theirs.csv --json',
      does: 'adds the paired differences and prints one JSON document',
    },
  ],
  async run(given, { args, print, result, onProgress }) {
    const [path, otherPath] = args;
    const key = given.key === undefined ? undefined : await loadKey(given.key);
    const file = await loadScores(path!, key, given);
    const other = otherPath === undefined ? undefined : await loadScores(otherPath, key, given);
    // A few thousand rows take no time that would need a bar.
    const long = file.rows.length >= ROWS_WITH_PROGRESS;
    const report = measure(file, other, given, long ? onProgress : () => undefined);
    if (given.write !== undefined) await writeScoreFile(given.write, file.rows, given);
    if (given.det !== undefined) await writeDet(given.det, file.rows);
    for (const message of report.warnings) onProgress({ type: 'warning', message });
    // Plain data: interfaces of figures only lack an index signature.
    result(JSON.parse(JSON.stringify(report)) as Json);
    print(renderMetrics(path!, otherPath, report));
    return 0;
  },
});

function measure(
  file: ScoreFile,
  other: ScoreFile | undefined,
  given: Options,
  onProgress: OnProgress,
): MetricsReport {
  const warnings: string[] = [];
  const choice = clusterRows(file.rows, given);
  const interval = { level: given.level, replicates: given.replicates, seed: given.seed };
  const settings = { ...interval, threshold: given.threshold };
  // One clip under several conditions has no pooled figure; the groups tell the conditions apart.
  const probability = given.probability ? { ...interval, prior: given.prior } : undefined;
  const repeated = new Set(choice.rows.map((row) => row.clip)).size < choice.rows.length;
  const task = 'resamples';
  const onReplicate = (done: number): void => onProgress({ type: 'advance', task, done });
  onProgress({ type: 'start', task, total: given.replicates });
  const pooled = repeated ? undefined : evaluate(choice.rows, { ...settings, onReplicate });
  onProgress({ type: 'end', task });
  const extra =
    repeated || probability === undefined
      ? undefined
      : probabilityMetrics(choice.rows, probability);
  if (pooled?.reversed === true) {
    warnings.push(
      `AUC is ${pooled.metrics.auc.value.toFixed(3)}, below 0.5: the scores (read as ${file.polarity}) may run the other way; nothing was flipped, see --polarity`,
    );
  }
  if (pooled !== undefined && !pooled.interval.enough) {
    warnings.push(`no interval: a class has fewer than two clusters (${choice.unit})`);
  }
  if (repeated) warnings.push('clips are scored more than once: only the groups have figures');
  const by = given.by;
  const groups =
    by === undefined
      ? undefined
      : evaluateGroups(choice.rows, (row) => groupName(row, by), settings);
  const fairness =
    given.group === undefined
      ? undefined
      : measureFairness(file.rows, {
          ...interval,
          columns: given.group,
          threshold: given.threshold,
          clusterBy: given.clusterBy,
          leastSpeakers: given.leastSpeakers,
        });
  warnings.push(...(fairness?.warnings ?? []));
  return {
    ...(pooled === undefined
      ? {}
      : {
          n: pooled.n,
          metrics: { ...pooled.metrics, ...extra?.metrics },
          threshold: pooled.threshold,
        }),
    ...(extra === undefined ? {} : { reliability: extra.reliability }),
    file: { format: file.format, polarity: file.polarity, skipped: file.skipped },
    interval: { ...interval, unit: choice.unit, note: choice.note },
    ...(groups === undefined
      ? {}
      : {
          groups: groups.groups.map((group) => toGroupReport(group, given.probability)),
          macro: groups.macro,
        }),
    ...(fairness === undefined ? {} : { fairness }),
    ...(other === undefined
      ? {}
      : { comparison: compare(choice.rows, other.rows, interval, probability) }),
    warnings,
  };
}

/** @param probability true leaves out what reads a score as a likelihood ratio */
function toGroupReport(
  group: GroupsEvaluation['groups'][number],
  probability: boolean,
): GroupReport {
  const { group: name, n } = group;
  if (group.evaluation === null) return { group: name, n, code: group.code, reason: group.reason };
  const { actDcf, cllr, ...ranking } = group.evaluation.metrics;
  return { group: name, n, metrics: probability ? ranking : { ...ranking, actDcf, cllr } };
}

interface ProbabilitySettings {
  readonly level: number;
  readonly replicates: number;
  readonly seed: number;
  readonly prior: number;
}

/** What probabilities add, and the two metrics that read their log odds in place of them. */
function probabilityMetrics(
  rows: readonly ScoreRow[],
  { prior, ...interval }: ProbabilitySettings,
): Pick<ProbabilityEvaluation, 'metrics' | 'reliability'> & {
  readonly metrics: Pick<Evaluation['metrics'], 'actDcf' | 'cllr'>;
} {
  const { metrics, reliability } = evaluateProbabilities(rows, interval);
  const { actDcf, cllr } = evaluate(toLlrs(rows, prior), interval).metrics;
  const rule = `log odds of the score at a prior of ${prior} as natural-log ratio`;
  return {
    metrics: {
      ...metrics,
      actDcf: { ...actDcf, rule: `asvspoof5, ${rule}` },
      cllr: { ...cllr, rule },
    },
    reliability,
  };
}

function toLlrs(rows: readonly ScoreRow[], prior: number): ScoreRow[] {
  return rows.map((row) => ({ ...row, score: probabilityToLlr(row.score, prior) }));
}

function compare(
  a: readonly ScoreRow[],
  b: readonly ScoreRow[],
  interval: { level: number; replicates: number; seed: number },
  probability?: ProbabilitySettings,
): NonNullable<MetricsReport['comparison']> {
  const { n, differences: ranked, dropped } = pairedDifferences(a, b, interval);
  let differences = ranked;
  if (probability !== undefined) {
    const [ofA, ofB] = [a, b].map((rows) => toLlrs(rows, probability.prior));
    const { actDcf, cllr } = pairedDifferences(ofA!, ofB!, interval).differences;
    differences = { ...ranked, actDcf, cllr };
  }
  const paired = pairedScores(a, b);
  // DeLong's variances need two clips a class.
  const test = n.bonafide > 1 && n.spoof > 1 ? delong(paired.a, paired.b) : null;
  return { n, differences, dropped, delong: test === null ? null : { z: test.z, p: test.p } };
}

function clusterRows(
  rows: readonly ScoreRow[],
  { clusterBy, by }: Options,
): { rows: readonly ScoreRow[]; unit: string; note: string } {
  if (by !== undefined) requireColumn(rows, by, '--by');
  if (clusterBy === undefined) {
    const choice = chooseCluster(
      rows.map(({ clip, label, columns }) => ({
        clip,
        label,
        speaker: columns.speaker,
        source: columns.source,
      })),
    );
    const clustered = rows.map((row, i) => ({
      ...row,
      cluster: choice.unit === 'clip' ? null : choice.clusters[i],
    }));
    return { rows: clustered, unit: choice.unit, note: choice.note };
  }
  requireColumn(rows, clusterBy, '--cluster-by');
  return {
    rows: rows.map((row) => ({
      ...row,
      cluster: clusterBy === 'clip' ? null : row.columns[clusterBy] || null,
    })),
    unit: clusterBy,
    note: `The column ${clusterBy} is resampled, as asked; clips without one stand alone.`,
  };
}

function groupName(row: ScoreRow, by: string): string | undefined {
  if (by === 'label' || by === 'clip') return row[by];
  const name = row.columns[by];
  return name === '-' ? undefined : name;
}

function requireColumn(rows: readonly ScoreRow[], name: string, flag: string): void {
  if (name === 'clip' || rows.some((row) => (row.columns[name] ?? '') !== '')) return;
  const known = [...new Set(rows.flatMap((row) => Object.keys(row.columns)))];
  throw new RingtrueError(
    'core/invalid-options',
    `${flag}: there is no column ${name}; the file has ${known.join(', ') || 'no other columns'}`,
  );
}

async function loadKey(path: string): Promise<ScoreKey> {
  return readKey(await readText(path), { where: path });
}

async function loadScores(
  path: string,
  key: ScoreKey | undefined,
  { polarity, partial, by, probability }: Options,
): Promise<ScoreFile> {
  const reading = {
    where: path,
    polarity,
    key,
    unscored: partial ? ('allow' as const) : ('error' as const),
    repeats: by === undefined ? ('error' as const) : ('allow' as const),
  };
  const file = /\.parquet$/i.test(path)
    ? readScoreRecords(await (await import('../../store/parquet.ts')).readRecords(path), reading)
    : readScores(await readText(path), reading);
  if (!probability || file.polarity === 'spoof-high') return file;
  // A probability of bona fide was negated at the border; the probability of spoof is its complement.
  return { ...file, rows: file.rows.map((row) => ({ ...row, score: 1 + row.score })) };
}

async function writeScoreFile(
  path: string,
  rows: readonly ScoreRow[],
  { writePolarity: polarity }: Options,
): Promise<void> {
  const chosen = polarity === undefined ? {} : { polarity };
  const ending = /\.(csv|txt|parquet)$/i.exec(path)?.[1]?.toLowerCase();
  if (ending === undefined) {
    throw new RingtrueError(
      'core/invalid-options',
      `--write: ${path} ends with none of .csv, .parquet and .txt`,
    );
  }
  if (ending !== 'parquet') {
    const format = ending === 'txt' ? 'asvspoof2019' : 'csv';
    return writeFileAtomic(path, writeScores(rows, { format, ...chosen }));
  }
  const { writeRows } = await import('../../store/parquet.ts');
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.columns)))];
  const text = { type: 'text', nullable: true } as const;
  await writeRows(
    path,
    {
      clip: { type: 'text' },
      label: { type: 'text' },
      score: { type: 'number' },
      ...Object.fromEntries(names.map((name) => [name, text])),
    },
    rows.map(({ clip, label, score, columns }) => ({
      ...Object.fromEntries(names.map((name) => [name, columns[name] || null])),
      clip,
      label,
      score: orient(score, polarity ?? 'spoof-high'),
    })),
  );
}

async function writeDet(path: string, rows: readonly ScoreRow[]): Promise<void> {
  const of = (label: ScoreRow['label']): Float64Array =>
    Float64Array.from(rows.filter((row) => row.label === label).map(({ score }) => score));
  const curve = detCurve({ bonafide: of('bonafide'), spoof: of('spoof') });
  const lines = [...curve.threshold].map((threshold, i) =>
    [threshold, curve.fpr[i], curve.fnr[i], curve.fprDeviate[i], curve.fnrDeviate[i]].join(','),
  );
  const header = 'threshold,fpr,fnr,fprDeviate,fnrDeviate';
  await writeFileAtomic(path, `${[header, ...lines].join('\n')}\n`);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw toRingtrueError(error, 'core/io-failed');
  }
}
