import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Audio } from '../../audio/audio.ts';
import { decode } from '../../audio/io/decode.ts';
import { writeWav } from '../../audio/io/wav.ts';
import { createRng } from '../../core/rng.ts';
import { buildToyCorpus } from '../../corpora/toy.ts';
import type { Clip, Corpus } from '../../datasets/clip.ts';
import { openCorpus } from '../../datasets/open.ts';
import { analyse as analyseSound, type ClipAnalysis } from './analyse.ts';
import { type CorpusVerification, saveVerification, verifyCorpus } from './verify.ts';

let folder: string;
let clean: Corpus;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringtrue-verify-'));
  await buildToyCorpus(folder, { durationSec: 1 });
  clean = await openCorpus(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const read = async (path: string): Promise<Audio> => (await decode(path)).audio;
const analyse = async (path: string): Promise<ClipAnalysis> => analyseSound(await decode(path));

/** A copy of the corpus in which spoofs (or what `chosen` says) were changed. */
async function polluted(
  name: string,
  change: (x: Float32Array, clip: Clip) => Float32Array,
  chosen = (clip: Clip): boolean => clip.label === 'spoof',
): Promise<Corpus> {
  const root = await mkdtemp(join(folder, `${name}-`));
  const clips = await Promise.all(
    clean.clips.map(async (clip, i) => {
      if (!chosen(clip)) return clip;
      const audio = await read(clip.path);
      const path = join(root, `${i}.wav`);
      const samples = change(audio.samples[0]!, clip);
      await writeFile(path, writeWav({ samples: [samples], sampleRate: audio.sampleRate }));
      const { sha256: _, ...rest } = clip;
      return { ...rest, path };
    }),
  );
  return { name, root, clips };
}

const codes = (found: CorpusVerification): string[] => [
  ...new Set(found.problems.map((problem) => problem.code)),
];
const beyond = (found: CorpusVerification): string[] =>
  found.features.filter((feature) => feature.beyond).map((feature) => feature.name);

test('the clean toy corpus passes, and its floor is printed beside figures once saved', async () => {
  const found = await verifyCorpus(clean, { analyse, replicates: 100 });
  expect(found.problems).toEqual([]);
  expect(found).toMatchObject({ ok: true, bound: 0.15, clips: { bonafide: 36, spoof: 36 } });
  expect(found.features.filter(({ of }) => of === 'sound')).toHaveLength(23);
  const distances = found.features.map(({ auc }) => Math.abs(auc - 0.5));
  expect(distances).toEqual([...distances].sort((a, b) => b - a));
  expect(found.joint.low).toBeLessThan(found.joint.auc);
  expect(found.joint.high).toBeGreaterThan(found.joint.auc);
  expect(found.joint).toMatchObject({ groupedBy: 'speaker', clusteredBy: 'source', folds: 5 });
  await saveVerification(clean, found);
  const { auc, low, high } = found.joint;
  expect((await openCorpus(folder, { split: 'eval' })).confound).toEqual({ auc, low, high });
});

test('the same corpus and seed give the same figures', async () => {
  const options = { analyse, replicates: 100 };
  const [a, b] = [await verifyCorpus(clean, options), await verifyCorpus(clean, options)];
  expect(a).toEqual(b);
});

test.each<[string, (x: Float32Array) => Float32Array, string[]]>([
  ['level', (x) => x.map((value) => 0.7 * value), ['rms-level', 'peak']],
  [
    'silence',
    (x) => Float32Array.from([...new Float32Array(1600), ...x, ...new Float32Array(800)]),
    ['duration', 'leading-silence', 'trailing-silence', 'near-zero', 'noise-floor'],
  ],
  ['length', (x) => x.subarray(0, Math.round(0.85 * x.length)), ['duration']],
  ['direct current', (x) => x.map((value) => value + 0.002), ['dc-offset']],
  [
    'bandwidth',
    (x) => x.map((value, i) => (value + (x[i - 1] ?? 0)) / 2),
    ['energy-7khz', 'edge-60db'],
  ],
])('a difference in %s between the classes fails and is named', async (name, change, features) => {
  const found = await verifyCorpus(await polluted(name, change), { analyse, replicates: 100 });
  expect(found.ok).toBe(false);
  expect(codes(found)).toEqual(['corpora/confounded']);
  expect(beyond(found)).toEqual(expect.arrayContaining(features));
  expect(found.joint.low).toBeGreaterThan(0.8);
});

test('what only several features together tell fails by the joint figure', async () => {
  // Half of each class is loud and half of each is long, but spoofs are loud and long or neither.
  const rng = createRng(1).split('joint');
  const corpus = await polluted(
    'joint',
    (x, clip) => {
      const loud = rng.split(clip.source!).split(clip.label!).uniform() < 0.5;
      const long = (clip.label === 'spoof') === loud;
      const gain = (loud ? 1.6 : 1) * rng.split(clip.id).between(0.95, 1.05);
      return x
        .subarray(0, long ? x.length : Math.round(0.8 * x.length))
        .map((value) => gain * value);
    },
    () => true,
  );
  const found = await verifyCorpus(corpus, { analyse, replicates: 100 });
  expect(beyond(found)).toEqual([]);
  expect(found.joint.classifier).toBe('trees');
  expect(found.problems[0]!.message).toContain('all trivial features together');
});

test('a generator that differs is told though the corpus as a whole passes', async () => {
  const corpus = await polluted(
    'generator',
    (x) => x.map((value) => 0.5 * value),
    (clip) => clip.generator === 'toy-flat',
  );
  const found = await verifyCorpus(corpus, { analyse, bound: 0.2, replicates: 100 });
  const level = found.features.find((feature) => feature.name === 'rms-level')!;
  expect(level.beyond).toBe(false);
  expect(level.families.find(({ part }) => part === 'toy-flat')).toMatchObject({
    auc: 0,
    beyond: true,
  });
});

test('a wider bound lets more through', async () => {
  const corpus = await polluted('slightly', (x, clip) =>
    clip.split === 'train' ? x.map((value) => 1.5 * value) : x,
  );
  expect((await verifyCorpus(corpus, { analyse, bound: 0.5, replicates: 100 })).ok).toBe(true);
  expect((await verifyCorpus(corpus, { analyse, replicates: 100 })).ok).toBe(false);
});

test('changed, broken and missing files are told and do not end the verification', async () => {
  const clips = clean.clips.map((clip, i) =>
    i === 0
      ? { ...clip, sha256: '0'.repeat(64) }
      : i === 1
        ? { ...clip, path: join(folder, 'corpus.json') }
        : i === 2
          ? { ...clip, path: join(folder, 'none.wav') }
          : clip,
  );
  const found = await verifyCorpus({ ...clean, clips }, { analyse, replicates: 100 });
  expect(found.changed).toEqual([clips[0]!.id]);
  expect(found.failed.map((failure) => failure.clip)).toEqual([clips[1]!.id, clips[2]!.id]);
  expect(codes(found)).toEqual(['corpora/checksum', 'audio/unreadable', 'core/io-not-found']);
});

test('a corpus of which one class cannot be decoded is refused', async () => {
  const clips = clean.clips.map((clip) =>
    clip.label === 'spoof' ? { ...clip, path: join(folder, 'none.wav') } : clip,
  );
  await expect(
    verifyCorpus({ ...clean, clips }, { analyse, replicates: 100 }),
  ).rejects.toMatchObject({
    code: 'datasets/class-missing',
  });
});
