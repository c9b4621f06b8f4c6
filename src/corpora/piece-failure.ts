/**
 * What a corpus lacks, where the rest of it can still be built.
 * @module
 */

import { peak } from '../audio/dsp/level.ts';
import { RingtrueError, toRingtrueError } from '../core/errors.ts';
import type { Clip } from '../datasets/clip.ts';
import type { PieceFailure } from './build-jobs.ts';

/** Errors of the disk and of the program end the build; all others only what threw them. */
const FATAL = /^core\//;

/**
 * What is lacking because something threw.
 * @throws errors of the disk and of the program as they are: no later build may take them for a lasting failure
 */
export function failureOf(
  error: unknown,
  of: Pick<PieceFailure, 'group' | 'generator'>,
): PieceFailure {
  const { code, message } = toRingtrueError(error);
  if (FATAL.test(code)) throw error;
  return { ...of, code, message };
}

/** @throws RingtrueError `corpora/generator-failed` if what a generator made is silent or holds samples that are no numbers */
export function checkSound(x: Float32Array, generator: string): void {
  const loudest = peak(x);
  if (loudest > 0 && Number.isFinite(loudest)) return;
  throw new RingtrueError('corpora/generator-failed', `${generator} made silence or no numbers`);
}

/**
 * Looks whether every generator that was asked for fakes gave one.
 * @throws RingtrueError `corpora/generator-failed`
 */
export function throwDeadGenerators(
  asked: readonly string[],
  clips: readonly Clip[],
  failures: readonly PieceFailure[],
): void {
  const alive = new Set(clips.map(({ generator }) => generator));
  for (const generator of new Set(asked)) {
    if (alive.has(generator)) continue;
    const why = failures.find((failure) => failure.generator === generator) ?? failures[0];
    throw new RingtrueError(
      'corpora/generator-failed',
      `${generator} gave no usable sound: ${why?.message ?? 'its groups failed'}`,
      { details: { generator } },
    );
  }
}
