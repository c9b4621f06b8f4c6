import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { writeSmallBackgrounds } from '../../test/helpers/backgrounds.ts';
import type { Audio } from '../audio/audio.ts';
import { snrDb } from '../audio/dsp/quality.ts';
import { hashBytes } from '../core/hash.ts';
import { createRng } from '../core/rng.ts';
import { drawLosses } from './calls.ts';
import { applyCondition, parseConditions } from './chain.ts';
import { addEcho } from './echo.ts';
import { applyPolicy, drawPolicy, policySchema } from './policy.ts';
import { quantizeLevels } from './quantize.ts';
import { corruptions, findCorruption, TWELVE } from './registry.ts';
import { movingAverage } from './smooth.ts';

const RATE = 16000;

/** Half a second that swells and has pitch, noise and a pause. */
function signal(seconds: number): Audio {
  const rng = createRng('signal');
  let smooth = 0;
  const x = Float32Array.from({ length: RATE * seconds }, (_, i) => {
    smooth = 0.7 * smooth + 0.3 * rng.normal();
    const t = i / RATE;
    return (
      (0.2 * Math.sin(2 * Math.PI * 180 * t) +
        0.1 * Math.sin(2 * Math.PI * 1500 * t) +
        0.05 * smooth) *
      Math.abs(Math.sin(2 * Math.PI * 1.7 * t))
    );
  });
  return { samples: [x], sampleRate: RATE };
}

const all = corruptions().flatMap((c) => c.levels.map(({ level }) => `${c.name}@${level}`));
const run = async (audio: Audio, id: string, seed = 1) => {
  const [condition] = parseConditions([id]);
  return applyCondition(audio, condition!, createRng(seed).split('clip').split(id));
};

describe('conditions applied to a clip', () => {
  const audio = signal(0.5);
  let cache: string;
  beforeAll(async () => {
    cache = await mkdtemp(join(tmpdir(), 'corruptions-'));
    vi.stubEnv('RINGTRUE_CACHE', cache);
    await writeSmallBackgrounds(cache, 1);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await rm(cache, { recursive: true });
  });

  test('every condition gives the same bytes in any order (C1)', async () => {
    const hashes = async (ids: readonly string[]): Promise<Map<string, string>> => {
      const found = new Map<string, string>();
      for (const id of ids) {
        const [plane] = (await run(audio, id)).audio.samples;
        found.set(
          id,
          hashBytes(new Uint8Array(plane!.buffer, plane!.byteOffset, plane!.byteLength)),
        );
      }
      return found;
    };
    const forth = await hashes(all);
    const back = await hashes(createRng('order').shuffle(all));
    for (const id of all) expect(back.get(id), id).toBe(forth.get(id));
  });

  test('results do not depend on order, drawn parameters replay, other seeds differ', async () => {
    const ids = ['gaussian-noise@3', 'reverb@2', 'gaussian-noise@3'];
    const forth = await Promise.all(ids.map((id) => run(audio, id)));
    expect(forth[2]!.audio.samples[0]).toEqual(forth[0]!.audio.samples[0]);
    const noise = findCorruption('gaussian-noise');
    const replayed = await noise.apply(audio, JSON.parse(JSON.stringify(forth[0]!.drawn[0])));
    expect(replayed.audio.samples[0]).toEqual(forth[0]!.audio.samples[0]);
    expect((await run(audio, ids[0]!, 2)).audio.samples[0]).not.toEqual(forth[0]!.audio.samples[0]);
  });

  test('clean is the very input (C2); the twelve published names are there, levels count from 1', async () => {
    expect((await run(audio, 'clean')).audio).toBe(audio);
    expect(TWELVE).toEqual([
      'gaussian-noise',
      'background-noise',
      'smooth',
      'echo',
      'high-pass',
      'low-pass',
      'pitch-shift',
      'time-stretch',
      'autotune',
      'quantize',
      'opus',
      'mp3',
    ]);
    for (const { levels } of corruptions())
      expect(levels.map(({ level }) => level)).toEqual(levels.map((_, i) => i + 1));
  });
});

describe('published definitions (card 01 §2.4)', () => {
  test('quantise', () => {
    const x = Float32Array.of(-1, -0.5, -0.2, 0, 0.3, 0.7, 1);
    const four = [-1, -1 / 3, -1 / 3, 1 / 3, 1 / 3, 1, 1];
    const sixteen = [-1, -0.466667, -0.2, 0.066667, 0.333333, 0.733333, 1];
    for (const [i, value] of quantizeLevels(x, 4).entries()) expect(value).toBeCloseTo(four[i]!, 5);
    for (const [i, value] of quantizeLevels(x, 16).entries())
      expect(value).toBeCloseTo(sixteen[i]!, 5);
    expect(quantizeLevels(Float32Array.of(0.3, 0.3), 4)).toEqual(Float32Array.of(0.3, 0.3));
  });

  test('smooth', () => {
    expect([...movingAverage(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), 3)]).toEqual([
      2, 3, 4, 5, 6, 7, 0, 0,
    ]);
  });

  test('echo: reference is a pre-echo with a silent end, causal echoes later', () => {
    const x = new Float32Array(6000);
    x[2000] = 1;
    const reference = addEcho(x, 1599, 0.5, 'reference');
    expect([reference[2000], reference[401]]).toEqual([1, 0.5]);
    expect(reference.subarray(6000 - 1599).every((value) => value === 0)).toBe(true);
    const causal = addEcho(x, 1599, 0.5, 'causal');
    expect([causal[2000], causal[3599]]).toEqual([1, 0.5]);
  });

  test.each(['gaussian-noise', 'background-noise'])(
    '%s has its SNR within 0.1 dB on 4 s',
    async (name) => {
      const audio = signal(4);
      for (const { level, value } of findCorruption(name).levels) {
        const { audio: noisy } = await run(audio, `${name}@${level}`);
        expect(Math.abs(snrDb(audio.samples[0]!, noisy.samples[0]!) - value)).toBeLessThan(0.1);
      }
    },
  );

  test('Opus has its floor: 4, 2 and 1 kbit/s are the same sound (C11), bytes are counted', async () => {
    const audio = signal(2);
    const coded = await Promise.all([1, 4, 5, 6].map((level) => run(audio, `opus@${level}`)));
    expect(coded[2]!.audio.samples[0]).toEqual(coded[1]!.audio.samples[0]);
    expect(coded[3]!.audio.samples[0]).toEqual(coded[1]!.audio.samples[0]);
    expect(coded[0]!.encodedBytes).toBeGreaterThan(2 * coded[1]!.encodedBytes!);
  });
});

describe('conditions', () => {
  test('families, ranges, chains; each once', () => {
    expect(
      parseConditions([
        'clean',
        'mp3@2..3',
        'mp3@3',
        { chain: ['opus@2', 'background-noise@3'] },
      ]).map(({ id }) => id),
    ).toEqual(['clean', 'mp3@2', 'mp3@3', 'opus@2+background-noise@3']);
    expect(parseConditions(['noise/*']).length).toBe(25);
    const stresses = all.filter((id) => !id.startsWith('occlude-'));
    expect(parseConditions(['all/*']).length).toBe(stresses.length);
    expect(parseConditions(['opus@2+background-noise@3'])[0]!.steps.length).toBe(2);
  });

  test.each([
    ['mp4@1', 'corruptions/unknown'],
    ['mp3@9', 'corruptions/unknown-level'],
    ['mp3@5..1', 'corruptions/bad-condition'],
    ['brass/*', 'corruptions/bad-condition'],
    ['mp3@two', 'corruptions/bad-condition'],
    [7, 'corruptions/bad-condition'],
    [{ chain: [] }, 'corruptions/bad-condition'],
    [{ chain: ['mp3'] }, 'corruptions/bad-condition'],
  ])('%j is refused', (spec, code) => {
    expect(() => parseConditions([spec])).toThrowError(expect.objectContaining({ code }));
  });
});

test('packet losses have their share and their burst length', () => {
  const lost = drawLosses(200_000, 0.1, 3, createRng('loss'));
  const count = lost.filter(Boolean).length;
  const bursts = lost.filter((value, i) => value && lost[i - 1] !== true).length;
  expect(count / lost.length).toBeCloseTo(0.1, 2);
  expect(count / bursts).toBeGreaterThan(2.9);
  expect(count / bursts).toBeLessThan(3.1);
});

test('policies draw the same for the same stream, keep their odds, and say what they did', async () => {
  const policy = policySchema.parse({
    sequence: [
      { oneOf: ['mp3@1..5', 'opus@1'], probability: 0.5 },
      { someOf: ['echo@1', 'clip@2', 'gain@1'], count: 2 },
    ],
  });
  const draw = (i: number) => drawPolicy(policy, createRng('policy').split(i));
  const drawn = Array.from({ length: 400 }, (_, i) => draw(i));
  expect(drawn.map(({ id }) => id)).toEqual(Array.from({ length: 400 }, (_, i) => draw(i).id));
  const coded = drawn.filter(({ steps }) => steps.length === 3).length;
  expect(coded).toBeGreaterThan(150);
  expect(coded).toBeLessThan(250);
  const { condition, drawn: parameters } = await applyPolicy(signal(0.3), policy, createRng(3));
  expect(parameters.length).toBe(condition.split('+').length);
});
