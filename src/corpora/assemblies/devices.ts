/**
 * Microphones and loudspeakers that do not exist: what each does to sound, drawn at random.
 * @module
 */

import { applyIir, biquad, butterworth, type IirFilter } from '../../audio/dsp/filters.ts';
import type { Rng } from '../../core/rng.ts';
import { CORPUS_RATE } from '../equalise.ts';

/** Quality of a loudspeaker that can be heard, as in ASVspoof 2019 PA: high, low. Its A is a perfect one. */
export type Quality = 'B' | 'C';

/** A bell in the response of a device. */
export interface Resonance {
  readonly hz: number;
  readonly q: number;
  readonly gainDb: number;
}

/** What a device does: first its curve, then its band, then its resonances. */
export interface Device {
  /** Hz below which it falls by 12 dB an octave. */
  readonly lowHz: number;
  /** Hz above which it falls by 24 dB an octave; absent where that lies beyond 8 kHz. */
  readonly highHz?: number;
  readonly resonances: readonly Resonance[];
  /** How far it compresses: y = x / √(1 + (d x)²), an odd curve. 0 is a straight line. */
  readonly drive: number;
}

/** A band is drawn for a pair: its width tells pairs apart, not the classes, as that of loudspeakers alone would. */
const LINE_LOW_HZ = [50, 400] as const;
const LINE_HIGH_HZ = [3500, 7000] as const;

/** Draws a microphone: no low end, a bump of up to 4 dB, a rise or fall towards the top. */
export function drawMicrophone(rng: Rng): Device {
  return {
    lowHz: rng.between(50, 120),
    resonances: [drawBell(rng, [300, 2000], 2), drawBell(rng, [3000, 7000], 4)],
    drive: 0,
  };
}

/** Draws what passes of a sound on its way from a microphone to the file. */
export function drawBand(rng: Rng): Device {
  return {
    lowHz: rng.between(...LINE_LOW_HZ),
    highHz: rng.between(...LINE_HIGH_HZ),
    resonances: [],
    drive: 0,
  };
}

/** Draws a loudspeaker of a quality. */
export function drawLoudspeaker(quality: Quality, rng: Rng): Device {
  if (quality === 'B') {
    return {
      lowHz: rng.between(80, 150),
      resonances: [drawBell(rng, [150, 800], 4), drawBell(rng, [1500, 6000], 4)],
      drive: rng.between(0.5, 1.5),
    };
  }
  return {
    lowHz: rng.between(150, 400),
    highHz: rng.between(6000, 7500),
    resonances: [
      drawBell(rng, [400, 1200], 6),
      drawBell(rng, [1500, 4000], 6),
      drawBell(rng, [2000, 6000], 6),
    ],
    drive: rng.between(2, 5),
  };
}

function drawBell(rng: Rng, [from, to]: readonly [number, number], mostDb: number): Resonance {
  return {
    hz: rng.between(from, to),
    q: rng.between(0.7, 3),
    gainDb: rng.between(-mostDb, mostDb),
  };
}

/** Sends a plane at 16 kHz through a device. @returns `[x.length]` */
export function throughDevice(x: Float32Array, device: Device): Float32Array {
  const { drive } = device;
  const bent = drive === 0 ? x : x.map((value) => value / Math.sqrt(1 + (drive * value) ** 2));
  return filtersOf(device).reduce((sound, filter) => applyIir(sound, filter), bent);
}

function filtersOf({ lowHz, highHz, resonances }: Device): IirFilter[] {
  const sampleRate = CORPUS_RATE;
  return [
    ...(lowHz > 0
      ? [butterworth({ order: 2, type: 'high', cutoffHz: lowHz, sampleRate } as const)]
      : []),
    ...(highHz === undefined
      ? []
      : [butterworth({ order: 4, type: 'low', cutoffHz: highHz, sampleRate } as const)]),
    ...resonances.map((bell) => biquad({ type: 'peak', sampleRate, ...bell })),
  ];
}
