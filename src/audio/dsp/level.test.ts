import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { atoms, hiss, syllables } from '../../../test/helpers/measured-signals.ts';
import { activeLevelDb, loudnessLufs, peak, power, rms, rmsDb, truePeakDb } from './level.ts';

/** Made by measures.py beside it, with FFmpeg, NumPy and SciPy. */
const vectors: {
  readonly loudness: readonly {
    readonly layout: string;
    readonly rate: number;
    readonly channels: number;
    readonly lufs: number;
  }[];
  readonly peaks: readonly {
    readonly seed: number;
    readonly db: number;
    readonly ffmpeg: number;
  }[];
  readonly voices: readonly { readonly rate: number; readonly activeLevelDb: number }[];
} = JSON.parse(
  await readFile(new URL('../../../test/fixtures/dsp/measures.json', import.meta.url), 'utf8'),
);

/** FFmpeg sums its blocks in steps of 0.01 LU. */
const HISTOGRAM_LU = 0.01;
/** EBU Tech 3341, table 1. */
const EBU_TOLERANCE_LU = 0.1;

/** Hiss in three levels: loud, below the relative gate, below the absolute gate (as measures.py makes it). */
function programme(rate: number, seed: number): Float32Array {
  const third = 2 * rate;
  return Float32Array.from(
    hiss(3 * third, seed),
    (value, i) => value * [0.4, 0.02, 2e-4][Math.floor(i / third)]!,
  );
}

describe('loudness is that of FFmpeg’s ebur128', () => {
  test.each(vectors.loudness)('$layout at $rate Hz', ({ layout, rate, channels, lufs }) => {
    const samples = Array.from({ length: channels }, (_, c) => programme(rate, 11 + c));
    // FFmpeg weighs the back centre as a surround; BS.1770-4 does not: it is silent in this vector.
    if (layout === '6.1') samples[4]!.fill(0);
    expect(Math.abs(loudnessLufs({ samples, sampleRate: rate }) - lufs)).toBeLessThan(HISTOGRAM_LU);
  });
});

/** Parts of a 1-kHz sine at 48 kHz, with the same level in dBFS (peak) in all channels named. */
function tone(parts: readonly (readonly [levelDb: number, sec: number])[]): Float32Array {
  const rate = 48000;
  const plane = new Float32Array(Math.round(parts.reduce((sum, [, sec]) => sum + sec, 0) * rate));
  let at = 0;
  for (const [levelDb, sec] of parts) {
    const end = at + Math.round(sec * rate);
    const gain = 10 ** (levelDb / 20);
    for (; at < end; at += 1) plane[at] = gain * Math.sin((2 * Math.PI * 1000 * at) / rate);
  }
  return plane;
}

describe('EBU Tech 3341, the cases that are synthesised', () => {
  test.each([
    ['1', [[-23, 20]], -23],
    ['2', [[-33, 20]], -33],
    [
      '3: the relative gate',
      [
        [-36, 10],
        [-23, 60],
        [-36, 10],
      ],
      -23,
    ],
    [
      '4: the absolute gate',
      [
        [-72, 10],
        [-36, 10],
        [-23, 60],
        [-36, 10],
        [-72, 10],
      ],
      -23,
    ],
    [
      '5: three levels',
      [
        [-26, 20],
        [-20, 20.1],
        [-26, 20],
      ],
      -23,
    ],
  ] as const)('case %s', (_, parts, expected) => {
    const plane = tone(parts);
    const found = loudnessLufs({ samples: [plane, plane], sampleRate: 48000 });
    expect(Math.abs(found - expected)).toBeLessThan(EBU_TOLERANCE_LU);
  });

  const front = tone([[-28, 20]]);
  const centre = tone([[-24, 20]]);
  const side = tone([[-30, 20]]);
  const loud = tone([[-6, 20]]);
  const silence = new Float32Array(front.length);
  test.each([
    ['5.0', [front, front, centre, side, side]],
    ['5.1, whatever LFE holds', [front, front, centre, loud, side, side]],
    ['6.1', [front, front, centre, loud, silence, side, side]],
    ['7.1', [front, front, centre, loud, silence, silence, side, side]],
  ])('case 6: %s', (_, samples) => {
    expect(Math.abs(loudnessLufs({ samples, sampleRate: 48000 }) + 23)).toBeLessThan(
      EBU_TOLERANCE_LU,
    );
  });
  test('a side surround counts 1.41 times what any other channel does', () => {
    const of = (channels: number, at: number): number => {
      const samples = Array.from({ length: channels }, (_, c) =>
        (c === at ? side : silence).subarray(0, 24000),
      );
      return loudnessLufs({ samples, sampleRate: 48000 });
    };
    const one = of(1, 0);
    const surround = 10 * Math.log10(1.41);
    const counts = [
      [2, [0, 0]],
      [3, [0, 0, 0]],
      [4, [0, 0, 0, 0]],
      [5, [0, 0, 0, surround, surround]],
      [7, [0, 0, 0, Number.NEGATIVE_INFINITY, 0, surround, surround]],
      [8, [0, 0, 0, Number.NEGATIVE_INFINITY, 0, 0, surround, surround]],
    ] as const;
    for (const [channels, gains] of counts) {
      for (const [at, gain] of gains.entries()) {
        if (gain === Number.NEGATIVE_INFINITY) expect(of(channels, at)).toBe(gain);
        else expect(of(channels, at)).toBeCloseTo(one + gain, 9);
      }
    }
  });
  test('a full-scale 997-Hz sine in one channel is −3.01 LUFS (BS.1770-4, annex 1)', () => {
    const sine = Float32Array.from({ length: 48000 * 5 }, (_, i) =>
      Math.sin((2 * Math.PI * 997 * i) / 48000),
    );
    expect(loudnessLufs({ samples: [sine], sampleRate: 48000 })).toBeCloseTo(-3.01, 2);
  });
  test('silence, and what is shorter than a block, have none', () => {
    for (const length of [0, 100, 48000]) {
      const samples = [new Float32Array(length)];
      expect(loudnessLufs({ samples, sampleRate: 48000 })).toBe(Number.NEGATIVE_INFINITY);
    }
  });
});

describe('true peak', () => {
  /** The filter’s ripple, and single precision. */
  const RIPPLE_DB = 2e-3;
  test.each(vectors.peaks)('hiss $seed: SciPy’s by its transform, and FFmpeg’s', (vector) => {
    const x = atoms(1600, 1, vector.seed);
    const found = truePeakDb(x, 48000);
    expect(Math.abs(found - vector.db)).toBeLessThan(RIPPLE_DB);
    // FFmpeg prints three decimals of a magnitude.
    expect(Math.abs(10 ** (found / 20) - vector.ffmpeg)).toBeLessThan(1e-3);
    expect(found).toBeGreaterThan(20 * Math.log10(peak(x)));
  });

  test.each([
    ['15', 4, 0, 0.5, -6],
    ['16', 4, 45, 0.5, -6],
    ['17', 6, 60, 0.5, -6],
    ['18', 8, 67.5, 0.5, -6],
    ['19', 4, 45, 1.41, 3],
  ])('EBU Tech 3341 case %s: a sine of 1/%i of the rate at %f°', (_, part, degrees, level, db) => {
    const n = 4800;
    // Faded at its ends, where a step would ring.
    const x = Float32Array.from({ length: n }, (_, i) => {
      const fade = Math.min(1, i / 1200, (n - i) / 1200);
      return fade * level * Math.sin(2 * Math.PI * (i / part + degrees / 360));
    });
    const found = truePeakDb(x, 48000);
    expect(found).toBeLessThan(db + 0.2);
    expect(found).toBeGreaterThan(db - 0.4);
  });
});

test.each(vectors.voices)('active level at $rate Hz is NumPy’s', ({ rate, activeLevelDb: db }) => {
  // The signals differ in the last bit of a few samples.
  expect(activeLevelDb(syllables(2 * rate, rate, 6), rate)).toBeCloseTo(db, 5);
});

test('active level is the level of what is active, whatever silence is around it', () => {
  const loud = hiss(8000, 5);
  const padded = Float32Array.from({ length: 24000 }, (_, i) => loud[i - 8000] ?? 0);
  expect(activeLevelDb(padded, 16000)).toBeCloseTo(rmsDb(Float32Array.from(loud)), 9);
  expect(activeLevelDb(Float32Array.of(0.5, -0.5), 16000)).toBeCloseTo(-6.0206, 4);
});

test('power, RMS and peak of a square wave', () => {
  const square = Float32Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 0.25 : -0.25));
  expect([power(square), rms(square), peak(square)]).toEqual([0.0625, 0.25, 0.25]);
  expect(rmsDb(square)).toBeCloseTo(-12.0412, 4);
  expect([power(new Float32Array(0)), peak(new Float32Array(0))]).toEqual([0, 0]);
  expect(rmsDb(new Float32Array(4))).toBe(Number.NEGATIVE_INFINITY);
});
