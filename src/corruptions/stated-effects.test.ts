import { describe, expect, test } from 'vitest';
import type { Audio } from '../audio/audio.ts';
import { applyIir, butterworth } from '../audio/dsp/filters.ts';
import { peak, rmsDb } from '../audio/dsp/level.ts';
import { trackPitch } from '../audio/dsp/pitch.ts';
import { createRng } from '../core/rng.ts';
import { findCorruption } from './registry.ts';
import { roomResponse } from './room.ts';

const RATE = 16000;

/** One plane through a corruption with options of its schema. */
async function corrupted(
  name: string,
  options: object,
  x: Float32Array,
  seed = 1,
): Promise<Float32Array> {
  const corruption = findCorruption(name);
  const audio: Audio = { samples: [x], sampleRate: RATE };
  const drawn = corruption.draw(corruption.schema.parse(options), createRng(seed));
  return (await corruption.apply(audio, drawn)).audio.samples[0]!;
}

const tone = (hz: number, length: number, level = 0.1): Float32Array =>
  Float32Array.from({ length }, (_, i) => level * Math.sin((2 * Math.PI * hz * i) / RATE));

describe('autotune', () => {
  /** A voice on one pitch: glottal pulses through two formants. */
  function vowel(hz: number, length: number): Float32Array {
    const out = new Float32Array(length);
    const states = [700, 1200].map((formant) => ({ formant, y1: 0, y2: 0 }));
    let phase = 0;
    for (let i = 0; i < length; i += 1) {
      phase += hz / RATE;
      let x = phase >= 1 ? 1 : 0;
      phase %= 1;
      for (const state of states) {
        const r = Math.exp((-Math.PI * 120) / RATE);
        const turn = Math.cos((2 * Math.PI * state.formant) / RATE);
        const y = x + 2 * r * turn * state.y1 - r * r * state.y2;
        state.y2 = state.y1;
        state.y1 = y;
        x = y;
      }
      out[i] = 0.01 * x;
    }
    return out;
  }
  const SEMITONES = { A: 0, B: 2, C: 3, D: 5, E: 7, F: 8, G: 10 } as const;
  /** Semitones above A 440, modulo an octave and the key. */
  const noteOf = (hz: number, key: keyof typeof SEMITONES): number =>
    (((12 * Math.log2(hz / 440) - SEMITONES[key]) % 12) + 12) % 12;
  /** Distance to the nearest degree of the major scale. */
  const offScale = (hz: number, key: keyof typeof SEMITONES): number =>
    Math.min(...[0, 2, 4, 5, 7, 9, 11, 12].map((degree) => Math.abs(noteOf(hz, key) - degree)));
  const medianPitch = (x: Float32Array): number => {
    const voiced = [...trackPitch(x, RATE).f0].filter((hz) => hz > 0).sort((a, b) => a - b);
    return voiced[voiced.length >> 1]!;
  };
  const KEYS = Object.keys(SEMITONES) as readonly (keyof typeof SEMITONES)[];
  test.each(KEYS)('brings a voice to a note of %s major, at most one tone away', async (key) => {
    for (const hz of [98.7, 127, 151.3, 203]) {
      const x = vowel(hz, RATE);
      expect(offScale(hz, key)).toBeGreaterThan(0.1);
      const tuned = medianPitch(await corrupted('autotune', { key }, x));
      // The tracker itself is off by 0.02 semitones on such a voice.
      expect(offScale(tuned, key)).toBeLessThan(0.05);
      expect(Math.abs(12 * Math.log2(tuned / hz))).toBeLessThan(1.05);
    }
  });
  test('leaves what is on the scale where it is', async () => {
    // A at 110 Hz, on the scale of A.
    const tuned = medianPitch(await corrupted('autotune', { key: 'A' }, vowel(110, RATE)));
    expect(Math.abs(12 * Math.log2(tuned / 110))).toBeLessThan(0.05);
  });
});

describe('reverb', () => {
  /** Below it late images, which fall on whole samples, add up in phase. */
  const LOWEST_HZ = 50;
  /** T20 of ISO 3382-1: from the slope of Schroeder's backward integral between −5 and −25 dB. */
  function reverberationSec(response: Float32Array): number {
    const options = { order: 4, type: 'high', cutoffHz: LOWEST_HZ, sampleRate: RATE } as const;
    const heard = applyIir(response, butterworth(options));
    const decay = new Float64Array(heard.length);
    let sum = 0;
    for (let i = heard.length - 1; i >= 0; i -= 1) {
      sum += heard[i]! ** 2;
      decay[i] = sum;
    }
    const points = [...decay]
      .map((energy, i) => [i / RATE, 10 * Math.log10(energy / sum)] as const)
      .filter(([, db]) => db <= -5 && db >= -25);
    const meanSec = points.reduce((total, [sec]) => total + sec, 0) / points.length;
    const meanDb = points.reduce((total, [, db]) => total + db, 0) / points.length;
    const slope =
      points.reduce((total, [sec, db]) => total + (sec - meanSec) * (db - meanDb), 0) /
      points.reduce((total, [sec]) => total + (sec - meanSec) ** 2, 0);
    return -60 / slope;
  }
  /** An impulse in eight rooms: what became of it is the response, scaled. */
  async function rooms(rt60Sec: number): Promise<number[]> {
    const impulse = new Float32Array(2 * RATE);
    impulse[0] = 0.5;
    return Promise.all(
      Array.from({ length: 8 }, async (_, seed) =>
        reverberationSec(await corrupted('reverb', { rt60Sec }, impulse, seed)),
      ),
    );
  }

  test('has the reverberation time asked for: 5 % on average, 10 % in each room (its page)', async () => {
    for (const { params } of findCorruption('reverb').levels) {
      // The schema gave `params` this shape.
      const { rt60Sec } = params as { readonly rt60Sec: number };
      const found = await rooms(rt60Sec);
      const mean = found.reduce((sum, sec) => sum + sec, 0) / found.length;
      expect(Math.abs(mean / rt60Sec - 1)).toBeLessThan(0.05);
      for (const sec of found) expect(Math.abs(sec / rt60Sec - 1)).toBeLessThan(0.1);
    }
  });
  test('keeps the direct sound in place, and first', () => {
    for (let seed = 0; seed < 8; seed += 1) {
      const response = roomResponse({ rt60Sec: 0.6, sampleRate: RATE }, createRng(seed));
      expect(response[0]).toBeCloseTo(1, 6);
      expect(response.length).toBe(Math.round(1.2 * 0.6 * RATE));
    }
  });
});

describe('agc', () => {
  const settledDb = (y: Float32Array): number => rmsDb(y.subarray(3 * RATE));
  const CAP = Math.sqrt(1000);
  test.each([3, 1, 0.3, 0.1, 0.03])(
    'release %f s: steady sound comes to −20 dBFS',
    async (releaseSec) => {
      for (const levelDb of [-45, -30, -20, -6]) {
        const x = tone(1000, 4 * RATE, Math.SQRT2 * 10 ** (levelDb / 20));
        expect(settledDb(await corrupted('agc', { releaseSec }, x))).toBeCloseTo(-20, 3);
      }
    },
  );
  test('never amplifies by more than 30 dB, and cuts at full scale', async () => {
    const faint = tone(1000, 4 * RATE, Math.SQRT2 * 10 ** (-60 / 20));
    expect(settledDb(await corrupted('agc', {}, faint))).toBeCloseTo(-30, 3);
    // Bursts out of near silence: the gain is at its most when they begin.
    const rng = createRng('bursts');
    const bursts = Float32Array.from({ length: 4 * RATE }, (_, i) =>
      Math.floor(i / 4000) % 3 === 2 ? rng.between(-0.9, 0.9) : rng.between(-1e-4, 1e-4),
    );
    for (const { params } of findCorruption('agc').levels) {
      const y = await corrupted('agc', params as object, bursts);
      let most = 0;
      for (const [i, value] of y.entries()) most = Math.max(most, Math.abs(value / bursts[i]!));
      expect(most).toBeLessThan(CAP * (1 + 1e-6));
      expect(most).toBeGreaterThan(0.9 * CAP);
      expect(peak(y)).toBe(1);
    }
    expect(peak(await corrupted('agc', {}, new Float32Array(RATE)))).toBe(0);
  });
});

describe('gain', () => {
  test.each([-40, -20, -10, 0, 6.5, 10, 20])(
    '%f dB is exact to half a step of 16 bits',
    async (gainDb) => {
      const rng = createRng('gain');
      const x = Float32Array.from({ length: 8000 }, () => rng.between(-1, 1));
      const y = await corrupted('gain', { gainDb }, x);
      const factor = 10 ** (gainDb / 20);
      for (const [i, value] of y.entries()) {
        const ideal = Math.max(-1, Math.min(32767 / 32768, factor * x[i]!));
        expect(Number.isInteger(32768 * value)).toBe(true);
        // Single precision may put what lies between two steps on either.
        expect(Math.abs(value - ideal)).toBeLessThan(0.5 / 32768 + 2e-7 * factor);
      }
    },
  );
});

describe('band-limit', () => {
  const bands = findCorruption('band-limit').levels.map(
    // The schema gave `params` this shape.
    ({ params }) => params as { readonly lowHz: number; readonly highHz: number },
  );
  test.each(bands)(
    '$lowHz–$highHz Hz: −3 dB at its edges, 24 dB an octave beyond',
    async (band) => {
      const levelDb = async (hz: number): Promise<number> => {
        const x = tone(hz, 2 * RATE);
        const y = await corrupted('band-limit', band, x);
        return rmsDb(y.subarray(RATE)) - rmsDb(x.subarray(RATE));
      };
      const { lowHz, highHz } = band;
      expect(await levelDb(Math.sqrt(lowHz * highHz))).toBeGreaterThan(-0.1);
      expect(await levelDb(lowHz)).toBeCloseTo(-3.01, 1);
      expect(await levelDb(highHz)).toBeCloseTo(-3.01, 1);
      // Order 4: 10 log10 (1 + 2⁸) at half the lower edge, and more above the upper one, where the transform bends.
      expect(await levelDb(lowHz / 2)).toBeLessThan(-24);
      if (2 * highHz < RATE / 2) expect(await levelDb(2 * highHz)).toBeLessThan(-24);
    },
  );
});
