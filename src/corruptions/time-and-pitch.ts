/**
 * Pitch shift, time stretch and the autotune stand-in (card 01 §2.2, 7 to 9).
 * @module
 */

import * as z from 'zod';
import { pitchShift, timeStretch } from '../audio/dsp/phase-vocoder.ts';
import { trackPitch } from '../audio/dsp/pitch.ts';
import { cosTurns, portableLog } from '../core/portable-math.ts';
import { defineCorruption, mapChannels } from './define.ts';

/** Phase-vocoder pitch shift; signed levels in the order of their size. */
export const pitchShiftCorruption = defineCorruption({
  name: 'pitch-shift',
  family: 'modification',
  summary: 'pitch moved by a phase vocoder, length kept; signed levels',
  page: {
    formula:
      'phase-vocoder stretch by 2^(−s/12), then resampled to the former length; FFT 2048, hop 512, Hann',
    grid: 'the study’s own, in the order of |s|',
    measure: 'stoi',
    neutral: 0,
    limits: [
      'two-sided: report signed levels; a curve of severity averages the two signs of equal |s|',
      'formants move with the pitch',
    ],
    citation: 'Li, Chen and Wei 2025, arXiv 2503.17577',
  },
  schema: z.strictObject({
    semitones: z
      .number()
      .min(-24)
      .max(24)
      .default(1)
      .describe('> 0 is higher')
      .meta({ unit: 'semitones' }),
  }),
  unit: 'semitones',
  grid: [-0.5, 0.5, -1, 1, -2, 2].map((semitones) => ({ value: semitones, params: { semitones } })),
  draw: ({ semitones }) => ({ semitones }),
  apply: (audio, { semitones }) =>
    mapChannels(audio, (x) => pitchShift(x, semitones, audio.sampleRate)),
});

/** Phase-vocoder time stretch, cut or padded with silence to the former length. */
export const timeStretchCorruption = defineCorruption({
  name: 'time-stretch',
  family: 'modification',
  summary: 'speed changed by a phase vocoder; cut or padded with silence to the former length',
  page: {
    formula: 'phase vocoder with hop ratio ρ, then cut or padded with zeros to the former length',
    grid: 'the study’s own, in the order of |log ρ|',
    measure: 'logSpectralDistanceDb',
    neutral: 1,
    limits: [
      'not aligned with the clip: its ratio of signal to noise and its intelligibility say nothing',
      'at 1.5 a third of the clip becomes digital silence, at 0.7 three tenths of what was said are lost',
      'the grid has no symmetric partners: never fold it',
    ],
    citation: 'Li, Chen and Wei 2025, arXiv 2503.17577',
  },
  schema: z.strictObject({
    rate: z.number().min(0.25).max(4).default(1.1).describe('> 1 is faster'),
  }),
  unit: 'rate',
  grid: [1.1, 0.9, 1.3, 0.7, 1.5].map((rate) => ({ value: rate, params: { rate } })),
  aligned: false,
  draw: ({ rate }) => ({ rate }),
  apply: (audio, { rate }) =>
    mapChannels(audio, (x) => {
      const stretched = timeStretch(x, rate);
      const out = new Float32Array(x.length);
      out.set(stretched.subarray(0, x.length));
      return out;
    }),
});

const KEYS = ['A', 'B', 'C', 'D', 'E', 'F', 'G'] as const;
/** Semitones of each key above A. */
const ROOTS: Readonly<Record<(typeof KEYS)[number], number>> = {
  A: 0,
  B: 2,
  C: 3,
  D: 5,
  E: 7,
  F: 8,
  G: 10,
};
const MAJOR = [0, 2, 4, 5, 7, 9, 11];
const SEGMENT_SEC = 0.1;

/** Pitch drawn to the nearest note of a major scale: a stand-in, as the published algorithm is not known. */
export const autotune = defineCorruption({
  name: 'autotune',
  family: 'modification',
  summary:
    'pitch moved to the nearest note of a major scale in pieces of 0.1 s (a stand-in: the published algorithm is not known)',
  page: {
    formula:
      'pitch by YIN; each 0.2-s piece (Hann, half overlapping) moved to the nearest note of the major scale on the key',
    grid: 'the study’s own seven keys, which are variants and no order',
    measure: null,
    limits: [
      'a stand-in: the algorithm of the study was not published',
      'speech has no key: which one changes most depends on the voice',
    ],
    citation: 'Li, Chen and Wei 2025, arXiv 2503.17577 (demo only)',
  },
  schema: z.strictObject({
    key: z
      .enum(KEYS)
      .default('C')
      .describe('key of the major scale; keys are variants, not a severity'),
  }),
  unit: 'key',
  grid: KEYS.map((key, i) => ({ value: i + 1, params: { key } })),
  draw: ({ key }) => ({ key }),
  apply: (audio, { key }) => mapChannels(audio, (x) => tune(x, audio.sampleRate, ROOTS[key])),
});

function tune(x: Float32Array, sampleRate: number, root: number): Float32Array {
  const size = Math.round(SEGMENT_SEC * sampleRate);
  const { f0, hopSec } = trackPitch(x, sampleRate);
  const out = new Float32Array(x.length);
  const weight = new Float32Array(x.length);
  for (let start = -size; start < x.length; start += size) {
    const from = Math.max(0, start);
    const piece = x.slice(from, Math.min(x.length, start + 2 * size));
    const voiced = [
      ...f0.subarray(
        Math.floor(from / sampleRate / hopSec),
        Math.ceil((start + 2 * size) / sampleRate / hopSec),
      ),
    ]
      .filter((hz) => hz > 0)
      .sort((a, b) => a - b);
    const middle = voiced[voiced.length >> 1];
    const moved =
      middle === undefined
        ? piece
        : pitchShift(piece, toScale(middle, root), sampleRate, { fftSize: 1024 });
    for (let i = 0; i < moved.length; i += 1) {
      const at = from - start + i;
      const window = 0.5 - 0.5 * cosTurns(at / (2 * size));
      out[from + i]! += window * moved[i]!;
      weight[from + i]! += window;
    }
  }
  return out.map((value, i) => (weight[i]! > 1e-6 ? value / weight[i]! : x[i]!));
}

/** Semitones from a pitch to the nearest note of the major scale on `root` (semitones above A). */
function toScale(hz: number, root: number): number {
  const note = 12 * (portableLog(hz / 440) / Math.LN2) - root;
  const octave = Math.floor(note / 12);
  const candidates = [-1, 0, 1].flatMap((shift) =>
    MAJOR.map((degree) => 12 * (octave + shift) + degree),
  );
  const nearest = candidates.reduce((best, candidate) =>
    Math.abs(candidate - note) < Math.abs(best - note) ? candidate : best,
  );
  return nearest - note;
}
