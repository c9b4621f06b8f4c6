/**
 * Trials by detector and condition, with what they are resampled by.
 * @module
 */

import { chooseCluster } from '../metrics/cluster.ts';
import type { ScoredClip } from '../metrics/evaluate.ts';
import type { Counts } from '../metrics/types.ts';
import type { TrialRow } from '../store/trial.ts';
import type { Plan } from './plan.ts';

/** A scored trial. */
export interface ScoredTrial extends ScoredClip {
  readonly row: TrialRow;
}

/** The trials of one detector under one condition. */
export interface TrialTable {
  readonly scored: readonly ScoredTrial[];
  readonly failed: number;
  readonly refused: number;
}

/** Finds tables by detector name and condition id; one that is not there is empty. */
export type TrialTables = (detector: string, condition: string) => TrialTable;

/** What intervals resample. */
export interface Resampling {
  readonly unit: string;
  /** What the intervals cover and what they do not. */
  readonly note: string;
  /** Cluster of a clip by its id. */
  readonly clusterOf: ReadonlyMap<string, string>;
}

/** The resampling that the study asks for, or the highest level that repeats. */
export function chooseResampling({ study, clips }: Plan): Resampling {
  const { unit } = study.interval;
  if (unit === 'auto') {
    const choice = chooseCluster(clips.map((clip) => ({ ...clip, clip: clip.id })));
    return {
      unit: choice.unit,
      note: choice.note,
      clusterOf: new Map(clips.map((clip, i) => [clip.id, choice.clusters[i]!])),
    };
  }
  // A clip that names no speaker or source stands alone.
  const clusterOf = clips.map(
    (clip) => [clip.id, (unit === 'clip' ? undefined : clip[unit]) ?? `clip ${clip.id}`] as const,
  );
  return {
    unit,
    note: `The study file asks that ${unit}s be resampled.`,
    clusterOf: new Map(clusterOf),
  };
}

/** Sorts trials into tables. */
export function tabulate(rows: readonly TrialRow[], { clusterOf }: Resampling): TrialTables {
  const tables = new Map<string, { scored: ScoredTrial[]; failed: number; refused: number }>();
  for (const row of rows) {
    const key = `${row.detector}\n${row.condition}`;
    let table = tables.get(key);
    if (table === undefined) {
      table = { scored: [], failed: 0, refused: 0 };
      tables.set(key, table);
    }
    const { clip, label, score } = row;
    if (row.failed !== null) table.failed += 1;
    else if (row.refused !== null) table.refused += 1;
    else if (score !== null) {
      table.scored.push({ clip, label, score, cluster: clusterOf.get(clip), row });
    }
  }
  const none: TrialTable = { scored: [], failed: 0, refused: 0 };
  return (detector, condition) => tables.get(`${detector}\n${condition}`) ?? none;
}

/** Numbers of clips of each class. */
export function countLabels(rows: readonly { readonly label: string }[]): Counts {
  const bonafide = rows.filter(({ label }) => label === 'bonafide').length;
  return { bonafide, spoof: rows.length - bonafide };
}
