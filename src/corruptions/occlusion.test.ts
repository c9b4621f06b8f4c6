import { describe, expect, test } from 'vitest';
import { power } from '../audio/dsp/level.ts';
import { powerSpectrogram } from '../audio/dsp/stft.ts';
import { createRng } from '../core/rng.ts';
import { findCorruption } from './registry.ts';

const RATE = 16000;
const SECONDS = 2;
const FFT = 1024;

/** Two seconds of tones at 500 and 3500 Hz that fade into a pause of noise at −40 dB in the last fifth. */
function tones(): Float32Array {
  const rng = createRng('tones');
  return Float32Array.from({ length: RATE * SECONDS }, (_, i) => {
    const t = i / RATE;
    const on = Math.sin((Math.PI / 2) * Math.min(1, Math.max(0, (0.8 * SECONDS - t) / 0.1))) ** 2;
    return (
      on * (0.3 * Math.sin(2 * Math.PI * 500 * t) + 0.3 * Math.sin(2 * Math.PI * 3500 * t)) +
      0.01 * rng.normal()
    );
  });
}

async function cover(name: string, level: number, x: Float32Array): Promise<Float32Array> {
  const corruption = findCorruption(name);
  const { params } = corruption.levels.find((each) => each.level === level)!;
  const drawn = corruption.draw(params, createRng(3));
  const { audio } = await corruption.apply({ samples: [x], sampleRate: RATE }, drawn);
  return audio.samples[0]!;
}

/** Power of a band of a stretch, in dB. */
function bandDb(x: Float32Array, [low, high]: readonly [number, number]): number {
  const { frames, bins, power: cells } = powerSpectrogram(x, { fftSize: FFT, hop: FFT / 4 });
  let sum = 0;
  for (let t = 0; t < frames; t += 1)
    for (let k = 0; k < bins; k += 1) {
      const hz = (k * RATE) / FFT;
      if (hz >= low && hz < high) sum += cells[t * bins + k]!;
    }
  return 10 * Math.log10(sum);
}

describe('a covered part takes the floor of the clip, the rest stays', () => {
  const x = tones();

  test.each([
    [2, [350, 650], [3400, 3600]],
    [6, [3050, 4400], [400, 600]],
  ] as const)('band %i', async (level, covered, kept) => {
    const y = await cover('occlude-band', level, x);
    expect(bandDb(y, kept)).toBeCloseTo(bandDb(x, kept), 1);
    // The tone is gone, and what is there now is as strong as in the pause.
    const pause = x.slice(0.85 * RATE * SECONDS);
    const floor = bandDb(pause, covered) + 10 * Math.log10(x.length / pause.length);
    expect(bandDb(x, covered) - floor).toBeGreaterThan(30);
    expect(Math.abs(bandDb(y, covered) - floor)).toBeLessThan(3);
  });

  test('time', async () => {
    const y = await cover('occlude-time', 4, x);
    const part = (signal: Float32Array, from: number, to: number): number =>
      10 * Math.log10(power(signal.slice(from * x.length, to * x.length)));
    expect(part(y, 0.32, 0.38)).toBeLessThan(part(x, 0.32, 0.38) - 25);
    expect(part(y, 0, 0.28)).toBeCloseTo(part(x, 0, 0.28), 1);
    expect(part(y, 0.42, 0.8)).toBeCloseTo(part(x, 0.42, 0.8), 1);
  });

  test('level: the pause, then the tones', async () => {
    const quiet = await cover('occlude-quiet', 1, x);
    expect(power(quiet.slice(0, 1.5 * RATE))).toBeCloseTo(power(x.slice(0, 1.5 * RATE)), 6);
    const loud = await cover('occlude-loud', 5, x);
    expect(power(loud)).toBeLessThan(0.6 * power(x));
    expect(power(loud.slice(1.7 * RATE))).toBeCloseTo(power(x.slice(1.7 * RATE)), 6);
  });

  test('a band or a stretch that ends before it begins is refused', () => {
    for (const [name, params] of [
      ['occlude-band', { lowHz: 400, highHz: 300 }],
      ['occlude-time', { from: 0.5, to: 0.5 }],
    ] as const) {
      expect(() => findCorruption(name).draw(params, createRng(1))).toThrow(
        expect.objectContaining({ code: 'core/invalid-options' }),
      );
    }
  });

  test('bands lie edge to edge up to half the rate', () => {
    const bands = findCorruption('occlude-band').levels.map(
      // The schema gave `params` this shape.
      ({ params }) => params as { lowHz: number; highHz: number },
    );
    expect(bands[0]!.lowHz).toBe(0);
    expect(bands.at(-1)!.highHz).toBe(RATE / 2);
    for (const [i, { lowHz }] of bands.entries())
      if (i > 0) expect(lowHz).toBe(bands[i - 1]!.highHz);
  });
});
