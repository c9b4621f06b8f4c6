/**
 * One example: a recording is read, corrupted, cut and turned into features.
 * @module
 */

import { type Audio, checkAudio, toMono } from '../../audio/audio.ts';
import { resample } from '../../audio/dsp/resample.ts';
import type { IsolatedDecoder } from '../../audio/io/isolated.ts';
import { type ErrorCode, RingtrueError, toRingtrueError } from '../../core/errors.ts';
import { createRng, type Rng } from '../../core/rng.ts';
import { applyPolicy, type Policy } from '../../corruptions/policy.ts';
import { createFrontEnd, type FrontEndSpec } from '../../models/network/front-end.ts';
import { type Length, stretchOf, stretchSamples } from '../../models/network/length.ts';

/** Which stretch of a longer training recording is taken: a new one each time, or always its start or middle. */
export type Crop = 'random' | 'start' | 'middle';

/** How examples are made; plain data, sent to workers once. */
export interface ExampleSettings {
  readonly frontEnd: FrontEndSpec;
  readonly length: Length;
  readonly crop: Crop;
  /** Corruptions of training examples, applied to the whole recording before it is cut; null for none. */
  readonly augment: Policy | null;
  /**
   * Largest change of speed of training examples, as a share; 0 for none. Pitch and formants move with it,
   * as with a tape: other voices out of few, without the marks of a vocoder (Ko et al. 2015).
   */
  readonly speed: number;
  readonly seed: number;
  /** Decoded sound that a worker keeps, in bytes. */
  readonly keepBytes: number;
}

/** What is to be made. */
export interface ExampleTask {
  readonly clip: { readonly id: string; readonly path: string };
  /**
   * Which draw of the training stream it is; null for an example without anything random (the middle of
   * the recording, no corruption).
   */
  readonly draw: { readonly epoch: number; readonly slot: number; readonly attempt: number } | null;
}

/** Features of an example, `dims` as the front end gives them. */
export interface Example {
  readonly dims: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
  /** Share of the stretch that is recording. */
  readonly valid: number;
}

/** Rooms whose errors are a clip's own, and the codes among them that would come with every clip. */
const CLIP_ROOMS = ['audio/', 'core/io-', 'corruptions/'];
const FATAL: readonly ErrorCode[] = [
  'audio/unsupported-encoder',
  'core/io-disk-full',
  'corruptions/asset-missing',
  'corruptions/bad-condition',
  'corruptions/unknown',
  'corruptions/unknown-level',
  'corruptions/unknown-option',
  'corruptions/bad-option',
];

/** True for a failure that ends the training, false for one that is recorded with its clip. */
export function isFatal(code: ErrorCode): boolean {
  return FATAL.includes(code) || !CLIP_ROOMS.some((room) => code.startsWith(room));
}

/**
 * Makes examples; keeps decoded sound as far as `keepBytes` allows.
 * @param decoder closed by the caller
 */
export function createExampleMaker(
  settings: ExampleSettings,
  decoder: Pick<IsolatedDecoder, 'decode'>,
): (task: ExampleTask) => Promise<Example> {
  const frontEnd = createFrontEnd(settings.frontEnd);
  const { sampleRate } = frontEnd;
  const kept = new Map<string, Audio>();
  let keptBytes = 0;

  const read = async (path: string): Promise<Audio> => {
    const known = kept.get(path);
    if (known !== undefined) return known;
    const { audio } = await decoder.decode(path);
    checkAudio(audio);
    // Mono at its own rate: what corruptions are applied to.
    const mono: Audio = { samples: [toMono(audio)], sampleRate: audio.sampleRate };
    const bytes = mono.samples[0]!.byteLength;
    if (keptBytes + bytes <= settings.keepBytes) {
      kept.set(path, mono);
      keptBytes += bytes;
    }
    return mono;
  };

  return async ({ clip, draw }) => {
    let audio = await read(clip.path);
    const rng =
      draw === null
        ? null
        : createRng(settings.seed)
            .split('example')
            .split(draw.epoch)
            .split(draw.slot)
            .split(draw.attempt);
    if (rng !== null && settings.augment !== null) {
      audio = (await applyPolicy(audio, settings.augment, rng.split('augment'))).audio;
      checkAudio(audio);
    }
    const faster = rng === null ? 1 : speedOf(rng.split('speed'), settings.speed);
    const mono = resample(toMono(audio), Math.round(audio.sampleRate * faster), sampleRate);
    const room = Math.max(0, mono.length - stretchSamples(settings.length, sampleRate));
    const start =
      rng === null || settings.crop === 'middle'
        ? room >> 1
        : settings.crop === 'start'
          ? 0
          : rng.split('crop').int(room + 1);
    const { samples, valid } = stretchOf(mono, { length: settings.length, sampleRate, start });
    const { dims, data } = frontEnd.compute(samples);
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new RingtrueError(
        'audio/not-finite',
        `${clip.path}: feature ${bad} of [${dims.join(', ')}] is ${data[bad]}`,
      );
    }
    // A copy of its own, that can be sent away.
    return { dims, data: Float32Array.from(data), valid };
  };
}

/** Steps of speed on each side: resampling keeps a filter bank for each. */
const SPEED_STEPS = 4;

/** A factor in [1 − range, 1 + range], one of nine. */
function speedOf(rng: Rng, range: number): number {
  return 1 + (range * (rng.int(2 * SPEED_STEPS + 1) - SPEED_STEPS)) / SPEED_STEPS;
}

/** Shape of the features of every example. */
export function exampleDims({
  frontEnd,
  length,
}: Pick<ExampleSettings, 'frontEnd' | 'length'>): readonly number[] {
  const { compute, sampleRate } = createFrontEnd(frontEnd);
  return compute(new Float32Array(stretchSamples(length, sampleRate))).dims;
}

/** A failure as coded error. */
export function exampleError(thrown: unknown): RingtrueError {
  return toRingtrueError(thrown, 'audio/unreadable');
}
