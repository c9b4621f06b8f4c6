/**
 * Clips that all went through the same: level and codec of both classes made alike, so that neither can tell
 * where a clip comes from. Kept as files, since what is trained must be treated too.
 * @module
 */

import { join } from 'node:path';
import { hashFile } from '../archives/files.ts';
import { type Audio, toMono } from '../audio/audio.ts';
import { activeLevelDb, peak } from '../audio/dsp/level.ts';
import { createIsolatedDecoder } from '../audio/io/isolated.ts';
import { writeWav } from '../audio/io/wav.ts';
import { toRingtrueError } from '../core/errors.ts';
import { hashJson } from '../core/hash.ts';
import { cacheFolder, writeFileAtomic } from '../core/node/files.ts';
import { throwIfAborted, type WorkContext } from '../core/progress.ts';
import { createRng } from '../core/rng.ts';
import { applyCondition, conditionAssets, parseConditions } from '../corruptions/chain.ts';
import type { Condition } from '../corruptions/types.ts';
import type { Treatment } from './benchmark-file.ts';
import type { CorpusClip } from './filter.ts';

/** Highest sample after levelling: a codec needs some room. */
const PEAK = 0.98;

/** Added to the id of a treated clip. */
export const TREATED = '~control';

/** A treatment in words. */
export function describeTreatment({ levelDb, chain }: Treatment): string {
  const level = levelDb === undefined ? [] : [`active level ${levelDb} dBFS`];
  return [...level, ...chain].join(', then ');
}

/**
 * Treats clips, or finds them treated.
 * @param options.code hash of the code that computes scores
 * @returns by id of the clip; one that cannot be read is left out with a warning
 * @throws RingtrueError `corruptions/*`, `core/cancelled`, `core/io-*`
 */
export async function treatClips(
  clips: readonly CorpusClip[],
  options: { readonly treatment: Treatment; readonly seed: number; readonly code: string },
  { onProgress, signal }: WorkContext,
): Promise<ReadonlyMap<string, CorpusClip>> {
  const { treatment, seed, code } = options;
  const [condition] = parseConditions([{ chain: [...treatment.chain] }]);
  const assets = (await conditionAssets(condition!)) ?? null;
  const treated = new Map<string, CorpusClip>();
  const task = 'treat clips alike';
  onProgress?.({ type: 'start', task, total: clips.length, unit: 'clips' });
  const decoder = createIsolatedDecoder();
  try {
    for (const [i, clip] of clips.entries()) {
      throwIfAborted(signal);
      try {
        const content = clip.sha256 ?? (await hashFile(clip.path));
        const levelDb = treatment.levelDb ?? null;
        const key = hashJson({
          ...{ content, clip: clip.id, condition: condition!.id, assets, levelDb, seed, code },
        });
        const path = join(
          cacheFolder('benchmarks', 'treated'),
          key.slice(0, 2),
          `${key.slice(2)}.wav`,
        );
        const known = await hashFile(path).catch(() => undefined);
        if (known === undefined) {
          const { audio } = await decoder.decode(clip.path, { signal });
          const levelled = levelDb === null ? audio : atLevel(audio, levelDb);
          const rng = createRng(seed).split(clip.id).split(condition!.id);
          await writeFileAtomic(path, writeWav(await corrupted(levelled, condition!, rng)));
        }
        const sha256 = known ?? (await hashFile(path));
        treated.set(clip.id, { ...clip, id: `${clip.id}${TREATED}`, path, sha256 });
      } catch (thrown) {
        const { code: why, message } = toRingtrueError(thrown);
        if (why === 'core/cancelled' || why.startsWith('core/io')) throw thrown;
        onProgress?.({ type: 'warning', code: why, message: `${clip.id}: ${message}` });
      }
      onProgress?.({ type: 'advance', task, done: i + 1 });
    }
  } finally {
    await decoder.close();
  }
  onProgress?.({ type: 'end', task });
  return treated;
}

async function corrupted(
  audio: Audio,
  condition: Condition,
  rng: ReturnType<typeof createRng>,
): Promise<Audio> {
  return (await applyCondition(audio, condition, rng)).audio;
}

/** The same recording with its active speech at a level, lower where its peak would not fit. */
function atLevel(audio: Audio, levelDb: number): Audio {
  const mono = toMono(audio);
  const found = activeLevelDb(mono, audio.sampleRate);
  const highest = Math.max(...audio.samples.map(peak));
  // Silence has no level to be changed.
  if (!Number.isFinite(found) || highest === 0) return audio;
  const gain = Math.min(10 ** ((levelDb - found) / 20), PEAK / highest);
  return { ...audio, samples: audio.samples.map((plane) => plane.map((sample) => gain * sample)) };
}
