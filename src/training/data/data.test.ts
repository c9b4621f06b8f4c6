import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCrashingFile } from '../../../test/helpers/crashing-file.ts';
import { LFCC_LCNN, lfcc } from '../../audio/dsp/cepstrum.ts';
import { decode } from '../../audio/io/decode.ts';
import { createIsolatedDecoder } from '../../audio/io/isolated.ts';
import { writeWav } from '../../audio/io/wav.ts';
import { createRng } from '../../core/rng.ts';
import { buildToyCorpus } from '../../corpora/toy.ts';
import type { Clip } from '../../datasets/clip.ts';
import { openCorpus } from '../../datasets/open.ts';
import {
  createFrontEnd,
  frontEndSchema,
  LFCC_LCNN_SETTINGS,
} from '../../models/network/front-end.ts';
import { type Padding, stretchOf } from '../../models/network/length.ts';
import { type Batch, type Batches, type BatchesOptions, createBatches } from './batches.ts';
import { createExampleMaker } from './example.ts';
import { isLabelled, type LabelledClip } from './labelled.ts';
import { epochOrder, type Sampling } from './sampling.ts';

let root: string;
let train: readonly LabelledClip[];
const decoder = createIsolatedDecoder();

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-data-'));
  await buildToyCorpus(join(root, 'toy'), { speakers: 4, clipsPerSpeaker: 4, durationSec: 1 });
  const corpus = await openCorpus(join(root, 'toy', 'manifest.jsonl'));
  train = corpus.clips.filter(isLabelled).filter(({ split }) => split === 'train');
});
afterAll(async () => {
  await decoder.close();
  await rm(root, { recursive: true, force: true });
});

const options = (more: Partial<BatchesOptions> = {}): BatchesOptions => ({
  train,
  settings: {
    frontEnd: frontEndSchema.parse(LFCC_LCNN_SETTINGS),
    length: { sec: 0.5, short: 'repeat' },
    crop: 'random',
    augment: { oneOf: ['gaussian-noise@1..3', 'echo'], probability: 0.7 },
    speed: 0.1,
    seed: 3,
    keepBytes: 1e6,
  },
  sampling: { balance: ['label', 'speaker'] },
  batch: 4,
  threads: 0,
  ...more,
});

async function using<T>(made: Batches, use: (batches: Batches) => Promise<T>): Promise<T> {
  try {
    return await use(made);
  } finally {
    await made.close();
  }
}

const take =
  (from: number, to: number) =>
  async (batches: Batches): Promise<Batch[]> => {
    const out: Batch[] = [];
    for (let n = from; n < to; n += 1) out.push(await batches.at(n));
    return out;
  };

describe('batches', () => {
  test('are the same whatever the threads, the order of the manifest, and after a resume', async () => {
    const whole = await using(createBatches(options()), take(0, 7));
    expect(whole[0]!.features.dims).toEqual([4, 60, 51]);
    expect(await using(createBatches(options({ threads: 2 })), take(0, 7))).toEqual(whole);
    const turned = options({ threads: 1, train: [...train].reverse() });
    expect(await using(createBatches(turned), take(3, 7))).toEqual(whole.slice(3));
    const other = options({ settings: { ...options().settings, seed: 4 } });
    expect(await using(createBatches(other), take(0, 1))).not.toEqual(whole.slice(0, 1));
  });

  test('augment, cut at random, and balance the classes', async () => {
    const { perEpoch } = createBatches(options());
    const seen = await using(createBatches(options()), take(0, 2 * perEpoch));
    for (const { label } of seen) expect([...label.data].sort()).toEqual([0, 0, 1, 1]);
    // The same clip twice is not the same example.
    const byClip = new Map<string, Set<string>>();
    for (const { clips, features } of seen) {
      const size = features.data.length / clips.length;
      for (const [i, id] of clips.entries()) {
        const text = String(features.data.subarray(i * size, (i + 1) * size));
        byClip.set(id, (byClip.get(id) ?? new Set()).add(text));
      }
    }
    expect([...byClip.values()].some((examples) => examples.size > 1)).toBe(true);
  });

  test('a clip that cannot be read is recorded once, and another of its class takes its place', async () => {
    const path = join(root, 'broken.wav');
    await writeFile(path, 'no sound');
    const victim = train.findIndex(({ label }) => label === 'spoof');
    const broken = train.map((clip, i) => (i === victim ? { ...clip, path } : clip));
    const failures: [string, string][] = [];
    const given = (threads: number) =>
      options({
        train: broken,
        threads,
        onFailure: (clip, { code }) => failures.push([clip.id, code]),
      });
    const first = await using(createBatches(given(0)), take(0, 8));
    expect(failures).toEqual([[train[victim]!.id, 'audio/unreadable']]);
    for (const { label, clips } of first) {
      expect([...label.data].sort()).toEqual([0, 0, 1, 1]);
      expect(clips).not.toContain(train[victim]!.id);
    }
    expect(await using(createBatches(given(2)), take(5, 8))).toEqual(first.slice(5));
  });

  test('a class of which nothing can be read ends the training by its code', async () => {
    const path = join(root, 'none.wav');
    const gone = train.map((clip) => (clip.label === 'spoof' ? { ...clip, path } : clip));
    await expect(
      using(createBatches(options({ train: gone, threads: 1 })), take(0, 1)),
    ).rejects.toMatchObject({
      code: 'training/class-missing',
      message: expect.stringContaining('spoof clips'),
    });
  });

  test('what would fail with every clip is not taken for a bad clip', async () => {
    const settings = { ...options().settings, augment: 'no-such-thing@1' };
    await expect(using(createBatches(options({ settings })), take(0, 1))).rejects.toMatchObject({
      code: 'corruptions/unknown',
    });
  });

  test('examples without anything random are the middle of the clip, and kept', async () => {
    await using(createBatches(options({ threads: 1 })), async (batches) => {
      const clips = train.slice(0, 3);
      const first = await batches.fixed(clips);
      const again = await batches.fixed(clips);
      for (const [i, example] of first.entries()) expect(again[i]).toBe(example);
      const { audio } = await decode(clips[0]!.path);
      const [mono] = audio.samples;
      const start = (mono!.length - 8000) >> 1;
      const { compute } = createFrontEnd(options().settings.frontEnd);
      expect(first[0]!.data).toEqual(compute(mono!.slice(start, start + 8000)).data);
      expect(await batches.fixed([{ ...clips[0]!, id: 'x', path: '/nowhere' }])).toEqual([null]);
    });
  });
});

test.each([0, 2])(
  'a file that crashes its decoder is a recorded failure (%i threads)',
  async (threads) => {
    const hostile = await makeCrashingFile(join(root, `hostile ${threads}`));
    const failures: unknown[] = [];
    const onFailure: BatchesOptions['onFailure'] = ({ id }, { code }) => failures.push([id, code]);
    const clip = { ...train[0]!, id: '0', path: hostile.path };
    try {
      const made = createBatches(options({ threads, train: [clip, ...train], onFailure }));
      await using(made, async (batches) => {
        // As many as an epoch has: the file is drawn, and another one takes its place.
        for (const batch of await take(0, batches.perEpoch)(batches))
          expect(batch.clips).not.toContain('0');
        expect((await batches.fixed([train[1]!, clip])).map((example) => example !== null)).toEqual(
          [true, false],
        );
      });
      expect(failures).toEqual([['0', 'audio/decoder-crashed']]);
    } finally {
      await hostile.stop();
    }
  },
);

test('a change of speed moves pitch with it, by one of nine factors, and keeps the length', async () => {
  const path = join(root, 'tone.wav');
  const tone = Float32Array.from({ length: 32000 }, (_, i) => 0.5 * Math.sin((i * Math.PI) / 20));
  await writeFile(path, writeWav({ samples: [tone], sampleRate: 16000 }));
  const make = createExampleMaker(
    {
      frontEnd: { kind: 'samples', sampleRate: 16000, normalise: 'none' },
      length: { sec: 1, short: 'repeat' },
      crop: 'random',
      augment: null,
      speed: 0.2,
      seed: 1,
      keepBytes: 1e6,
    },
    decoder,
  );
  const factors = new Set<number>();
  for (let slot = 0; slot < 40; slot += 1) {
    const { data } = await make({
      clip: { id: 'tone', path },
      draw: { epoch: 0, slot, attempt: 0 },
    });
    expect(data).toHaveLength(16000);
    const rises = data.filter((value, i) => i > 0 && value >= 0 && data[i - 1]! < 0).length;
    // 400 Hz; a second has one rise more or less.
    const factor = Math.round((rises / 400) * 20) / 20;
    expect(Math.abs(rises - 400 * factor)).toBeLessThanOrEqual(2);
    factors.add(factor);
  }
  expect([...factors].sort()).toEqual([0.8, 0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.15, 1.2]);
});

test.each([
  ['start', 0],
  ['middle', 8000],
] as const)('a training clip may be cut at its %s each time', async (crop, first) => {
  const path = join(root, `ramp ${crop}.wav`);
  const ramp = Float32Array.from({ length: 24000 }, (_, i) => i / 32768);
  await writeFile(path, writeWav({ samples: [ramp], sampleRate: 16000 }));
  const make = createExampleMaker(
    {
      frontEnd: { kind: 'samples', sampleRate: 16000, normalise: 'none' },
      length: { sec: 0.5, short: 'repeat' },
      crop,
      augment: null,
      speed: 0,
      seed: 1,
      keepBytes: 0,
    },
    decoder,
  );
  for (const slot of [0, 1]) {
    const { data } = await make({
      clip: { id: 'ramp', path },
      draw: { epoch: 0, slot, attempt: 0 },
    });
    expect(data[0]! * 32768).toBeCloseTo(first, 0);
  }
});

describe('the order of an epoch', () => {
  const clips = Array.from(
    { length: 24 },
    (_, i): Clip => ({
      id: String(i).padStart(2, '0'),
      path: '',
      medium: 'audio',
      label: i < 4 ? 'bonafide' : 'spoof',
      generator: i < 4 ? undefined : i < 20 ? 'often' : 'rare',
    }),
  );
  const order = (sampling: Sampling, size: number, seed = 1): number[] =>
    epochOrder(clips, { sampling, size, rng: createRng(seed) });

  test('shuffled: every clip as often as every other, to within one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 80 }), fc.nat(1000), (size, seed) => {
        const counts = clips.map(() => 0);
        for (const index of order('shuffle', size, seed)) counts[index]! += 1;
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 50, seed: 2 },
    );
  });

  test('balanced: equal shares of labels, inside them of generators, inside them of clips', () => {
    const picked = order({ balance: ['label', 'generator'] }, 64);
    const share = (test: (clip: Clip) => boolean): number =>
      picked.filter((index) => test(clips[index]!)).length;
    expect(share(({ label }) => label === 'bonafide')).toBe(32);
    expect(share(({ generator }) => generator === 'rare')).toBe(16);
    expect(new Set(picked).size).toBe(24);
    // Any pair from an even place on has both labels.
    for (let i = 0; i < 64; i += 2)
      expect(clips[picked[i]!]!.label).not.toBe(clips[picked[i + 1]!]!.label);
  });
});

test('stretches are cut, repeated or padded to their length, with the share that is recording', () => {
  const mono = Float32Array.of(1, 2, 3);
  const at = (short: Padding, sec: number, start = 0) =>
    stretchOf(mono, { length: { sec, short }, sampleRate: 1, start });
  expect(at('zero', 2, 1)).toEqual({ samples: Float32Array.of(2, 3), valid: 1 });
  expect(at('zero', 2, 9)).toEqual({ samples: Float32Array.of(2, 3), valid: 1 });
  expect(at('repeat', 7)).toEqual({ samples: Float32Array.of(1, 2, 3, 1, 2, 3, 1), valid: 1 });
  expect(at('zero', 4)).toEqual({ samples: Float32Array.of(1, 2, 3, 0), valid: 0.75 });
  expect(at('zero-both', 6)).toEqual({ samples: Float32Array.of(0, 1, 2, 3, 0, 0), valid: 0.5 });
  expect(at('reflect', 8)).toEqual({
    samples: Float32Array.of(1, 2, 3, 2, 1, 2, 3, 2),
    valid: 1,
  });
  const one = { length: { sec: 3, short: 'reflect' as const }, sampleRate: 1, start: 0 };
  expect(stretchOf(Float32Array.of(5), one).samples).toEqual(Float32Array.of(5, 5, 5));
  expect(stretchOf(new Float32Array(0), one)).toEqual({ samples: new Float32Array(3), valid: 0 });
});

test('the LFCC of the robustness study is 60 × 401 for four seconds', () => {
  const { compute, id } = createFrontEnd(frontEndSchema.parse(LFCC_LCNN_SETTINGS));
  const mono = new Float32Array(64000).map((_, i) => Math.sin((i * i) / 7e4));
  const { dims, data } = compute(mono);
  expect(dims).toEqual([60, 401]);
  const frames = lfcc(mono, LFCC_LCNN).data;
  expect(data.every((value, i) => value === frames[(i % 401) * 60 + Math.floor(i / 401)])).toBe(
    true,
  );
  const defaults = frontEndSchema.parse({ ...LFCC_LCNN_SETTINGS, floor: Number.EPSILON });
  expect(createFrontEnd(defaults).id).toBe(id);
});
