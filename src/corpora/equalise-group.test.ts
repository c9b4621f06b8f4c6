import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { activeLevelDb, peak, rms } from '../audio/dsp/level.ts';
import { encode } from '../audio/io/encode.ts';
import { createRng } from '../core/rng.ts';
import { CORPUS_RATE, limitPeaks, profile, setLevel } from './equalise.ts';
import {
  EQUALISE_STEPS,
  type EqualiseStep,
  equaliseMembers,
  prepareMember,
} from './equalise-group.ts';
import { sourceCodingOf, throughCoding } from './source-codec.ts';
import { vowel } from './vocoders/vowel.fixture.ts';

const rng = createRng('equalise');
const real = vowel({ seconds: 1.5, hz: 120, rng: rng.split('real') });
const fake = vowel({ seconds: 1.7, hz: 190, rng: rng.split('fake') });
const donor = profile(setLevel(vowel({ seconds: 1.4, hz: 150, rng: rng.split('donor') })));
const group = (
  steps: readonly EqualiseStep[] = EQUALISE_STEPS,
): ReturnType<typeof equaliseMembers> =>
  equaliseMembers([setLevel(real), setLevel(fake)], { donor, rng: createRng(1), steps });

describe('the limiter', () => {
  const loud = Float32Array.from(
    { length: 16000 },
    (_, i) => 0.3 * Math.sin(i) + (i === 8000 ? 0.6 : 0),
  );

  test('keeps peaks below the bound and leaves what is far from one alone', () => {
    const limited = limitPeaks(loud, 0.35);
    expect(peak(limited)).toBeLessThanOrEqual(0.35 + 1e-6);
    expect(limited.subarray(0, 7800)).toEqual(loud.subarray(0, 7800));
    expect(limited.subarray(8200)).toEqual(loud.subarray(8200));
  });

  test('changes nothing that is below the bound', () => {
    expect(limitPeaks(loud, 1)).toEqual(loud);
  });
});

describe('the chain', () => {
  test('gives all members one length, one level and nearly one crest', async () => {
    const clips = (await group())!;
    expect(new Set(clips.map((clip) => clip.length)).size).toBe(1);
    const crest = clips.map((clip) => 20 * Math.log10(peak(clip) / rms(clip)));
    for (const clip of clips) expect(activeLevelDb(clip, CORPUS_RATE)).toBeCloseTo(-26, 0);
    expect(Math.abs(crest[0]! - crest[1]!)).toBeLessThan(0.5);
  });

  test('the same seed gives the same bytes', async () => {
    expect(await group()).toEqual(await group());
  });

  test.each(['crop', 'spectrum', 'all-pass', 'peaks', 'noise', 'codec'] as const)(
    'without %s it gives something else',
    async (step) => {
      expect(await group(EQUALISE_STEPS.filter((other) => other !== step))).not.toEqual(
        await group(),
      );
    },
  );

  test('members that are too short are refused', async () => {
    const short = [real, fake.subarray(0, 4000)];
    expect(await equaliseMembers(short, { donor, rng: createRng(1) })).toBeNull();
  });

  test('without any step only the rate changes', async () => {
    const { length } = await prepareMember({ x: real, sampleRate: 32000 }, []);
    expect(length).toBe(real.length / 2);
  });
});

describe('the source codec', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ringtrue-source-codec-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('Vorbis is read from the header: rate, and bit rate of a channel', async () => {
    const path = join(folder, 'a.ogg');
    const stereo = { samples: [real, real], sampleRate: 22050 };
    await writeFile(path, await encode(stereo, { container: 'ogg-vorbis', bitRate: 96000 }));
    expect(await sourceCodingOf({ codec: 'vorbis' }, path)).toEqual({
      codec: { codec: 'vorbis', bitRate: 48000 },
      sampleRate: 22050,
    });
  });

  test('G.722 runs at 16 kHz, PCM is no codec', async () => {
    expect(await sourceCodingOf({ codec: 'g722' }, '')).toEqual({
      codec: { codec: 'g722' },
      sampleRate: 16000,
    });
    expect(await sourceCodingOf({ codec: 'pcm' }, '')).toBeUndefined();
  });

  test('sound goes through at the rate of the codec', async () => {
    const coding = { codec: { codec: 'vorbis', bitRate: 40000 }, sampleRate: 22050 } as const;
    const { x, sampleRate } = await throughCoding(real, CORPUS_RATE, coding);
    expect(sampleRate).toBe(22050);
    expect(x.length).toBe(Math.round((real.length * 22050) / CORPUS_RATE));
  });

  test('a fake passes it, the recording does not again', async () => {
    const raw = { x: fake, sampleRate: CORPUS_RATE };
    const coding = (await sourceCodingOf({ codec: 'g722' }, ''))!;
    const coded = await prepareMember({ ...raw, coding });
    expect(coded).not.toEqual(await prepareMember(raw));
    const skipped = EQUALISE_STEPS.filter((step) => step !== 'source-codec');
    expect(await prepareMember({ ...raw, coding }, skipped)).toEqual(await prepareMember(raw));
  });
});
