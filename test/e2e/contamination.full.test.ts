import { spawnSync } from 'node:child_process';
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildToyCorpus } from '../../src/corpora/toy.ts';
import type { Clip } from '../../src/datasets/clip.ts';

let folder: string;
let clips: readonly Clip[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heard-'));
  clips = await buildToyCorpus(join(folder, 'toy'), {
    speakers: 3,
    clipsPerSpeaker: 4,
    durationSec: 1.5,
  });
  const { status, stderr } = ringtrue(
    ...['train', 'lfcc-gmm', '--corpus', './toy', '--out', 'parrot', '--quiet'],
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
afterAll(() => rm(folder, { recursive: true }));

function ringtrue(...args: string[]) {
  return spawnSync(process.execPath, [resolve('dist/cli/main.js'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, RINGTRUE_CACHE: join(folder, 'cache') },
  });
}

const train = () => clips.filter(({ split }) => split === 'train');

test('a study on training clips warns and marks its figures; on other clips it does not', () => {
  const run = (split: string) =>
    ringtrue('study', 'run', './toy', '--split', split, '-d', './parrot', '-c', 'clean', '--json');
  const heard = run('train');
  expect(heard.stderr).toMatch(
    /warning bench\/contaminated: .*was trained on \d+ of the \d+ clips/,
  );
  const [detector] = JSON.parse(heard.stdout).detectors;
  expect(detector.heard).toEqual({
    clips: train().length,
    of: train().length,
    trainedOn: ['toy train'],
  });
  const fresh = run('eval');
  expect(fresh.stderr).not.toContain('bench/contaminated');
  expect(JSON.parse(fresh.stdout).detectors[0].heard.clips).toBe(0);
});

test('files without a manifest are compared by their content, whatever they are called', async () => {
  const copies = train().slice(0, 3);
  const others = clips.filter(({ split }) => split === 'eval');
  for (const [i, { path, label }] of [...copies, ...others].entries()) {
    await mkdir(join(folder, 'mine', label!), { recursive: true });
    await copyFile(join(folder, 'toy', path), join(folder, 'mine', label!, `${i}.wav`));
  }
  const { stdout } = ringtrue(
    ...['study', 'run', './mine', '-d', './parrot', '-c', 'clean', '--json'],
  );
  const { heard } = JSON.parse(stdout).detectors[0];
  expect(heard).toEqual({
    clips: copies.length,
    of: copies.length + others.length,
    trainedOn: ['toy train'],
  });
});

test('a scan does not count a detector that was trained on the recording', () => {
  const known = join('toy', train()[0]!.path);
  const { stdout } = ringtrue('scan', known, '-d', './parrot', '--json');
  const [{ verdict, detectors }] = JSON.parse(stdout);
  expect(detectors[0].heardIn).toEqual(['toy train']);
  expect(verdict).toMatchObject({ decision: 'undetermined', llr: null });
  expect(ringtrue('scan', known, '-d', './parrot').stdout).toContain(
    'was trained on this very recording (toy train)',
  );
});

test('a card that names a corpus without its clips is a weaker warning, and another mark', async () => {
  const card = JSON.parse(await readFile(join(folder, 'parrot', 'card.json'), 'utf8'));
  const { clipHashes: _, ...named } = card.trainedOn[0];
  await cp(join(folder, 'parrot'), join(folder, 'hearsay'), { recursive: true });
  const told = { ...card, trainedOn: [{ ...named, hash: 'unknown' }] };
  await writeFile(join(folder, 'hearsay', 'card.json'), JSON.stringify(told));
  const study = ['study', 'run', './toy', '--split', 'eval', '-d', './hearsay', '-c', 'clean'];
  const { stdout, stderr } = ringtrue(...study, '--json');
  const evaluated = clips.filter(({ split }) => split === 'eval').length;
  expect(JSON.parse(stdout).detectors[0].heard).toMatchObject({
    clips: 0,
    named: { clips: evaluated, trainedOn: ['toy train'] },
  });
  expect(stderr).toContain('warning bench/maybe-contaminated');
  const text = ringtrue(...study).stdout;
  expect(text).toMatch(/clean .* %( \[\S+\])?†/);
  expect(text).toContain('† lfcc-gmm was trained on data of the same name');
  expect(text).toContain(
    `† ${evaluated} of ${evaluated} clips could not be compared with what lfcc-gmm was trained on: its card lists no hashes of clips of toy train.`,
  );
  const scanned = ringtrue('scan', join('toy', train()[0]!.path), '-d', './hearsay').stdout;
  expect(scanned).toContain('whether lfcc-gmm was trained on this recording is not known');
});
