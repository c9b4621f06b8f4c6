/**
 * What `ringtrue metrics` measures, and its tables.
 * @module
 */

import type { Evaluation } from '../metrics/evaluate.ts';
import type { GroupsEvaluation } from '../metrics/groups.ts';
import type { PairedComparison } from '../metrics/paired.ts';
import type { ProbabilityEvaluation, ProbabilityMetric } from '../metrics/probability.ts';
import type { ScoreFile } from '../metrics/score-files.ts';
import type { Counts, Figure } from '../metrics/types.ts';
import { decimalWithInterval, percentWithInterval } from '../report/figures.ts';
import { type FairnessReport, renderFairness } from './fairness-report.ts';
import { formatTable } from './table.ts';

type Metrics = Evaluation['metrics'] & Partial<Record<ProbabilityMetric, Figure>>;

/** Figures of one value of a column. */
export interface GroupReport {
  readonly group: string;
  readonly n: Counts;
  readonly metrics?: Partial<Metrics> & Pick<Metrics, 'eer' | 'auc'>;
  /** Why there are no metrics. */
  readonly code?: string;
  readonly reason?: string;
}

/** What the command prints; with `--json`, as it is. */
export interface MetricsReport extends Partial<Pick<Evaluation, 'n' | 'threshold'>> {
  readonly metrics?: Metrics;
  /** Bins of the reliability diagram of probabilities. */
  readonly reliability?: ProbabilityEvaluation['reliability'];
  readonly file: Pick<ScoreFile, 'format' | 'polarity' | 'skipped'>;
  readonly interval: {
    readonly level: number;
    readonly replicates: number;
    readonly seed: number;
    readonly unit: string;
    readonly note: string;
  };
  readonly groups?: readonly GroupReport[];
  readonly macro?: GroupsEvaluation['macro'];
  readonly fairness?: FairnessReport;
  readonly comparison?: Omit<PairedComparison, 'interval'> & {
    readonly delong: { readonly z: number; readonly p: number } | null;
  };
  readonly warnings: readonly string[];
}

const TITLES = {
  eer: 'EER',
  eerStep: 'EER (step)',
  eerRocch: 'EER (hull)',
  auc: 'AUC',
  minDcf: 'minDCF',
  actDcf: 'actDCF',
  cllr: 'Cllr',
  minCllr: 'min Cllr',
  fpr: 'bona fide called spoof',
  fnr: 'spoof called bona fide',
  balancedError: 'mean of both',
  precision: 'precision',
  recall: 'recall',
  f1: 'F1',
  accuracy: 'accuracy',
  brier: 'Brier score',
  logLoss: 'log loss',
  ece: 'ECE',
  mce: 'largest calibration gap',
  eceTopLabel: 'ECE (top label)',
} as const satisfies Record<keyof Metrics, string>;

/** Shares of clips are printed in per cent, costs and areas as numbers. */
const AS_NUMBER: ReadonlySet<string> = new Set([
  'auc',
  'minDcf',
  'actDcf',
  'cllr',
  'minCllr',
  'brier',
  'logLoss',
  'ece',
  'mce',
  'eceTopLabel',
]);

function format(name: string, figure: Figure): string {
  return AS_NUMBER.has(name) ? decimalWithInterval(figure) : percentWithInterval(figure);
}

/** Signed, in points for shares: a dash between negative numbers would read badly. */
function formatDifference(name: string, { value, low, high }: Figure): string {
  const [scale, digits] = AS_NUMBER.has(name) ? [1, 3] : [100, 1];
  const signed = (x: number): string =>
    `${x < 0 ? '−' : '+'}${(scale * Math.abs(x)).toFixed(digits)}`;
  const interval = low === null || high === null ? '' : ` [${signed(low)} to ${signed(high)}]`;
  return `${signed(value)}${interval}`;
}

/** The report as tables for a terminal. */
export function renderMetrics(
  path: string,
  otherPath: string | undefined,
  report: MetricsReport,
): string {
  const { interval, n, metrics } = report;
  const parts: string[] = [];
  if (n !== undefined && metrics !== undefined) {
    const clips = `${n.bonafide} bona fide, ${n.spoof} spoof`;
    const at = report.threshold === null ? '' : `, threshold ${report.threshold}`;
    parts.push(
      `${path}: ${clips}${at}${skippedNote(report)}`,
      formatTable(
        [
          { title: 'metric' },
          { title: `value [${100 * interval.level} % interval]`, align: 'right' },
          { title: 'rule' },
        ],
        // Object.entries loses the key type; the keys are those of TITLES by the type of metrics.
        Object.entries(metrics).map(([name, figure]) => [
          TITLES[name as keyof typeof TITLES],
          format(name, figure),
          figure.rule ?? '',
        ]),
      ),
    );
  }
  if (report.groups !== undefined) parts.push(renderGroups(report));
  if (report.fairness !== undefined) parts.push(renderFairness(report.fairness));
  if (report.comparison !== undefined) parts.push(renderComparison(path, otherPath, report));
  parts.push(interval.note);
  return parts.join('\n\n');
}

function skippedNote({ file }: MetricsReport): string {
  return file.skipped === 0 ? '' : `; ${file.skipped} without a score left out`;
}

function renderGroups({ groups = [], macro }: MetricsReport): string {
  const rows = groups.map(({ group: name, n, metrics, code }) => {
    const clips = [String(n.bonafide), String(n.spoof)];
    if (metrics === undefined) return [name, ...clips, code ?? '', ''];
    return [name, ...clips, format('eer', metrics.eer), format('auc', metrics.auc)];
  });
  if (macro !== null && macro !== undefined) {
    rows.push([
      'mean of groups',
      '',
      '',
      `${(100 * macro.eer).toFixed(1)} %`,
      macro.auc.toFixed(3),
    ]);
  }
  return formatTable(
    [
      { title: 'group' },
      { title: 'bona fide', align: 'right' },
      { title: 'spoof', align: 'right' },
      { title: 'EER', align: 'right' },
      { title: 'AUC', align: 'right' },
    ],
    rows,
  );
}

function renderComparison(
  path: string,
  otherPath: string | undefined,
  report: MetricsReport,
): string {
  const { differences, delong: test } = report.comparison!;
  const table = formatTable(
    [
      { title: 'metric' },
      { title: path, align: 'right' },
      { title: otherPath ?? '', align: 'right' },
      { title: 'difference', align: 'right' },
      { title: 'p', align: 'right' },
    ],
    Object.entries(differences).map(([name, difference]) => {
      const plain = (value: number): string => format(name, { value, low: null, high: null });
      return [
        TITLES[name as keyof typeof TITLES],
        plain(difference.a),
        plain(difference.b),
        formatDifference(name, difference),
        difference.p === null ? '–' : difference.p.toPrecision(2),
      ];
    }),
  );
  return test === null
    ? table
    : `${table}\nDeLong on AUC, clips as independent: p ${test.p.toPrecision(2)}`;
}
