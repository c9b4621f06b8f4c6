import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Audio } from '../../audio/audio.ts';
import { decode } from '../../audio/io/decode.ts';
import { encode, type FileFormat } from '../../audio/io/encode.ts';
import { writeWav } from '../../audio/io/wav.ts';
import { hashBytes } from '../../core/hash.ts';
import { buildToyCorpus } from '../../corpora/toy.ts';
import type { Clip, SplitPromise } from '../../datasets/clip.ts';
import { openCorpus } from '../../datasets/open.ts';
import { readPromises } from '../../datasets/promises.ts';
import { analyse as analyseSound, type ClipAnalysis } from './analyse.ts';
import { type CorpusVerification, verifyCorpus } from './verify.ts';

let folder: string;
let clean: readonly Clip[];
const analysed = new Map<string, Promise<ClipAnalysis>>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringtrue-pollution-'));
  await buildToyCorpus(join(folder, 'clean'));
  const { clips } = await openCorpus(join(folder, 'clean'));
  // Two domains with both labels, three speakers and all splits in each of them.
  clean = clips.map((clip) => ({ ...clip, domain: `hall ${Number(clip.speaker!.slice(4)) % 2}` }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Files that several rows have in common are analysed once. */
function analyse(path: string): Promise<ClipAnalysis> {
  const known = analysed.get(path) ?? decode(path).then(analyseSound);
  analysed.set(path, known);
  return known;
}

type Change = (x: Float32Array) => Float32Array;

/** What a polluter works with. */
interface Tools {
  readonly folder: string;
  /** Writes another file in the place of the clip's, with its new checksum. */
  rewrite(clip: Clip, change: Change, container?: FileFormat): Promise<Clip>;
}

interface Pollution {
  readonly name: string;
  readonly pollute: (clips: readonly Clip[], tools: Tools) => Promise<Clip[]> | Clip[];
  readonly disjoint?: readonly SplitPromise[];
  /** What the failure says, all of it. */
  readonly says: readonly RegExp[];
  readonly code: string;
}

const spoofs = (clip: Clip): boolean => clip.label === 'spoof';
const all =
  (chosen: (clip: Clip) => boolean, change: Change, container?: FileFormat): Pollution['pollute'] =>
  (clips, { rewrite }) =>
    Promise.all(clips.map((clip) => (chosen(clip) ? rewrite(clip, change, container) : clip)));

/** One clip of the training split again in the evaluation, as another source of another speaker. */
const again =
  (change?: Change, container?: FileFormat): Pollution['pollute'] =>
  async (clips, { rewrite }) => {
    const [train] = clips.filter((clip) => clip.split === 'train' && clip.label === 'bonafide');
    const copy: Clip = {
      ...train!,
      id: 'again',
      split: 'eval',
      source: 'again',
      speaker: 'somebody',
      transcript: 'something else',
    };
    return [...clips, change === undefined ? copy : await rewrite(copy, change, container)];
  };

/** Gives clips of the evaluation a value of the training split. */
const leak =
  (field: 'speaker' | 'source' | 'transcript' | 'generator', write = (text: string) => text) =>
  (clips: readonly Clip[]): Clip[] => {
    const train = clips.find((clip) => clip.split === 'train' && clip.label === 'spoof')!;
    const [first] = clips.filter((clip) => clip.split === 'eval' && clip.label === 'spoof');
    return clips.map((clip) =>
      clip === first ? { ...clip, [field]: write(train[field]!) } : clip,
    );
  };

/** The evaluation as a part with a generator and a language of its own, but for one spoof with those of train. */
const leakIntoPart =
  (field: 'generator' | 'language') =>
  (clips: readonly Clip[]): Clip[] => {
    const train = clips.find((clip) => clip.split === 'train' && clip.label === 'spoof')!;
    const first = clips.find((clip) => clip.split === 'eval' && clip.label === 'spoof');
    return clips.map((clip) => {
      if (clip.split !== 'eval') return clip;
      const generator = clip.label === 'spoof' ? { generator: 'new' } : {};
      const fresh: Clip = { ...clip, ...generator, language: 'qac', group: { part: 'unseen' } };
      return clip === first ? { ...fresh, [field]: train[field]! } : fresh;
    });
  };

const offset: Change = (x) => x.map((value) => value + 0.002);
const paused: Change = (x) => x.map((value, i) => (i % 16000 < 800 ? 0 : value));
const pausedBy =
  (gain: number): Change =>
  (x) =>
    x.map((value, i) => (i % 16000 < 1600 ? gain * value : value));
const shifted: Change = (x) => x.slice(1234).map((value) => 0.4 * value);

const POLLUTIONS: readonly Pollution[] = [
  {
    name: 'a DC offset in one class',
    pollute: all(spoofs, offset),
    code: 'corpora/confounded',
    says: [/^dc-offset tells the classes apart: AUC 1\.000/, /n 36 \+ 36/],
  },
  {
    name: 'digital silence in the pauses of one class',
    pollute: all(spoofs, paused),
    code: 'corpora/confounded',
    says: [/^digital-silence tells the classes apart/],
  },
  {
    name: 'quieter pauses in one class',
    pollute: (clips, { rewrite }) =>
      Promise.all(clips.map((clip) => rewrite(clip, pausedBy(spoofs(clip) ? 0.02 : 0.06)))),
    code: 'corpora/confounded',
    says: [/^floor-level tells the classes apart/],
  },
  {
    name: 'silence before and after one class',
    pollute: all(spoofs, (x) =>
      Float32Array.from([...x.subarray(0, 1600).map((v) => v / 1000), ...x]),
    ),
    code: 'corpora/confounded',
    says: [/^leading-silence tells the classes apart/],
  },
  {
    name: 'samples of one class that were 8 bits once',
    pollute: all(spoofs, (x) => x.map((value) => Math.round(value * 128) / 128)),
    code: 'corpora/confounded',
    says: [/^sample-bits tells the classes apart/],
  },
  {
    name: 'another codec in one class',
    pollute: all(spoofs, (x) => x, 'ogg-vorbis'),
    code: 'corpora/confounded',
    says: [/^codec=pcm-16 tells the classes apart/, /^file-rate tells the classes apart/],
  },
  {
    name: 'a tag in the files of one class',
    pollute: async (clips, { folder: out }) =>
      Promise.all(
        clips.map(async (clip, i) => {
          if (!spoofs(clip)) return clip;
          const { audio } = await decode(clip.path);
          const path = join(out, `tagged-${i}.wav`);
          const bytes = withTag(writeWav(audio), 'ISFT', 'speaker of words');
          await writeFile(path, bytes);
          return { ...clip, path, sha256: hashBytes(bytes) };
        }),
      ),
    code: 'corpora/confounded',
    says: [
      /^tag isft tells the classes apart/,
      /^tag isft=speaker of words tells the classes apart/,
    ],
  },
  {
    name: 'a cue in one domain only',
    pollute: all((clip) => spoofs(clip) && clip.domain === 'hall 1', offset),
    code: 'corpora/confounded',
    says: [/^dc-offset tells the classes apart.* in hall 1 1\.000/],
  },
  {
    name: 'a cue in one split only',
    pollute: all((clip) => spoofs(clip) && clip.split === 'train', offset),
    code: 'corpora/confounded',
    says: [/^dc-offset tells the classes apart.* in .*train 1\.000/],
  },
  {
    name: 'the same samples in two splits',
    pollute: again(),
    code: 'datasets/leak',
    says: [/^the same sound is in the splits eval and train: .*again/],
  },
  {
    name: 'the same recording in two splits, once quieter, later and as MP3',
    pollute: again(shifted, 'mp3'),
    code: 'datasets/leak',
    says: [/^the same recording in another form is in the splits eval and train: .*again/],
  },
  {
    name: 'the same recording in two splits, once as Opus',
    pollute: again((x) => x, 'ogg-opus'),
    code: 'datasets/leak',
    says: [/^the same recording in another form is in the splits eval and train: .*again/],
  },
  {
    name: 'the same recording under both labels in one split',
    pollute: async (clips, { rewrite }) => {
      const [real] = clips.filter((clip) => clip.split === 'train' && clip.label === 'bonafide');
      const copy: Clip = { ...real!, id: 'again', label: 'spoof', source: 'again' };
      return [...clips, await rewrite(copy, shifted)];
    },
    code: 'datasets/leak',
    says: [/^the same recording in another form is under both labels: .*again/],
  },
  {
    name: 'a speaker in two splits',
    pollute: leak('speaker'),
    disjoint: ['speaker'],
    code: 'datasets/leak',
    says: [/^1 speaker is in several splits, first toy-\d \(eval, train;/],
  },
  {
    name: 'a text in two splits, in other letters and with other points',
    pollute: leak('transcript', (text) => `«${text.toUpperCase()}…»`),
    disjoint: ['text'],
    code: 'datasets/leak',
    says: [/^1 text is in several splits/],
  },
  {
    name: 'a source in two splits',
    pollute: leak('source'),
    code: 'datasets/leak',
    says: [/^1 source is in several splits/],
  },
  {
    name: 'a generator in two splits',
    pollute: leak('generator'),
    disjoint: ['generator'],
    code: 'datasets/leak',
    says: [/^\d generators are in several splits/],
  },
  {
    name: 'a generator of train in a part that promises others',
    pollute: leakIntoPart('generator'),
    disjoint: [{ field: 'generator', parts: ['unseen'] }],
    code: 'datasets/leak',
    says: [/^1 generator of the part unseen is in train too, first toy-\w+ \(.*eval, train;/],
  },
  {
    name: 'a language of train in a part that promises others',
    pollute: leakIntoPart('language'),
    disjoint: [{ field: 'language', parts: ['unseen'] }],
    code: 'datasets/leak',
    says: [/^1 language of the part unseen is in train too, first qa[ab] \(/],
  },
  {
    name: 'a promise on a part that no clip is in',
    pollute: (clips) => [...clips],
    disjoint: [{ field: 'language', parts: ['unsen'] }],
    code: 'datasets/leak',
    says: [
      /^whether a language of the part unsen is in train cannot be checked: no clip is in that part$/,
    ],
  },
  {
    name: 'a promise on a part of which train does not tell',
    pollute: (clips) =>
      leakIntoPart('language')(clips).map(({ language, ...clip }) =>
        clip.split === 'train' || language === undefined ? clip : { ...clip, language },
      ),
    disjoint: [{ field: 'language', parts: ['unseen'] }],
    code: 'datasets/leak',
    says: [
      /^whether a language of the part unseen is in train cannot be checked: no clip of train says its language$/,
    ],
  },
  {
    name: 'a file that is not the recorded one',
    pollute: (clips) =>
      clips.map((clip, i) => (i === 0 ? { ...clip, sha256: '0'.repeat(64) } : clip)),
    code: 'corpora/checksum',
    says: [/^1 files differ from their recorded SHA-256/],
  },
];

async function verify(
  name: string,
  pollute: Pollution['pollute'],
  disjoint?: readonly SplitPromise[],
): Promise<CorpusVerification> {
  const root = join(folder, name.replace(/\W+/g, '-'));
  await mkdir(root, { recursive: true });
  let count = 0;
  const rewrite: Tools['rewrite'] = async (clip, change, container = 'wav') => {
    const { audio } = await decode(clip.path);
    const changed: Audio = { ...audio, samples: audio.samples.map(change) };
    const bytes = await encode(changed, { container });
    count += 1;
    const path = join(root, `${count}.${container.replace('ogg-', '')}`);
    await writeFile(path, bytes);
    return { ...clip, path, sha256: hashBytes(bytes) };
  };
  const clips = await pollute(clean, { folder: root, rewrite });
  const manifest = join(root, 'manifest.jsonl');
  await writeFile(manifest, clips.map((clip) => JSON.stringify(clip)).join('\n'));
  if (disjoint !== undefined) {
    await writeFile(join(root, 'corpus.json'), JSON.stringify({ name, disjoint }));
  }
  const corpus = await openCorpus(manifest, { classes: 'both' });
  return verifyCorpus(corpus, { analyse, disjoint: await readPromises(root), replicates: 100 });
}

test('the clean corpus passes, with every promise that it keeps', async () => {
  const found = await verify('as it is', (clips) => [...clips], ['speaker', 'text', 'source']);
  expect(found.problems).toEqual([]);
  expect(found.ok).toBe(true);
  expect(found.duplicates).toMatchObject({ exact: [], near: [], maybeCopies: [], withinSplit: [] });
  expect(found.leaks.map(({ field, promised, known, of }) => [field, promised, known, of])).toEqual(
    [
      ['speaker', true, 72, 72],
      ['text', true, 72, 72],
      ['source', true, 72, 72],
      ['generator', false, 36, 36],
    ],
  );
});

test.each(POLLUTIONS)('$name fails', async ({ name, pollute, disjoint, code, says }) => {
  const { ok, problems } = await verify(name, pollute, disjoint);
  expect(ok).toBe(false);
  expect([...new Set(problems.map((problem) => problem.code))]).toEqual([code]);
  for (const pattern of says) {
    expect(problems.map(({ message }) => message)).toContainEqual(expect.stringMatching(pattern));
  }
});

test('what nobody promised is told and does not fail', async () => {
  const found = await verify('a speaker shared', leak('speaker'), ['source']);
  expect(found.problems).toEqual([]);
  const speaker = found.leaks.find(({ field }) => field === 'speaker');
  expect(speaker).toMatchObject({ promised: false, shared: [{ splits: ['eval', 'train'] }] });
});

/** Puts a `LIST INFO` chunk before the samples of a WAV file. */
function withTag(wav: Uint8Array, id: string, value: string): Uint8Array {
  const text = Buffer.from(`${value}\0`.padEnd(Math.ceil((value.length + 1) / 2) * 2, '\0'));
  const list = Buffer.alloc(20 + text.length);
  list.write('LIST', 0, 'latin1');
  list.writeUInt32LE(12 + text.length, 4);
  list.write('INFO', 8, 'latin1');
  list.write(id, 12, 'latin1');
  list.writeUInt32LE(text.length, 16);
  text.copy(list, 20);
  const samplesAt = Buffer.from(wav.buffer, wav.byteOffset, wav.length).indexOf('data');
  const whole = Buffer.concat([wav.subarray(0, samplesAt), list, wav.subarray(samplesAt)]);
  whole.writeUInt32LE(whole.length - 8, 4);
  return whole;
}
