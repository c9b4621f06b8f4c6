/**
 * Speaking the texts of all groups, engine by engine, so that a build that was stopped goes on.
 * @module
 */

import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RingtrueError, toRingtrueError } from '../core/errors.ts';
import { hashJson } from '../core/hash.ts';
import { throwIfAborted, type WorkContext } from '../core/progress.ts';
import type { Group } from './composition.ts';
import { hasSound } from './generators/program.ts';
import type { Speaker, Utterance } from './generators/speaker.ts';
import { exists, type PackageRoot } from './packages.ts';

/** Utterances of a batch: it appears whole or not at all. */
const BATCH = 80;

/** What {@link speakGroups} needs. */
export interface SpeakGroups {
  readonly groups: readonly Group[];
  readonly speakers: Readonly<Record<string, Speaker>>;
  /** Folder for what is spoken. */
  readonly stage: string;
  readonly root: PackageRoot;
  readonly workers: number;
}

/** WAV files by group and generator; what could not be spoken is absent. */
export type SpokenFiles = ReadonlyMap<string, Readonly<Record<string, string>>>;

interface Batch {
  readonly generator: string;
  readonly language: string;
  readonly folder: string;
  readonly groups: readonly Group[];
}

/**
 * Speaks every text.
 * @throws RingtrueError `corpora/generator-failed` if a generator could speak nothing at all, `core/cancelled`
 */
export async function speakGroups(
  { groups, speakers, stage, root, workers }: SpeakGroups,
  { onProgress, signal }: WorkContext,
): Promise<SpokenFiles> {
  const task = 'speak';
  const batches = planBatches(groups, speakers, stage);
  const total = batches.reduce((sum, batch) => sum + batch.groups.length, 0);
  onProgress?.({ type: 'start', task, total, unit: 'texts' });
  const files = new Map<string, Record<string, string>>();
  const spoken = new Map<string, number>();
  const failures = new Map<string, RingtrueError>();
  const left = new Map<string, number>();
  for (const { generator } of batches) left.set(generator, (left.get(generator) ?? 0) + 1);
  let done = 0;
  const queue = [...batches];
  const work = async (): Promise<void> => {
    for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
      throwIfAborted(signal);
      const { generator, folder } = batch;
      try {
        if (!(await exists(folder))) await speakBatch(batch, speakers[generator]!, root, signal);
      } catch (thrown) {
        const error = toRingtrueError(thrown);
        if (error.code !== 'corpora/generator-failed') throw error;
        failures.set(generator, error);
      }
      for (const { id } of batch.groups) {
        const path = join(folder, `${id}.wav`);
        if (!(await hasSound(path))) continue;
        files.set(id, { ...files.get(id), [generator]: path });
        spoken.set(generator, (spoken.get(generator) ?? 0) + 1);
      }
      left.set(generator, (left.get(generator) ?? 0) - 1);
      if (left.get(generator) === 0 && !spoken.has(generator)) {
        queue.length = 0;
        throw speechless(generator, failures.get(generator));
      }
      done += batch.groups.length;
      onProgress?.({ type: 'advance', task, done, note: generator });
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, workers) }, work));
  onProgress?.({ type: 'end', task });
  return files;
}

function speechless(generator: string, cause: RingtrueError | undefined): RingtrueError {
  return new RingtrueError(
    'corpora/generator-failed',
    `${generator} spoke none of its texts: ${cause?.message ?? 'it wrote no sound'}`,
    {
      details: { generator },
      ...(cause === undefined ? {} : { cause, hint: cause.hint }),
    },
  );
}

function planBatches(
  groups: readonly Group[],
  speakers: SpeakGroups['speakers'],
  stage: string,
): Batch[] {
  const sets = new Map<string, Group[]>();
  for (const group of groups) {
    for (const fake of group.fakes) {
      const generator = fake.spokenBy ?? fake.generator;
      if (!Object.hasOwn(speakers, generator)) continue;
      const key = `${generator} ${group.real.language}`;
      const set = sets.get(key);
      if (set === undefined) sets.set(key, [group]);
      else set.push(group);
    }
  }
  // In the order of the speakers, so that the user's own come first.
  const place = (key: string): number => Object.keys(speakers).indexOf(key.split(' ')[0] ?? '');
  const ordered = [...sets].sort(([a], [b]) => place(a) - place(b));
  return ordered.flatMap(([key, all]) => {
    const [generator = '', language = ''] = key.split(' ');
    return Array.from({ length: Math.ceil(all.length / BATCH) }, (_, i): Batch => {
      const some = all.slice(i * BATCH, (i + 1) * BATCH);
      const asked = hashJson([
        speakers[generator]?.identity ?? '',
        ...some.map(({ id, real }) => [id, real.text]),
      ]).slice(0, 12);
      const folder = join(stage, 'spoken', `${generator}-${language}-${asked}`);
      return { generator, language, folder, groups: some };
    });
  });
}

async function speakBatch(
  { language, folder, groups }: Batch,
  speaker: Speaker,
  root: PackageRoot,
  signal: AbortSignal | undefined,
): Promise<void> {
  const fresh = `${folder}.${process.pid}.tmp`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  const utterances = groups.map(
    ({ id, real }): Utterance => ({
      text: real.text,
      recording: join(root.debian, real.path),
      path: join(fresh, `${id}.wav`),
    }),
  );
  await speaker.speak({ utterances, language, root, signal });
  try {
    await rename(fresh, folder);
  } catch (error) {
    // Another build of the same corpus was here first.
    await rm(fresh, { recursive: true, force: true });
    if (!(await exists(folder))) throw error;
  }
}
