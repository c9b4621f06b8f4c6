import { expect, test } from 'vitest';
import { babbling, lagOf, snrOf } from '../../../test/helpers/signals.ts';
import { createRng } from '../../core/rng.ts';
import { denoise } from './denoise.ts';

const RATE = 16000;
const clean = babbling(3 * RATE, RATE);

function rms(x: Float32Array): number {
  return Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / x.length);
}

test.each([8000, 16000, 44100, 48000])(
  'rate, length and alignment are kept at %i Hz',
  async (rate) => {
    const x = babbling(rate + 7, rate);
    const { audio } = await denoise({ samples: [x], sampleRate: rate });
    expect(audio.sampleRate).toBe(rate);
    expect(audio.samples[0]!.length).toBe(x.length);
    expect(Math.abs(lagOf(x, audio.samples[0]!, 600))).toBeLessThanOrEqual(1);
  },
);

test('noise goes, speech-like sound stays', async () => {
  const rng = createRng('denoise');
  const noise = Float32Array.from({ length: clean.length }, () => 0.02 * rng.normal());
  const quiet = await denoise({ samples: [noise], sampleRate: RATE });
  expect(rms(quiet.audio.samples[0]!.subarray(RATE))).toBeLessThan(0.2 * rms(noise));
  const noisy = clean.map((value, i) => value + noise[i]!);
  const cleaned = await denoise({ samples: [noisy], sampleRate: RATE });
  expect(snrOf(clean, cleaned.audio.samples[0]!)).toBeGreaterThan(3);
  expect(cleaned.voiceProbability).toBeGreaterThan(quiet.voiceProbability + 0.1);
  expect(quiet.voiceProbability).toBeLessThan(0.3);
});

test('channels do not touch each other, and runs repeat', async () => {
  const other = babbling(clean.length, RATE, 'other');
  const both = await denoise({ samples: [other, clean], sampleRate: RATE });
  const one = await denoise({ samples: [clean], sampleRate: RATE });
  expect(both.audio.samples[1]).toEqual(one.audio.samples[0]);
});

test('one sample is enough, NaN is not', async () => {
  const one = await denoise({ samples: [Float32Array.of(0.1)], sampleRate: RATE });
  expect(one.audio.samples[0]!.length).toBe(1);
  await expect(
    denoise({ samples: [Float32Array.of(Number.NaN)], sampleRate: RATE }),
  ).rejects.toMatchObject({ code: 'audio/not-finite' });
});
