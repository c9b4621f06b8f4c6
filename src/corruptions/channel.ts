/**
 * What rooms, devices and lines do to speech.
 * @module
 */

import * as z from 'zod';
import { applyIir, butterworth, fftConvolve } from '../audio/dsp/filters.ts';
import { withKernel } from '../audio/dsp/kernels/dsp-kernel.ts';
import { peak, rms } from '../audio/dsp/level.ts';
import { resample } from '../audio/dsp/resample.ts';
import { fromDb, portableExp } from '../core/portable-math.ts';
import { createRng } from '../core/rng.ts';
import { defineCorruption, mapChannels, throughCodec } from './define.ts';
import { roomResponse } from './room.ts';

/** Clipping at a share of the peak. */
export const clip = defineCorruption({
  name: 'clip',
  family: 'channel',
  summary: 'samples beyond a share of the peak are cut off',
  schema: z.strictObject({
    share: z.number().gt(0).max(1).default(0.5).describe('ceiling as a share of the peak'),
  }),
  unit: 'of peak',
  grid: [0.7, 0.5, 0.3, 0.2, 0.1].map((share) => ({ value: share, params: { share } })),
  draw: ({ share }) => ({ share }),
  apply: (audio, { share }) =>
    mapChannels(audio, (x) => {
      const ceiling = share * peak(x);
      return withKernel((scratch) => {
        const signal = scratch.put(x);
        scratch.kernel.limit(signal, -ceiling, ceiling, x.length, signal);
        return scratch.take(signal, x.length);
      });
    }),
});

/** Gain followed by 16-bit quantisation and the ceiling of full scale. */
export const gain = defineCorruption({
  name: 'gain',
  family: 'channel',
  summary: 'level changed, then stored in 16 bits: quiet levels lose resolution, loud ones clip',
  schema: z.strictObject({
    gainDb: z
      .number()
      .min(-90)
      .max(60)
      .default(-20)
      .describe('change of level')
      .meta({ unit: 'dB' }),
  }),
  unit: 'dB',
  grid: [-10, 10, -20, 20, -40].map((gainDb) => ({ value: gainDb, params: { gainDb } })),
  draw: ({ gainDb }) => ({ gainDb }),
  apply: (audio, { gainDb }) =>
    mapChannels(audio, (x) =>
      withKernel((scratch) => {
        const signal = scratch.put(x);
        scratch.kernel.roundTo(signal, 0, fromDb(gainDb / 2) * 32768, 1 / 32768, x.length, signal);
        scratch.kernel.limit(signal, -1, 32767 / 32768, x.length, signal);
        return scratch.take(signal, x.length);
      }),
    ),
});

const AGC_FRAME_SEC = 0.01;
const AGC_TARGET = 0.1;

/** Automatic gain control: follows the level with a time constant and pulls it to −20 dBFS. */
export const agc = defineCorruption({
  name: 'agc',
  family: 'channel',
  summary: 'automatic gain control that pulls the short-time level to −20 dBFS, at most 30 dB up',
  schema: z.strictObject({
    releaseSec: z
      .number()
      .positive()
      .default(0.3)
      .describe('time constant; short ones pump')
      .meta({ unit: 's' }),
  }),
  unit: 's',
  grid: [3, 1, 0.3, 0.1, 0.03].map((releaseSec) => ({ value: releaseSec, params: { releaseSec } })),
  draw: ({ releaseSec }) => ({ releaseSec }),
  apply: (audio, { releaseSec }) =>
    mapChannels(audio, (x) => control(x, audio.sampleRate, releaseSec)),
});

function control(x: Float32Array, sampleRate: number, releaseSec: number): Float32Array {
  const size = Math.max(1, Math.round(AGC_FRAME_SEC * sampleRate));
  const keep = portableExp(-AGC_FRAME_SEC / releaseSec);
  const out = new Float32Array(x.length);
  let level = rms(x.subarray(0, Math.round(0.3 * sampleRate)));
  let last = Math.min(30, AGC_TARGET / Math.max(level, 1e-4));
  for (let start = 0; start < x.length; start += size) {
    const frame = x.subarray(start, start + size);
    const now = rms(frame);
    // Attack is fast, release slow.
    level = now > level ? 0.3 * level + 0.7 * now : keep * level + (1 - keep) * now;
    const next = Math.min(31.6, AGC_TARGET / Math.max(level, 1e-4));
    for (let i = 0; i < frame.length; i += 1) {
      const g = last + ((next - last) * i) / size;
      out[start + i] = Math.max(-1, Math.min(1, g * frame[i]!));
    }
    last = next;
  }
  return out;
}

/** Resampling down and up again, with or without the filter that prevents aliasing. */
export const resampleCorruption = defineCorruption({
  name: 'resample',
  family: 'channel',
  summary: 'taken to a lower sample rate and back, by default without a filter, so that it aliases',
  schema: z.strictObject({
    rateHz: z.number().positive().default(8000).describe('rate on the way').meta({ unit: 'Hz' }),
    filter: z
      .enum(['none', 'clean'])
      .default('none')
      .describe('`none` drops samples and repeats them (aliasing); `clean` filters first'),
  }),
  unit: 'Hz',
  grid: [12000, 11025, 8000, 6000, 4000].map((rateHz) => ({ value: rateHz, params: { rateHz } })),
  draw: ({ rateHz, filter }) => ({ rateHz, filter }),
  apply: (audio, { rateHz, filter }) =>
    mapChannels(audio, (x) => {
      if (filter === 'clean') {
        const back = resample(resample(x, audio.sampleRate, rateHz), rateHz, audio.sampleRate);
        const out = new Float32Array(x.length);
        out.set(back.subarray(0, x.length));
        return out;
      }
      const step = audio.sampleRate / rateHz;
      return x.map((_, i) => x[Math.min(x.length - 1, Math.round(Math.floor(i / step) * step))]!);
    }),
});

/** Band limits of lines and loudspeakers. */
export const bandLimit = defineCorruption({
  name: 'band-limit',
  family: 'channel',
  summary: 'band-pass between the limits of a line or a loudspeaker',
  schema: z.strictObject({
    lowHz: z.number().positive().default(300).describe('lower −3 dB point').meta({ unit: 'Hz' }),
    highHz: z.number().positive().default(3400).describe('upper −3 dB point').meta({ unit: 'Hz' }),
  }),
  unit: 'Hz wide',
  grid: (
    [
      [50, 7000],
      [100, 5000],
      [300, 3400],
      [400, 2800],
      [500, 2000],
    ] as const
  ).map(([lowHz, highHz]) => ({ value: highHz - lowHz, params: { lowHz, highHz } })),
  draw: ({ lowHz, highHz }) => ({ lowHz, highHz }),
  apply: (audio, { lowHz, highHz }) =>
    mapChannels(audio, (x) => bandPass(x, lowHz, highHz, audio.sampleRate)),
});

function bandPass(
  x: Float32Array,
  lowHz: number,
  highHz: number,
  sampleRate: number,
): Float32Array {
  const high = applyIir(x, butterworth({ order: 4, type: 'high', cutoffHz: lowHz, sampleRate }));
  const cutoffHz = Math.min(highHz, 0.49 * sampleRate);
  return applyIir(high, butterworth({ order: 4, type: 'low', cutoffHz, sampleRate }));
}

/** A narrow-band call: band-pass, G.723.1 at 6.3 kbit/s, once or in tandem. GSM has no encoder here. */
export const narrowBandCall = defineCorruption({
  name: 'narrow-band-call',
  family: 'channel',
  summary:
    'narrow-band call: 300–3400 Hz, then a speech codec of its age (G.723.1, 6.3 kbit/s) once or in tandem',
  schema: z.strictObject({
    passes: z.number().int().min(1).max(8).default(1).describe('legs of the call'),
  }),
  unit: 'legs',
  grid: [1, 2, 3, 4, 5].map((passes) => ({ value: passes, params: { passes } })),
  draw: ({ passes }) => ({ passes }),
  async apply(audio, { passes }) {
    let coded = mapChannels(audio, (x) => bandPass(x, 300, 3400, audio.sampleRate)).audio;
    let encodedBytes = 0;
    for (let pass = 0; pass < passes; pass += 1) {
      const next = await throughCodec(coded, { codec: 'g723-1' });
      coded = next.audio;
      encodedBytes += next.encodedBytes;
    }
    return { audio: coded, encodedBytes };
  },
});

/** Reverberation of a simulated rectangular room (image sources, Allen & Berkley 1979). */
export const reverb = defineCorruption({
  name: 'reverb',
  family: 'channel',
  summary:
    'reverberation of a simulated room, by its reverberation time; direct sound stays in place',
  schema: z.strictObject({
    rt60Sec: z
      .number()
      .positive()
      .max(5)
      .default(0.5)
      .describe('time in which the sound falls by 60 dB')
      .meta({ unit: 's' }),
  }),
  unit: 's',
  grid: [0.2, 0.4, 0.6, 0.9, 1.3].map((rt60Sec) => ({ value: rt60Sec, params: { rt60Sec } })),
  draw: ({ rt60Sec }, rng) => ({ rt60Sec, seed: rng.uint32() }),
  apply: (audio, { rt60Sec, seed }) => {
    const response = roomResponse({ rt60Sec, sampleRate: audio.sampleRate }, createRng(seed));
    return mapChannels(audio, (x) => {
      const wet = fftConvolve(x, response).slice(0, x.length);
      const scale = rms(wet) > 0 ? rms(x) / rms(wet) : 1;
      return wet.map((value) => value * scale);
    });
  },
});
