/**
 * Helpers to declare corruptions.
 * @module
 */

import type * as z from 'zod';
import type { Audio } from '../audio/audio.ts';
import { fftConvolve } from '../audio/dsp/filters.ts';
import { withKernel } from '../audio/dsp/kernels/dsp-kernel.ts';
import { rms } from '../audio/dsp/level.ts';
import { type CodecOptions, roundTrip } from '../audio/io/codec.ts';
import { type Json, RingtrueError } from '../core/errors.ts';
import { fromDb } from '../core/portable-math.ts';
import { parseOptions } from '../core/schema.ts';
import type {
  Corrupted,
  Corruption,
  CorruptionFamily,
  CorruptionLevel,
  CorruptionPage,
} from './types.ts';

/** What {@link defineCorruption} takes: a corruption with its types tied together. */
interface Definition<S extends z.ZodObject, D extends Json> {
  readonly name: string;
  readonly family: CorruptionFamily;
  readonly summary: string;
  readonly page: CorruptionPage;
  readonly schema: S;
  readonly unit: string;
  /** From the mildest to the strongest: raw value and parameters. */
  readonly grid: readonly { readonly value: number; readonly params: z.input<S> }[];
  readonly aligned?: boolean;
  draw(params: z.output<S>, rng: Parameters<Corruption['draw']>[1]): D;
  apply(audio: Audio, drawn: D): Corrupted | Promise<Corrupted>;
  readonly assetHash?: () => Promise<string>;
}

/** Declares a corruption; parameters of levels are parsed by its own schema. */
export function defineCorruption<S extends z.ZodObject, D extends Json>(
  definition: Definition<S, D>,
): Corruption {
  const { name, family, summary, page, schema, unit, grid, aligned = true, assetHash } = definition;
  const levels: CorruptionLevel<unknown>[] = grid.map(({ value, params }, i) => ({
    level: i + 1,
    value,
    unit,
    params: parseOptions(schema, params, { where: `${name}@${i + 1}` }),
  }));
  return {
    name,
    family,
    summary,
    page,
    schema,
    levels,
    aligned,
    draw: (params, rng) => definition.draw(parseOptions(schema, params, { where: name }), rng),
    // Whatever `draw` returned (or a file kept of it) comes back here.
    apply: (audio, drawn) => definition.apply(audio, drawn as D),
    ...(assetHash === undefined ? {} : { assetHash }),
  };
}

/** Applies a pure function to every channel. */
export function mapChannels(
  audio: Audio,
  change: (plane: Float32Array) => Float32Array,
): Corrupted {
  return { audio: { samples: audio.samples.map(change), sampleRate: audio.sampleRate } };
}

/**
 * Sends sound through a codec and proves that it was: bytes were written and the samples changed.
 * @throws RingtrueError `corruptions/no-effect`, `audio/unsupported-encoder`
 */
export async function throughCodec(
  audio: Audio,
  options: CodecOptions,
): Promise<Corrupted & { encodedBytes: number }> {
  const coded = await roundTrip(audio, options);
  const unchanged = coded.audio.samples.every((plane, c) =>
    plane.every((value, i) => value === audio.samples[c]![i]),
  );
  const silent = audio.samples.every((plane) => plane.every((value) => value === 0));
  if (coded.encodedBytes === 0 || (unchanged && !silent)) {
    throw new RingtrueError(
      'corruptions/no-effect',
      `${options.codec} wrote ${coded.encodedBytes} bytes and ${unchanged ? 'changed nothing' : 'changed the sound'}`,
    );
  }
  return coded;
}

/**
 * A codec several times in a row; the bytes of all passes are counted. That a later pass changes nothing
 * more is in the nature of some codecs, the first one has to.
 * @throws RingtrueError as {@link throughCodec}
 */
export async function inTandem(
  audio: Audio,
  passes: number,
  options: CodecOptions,
): Promise<Corrupted & { encodedBytes: number }> {
  let { audio: current, encodedBytes } = await throughCodec(audio, options);
  for (let pass = 1; pass < passes; pass += 1) {
    const coded = await roundTrip(current, options);
    current = coded.audio;
    encodedBytes += coded.encodedBytes;
  }
  return { audio: current, encodedBytes };
}

/** Length of a public definition that is given in samples at 16 kHz, at another rate. */
export function samplesAt16k(count: number, sampleRate: number): number {
  return Math.max(1, Math.round((count * sampleRate) / 16000));
}

/**
 * Adds a signal, over and over if it is shorter, at a signal-to-noise ratio over the whole clip:
 * gain = √(P(x) / (10^(SNR/10) P(n))).
 */
export function addAtSnr(x: Float32Array, noise: Float32Array, snrDb: number): Float32Array {
  return withKernel((scratch) => {
    const { kernel } = scratch;
    const n = x.length;
    const signal = scratch.put(x);
    const bed = scratch.putTiled(noise, n);
    const bedPower = kernel.sumOfSquares(bed, n);
    const ratio = kernel.sumOfSquares(signal, n) / (fromDb(snrDb) * bedPower);
    kernel.mix(signal, bed, bedPower === 0 ? 0 : Math.sqrt(ratio), n, signal);
    return scratch.take(signal, n);
  });
}

/** Sound in a room: convolved with its impulse response, cut to its former length, at its former RMS. */
export function reverberated(x: Float32Array, response: Float32Array): Float32Array {
  const wet = fftConvolve(x, response).slice(0, x.length);
  const level = rms(wet);
  const scale = level > 0 ? rms(x) / level : 1;
  for (let i = 0; i < wet.length; i += 1) wet[i]! *= scale;
  return wet;
}
