import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { toMono } from '../../audio/audio.ts';
import { trackPitch } from '../../audio/dsp/pitch.ts';
import { decode } from '../../audio/io/decode.ts';
import { cacheFolder } from '../../core/node/files.ts';
import { createRng } from '../../core/rng.ts';
import { fetchPackages, type PackageRoot } from '../packages.ts';
import { SPEECH_MINI_PACKAGES } from '../speech-mini.ts';
import { CASCADES, COPIES, COPY_RATE } from './index.ts';
import { envelopeCorrelation, vowel } from './vowel.fixture.ts';

const OTHERS = [...Object.values(COPIES), ...Object.values(CASCADES)].filter(
  ({ packages }) => packages.length > 0,
);
/** Real speech: a net that has heard nothing else makes no vowel of pulses. */
const PROMPT = 'usr/share/asterisk/sounds/it_IT_m_Carlo/agent-newlocation.g722';
const other = vowel({ seconds: 1, hz: 170, rng: createRng('other') });
let root: PackageRoot;
let x: Float32Array;

beforeAll(async () => {
  root = await fetchPackages(SPEECH_MINI_PACKAGES, cacheFolder('packages', 'speech-mini'));
  x = toMono((await decode(join(root.debian, PROMPT))).audio);
}, 600_000);

test('the programs are those of SPTK and Codec2', () => {
  expect(OTHERS.map(({ id }) => id)).toEqual([
    'mlsa',
    'lpcnet-f',
    'lpcnet-q',
    'mlsa-vc',
    'tts+lpcnet',
  ]);
});

describe.each(OTHERS)('$id', ({ copy, kind, packages }) => {
  test('keeps length and envelope, and the bytes whatever was copied before', async () => {
    const y = await copy(x, root, createRng(1));
    expect(y.length).toBe(x.length);
    // Harmonics that move through the formants move the envelope.
    expect(envelopeCorrelation(x, y)).toBeGreaterThan(kind === 'copy' ? 0.85 : 0.7);
    await copy(other, root, createRng(2));
    expect(await copy(x, root, createRng(1))).toEqual(y);
    if (kind === 'copy') expect(Math.abs(pitchRatio(x, y) - 1)).toBeLessThan(0.03);
  }, 120_000);

  test('silence comes back quiet', async () => {
    const y = await copy(new Float32Array(COPY_RATE), root, createRng(1));
    expect(y.length).toBe(COPY_RATE);
    expect(y.every((value) => Math.abs(value) < 0.01)).toBe(true);
  }, 60_000);

  test('a package that is not there is a failure with a code', async () => {
    const nowhere = { ...root, debian: '/nowhere' };
    expect(packages.length).toBeGreaterThan(0);
    await expect(copy(x, nowhere, createRng(1))).rejects.toMatchObject({
      code: 'corpora/generator-failed',
    });
  }, 60_000);
});

/** Median of the ratio of pitch over frames that are voiced in both. */
function pitchRatio(from: Float32Array, to: Float32Array): number {
  const before = trackPitch(from, COPY_RATE).f0;
  const after = trackPitch(to, COPY_RATE).f0;
  const ratios = [...before.keys()]
    .filter((t) => before[t]! > 0 && after[t]! > 0)
    .map((t) => after[t]! / before[t]!)
    .sort((a, b) => a - b);
  return ratios[ratios.length >> 1] ?? 0;
}
