/**
 * Trials on disk: a run's `trials/*.parquet`, one shard for each finished unit of work.
 * @module
 */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ERROR_CODES, RingtrueError, toRingtrueError } from '../core/errors.ts';
import { type Columns, type RowOf, readRows, writeRows } from './parquet.ts';
import type { TrialRow } from './trial.ts';

/** The columns of a trial shard, in order. */
export const TRIAL_COLUMNS = {
  run: { type: 'text' },
  detector: { type: 'text' },
  corpus: { type: 'text' },
  split: { type: 'text' },
  clip: { type: 'text' },
  sha256: { type: 'text', nullable: true, mayLack: true },
  condition: { type: 'text' },
  corruption: { type: 'text', nullable: true },
  level: { type: 'integer', nullable: true },
  value: { type: 'number', nullable: true },
  seed: { type: 'integer' },
  score: { type: 'number', nullable: true },
  llr: { type: 'number', nullable: true },
  refused: { type: 'text', nullable: true },
  failed: { type: 'text', nullable: true },
  durationSec: { type: 'number' },
  encodedBytes: { type: 'integer', nullable: true },
  label: { type: 'text' },
  speaker: { type: 'text', nullable: true },
  language: { type: 'text', nullable: true },
  generator: { type: 'text', nullable: true },
  source: { type: 'text', nullable: true },
  group: { type: 'attributes', nullable: true },
} as const satisfies Columns;

/** Path of the shard that holds the rows of one unit. */
export function shardPath(runDir: string, unit: number): string {
  return join(runDir, 'trials', `${String(unit).padStart(6, '0')}.parquet`);
}

/**
 * Writes a shard, whole or not at all.
 * @throws RingtrueError `core/io-disk-full`, `core/io-denied`, `core/io-failed`
 */
export async function writeTrials(path: string, rows: readonly TrialRow[]): Promise<void> {
  await writeRows(path, TRIAL_COLUMNS, rows);
}

/**
 * Reads one shard.
 * @throws RingtrueError `store/bad-parquet`, `core/io-not-found`, `core/io-denied`
 */
export async function readShard(path: string): Promise<TrialRow[]> {
  const rows = await readRows(path, TRIAL_COLUMNS, { sealed: true });
  const bad = rows.findIndex((row) => !isTrial(row));
  if (bad >= 0) {
    throw new RingtrueError(
      'store/bad-parquet',
      `${path}: row ${bad + 1} is not a trial: a label, and exactly one of score, refused and failed`,
      { details: { file: path, row: bad + 1 } },
    );
  }
  // isTrial has just checked the closed sets.
  return rows as TrialRow[];
}

/**
 * All trials of a run, in the order of its units.
 * @throws RingtrueError `store/bad-run` if the folder has no trials or one trial twice, `store/bad-parquet`
 */
export async function readTrials(runDir: string): Promise<TrialRow[]> {
  const folder = join(runDir, 'trials');
  const rows: TrialRow[] = [];
  for (const name of await shardNames(folder)) {
    for (const row of await readShard(join(folder, name))) rows.push(row);
  }
  const seen = new Set<string>();
  for (const row of rows) {
    const key = JSON.stringify([row.detector, row.condition, row.clip]);
    if (seen.has(key)) {
      throw new RingtrueError('store/bad-run', `${runDir} holds the trial ${key} twice`, {
        details: { run: runDir, trial: key },
        hint: 'Delete the folder and run the study again.',
      });
    }
    seen.add(key);
  }
  return rows;
}

async function shardNames(folder: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    const coded = toRingtrueError(error, 'core/io-failed');
    if (coded.code !== 'core/io-not-found') throw coded;
    throw new RingtrueError('store/bad-run', `${folder} does not exist`, { cause: error });
  }
  const shards = names.filter((name) => name.endsWith('.parquet')).sort();
  if (shards.length === 0) throw new RingtrueError('store/bad-run', `${folder} holds no trials`);
  return shards;
}

function isTrial(row: RowOf<typeof TRIAL_COLUMNS>): boolean {
  const outcomes = [row.score, row.refused, row.failed].filter((value) => value !== null);
  const code = row.refused ?? row.failed;
  return (
    (row.label === 'bonafide' || row.label === 'spoof') &&
    outcomes.length === 1 &&
    (code === null || code in ERROR_CODES)
  );
}
