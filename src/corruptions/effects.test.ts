import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeSmallBackgrounds } from '../../test/helpers/backgrounds.ts';
import type { Audio } from '../audio/audio.ts';
import { rms } from '../audio/dsp/level.ts';
import { snrDb } from '../audio/dsp/quality.ts';
import { readWav } from '../audio/io/wav.ts';
import { createRng } from '../core/rng.ts';
import { buildToyCorpus } from '../corpora/toy.ts';
import { applyCondition, conditionAssets, parseConditions } from './chain.ts';
import { measureEffect, STRONGER } from './effect.ts';
import { corruptions, findCorruption } from './registry.ts';
import { withDirectPath } from './reverb-measured.ts';
import type { Corrupted, Corruption } from './types.ts';

let cache: string;
let before: string | undefined;
/** Three voices of the toy corpus, 2.5 s each: pitch, formants, breath, pauses. */
let voices: Audio[];
let voice: Audio;

beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'effects-'));
  before = process.env.RINGTRUE_CACHE;
  process.env.RINGTRUE_CACHE = cache;
  await writeSmallBackgrounds(cache, 1);
  const folder = join(cache, 'toy');
  const clips = await buildToyCorpus(folder, { speakers: 3, clipsPerSpeaker: 1, durationSec: 2.5 });
  const real = clips.filter(({ label }) => label === 'bonafide');
  voices = await Promise.all(
    real.map(async ({ path }) => readWav(await readFile(join(folder, path)))),
  );
  [voice] = voices as [Audio];
});
afterAll(async () => {
  if (before === undefined) delete process.env.RINGTRUE_CACHE;
  else process.env.RINGTRUE_CACHE = before;
  await rm(cache, { recursive: true });
});

/** Equality of bits; the runner's own takes seconds for as many samples. */
function same(a: Float32Array, b: Float32Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  );
}

/** All levels by the same draw: the same room, the same background, the same packets at risk. */
async function everyLevel(
  corruption: Corruption,
  audio: Audio,
  seed: number,
): Promise<Corrupted[]> {
  const results: Corrupted[] = [];
  for (const { params } of corruption.levels) {
    const drawn = corruption.draw(params, createRng(seed).split(corruption.name));
    const kept = audio.samples.map((plane) => plane.slice());
    const first = await corruption.apply(audio, drawn);
    const replayed = await corruption.apply(audio, JSON.parse(JSON.stringify(drawn)));
    expect(first.audio.sampleRate).toBe(audio.sampleRate);
    for (const [c, plane] of first.audio.samples.entries()) {
      expect(plane.length).toBe(kept[c]!.length);
      expect(plane.every(Number.isFinite)).toBe(true);
      expect(same(plane, kept[c]!)).toBe(false);
      expect(same(replayed.audio.samples[c]!, plane)).toBe(true);
      expect(same(audio.samples[c]!, kept[c]!)).toBe(true);
    }
    results.push(first);
  }
  return results;
}

describe.each(corruptions().map((corruption) => [corruption.name, corruption] as const))(
  '%s',
  (_, corruption) => {
    const { levels, page } = corruption;

    test('has five levels or more of one unit, and a page', () => {
      expect(levels.length).toBeGreaterThanOrEqual(5);
      expect(new Set(levels.map(({ unit }) => unit)).size).toBe(1);
      expect(new Set(levels.map(({ value }) => value)).size).toBe(levels.length);
      for (const text of [page.formula, page.grid, page.citation]) expect(text).not.toBe('');
      expect(page.limits.length).toBeGreaterThan(0);
    });

    test('replays to the same bytes, keeps input and shape, and gets stronger by its own measure', async () => {
      await everyLevel(corruption, voice, 1);
      const { measure, neutral } = page;
      if (measure === null) return;
      const effects: number[] = [];
      for (const { params } of levels) {
        let sum = 0;
        for (const audio of voices) {
          const drawn = corruption.draw(params, createRng(1).split(corruption.name));
          sum += measureEffect(audio, await corruption.apply(audio, drawn))[measure]!;
        }
        effects.push(sum / voices.length);
      }
      const sides =
        neutral === undefined
          ? [effects]
          : [-1, 1].map((sign) =>
              effects.filter((_, i) => Math.sign(levels[i]!.value - neutral) === sign),
            );
      for (const side of sides) {
        const stronger = STRONGER[measure] === 'rises' ? side : side.map((value) => -value);
        for (const [i, value] of stronger.entries()) {
          if (i > 0) expect(value, `${measure}: ${side}`).toBeGreaterThanOrEqual(stronger[i - 1]!);
        }
        // Levels that hardly differ are no levels; Opus below its floor is the one exception (C11).
        expect(new Set(side.map((value) => value.toPrecision(3))).size).toBe(
          corruption.name === 'opus' ? 4 : side.length,
        );
      }
    });
  },
);

describe('effects are those of the formula (C3)', () => {
  test.each([
    'gaussian-noise',
    'background-noise',
    'background-speech',
    'background-music',
    'background-ambience',
  ])('%s has its SNR within 0.1 dB', async (name) => {
    const corruption = findCorruption(name);
    for (const [i, { audio }] of (await everyLevel(corruption, voice, 2)).entries()) {
      const measured = snrDb(voice.samples[0]!, audio.samples[0]!);
      expect(Math.abs(measured - corruption.levels[i]!.value)).toBeLessThan(0.1);
    }
  });

  /** Finds where the measured spectrum of the filter's impulse response passes −3.0103 dB. */
  test.each(['high', 'low'] as const)(
    '%s-pass passes half its power at its cut-off within 1 %%',
    async (type) => {
      const impulse = new Float32Array(16384);
      impulse[0] = 1;
      const corruption = findCorruption(`${type}-pass`);
      for (const { params } of corruption.levels) {
        const { audio } = await corruption.apply(
          { samples: [impulse], sampleRate: 16000 },
          corruption.draw(params, createRng(1)),
        );
        // The schema gave `params` this shape.
        const cutoffHz = (params as { ratio: number }).ratio * 8000;
        const powerAt = (hz: number): number => {
          let re = 0;
          let im = 0;
          for (const [i, value] of audio.samples[0]!.entries()) {
            re += value * Math.cos((2 * Math.PI * hz * i) / 16000);
            im += value * Math.sin((2 * Math.PI * hz * i) / 16000);
          }
          return re * re + im * im;
        };
        const sides = [powerAt(0.99 * cutoffHz), powerAt(1.01 * cutoffHz)];
        expect(Math.min(...sides)).toBeLessThan(0.5);
        expect(Math.max(...sides)).toBeGreaterThan(0.5);
      }
    },
  );

  test('measured reverberation has its ratio of direct to reverberant energy and its energy', async () => {
    const corruption = findCorruption('reverb-measured');
    for (const { audio } of await everyLevel(corruption, voice, 3))
      expect(rms(audio.samples[0]!) / rms(voice.samples[0]!)).toBeCloseTo(1, 4);
    const response = withDirectPath(Float32Array.of(0, 0.001, 0.5, 0.4, 0.3, 0.2), 800, 6);
    expect(response[0]).toBe(1);
    expect(response[1]).toBe(0);
    const tail = response.slice(2).reduce((sum, value) => sum + value * value, 0);
    expect(-10 * Math.log10(tail)).toBeCloseTo(6, 4);
  });

  test('packets are lost at every level of a clip of any length, and what arrives is heard', async () => {
    const short = { ...voice, samples: [voice.samples[0]!.slice(8000, 16000)] };
    const corruption = findCorruption('packet-loss');
    const schema = corruption.schema;
    const whole = await corruption.apply(
      short,
      corruption.draw(schema.parse({ lossPercent: 0 }), createRng(1)),
    );
    for (const { audio } of await everyLevel(corruption, short, 4))
      expect(same(audio.samples[0]!, whole.audio.samples[0]!)).toBe(false);
  });

  test('G.711 and G.722 put the level back; passes count their bytes', async () => {
    for (const name of ['g711-mulaw', 'g711-alaw', 'g722']) {
      const corruption = findCorruption(name);
      const one = await corruption.apply(voice, { inputLevelDb: -30, passes: 1 });
      const two = await corruption.apply(voice, { inputLevelDb: -30, passes: 2 });
      expect(rms(one.audio.samples[0]!) / rms(voice.samples[0]!)).toBeCloseTo(1, 1);
      expect(two.encodedBytes).toBe(2 * one.encodedBytes!);
    }
  });

  test('a rate that is none of lowering is refused, never passed over', async () => {
    const corruption = findCorruption('resample');
    const slow = { ...voice, sampleRate: 8000 };
    for (const { value, params } of corruption.levels) {
      const applied = async () => corruption.apply(slow, corruption.draw(params, createRng(1)));
      if (value < 8000) await applied();
      else await expect(applied()).rejects.toMatchObject({ code: 'corruptions/no-effect' });
    }
  });

  test('chains keep the bytes of every step', async () => {
    const [condition] = parseConditions(['mp3@2+echo@1+opus@3']);
    const applied = await applyCondition(voice, condition!, createRng(1));
    const [mp3, echo, opus] = applied.stepBytes;
    expect([mp3! > 1000, echo, opus]).toEqual([true, null, applied.encodedBytes]);
  });
});

describe('recordings that do not ship', () => {
  const [condition] = parseConditions(['background-music@3']);

  test('are missing with the command that builds them; a changed file is told', async () => {
    const empty = join(cache, 'empty');
    process.env.RINGTRUE_CACHE = empty;
    const missing = {
      code: 'corruptions/asset-missing',
      hint: 'Run `ringtrue corpus build backgrounds`.',
    };
    await expect(applyCondition(voice, condition!, createRng(1))).rejects.toMatchObject(missing);
    await expect(conditionAssets(condition!)).rejects.toMatchObject(missing);
    const out = await writeSmallBackgrounds(empty, 2);
    await applyCondition(voice, condition!, createRng(1));
    for (const i of [2, 3]) await writeFile(join(out, `audio/music-${i}.wav`), 'something else');
    await expect(applyCondition(voice, condition!, createRng(1))).rejects.toMatchObject({
      code: 'corpora/checksum',
    });
    process.env.RINGTRUE_CACHE = cache;
  });

  test('their hash changes with their content, and chains have that of all steps', async () => {
    const here = await conditionAssets(condition!);
    const [chain, clean, babble] = parseConditions([
      'mp3@1+background-music@3',
      'mp3@1',
      'background-noise@1',
    ]);
    expect(await conditionAssets(chain!)).toBe(here);
    expect(await conditionAssets(clean!)).toBeUndefined();
    expect(await conditionAssets(babble!)).toMatch(/^[0-9a-f]{64}$/);
    await writeSmallBackgrounds(cache, 3);
    expect(await conditionAssets(condition!)).not.toBe(here);
    await writeSmallBackgrounds(cache, 1);
    expect(await conditionAssets(condition!)).toBe(here);
  });
});
