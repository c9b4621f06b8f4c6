/**
 * Stretches of one length from recordings of any length: how networks of fixed input hear them.
 * @module
 */

import * as z from 'zod';

/** How a recording becomes a stretch of fixed length. */
export const lengthSchema = z.strictObject({
  sec: z.number().positive().max(600).meta({ unit: 's' }).describe('length of the stretch'),
  short: z
    .enum(['repeat', 'zero', 'zero-both', 'reflect'])
    .default('repeat')
    .describe(
      'what fills up a shorter recording: itself again, zeros behind, zeros before and behind, or itself to and fro',
    ),
});
/** How a recording becomes a stretch of fixed length. */
export type Length = z.output<typeof lengthSchema>;

/** What fills up shorter recordings. */
export type Padding = Length['short'];

/** A stretch, and how much of it is recording, 0…1 (repeats and reflections count, zeros do not). */
export interface Stretch {
  readonly samples: Float32Array;
  readonly valid: number;
}

/** Number of samples of a stretch. */
export function stretchSamples({ sec }: Length, sampleRate: number): number {
  return Math.max(1, Math.round(sec * sampleRate));
}

/**
 * Cuts a stretch out of mono samples.
 * @param start first sample; only looked at where the recording is longer than the stretch
 */
export function stretchOf(
  mono: Float32Array,
  { length, sampleRate, start }: { length: Length; sampleRate: number; start: number },
): Stretch {
  const size = stretchSamples(length, sampleRate);
  if (mono.length >= size) {
    const from = Math.max(0, Math.min(start, mono.length - size));
    return { samples: mono.slice(from, from + size), valid: 1 };
  }
  const samples = new Float32Array(size);
  const { short } = length;
  if (short === 'zero' || short === 'zero-both' || mono.length === 0) {
    samples.set(mono, short === 'zero-both' ? (size - mono.length) >> 1 : 0);
    return { samples, valid: mono.length / size };
  }
  // Reflections leave the first and the last sample single.
  const period = short === 'reflect' ? Math.max(1, 2 * (mono.length - 1)) : mono.length;
  for (let i = 0; i < size; i += 1) {
    const at = i % period;
    samples[i] = mono[at < mono.length ? at : period - at]!;
  }
  return { samples, valid: 1 };
}
