/**
 * What rooms, devices and lines do to speech.
 * @module
 */

import * as z from 'zod';
import { applyIir, butterworth } from '../audio/dsp/filters.ts';
import { withKernel } from '../audio/dsp/kernels/dsp-kernel.ts';
import { rms } from '../audio/dsp/level.ts';
import { resample } from '../audio/dsp/resample.ts';
import type { CodecOptions } from '../audio/io/codec.ts';
import { RingtrueError } from '../core/errors.ts';
import { fromDb, portableExp } from '../core/portable-math.ts';
import { createRng } from '../core/rng.ts';
import { defineCorruption, inTandem, mapChannels, reverberated } from './define.ts';
import { roomResponse } from './room.ts';

/** Clipping at a share of the peak. */
export const clip = defineCorruption({
  name: 'clip',
  family: 'channel',
  summary: 'samples beyond a share of the peak are cut off',
  page: {
    formula: 'y = max(−c, min(c, x)), c = share·max|x|',
    grid: 'ours',
    measure: 'snrDb',
    limits: ['per channel, by the clip’s own peak'],
    citation: '–',
  },
  schema: z.strictObject({
    share: z.number().gt(0).max(1).default(0.5).describe('ceiling as a share of the peak'),
  }),
  unit: 'of peak',
  grid: [0.7, 0.5, 0.3, 0.2, 0.1].map((share) => ({ value: share, params: { share } })),
  draw: ({ share }) => ({ share }),
  apply: (audio, { share }) =>
    mapChannels(audio, (x) =>
      withKernel((scratch) => {
        const signal = scratch.put(x);
        const ceiling = share * scratch.kernel.peak(signal, x.length);
        scratch.kernel.limit(signal, -ceiling, ceiling, x.length, signal);
        return scratch.take(signal, x.length);
      }),
    ),
});

/** Gain followed by 16-bit quantisation and the ceiling of full scale. */
export const gain = defineCorruption({
  name: 'gain',
  family: 'channel',
  summary: 'level changed, then stored in 16 bits: quiet levels lose resolution, loud ones clip',
  page: {
    formula: 'y = max(−1, min(1 − 2⁻¹⁵, round(x·10^(dB/20)·2¹⁵) / 2¹⁵))',
    grid: 'ours, in the order of |dB|',
    measure: 'logSpectralDistanceDb',
    neutral: 0,
    limits: [
      'two-sided: quiet levels lose resolution, loud ones clip if the clip has the peaks for it',
      'detectors that scale their input undo most of it: that is the point',
    ],
    citation: '–',
  },
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

/** Constants of the gain control; the page of the corruption says them in words. */
const AGC = {
  /** Time between two gains, in s. */
  frameSec: 0.01,
  /** Level that it aims at: −20 dBFS. */
  target: 0.1,
  /** Most that it amplifies: 30 dB. */
  maxGain: Math.sqrt(1000),
  /** Share of a louder frame that counts at once. */
  attack: 0.7,
  /** Sound from which the first gain is set, in s. */
  startSec: 0.3,
} as const;

/** Automatic gain control: follows the level with a time constant and pulls it to −20 dBFS. */
export const agc = defineCorruption({
  name: 'agc',
  family: 'channel',
  summary: 'automatic gain control that pulls the short-time level to −20 dBFS, at most 30 dB up',
  page: {
    formula:
      'y[t] = g[t]·x[t]; every 10 ms g aims at 0.1 / level, level follows the frame’s RMS by 0.7 upwards and by exp(−0.01 / release) downwards',
    grid: 'ours',
    measure: 'logSpectralDistanceDb',
    limits: [
      'at most 30 dB up; samples beyond ±1 are cut',
      'a stand-in for the many that devices have: no public reference was followed',
    ],
    citation: '–',
  },
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
  const size = Math.max(1, Math.round(AGC.frameSec * sampleRate));
  const keep = portableExp(-AGC.frameSec / releaseSec);
  const gainAt = (level: number): number =>
    level > 0 ? Math.min(AGC.maxGain, AGC.target / level) : AGC.maxGain;
  const out = new Float32Array(x.length);
  let level = rms(x.subarray(0, Math.round(AGC.startSec * sampleRate)));
  let last = gainAt(level);
  for (let start = 0; start < x.length; start += size) {
    const frame = x.subarray(start, start + size);
    const now = rms(frame);
    const kept = now > level ? 1 - AGC.attack : keep;
    level = kept * level + (1 - kept) * now;
    const next = gainAt(level);
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
  page: {
    formula:
      '`none`: x at the times k/r on straight lines between its samples, then back the same way; `clean`: windowed-sinc resampling to r and back',
    grid: 'ours',
    measure: 'logSpectralDistanceDb',
    limits: [
      'refused with `corruptions/no-effect` where the clip’s own rate is not above r',
      '`none` aliases on purpose, as careless software does',
    ],
    citation: '–',
  },
  schema: z.strictObject({
    rateHz: z.number().positive().default(8000).describe('rate on the way').meta({ unit: 'Hz' }),
    filter: z
      .enum(['none', 'clean'])
      .default('none')
      .describe(
        '`none` draws straight lines between samples both ways (aliasing); `clean` filters',
      ),
  }),
  unit: 'Hz',
  grid: [12000, 11025, 8000, 6000, 4000].map((rateHz) => ({ value: rateHz, params: { rateHz } })),
  draw: ({ rateHz, filter }) => ({ rateHz, filter }),
  apply: (audio, { rateHz, filter }) => {
    if (rateHz >= audio.sampleRate) {
      throw new RingtrueError(
        'corruptions/no-effect',
        `sound at ${audio.sampleRate} Hz cannot be taken down to ${rateHz} Hz`,
        { hint: 'Choose levels below the sample rate of the recordings.' },
      );
    }
    return mapChannels(audio, (x) => {
      if (filter === 'clean') {
        const back = resample(resample(x, audio.sampleRate, rateHz), rateHz, audio.sampleRate);
        const out = new Float32Array(x.length);
        out.set(back.subarray(0, x.length));
        return out;
      }
      const there = interpolated(x, audio.sampleRate / rateHz);
      const back = interpolated(there, rateHz / audio.sampleRate);
      const out = new Float32Array(x.length);
      out.set(back.subarray(0, x.length));
      return out;
    });
  },
});

/** Every `step`-th sample of the straight lines between samples; beyond the end the last one. */
function interpolated(x: Float32Array, step: number): Float32Array {
  const last = x.length - 1;
  const out = new Float32Array(Math.ceil(x.length / step));
  for (let i = 0; i < out.length; i += 1) {
    const at = Math.min(last, Math.floor(i * step));
    const share = Math.min(1, i * step - at);
    out[i] = (1 - share) * x[at]! + share * x[Math.min(last, at + 1)]!;
  }
  return out;
}

/** Band limits of lines and loudspeakers. */
export const bandLimit = defineCorruption({
  name: 'band-limit',
  family: 'channel',
  summary: 'band-pass between the limits of a line or a loudspeaker',
  page: {
    formula: 'Butterworth of order 4, high-pass then low-pass, forwards only',
    grid: 'ours; 300–3400 Hz is the telephone band of ITU-T G.712',
    measure: 'logSpectralDistanceDb',
    limits: [
      'causal: phase and group delay of the filters remain in the sound',
      'the upper limit is at most 0.49 of the clip’s sample rate',
    ],
    citation: 'ITU-T G.712 (the band)',
  },
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

/** Codecs of a leg of a call, by its bit rate in kbit/s. GSM has no encoder here. */
const LEGS: Readonly<Record<string, CodecOptions>> = {
  '64': { codec: 'g711-alaw' },
  '32': { codec: 'g726', bitRate: 32000 },
  '24': { codec: 'g726', bitRate: 24000 },
  '16': { codec: 'g726', bitRate: 16000 },
  '6.3': { codec: 'g723-1' },
};

/** A narrow-band call: the telephone band, then a codec by the bit rate of the line. */
export const narrowBandCall = defineCorruption({
  name: 'narrow-band-call',
  family: 'channel',
  summary:
    'narrow-band call: 300–3400 Hz, then the codec that lines of a bit rate had (G.711, G.726, G.723.1)',
  page: {
    formula:
      'band-pass 300–3400 Hz (order 4), then the codec at 8 kHz, `legs` times in a row, back at the rate of x',
    grid: 'ours: from the landline (64: G.711 A-law) over trunks (32, 24, 16: G.726) to early internet calls (6.3: G.723.1)',
    measure: 'bytesPerSec',
    limits: [
      'GSM 06.10 and AMR-NB have no encoder here; G.723.1 is a codec of their age, at the higher of its two rates',
      'more legs are an option: they change less than a lower rate does',
    ],
    citation: 'ITU-T G.711, G.712, G.726, G.723.1',
  },
  schema: z.strictObject({
    kbps: z
      .enum(['64', '32', '24', '16', '6.3'])
      .default('16')
      .describe('bit rate of the line, which decides its codec')
      .meta({ unit: 'kbit/s' }),
    legs: z.number().int().min(1).max(8).default(1).describe('times in a row (tandem coding)'),
  }),
  unit: 'kbit/s',
  grid: (['64', '32', '24', '16', '6.3'] as const).map((kbps) => ({
    value: Number(kbps),
    params: { kbps },
  })),
  draw: ({ kbps, legs }) => ({ kbps, legs }),
  apply: (audio, { kbps, legs }) =>
    inTandem(
      mapChannels(audio, (x) => bandPass(x, 300, 3400, audio.sampleRate)).audio,
      legs,
      LEGS[kbps]!,
    ),
});

/** Reverberation of a simulated rectangular room (image sources, Allen & Berkley 1979). */
export const reverb = defineCorruption({
  name: 'reverb',
  family: 'channel',
  summary:
    'reverberation of a simulated room, by its reverberation time; direct sound stays in place',
  page: {
    formula:
      'y = s·(x ∗ h), h by image sources in a room drawn of 4–8 × 3–6 × 2.4–3.5 m, absorption such that the energy of the images falls by 60 dB in the time asked; s keeps the RMS of x',
    grid: 'ours: from a furnished room to a small hall',
    measure: 'logSpectralDistanceDb',
    limits: [
      'the time is T20 of ISO 3382-1 above 50 Hz: measured, it is within 10 % of what was asked',
      'images fall on whole samples: below some 50 Hz late ones add up in phase and last longer',
      'walls reflect all frequencies alike',
      'the tail beyond the end of the clip is cut',
      'measured places: `reverb-measured`',
    ],
    citation:
      'Allen and Berkley 1979, J. Acoust. Soc. Am. 65(4); Lehmann and Johansson 2008, J. Acoust. Soc. Am. 124(1) (decay)',
  },
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
    return mapChannels(audio, (x) => reverberated(x, response));
  },
});
