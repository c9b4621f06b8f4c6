/**
 * The part of `ringtrue metrics` on fairness: groups of a score file at one threshold, measured and told.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import type { Interval } from '../metrics/bootstrap.ts';
import { eer } from '../metrics/eer.ts';
import {
  evaluateFairness,
  type FairnessEvaluation,
  type GroupFairness,
} from '../metrics/fairness.ts';
import { type GroupedClip, UNKNOWN_GROUP } from '../metrics/fairness-groups.ts';
import type { FairnessFigure, GroupFigure } from '../metrics/fairness-statistic.ts';
import { type GapVerdict, judgeGaps } from '../metrics/fairness-verdict.ts';
import type { ScoreRow } from '../metrics/score-files.ts';
import { decimalWithInterval, percentWithInterval } from '../report/figures.ts';
import { formatTable } from './table.ts';

/** What is looked at, and how. */
export interface FairnessRequest extends Interval {
  /** Columns of the groups. */
  readonly columns: readonly string[];
  /** At or above is called spoof; undefined: that of the EER on these clips. */
  readonly threshold: number | undefined;
  /** Column whose clips keep together; undefined: speaker, else source, else each clip alone. */
  readonly clusterBy: string | undefined;
  readonly leastSpeakers: number;
}

/** One column of groups. */
export interface AttributeReport
  extends Omit<FairnessEvaluation, 'gaps' | 'interval' | 'threshold'> {
  readonly attribute: string;
  readonly gaps: readonly GapVerdict[];
}

/** `fairness` of the document. */
export interface FairnessReport {
  readonly threshold: number;
  readonly thresholdFrom: 'given' | 'these clips';
  readonly leastSpeakers: number;
  /** What labels are shuffled over and intervals resample. */
  readonly unit: string;
  readonly attributes: readonly AttributeReport[];
  readonly warnings: readonly string[];
}

/**
 * Measures the groups of each column. Rows with an empty cell are the group `unknown`; bona fide rows are
 * left out of a column that only spoof rows have (an attack).
 * @throws RingtrueError `core/invalid-options` for a column that is not there, `metrics/*`
 */
export function measureFairness(
  rows: readonly ScoreRow[],
  request: FairnessRequest,
): FairnessReport {
  const { columns, clusterBy, leastSpeakers, seed, replicates, level } = request;
  for (const name of columns) requireFilled(rows, name);
  const unit =
    clusterBy ??
    (hasColumn(rows, 'speaker') ? 'speaker' : hasColumn(rows, 'source') ? 'source' : 'clip');
  const threshold = request.threshold ?? eerThreshold(rows);
  const options = { threshold, leastSpeakers, seed, replicates, level };
  const evaluations = columns.map((attribute) => ({
    attribute,
    evaluation: evaluateFairness(groupRows(rows, attribute, unit), options),
  }));
  const verdicts = judgeGaps(evaluations, { level });
  return {
    threshold,
    thresholdFrom: request.threshold === undefined ? 'these clips' : 'given',
    leastSpeakers,
    unit,
    attributes: evaluations.map(({ attribute, evaluation }) => {
      const { gaps: _gaps, interval: _interval, threshold: _threshold, ...rest } = evaluation;
      return {
        attribute,
        ...rest,
        gaps: verdicts.filter((verdict) => verdict.attribute === attribute),
      };
    }),
    warnings: [
      ...(request.threshold === undefined
        ? [
            'no --threshold: that of the EER on these very clips is taken, which flatters; fix it on other clips',
          ]
        : []),
      ...(unit === 'clip'
        ? [
            'no column speaker: labels are shuffled over clips, and p-values are too small where clips share speakers',
          ]
        : []),
    ],
  };
}

function groupRows(rows: readonly ScoreRow[], attribute: string, unit: string): GroupedClip[] {
  const spoofOnly = rows.every((row) => row.label === 'spoof' || cellOf(row, attribute) === null);
  return rows.map((row) => ({
    clip: row.clip,
    label: row.label,
    score: row.score,
    cluster: unit === 'clip' ? null : cellOf(row, unit),
    group: cellOf(row, attribute) ?? (spoofOnly && row.label === 'bonafide' ? null : UNKNOWN_GROUP),
  }));
}

function cellOf({ columns }: ScoreRow, name: string): string | null {
  const cell = columns[name] ?? '';
  return cell === '' || cell === '-' ? null : cell;
}

function hasColumn(rows: readonly ScoreRow[], name: string): boolean {
  return rows.some((row) => cellOf(row, name) !== null);
}

function requireFilled(rows: readonly ScoreRow[], name: string): void {
  if (hasColumn(rows, name)) return;
  const known = [...new Set(rows.flatMap((row) => Object.keys(row.columns)))];
  throw new RingtrueError(
    'core/invalid-options',
    `--group: there is no column ${name}; the file has ${known.join(', ') || 'no other columns'}`,
  );
}

function eerThreshold(rows: readonly ScoreRow[]): number {
  const of = (label: ScoreRow['label']): Float64Array =>
    Float64Array.from(rows.filter((row) => row.label === label).map(({ score }) => score));
  return eer({ bonafide: of('bonafide'), spoof: of('spoof') }).threshold;
}

const FIGURES: readonly (readonly [FairnessFigure, string])[] = [
  ['fdr', 'FDR, 1 is fair'],
  ['fdrArea', 'area under FDR, 1 is fair'],
  ['fprGini', 'Gini of bona fide called spoof, 0 is fair'],
  ['fnrGini', 'Gini of spoof called bona fide, 0 is fair'],
  ['garbe', 'GARBE, 0 is fair'],
  ['inequityRate', 'inequity rate of smoothed rates, 1 is fair'],
  ['fprRatio', 'ratio of bona fide called spoof, smoothed, 1 is fair'],
  ['fnrRatio', 'ratio of spoof called bona fide, smoothed, 1 is fair'],
  ['equalisedOdds', 'equalised odds, 0 is fair'],
  ['averageOdds', 'average odds, 0 is fair'],
  ['selectionGap', 'gap of shares called spoof, 0 is parity'],
  ['worstBalancedAccuracy', 'worst balanced accuracy'],
  ['balancedAccuracyDeviation', 'its deviation over groups'],
];

/** Tables and sentences for the terminal. */
export function renderFairness(report: FairnessReport): string {
  const from = report.thresholdFrom === 'given' ? '' : ', chosen on these very clips';
  return report.attributes
    .flatMap((attribute) => [
      `by ${attribute.attribute}, threshold ${report.threshold}${from}; * fewer than ${report.leastSpeakers} ${report.unit}s`,
      groupTable(attribute, report.unit),
      attribute.gaps.map(({ text }) => text).join('\n'),
      figureTable(attribute),
    ])
    .filter((part) => part !== '')
    .concat(
      'Intervals of gaps, ratios and Gini lie too high, as resampling adds noise to noise: the tests decide.',
    )
    .join('\n\n');
}

function groupTable({ attribute, groups }: AttributeReport, unit: string): string {
  return formatTable(
    [
      { title: attribute },
      { title: `bona fide (${unit}s)`, align: 'right' },
      { title: `spoof (${unit}s)`, align: 'right' },
      { title: 'bona fide called spoof', align: 'right' },
      { title: 'spoof called bona fide', align: 'right' },
      { title: 'EER', align: 'right' },
      { title: 'AUC', align: 'right' },
    ],
    groups.map((group) => [
      group.group,
      `${group.n.bonafide} (${group.speakers.bonafide})`,
      `${group.n.spoof} (${group.speakers.spoof})`,
      rate(group, 'fpr', group.thin.bonafide),
      rate(group, 'fnr', group.thin.spoof),
      rate(group, 'eer', group.thin.bonafide || group.thin.spoof),
      decimalWithInterval(group.figures.auc),
    ]),
  );
}

function rate({ figures }: GroupFairness, name: GroupFigure, thin: boolean): string {
  const figure = figures[name];
  return `${percentWithInterval(figure)}${thin && figure !== undefined ? ' *' : ''}`;
}

function figureTable({ figures, worst }: AttributeReport): string {
  const rows = FIGURES.flatMap(([name, title]) => {
    const figure = figures[name];
    return figure === undefined ? [] : [[title, decimalWithInterval(figure)]];
  });
  if (rows.length === 0) return '';
  if (worst !== null) rows.push(['worst group', worst]);
  return formatTable([{ title: 'over groups' }, { title: 'value', align: 'right' }], rows);
}
