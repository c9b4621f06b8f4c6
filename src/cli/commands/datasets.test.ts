import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildToyCorpus } from '../../corpora/toy.ts';
import { listReaders } from '../../datasets/readers/index.ts';

const MAIN = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

function ringtrue(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringtrue-datasets-'));
  await buildToyCorpus(join(folder, 'toy'), { speakers: 3, clipsPerSpeaker: 1, durationSec: 0.5 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('ringtrue datasets', () => {
  test('lists every reader', async () => {
    const { code, out } = await ringtrue('datasets', '--json');
    expect(code).toBe(0);
    const names = (JSON.parse(out) as { name: string }[]).map((reader) => reader.name);
    expect(names).toEqual(listReaders().map((reader) => reader.name));
  });

  test('shows one of them in full', async () => {
    const { out } = await ringtrue('datasets', 'asvspoof2019-la');
    expect(out).toContain('ASVspoof2019_LA_{train,dev,eval}/flac');
    expect(out).toContain('licence: ODC-By 1.0');
    expect(out).toContain('train  2580 bonafide, 22800 spoof');
  });

  test('says medium, languages, counts, where it is published and what to run', async () => {
    const { out } = await ringtrue('datasets', 'mlaad', '--json');
    expect(JSON.parse(out)).toMatchObject([
      {
        name: 'mlaad',
        kind: 'published',
        medium: 'audio',
        classes: 'spoof',
        licence: 'CC BY-NC 4.0',
        where: expect.stringContaining('mueller91/MLAAD'),
        check: 'ringtrue datasets check FOLDER --reader mlaad',
        options: [{ name: 'version' }],
      },
    ]);
    const { out: text } = await ringtrue('datasets', 'esc50');
    expect(text).toContain('clips:     2000');
    expect(text).toContain('check a copy: ringtrue datasets check FOLDER --reader esc50');
    expect(text).toContain('corpus: {reader: esc50, root: FOLDER}');
  });

  test('refuses an unknown one with code 2', async () => {
    const { code, err } = await ringtrue('datasets', 'nope');
    expect(code).toBe(2);
    expect(err).toContain('datasets/unknown-reader');
    expect(err).toContain('asvspoof2019-la');
  });
});

describe('ringtrue datasets check', () => {
  test('counts the clips of a whole corpus', async () => {
    const { code, out } = await ringtrue(
      'datasets',
      'check',
      join(folder, 'toy'),
      '--hashes',
      '--json',
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      name: 'toy',
      ok: true,
      counts: expect.arrayContaining([{ split: 'eval', bonafide: 1, spoof: 1, unlabelled: 0 }]),
      missing: [],
      unlisted: [],
    });
  });

  test('names missing files and exits with 1', async () => {
    const clips = await buildToyCorpus(join(folder, 'broken'), {
      speakers: 3,
      clipsPerSpeaker: 1,
      durationSec: 0.5,
    });
    await rm(join(folder, 'broken', clips[0]!.path));
    const { code, out } = await ringtrue('datasets', 'check', join(folder, 'broken'));
    expect(code).toBe(1);
    expect(out).toContain(`missing: 1\n  ${clips[0]!.path}`);
  });

  test('half a copy is not whole: a split of known size that is not there', async () => {
    const root = join(folder, 'LA');
    const table = 'ASVspoof2019_LA_cm_protocols/ASVspoof2019.LA.cm.train.trn.txt';
    const rows = ['LA_0079 LA_T_1 - - bonafide', 'LA_0079 LA_T_2 - A01 spoof'];
    await put(root, table, rows.join('\n'));
    for (const id of [1, 2]) await put(root, `ASVspoof2019_LA_train/flac/LA_T_${id}.flac`);
    const { code, out } = await ringtrue('datasets', 'check', root);
    expect(code).toBe(1);
    expect(out).toContain('not whole: 2 clips');
    expect(out).toContain('train has 1 bonafide and 1 spoof clips, a whole copy 2580 and 22800');
    expect(out).toContain('there is no dev split');
    expect(out).toContain('there is no eval split');
  });

  test('a folder of a published set that is not there, and counts that nobody knows', async () => {
    const root = join(folder, 'WaveFake');
    const { parts = [] } = listReaders().find(({ name }) => name === 'wavefake')!;
    expect(parts).toHaveLength(10);
    const [last, ...others] = [...parts].reverse();
    for (const part of others) await put(root, `generated_audio/${part}/LJ001-0001_gen.wav`);
    const check = ['datasets', 'check', root, '--reader', 'wavefake'];
    const half = await ringtrue(...check);
    expect(half.code).toBe(1);
    expect(half.out).toContain(`there is nothing of ${last}`);
    await put(root, `generated_audio/${last}/LJ001-0001_gen.wav`);
    const { code, out } = await ringtrue(...check);
    expect(code).toBe(0);
    expect(out).toContain(
      'every file that is listed is there (how many there should be is not known to us): 10 clips',
    );
    const { out: json } = await ringtrue(...check, '--json');
    expect(JSON.parse(json)).toMatchObject({ ok: true, whole: null });
  });

  test('a folder of recordings has no list: nobody knows how many there should be', async () => {
    await put(join(folder, 'plain'), 'a.wav');
    const { code, out } = await ringtrue('datasets', 'check', join(folder, 'plain'));
    expect(code).toBe(0);
    expect(out).toContain('(how many there should be is not known to us): 1 clips');
    const { out: toy } = await ringtrue('datasets', 'check', join(folder, 'toy'));
    expect(toy).toMatch(/^whole: 6 clips$/m);
  });

  test('a set of both classes that has one of them is not whole', async () => {
    const root = join(folder, 'odss');
    await put(root, 'natural/en/p225/a.wav');
    const { code, out } = await ringtrue('datasets', 'check', root, '--reader', 'odss');
    expect(code).toBe(1);
    expect(out).toContain('there is no spoof clip: part of it is missing');
  });
});

async function put(root: string, path: string, text = 'x'): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}
