import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decode } from '../../audio/io/decode.ts';
import { writeWav } from '../../audio/io/wav.ts';
import { createRng } from '../../core/rng.ts';
import { clipSchema } from '../../datasets/clip.ts';
import type { MakeContext } from '../assembly.ts';
import { describeFake } from '../casting.ts';
import type { Recording } from '../recording.ts';
import { takeCasts } from '../speech-base.ts';
import { COPIES } from '../vocoders/index.ts';
import { vowel } from '../vocoders/vowel.fixture.ts';
import type { PairJob } from './partial-spoof.ts';
import { makePair } from './partial-spoof-pair.ts';

const real: Recording = {
  id: 'toy',
  path: 'toy.wav',
  text: 'a e i o',
  speaker: 'ann',
  language: 'en',
  domain: 'prompts',
  package: 'none',
  licence: 'own',
  codec: 'pcm',
};
const job: PairJob = {
  id: 'toy-001',
  split: 'eval',
  part: 'unseen-all',
  real,
  fake: describeFake('lpc', real),
  unit: 'phrase',
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'partial-'));
  const x = vowel({ seconds: 3, hz: 120, rng: createRng('partial') });
  // Words of 0.35 s with dips between them.
  const spoken = x.map((value, i) => ((i / 16000) % 0.45 < 0.1 ? 0.02 * value : value));
  await writeFile(join(folder, 'toy.wav'), writeWav({ samples: [spoken], sampleRate: 16000 }));
});
afterAll(() => rm(folder, { recursive: true }));

const context = (out: string): MakeContext => ({
  root: { debian: folder, npm: '', env: {}, downloads: [] },
  folder: join(folder, out),
  rng: createRng('job'),
});

test('a pair: one length, the same cuts, only one of them with synthesis; the same bytes twice', async () => {
  const { clips, failures } = await makePair(job, context('one'));
  expect(failures).toEqual([]);
  expect(clips.map(({ label }) => label)).toEqual(['bonafide', 'spoof']);
  const [control, spoof] = clips.map((clip) => clipSchema.parse(clip));
  expect(spoof!.durationSec).toBe(control!.durationSec);
  expect(control!.segments!.map(({ startSec }) => startSec)).toEqual(
    spoof!.segments!.map(({ startSec }) => startSec),
  );
  expect(control!.segments!.every(({ label }) => label === 'bonafide')).toBe(true);
  expect(spoof!.segments!.some(({ label }) => label === 'spoof')).toBe(true);
  for (const { segments, durationSec } of [control!, spoof!]) {
    expect(segments![0]!.startSec).toBe(0);
    expect(segments!.at(-1)!.endSec).toBe(durationSec);
    for (const [i, { startSec }] of segments!.slice(1).entries()) {
      expect(startSec).toBe(segments![i]!.endSec);
    }
  }
  expect([control!.generator, spoof!.generator]).toEqual([undefined, 'lpc']);
  expect(spoof!.group?.join).toBe(control!.group?.join);
  expect(spoof!.group?.share).toBe(control!.group?.share);
  const again = await makePair(job, context('two'));
  expect(again).toEqual({ clips, failures });
  for (const { path } of clips) {
    expect(await readFile(join(folder, 'two', path))).toEqual(
      await readFile(join(folder, 'one', path)),
    );
  }
});

test('what differs lies in the spans', async () => {
  const { clips } = await makePair(job, context('three'));
  const [control, spoof] = await Promise.all(
    clips.map(async ({ path }) => (await decode(join(folder, 'three', path))).audio.samples[0]!),
  );
  const differences = clips[1]!.segments!.map(({ startSec, endSec, label }) => {
    // Away from the joins.
    const from = Math.round(16000 * startSec) + 320;
    const to = Math.round(16000 * endSec) - 320;
    let error = 0;
    let power = 0;
    for (let i = from; i < to; i += 1) {
      error += (control![i]! - spoof![i]!) ** 2;
      power += control![i]! ** 2;
    }
    return { label, share: error / power };
  });
  const of = (label: string): number[] =>
    differences.filter((each) => each.label === label).map(({ share }) => share);
  expect(Math.max(...of('bonafide'))).toBeLessThan(0.2 * Math.min(...of('spoof')));
});

test('a recording without places to cut fails with a code', async () => {
  const short = vowel({ seconds: 0.8, hz: 120, rng: createRng('short') });
  await writeFile(join(folder, 'short.wav'), writeWav({ samples: [short], sampleRate: 16000 }));
  const broken = { ...job, real: { ...real, path: 'short.wav' } };
  await expect(makePair(broken, context('four'))).rejects.toMatchObject({
    code: 'corpora/incomplete',
  });
});

test('casts keep the split of speech-base, and no engine is in two splits', () => {
  const counts = { 'allison-en': 3, 'nl-small': 3, carlo: 3, 'cs-big': 3, 'nl-big': 3, nsh: 3 };
  const casts = takeCasts({ counts, minActiveSec: 1.5, copied: true });
  expect(casts.map(({ id, parts }) => [id, parts.length, parts[0]!.split])).toEqual([
    ['allison-en', 1, 'train'],
    ['nl-small', 1, 'train'],
    ['carlo', 1, 'dev'],
    ['cs-big', 1, 'eval'],
    ['nl-big', 1, 'eval'],
    ['nsh', 1, 'eval'],
  ]);
  const splits = new Map<string, string>();
  for (const { parts } of casts) {
    for (const { split, fakes } of parts) {
      for (const generator of fakes.flatMap((slot) => Object.keys(slot))) {
        const { engine } = COPIES[generator]!;
        expect(splits.get(engine) ?? split).toBe(split);
        splits.set(engine, split);
      }
    }
  }
  expect(takeCasts({ counts, minActiveSec: 1, copied: false })[0]!.parts[0]!.fakes).toEqual([]);
});
