import { createWriteStream } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ProgressEvent } from '../core/progress.ts';
import { CORPORA, corpusVersion } from '../corpora/build.ts';
import { buildToyCorpus } from '../corpora/toy.ts';
import { corpusTitle } from '../report/figures.ts';
import { BUILT_VERSIONS } from './built.ts';
import { checkFiles } from './check.ts';
import { fingerprint } from './fingerprint.ts';
import { openCorpus, takeSplit } from './open.ts';

let root: string;
const cache = process.env.RINGTRUE_CACHE;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-open-'));
  process.env.RINGTRUE_CACHE = join(root, 'cache');
});
afterEach(async () => {
  if (cache === undefined) delete process.env.RINGTRUE_CACHE;
  else process.env.RINGTRUE_CACHE = cache;
  await rm(root, { recursive: true, force: true });
});

async function file(path: string, content = 'x'): Promise<string> {
  const full = join(root, path);
  await mkdir(join(full, '..'), { recursive: true });
  await writeFile(full, content);
  return full;
}

const rows = (...values: object[]): string => values.map((row) => JSON.stringify(row)).join('\n');
const TWO = rows(
  { id: 'a', path: 'a.wav', label: 'bonafide' },
  { id: 'b', path: 'b.wav', label: 'spoof' },
);

describe('a set that may not be trained on', () => {
  const tagged = { use: 'evaluation-only' };

  test('is tagged by its reader, and also when it is opened as any folder', async () => {
    await file(
      'cc/CasualConversations.json',
      JSON.stringify({ 7: { files: ['CasualConversationsA/7/7_00.MP4'], label: { age: '40' } } }),
    );
    await file('cc/CasualConversationsA/7/7_00.MP4');
    const byReader = { reader: 'casual-conversations', root: join(root, 'cc') };
    for (const spec of [byReader, join(root, 'cc')]) {
      expect((await openCorpus(spec, { classes: 'any' })).clips).toMatchObject([tagged]);
    }
  });

  test('may be tagged in a manifest', async () => {
    const path = await file(
      't.csv',
      'path,label,use\na.wav,bonafide,evaluation-only\nb.wav,spoof,\n',
    );
    const { clips } = await openCorpus(path);
    expect(clips[0]).toMatchObject(tagged);
    expect(clips[1]).not.toHaveProperty('use');
  });
});

describe('options of a reader', () => {
  test('are told with their defaults, for some change what counts as a fake', async () => {
    await file('cf/genuine/p225_001.wav');
    await file('cf/encodec_24khz/p225/p225_001.wav');
    await file('cf/valle-x/a.wav');
    const spec = { reader: 'codecfake-wu', root: join(root, 'cf') };
    const corpus = await openCorpus(spec);
    expect(corpus.options).toEqual({ recoded: 'exclude' });
    expect(corpusTitle(corpus)).toBe('codecfake-wu (recoded: exclude)');
    expect(corpusTitle(await openCorpus({ ...spec, recoded: 'spoof' }))).toContain('spoof');
    expect(await openCorpus(join(root, 'cf'), { classes: 'any' })).not.toHaveProperty('options');
  });
});

describe('a manifest', () => {
  test('gives clips in its order with paths resolved against its folder', async () => {
    const path = await file('sub/mine.jsonl', TWO);
    const corpus = await openCorpus(path);
    expect(corpus).toMatchObject({ name: 'mine', root: join(root, 'sub') });
    expect(corpus.clips.map((clip) => clip.path)).toEqual([
      join(root, 'sub/a.wav'),
      join(root, 'sub/b.wav'),
    ]);
  });

  test('may be relative to the working folder, and its folder may be named instead', async () => {
    await file('sub/manifest.jsonl', TWO);
    for (const spec of ['sub', './sub', 'sub/manifest.jsonl']) {
      expect((await openCorpus(spec, { cwd: root })).name).toBe('sub');
    }
  });

  test.each([
    [
      'carriage returns and a byte-order mark',
      '\ufeffid,path,label\r\na,a.wav,real\r\nb,b.wav,FAKE\r\n\r\n',
    ],
    ['quotes', 'id,path,label\n"a","a.wav","bonafide"\n"b","b.wav",spoof'],
    ['tabs', 'id\tpath\tlabel\na\ta.wav\tbona-fide\nb\tb.wav\tspoofed\n'],
    ['semicolons', 'id;path;label\na;a.wav;genuine\nb;b.wav;synthetic\n'],
    ['ids left out', 'path,label,speaker\na.wav,bonafide,\nb.wav,spoof,\n'],
  ])('as a table: %s', async (_, text) => {
    const { clips } = await openCorpus(await file('t.csv', text));
    expect(clips.map(({ path, label }) => [path, label])).toEqual([
      [join(root, 'a.wav'), 'bonafide'],
      [join(root, 'b.wav'), 'spoof'],
    ]);
    expect(clips[0]).not.toHaveProperty('speaker');
  });

  test('as a table holds groups, segments and numbers', async () => {
    const path = await file(
      't.csv',
      'path,label,durationSec,group.gender,segments\n' +
        'a.wav,bonafide,1.5,f,\n' +
        'b.wav,spoof,2,,"[{""startSec"":0,""endSec"":1,""label"":""spoof""}]"\n',
    );
    const { clips } = await openCorpus(path);
    expect(clips[0]).toMatchObject({ durationSec: 1.5, group: { gender: 'f' } });
    expect(clips[1]).toMatchObject({ segments: [{ startSec: 0, endSec: 1, label: 'spoof' }] });
  });

  test('as a table or as lines holds what sounds when', async () => {
    const events = [
      { startSec: 0.25, name: 'press:a' },
      { startSec: 0.5, name: 'release:a' },
    ];
    const cell = JSON.stringify(events).replaceAll('"', '""');
    const table = await openCorpus(await file('e.csv', `path,events\na.wav,"${cell}"\n`));
    const json = await openCorpus(await file('e.jsonl', rows({ path: 'a.wav', events })));
    expect(table.clips[0]).toMatchObject({ events });
    expect(json.clips).toEqual(table.clips);
  });

  test('may name files with spaces, quotes, line ends and any letters', async () => {
    const names = ['mit Leer zeichen.wav', 'anführung".wav', 'zwei\nZeilen.wav', '録音 (1).wav'];
    const cells = names.map(
      (name, i) => `"${name.replaceAll('"', '""')}",${i % 2 ? 'spoof' : 'real'}`,
    );
    const table = await openCorpus(await file('t.csv', `path,label\n${cells.join('\n')}\n`));
    const json = await openCorpus(
      await file(
        't.jsonl',
        rows(...names.map((path, i) => ({ path, label: i % 2 ? 'spoof' : 'real' }))),
      ),
    );
    for (const { clips } of [table, json]) {
      expect(clips.map((clip) => clip.path)).toEqual(names.map((name) => join(root, name)));
    }
  });

  test.each([
    ['JSON that does not parse', 'm.jsonl', `${TWO}\n{"id":`, 'm.jsonl:3: '],
    [
      'an unknown key',
      'm.jsonl',
      '{"id":"a","path":"a.wav","lable":"spoof"}',
      'm.jsonl:1: Unrecognized key: "lable"',
    ],
    [
      'an unknown label',
      'm.jsonl',
      '\n{"id":"a","path":"a.wav","label":"maybe"}',
      'm.jsonl:2: label: ',
    ],
    ['no path', 'm.jsonl', '{"id":"a"}', 'm.jsonl:1: path: '],
    ['a row that is no object', 'm.jsonl', '[1]', 'm.jsonl:1: '],
    [
      'a segment that ends before it starts',
      'm.jsonl',
      '{"path":"a","segments":[{"startSec":2,"endSec":1,"label":"spoof"}]}',
      'm.jsonl:1: segments.0: ',
    ],
    ['too few cells', 'm.csv', 'path,label\na.wav,real\nb.wav\n', 'm.csv:3: 1 cells, expected 2'],
    ['no path column', 'm.csv', 'file,label\na.wav,real\n', 'no column "path"'],
    ['a quote that never closes', 'm.csv', 'path,label\n"a.wav,real\n', 'm.csv:2: a quote opens'],
    ['text after a quote', 'm.csv', 'path,label\n"a"b,real\n', 'm.csv:2: text follows'],
    [
      'an unknown column',
      'm.csv',
      'path,label,mood\na.wav,real,sad\n',
      'm.csv:2: Unrecognized key',
    ],
    [
      'a line number after a quoted line end',
      'm.csv',
      'path,label\n"a\nb",real\nc,perhaps\n',
      'm.csv:4: label',
    ],
  ])('with %s is refused with the line', async (_, name, text, message) => {
    const path = await file(name, text);
    await expect(openCorpus(path)).rejects.toMatchObject({
      code: 'datasets/bad-manifest',
      message: expect.stringContaining(message),
    });
  });

  test('in another encoding is refused', async () => {
    const path = await file('m.csv');
    await writeFile(path, Buffer.from('path,label\na.wav,real\n', 'utf16le').fill(0xff, 0, 1));
    await expect(openCorpus(path)).rejects.toMatchObject({ code: 'datasets/bad-manifest' });
  });

  test('with a double id names both lines', async () => {
    const path = await file(
      'm.jsonl',
      `${TWO}\n\n${rows({ id: 'a', path: 'c.wav', label: 'spoof' })}`,
    );
    await expect(openCorpus(path)).rejects.toMatchObject({
      code: 'datasets/duplicate-id',
      details: { lines: [1, 4] },
    });
  });

  test.each(['', '\n\n', '\ufeff'])('without rows is empty: %j', async (text) => {
    await expect(openCorpus(await file('m.jsonl', text))).rejects.toMatchObject({
      code: 'datasets/empty',
    });
  });

  test('of one class is refused unless any class will do', async () => {
    const path = await file('m.jsonl', rows({ path: 'a.wav', label: 'spoof' }));
    await expect(openCorpus(path)).rejects.toMatchObject({ code: 'datasets/class-missing' });
    expect((await openCorpus(path, { classes: 'any' })).clips).toHaveLength(1);
  });

  test('with rows that lack a label is refused where labels are wanted', async () => {
    const path = await file('m.jsonl', `${TWO}\n${rows({ path: 'c.wav' })}`);
    await expect(openCorpus(path)).rejects.toMatchObject({
      code: 'datasets/class-missing',
      details: { unlabelled: 1 },
    });
  });

  test('of 100,000 rows opens', async () => {
    const many = Array.from(
      { length: 100_000 },
      (_, i) => `c${i},${i}.wav,${i % 2 ? 'real' : 'fake'}`,
    );
    const { clips } = await openCorpus(await file('m.csv', `id,path,label\n${many.join('\n')}`));
    expect(clips).toHaveLength(100_000);
  });
});

describe('splits', () => {
  beforeEach(() =>
    file(
      'm.jsonl',
      rows(
        { path: 'a.wav', label: 'bonafide', split: 'train' },
        { path: 'b.wav', label: 'spoof', split: 'train' },
        { path: 'c.wav', label: 'spoof', split: 'eval' },
      ),
    ),
  );

  test('are selected', async () => {
    const { clips } = await openCorpus('m.jsonl', { split: 'train', cwd: root });
    expect(clips.map((clip) => clip.id)).toEqual(['a.wav', 'b.wav']);
  });
  test('that are not there are refused with those that are', async () => {
    await expect(openCorpus('m.jsonl', { split: 'dev', cwd: root })).rejects.toMatchObject({
      code: 'datasets/unknown-split',
      details: { splits: ['eval', 'train'] },
    });
  });
  test('of one class are refused', async () => {
    await expect(openCorpus('m.jsonl', { split: 'eval', cwd: root })).rejects.toMatchObject({
      code: 'datasets/class-missing',
    });
  });
  test('are taken from a corpus that is open as they are opened', async () => {
    const whole = await openCorpus('m.jsonl', { classes: 'any', cwd: root });
    expect(takeSplit(whole, 'train')).toEqual(
      await openCorpus('m.jsonl', { split: 'train', cwd: root }),
    );
    expect(() => takeSplit(whole, 'dev')).toThrow(/no clip is in the split dev/);
    expect(() => takeSplit(whole, 'eval')).toThrow(/split eval: no bonafide clip among 1/);
  });
});

describe('a folder', () => {
  test('with bonafide and spoof gives labels and generators', async () => {
    for (const path of [
      'bonafide/b.wav',
      'bonafide/x/a b.FLAC',
      'spoof/flite/c.wav',
      'spoof/d.mp3',
    ])
      await file(`set/${path}`);
    for (const path of [
      'bonafide/._b.wav',
      'bonafide/.hidden/h.wav',
      'spoof/notes.txt',
      'other/e.wav',
    ])
      await file(`set/${path}`);
    const { clips, name } = await openCorpus(join(root, 'set'));
    expect(name).toBe('set');
    expect(clips.map(({ id, label, generator }) => [id, label, generator])).toEqual([
      ['bonafide/b.wav', 'bonafide', undefined],
      ['bonafide/x/a b.FLAC', 'bonafide', undefined],
      ['spoof/d.mp3', 'spoof', undefined],
      ['spoof/flite/c.wav', 'spoof', 'flite'],
    ]);
  });

  test('may be sorted by split first', async () => {
    for (const split of ['train', 'eval'])
      for (const label of ['real', 'fake']) await file(`${split}/${label}/1.wav`);
    const { clips } = await openCorpus(root, { split: 'eval' });
    expect(clips.map(({ split, label }) => [split, label])).toEqual([
      ['eval', 'spoof'],
      ['eval', 'bonafide'],
    ]);
  });

  test('with one class only is refused', async () => {
    await file('bonafide/a.wav');
    await expect(openCorpus(root)).rejects.toMatchObject({ code: 'datasets/class-missing' });
  });

  test('without labels is a plain one, for scanning', async () => {
    await file('x/a.wav');
    await file('b.ogg');
    const { clips } = await openCorpus(root);
    expect(clips.map((clip) => clip.id)).toEqual(['b.ogg', 'x/a.wav']);
    expect(clips[0]).not.toHaveProperty('label');
    await expect(openCorpus(root, { classes: 'both' })).rejects.toMatchObject({
      code: 'datasets/class-missing',
    });
  });

  test('without media is empty', async () => {
    await file('notes.txt');
    await expect(openCorpus(root)).rejects.toMatchObject({ code: 'datasets/empty' });
  });

  test('with loops of links ends, and links are followed', async () => {
    await file('set/a.wav');
    await file('elsewhere/b.wav');
    await symlink(join(root, 'set'), join(root, 'set/loop'));
    await symlink(join(root, 'elsewhere'), join(root, 'set/linked'));
    await symlink(join(root, 'nowhere.wav'), join(root, 'set/broken.wav'));
    const { clips } = await openCorpus(join(root, 'set'));
    expect(clips.map((clip) => clip.id)).toEqual(['a.wav', 'broken.wav', 'linked/b.wav']);
  });
});

describe('by name', () => {
  test('a built corpus opens from the cache, with its confound once verified', async () => {
    const folder = join(root, 'cache/corpora/toy');
    await buildToyCorpus(folder, { speakers: 3, clipsPerSpeaker: 1, durationSec: 0.5 });
    const corpus = await openCorpus('toy', { split: 'eval' });
    expect(corpus).toMatchObject({ name: 'toy', root: folder });
    expect(corpus.clips).toHaveLength(2);
    expect(corpus).not.toHaveProperty('confound');
    const joint = { auc: 0.6, low: 0.5, high: 0.7 };
    const { clips } = await openCorpus('toy');
    const verify = 'cache/corpora/toy/verify.json';
    await file(verify, JSON.stringify({ fingerprint: fingerprint(clips), joint, ok: true }));
    expect((await openCorpus('toy', { split: 'dev' })).confound).toEqual(joint);
    for (const stale of [
      '{"joint":',
      JSON.stringify({ fingerprint: 'of another corpus', joint }),
    ]) {
      await file(verify, stale);
      expect(await openCorpus('toy')).not.toHaveProperty('confound');
    }
  });

  test('one that is not built, or not wholly, comes with the command that builds it', async () => {
    const refusal = {
      code: 'corpora/incomplete',
      hint: expect.stringContaining('ringtrue corpus build speech-mini'),
    };
    await expect(openCorpus('speech-mini')).rejects.toMatchObject(refusal);
    await file('cache/corpora/speech-mini/audio/a.wav');
    await expect(openCorpus('speech-mini')).rejects.toMatchObject(refusal);
  });

  test.each(['./none', 'none.csv', 'a/b'])('a path that does not exist: %s', async (spec) => {
    await expect(openCorpus(spec)).rejects.toMatchObject({ code: 'core/io-not-found' });
  });

  test('a file that is no manifest is refused', async () => {
    await expect(openCorpus(await file('a.wav'))).rejects.toMatchObject({
      code: 'datasets/bad-manifest',
    });
  });
});

describe('the version of a built corpus', () => {
  /** A build of two clips that says what a builder would say. */
  async function build(folder: string, card: object): Promise<void> {
    await file(`cache/corpora/${folder}/manifest.jsonl`, TWO);
    await file(`cache/corpora/${folder}/corpus.json`, JSON.stringify(card));
  }

  async function warningsOf(...specs: string[]): Promise<string[]> {
    const events: ProgressEvent[] = [];
    const onProgress = (event: ProgressEvent): void => void events.push(event);
    for (const spec of specs) await openCorpus(spec, {}, { onProgress });
    return events.flatMap((event) => (event.type === 'warning' ? event.message : []));
  }

  test('comes with the corpus, by name and by path, and with the fingerprint of all clips', async () => {
    await build('replay', { name: 'replay', version: '2', options: {} });
    const part = await file('cache/corpora/replay/part.jsonl', TWO);
    const whole = await openCorpus('replay');
    expect(whole).toMatchObject({ version: '2', fingerprint: fingerprint(whole.clips) });
    expect(await openCorpus(whole.root)).toMatchObject({ name: 'replay', version: '2' });
    // Another manifest in the folder is not the build.
    expect(await openCorpus(part)).not.toHaveProperty('version');
  });

  test.each([
    ['another file of that name', '[1]'],
    ['a broken one', '{"version":'],
    ['a version without a name', '{"version":"1"}'],
  ])('is not known from %s', async (_, text) => {
    await build('replay', {});
    await file('cache/corpora/replay/corpus.json', text);
    expect(await openCorpus('replay')).not.toHaveProperty('version');
  });

  test('that is older than what this program builds is told once, with the command', async () => {
    await build('replay', { name: 'replay', version: '1', options: {} });
    expect(await warningsOf('replay', 'replay')).toEqual([
      'replay is built in version 1, and this program builds 2: `ringtrue corpus build replay` builds it anew',
    ]);
    // Each listener is told.
    expect(await warningsOf('replay')).toHaveLength(1);
    const events: ProgressEvent[] = [];
    await openCorpus('replay', {}, { onProgress: (event) => void events.push(event) });
    expect(events).toMatchObject([{ code: 'corpora/outdated' }]);
  });

  test('is told of an old one that is opened by its path too', async () => {
    await build('replay', { name: 'replay', version: '1', options: {} });
    const built = join(root, 'cache', 'corpora', 'replay');
    expect(await warningsOf(built, join(built, 'manifest.jsonl'), 'replay')).toHaveLength(1);
    const copy = join(root, 'copy');
    await cp(built, copy, { recursive: true });
    const said = [expect.stringMatching(/builds it anew in the cache, or in --out FOLDER$/)];
    expect(await warningsOf(copy)).toEqual(said);
    expect(await warningsOf(join(copy, 'manifest.jsonl'))).toEqual(said);
    const packed = pack();
    for (const name of ['manifest.jsonl', 'corpus.json']) {
      packed.entry({ name: `replay/${name}` }, await readFile(join(copy, name)));
    }
    packed.finalize();
    await pipeline(packed, createWriteStream(join(root, 'copy.tar')));
    expect(await warningsOf(join(root, 'copy.tar'))).toEqual(said);
    // Other manifests tell of other clips, other corpora of another version.
    expect(await warningsOf(await file('copy/part.jsonl', TWO))).toEqual([]);
    await file('copy/corpus.json', JSON.stringify({ name: 'mine', version: '0' }));
    expect(await warningsOf(copy)).toEqual([]);
  });

  test('is not old in a variant of today, in a later one, or in a corpus of somebody else', async () => {
    const limited = { name: 'speech-base', options: { limit: 5 } };
    const version = BUILT_VERSIONS['speech-base'];
    await build('speech-base-156fedef', { ...limited, version });
    await build('speech-base-11111111', { ...limited, version, options: { generators: [{}] } });
    await build('replay', { name: 'replay', version: '10', options: {} });
    await build('mine', { name: 'mine', version: '0.1' });
    expect(
      await warningsOf('speech-base-156fedef', 'speech-base-11111111', 'replay', 'mine'),
    ).toEqual([]);
    await build('speech-base-156fedef', { ...limited, version: '3' });
    expect(await warningsOf('speech-base-156fedef')).toEqual([
      expect.stringContaining('`ringtrue corpus build speech-base --limit 5`'),
    ]);
  });

  test('is known of every corpus that is built here', () => {
    const built = CORPORA.flatMap(({ name }) => {
      const version = corpusVersion(name);
      return version === undefined ? [] : [[name, version]];
    });
    expect(BUILT_VERSIONS).toEqual(Object.fromEntries(built));
  });
});

describe('by reader', () => {
  test('unknown readers and options are refused', async () => {
    await expect(openCorpus({ reader: 'nope', root })).rejects.toMatchObject({
      code: 'datasets/unknown-reader',
    });
    await expect(openCorpus({ reader: 'plain-folder', root, deep: 1 })).rejects.toMatchObject({
      code: 'core/invalid-options',
    });
    await expect(
      openCorpus({ reader: 'plain-folder', root: join(root, 'no') }),
    ).rejects.toMatchObject({
      code: 'core/io-not-found',
    });
  });
});

test('missing, empty, changed and unlisted files are found', async () => {
  const folder = join(root, 'toy');
  const clips = await buildToyCorpus(folder, { speakers: 3, clipsPerSpeaker: 1, durationSec: 0.5 });
  const corpus = await openCorpus(folder);
  await rm(join(folder, clips[0]!.path));
  await writeFile(join(folder, clips[1]!.path), '');
  await writeFile(join(folder, clips[2]!.path), 'other');
  await file('toy/extra.wav');
  const found = await checkFiles(corpus, { hashes: 'check' });
  expect({
    missing: found.missing.map((clip) => clip.id),
    empty: found.empty.map((clip) => clip.id),
    changed: found.changed.map((clip) => clip.id),
    unlisted: found.unlisted,
  }).toEqual({
    missing: [clips[0]!.id],
    empty: [clips[1]!.id],
    changed: [clips[2]!.id],
    unlisted: ['extra.wav'],
  });
});
