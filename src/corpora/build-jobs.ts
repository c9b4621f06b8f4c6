/**
 * Building the pieces of a corpus in worker threads; what an earlier build finished is kept.
 * @module
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '../core/errors.ts';
import { hashBytes, hashJson } from '../core/hash.ts';
import { writeFileAtomic } from '../core/node/files.ts';
import { throwIfAborted, type WorkContext } from '../core/progress.ts';
import type { Clip } from '../datasets/clip.ts';
import { runPool } from './pool.ts';

/** Something that a corpus lacks. */
export interface PieceFailure {
  /** Id of the piece. */
  readonly group: string;
  /** Absent where the recording itself failed. */
  readonly generator?: string;
  readonly code: string;
  readonly message: string;
}

/** What building a piece gives: clips that are on disk, and what failed. */
export interface Piece {
  readonly clips: readonly Clip[];
  readonly failures: readonly PieceFailure[];
}

/** A piece to be built. */
export interface PieceJob<J> {
  /** Unique in the corpus; a part of a file name. */
  readonly id: string;
  /** All that decides its bytes: a piece of another plan is built again. */
  readonly plan: Json;
  /** True for long work, which begins first, so that no worker is left alone with it at the end. */
  readonly isSlow?: boolean;
  /** What the worker gets. */
  readonly job: J;
}

/** What {@link buildJobs} needs. */
export interface BuildJobs<J> {
  /** Name of the work, for progress. */
  readonly task: string;
  readonly unit: string;
  readonly jobs: readonly PieceJob<J>[];
  /** Module of the worker, which answers a job with a {@link Piece}. */
  readonly url: URL;
  /** Folder of the corpus. */
  readonly out: string;
  /** Folder for the records of finished pieces. */
  readonly stage: string;
  readonly workers: number;
}

/** A finished piece, as it is kept. */
interface Kept extends Piece {
  /** Hash of what was asked for. */
  readonly plan: string;
}

/**
 * Builds pieces in worker threads.
 * @returns what they gave, in order of the list
 * @throws RingtrueError `core/cancelled`, `core/io-disk-full`
 */
export async function buildJobs<J>(
  { task, unit, jobs, url, out, stage, workers }: BuildJobs<J>,
  { onProgress, signal }: WorkContext,
): Promise<Piece[]> {
  const recordOf = (id: string): string => join(stage, 'groups', `${id}.json`);
  const results = new Map<string, Piece>();
  const left: PieceJob<J>[] = [];
  for (const each of jobs) {
    const kept = await readKept(recordOf(each.id), hashJson(each.plan), out);
    if (kept === null) left.push(each);
    else results.set(each.id, kept);
  }
  onProgress?.({ type: 'start', task, total: jobs.length, unit, done: results.size });
  const ordered = [...left].sort((a, b) => Number(b.isSlow ?? false) - Number(a.isSlow ?? false));
  await runPool<J, Piece>({
    url,
    jobs: ordered.map(({ job }) => job),
    workers,
    signal,
    async onResult(result, _, index) {
      // What stops the build may have stopped a generator's program too: that is no failure to be kept.
      if (signal?.aborted === true && result.failures.length > 0) return;
      const { id, plan } = ordered[index]!;
      const kept: Kept = { plan: hashJson(plan), ...result };
      await writeFileAtomic(recordOf(id), JSON.stringify(kept));
      results.set(id, result);
      onProgress?.({ type: 'advance', task, done: results.size });
    },
  });
  // The last pieces may have been left out by it.
  throwIfAborted(signal);
  onProgress?.({ type: 'end', task });
  return jobs.flatMap(({ id }) => results.get(id) ?? []);
}

/** A piece that an earlier build finished, if it was the same and its files still have the same bytes. */
async function readKept(record: string, plan: string, out: string): Promise<Piece | null> {
  try {
    // Written by this builder.
    const kept = JSON.parse(await readFile(record, 'utf8')) as Kept;
    if (kept.plan !== plan) return null;
    for (const { path, sha256 } of kept.clips) {
      if (hashBytes(await readFile(join(out, path))) !== sha256) return null;
    }
    return { clips: kept.clips, failures: kept.failures };
  } catch {
    return null;
  }
}
