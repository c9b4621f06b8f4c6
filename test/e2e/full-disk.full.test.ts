/**
 * A disk that is full, for every command that writes: a code and a hint, what was there stays, the same command
 * goes on when there is space. A limit on the size of files stands for the disk, which needs no right to mount one;
 * src/bench/disk.full.test.ts and test/training/disk.full.test.ts have a real one.
 */
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRng } from '../../src/core/rng.ts';
import { buildToyCorpus } from '../../src/corpora/toy.ts';
import { readTrials } from '../../src/store/trials.ts';
import { type CommandOutcome, runRingtrue } from '../helpers/command-line.ts';

/** Smaller than any recording or report here, larger than what leads up to them. */
const SPACE = 16384;

let folder: string;
let clip: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'full-disk-'));
  const clips = await buildToyCorpus(join(folder, 'toy'), {
    speakers: 3,
    clipsPerSpeaker: 4,
    durationSec: 1,
  });
  clip = join('toy', clips[0]!.path);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ringtrue = (...args: string[]): CommandOutcome =>
  runRingtrue([...args, '--quiet'], { cwd: folder });
const bounded = (largestFile: number, args: readonly string[]): CommandOutcome =>
  runRingtrue([...args, '--quiet'], { cwd: folder, largestFile });
const withoutSpace = (...args: string[]): CommandOutcome => bounded(SPACE, args);

function expectFull({ status, stderr }: CommandOutcome): void {
  expect(stderr).toContain('core/io-disk-full');
  expect(stderr).toContain('hint: Free some space');
  expect(status).toBe(1);
}
function expectDone({ status, stderr }: CommandOutcome): void {
  expect(stderr).toBe('');
  expect(status).toBe(0);
}
const read = (path: string): Promise<Buffer> => readFile(join(folder, path));
async function filesOf(path: string): Promise<string[]> {
  return (await readdir(join(folder, path), { recursive: true })).sort();
}
async function expectNoRemains(path: string): Promise<void> {
  expect((await filesOf(path)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
}

test('corrupt', async () => {
  const command = ['corrupt', clip, 'out/echo.wav', '--with', 'echo@3'];
  const full = withoutSpace(...command);
  expectFull(full);
  expect(full.stderr).toContain('out/echo.wav: ');
  expect(await filesOf('out')).toEqual([]);
  expectDone(ringtrue(...command));
  const first = await read('out/echo.wav');
  expectFull(withoutSpace('corrupt', clip, 'out/echo.wav', '--with', 'mp3@1'));
  expect(await read('out/echo.wav')).toEqual(first);
  expect(await filesOf('out')).toEqual(['echo.wav']);
});

test.each(['csv', 'txt', 'parquet'])('metrics --write to .%s', async (ending) => {
  const rng = createRng('scores');
  const rows = Array.from({ length: 4000 }, (_, i) => {
    const label = i % 2 === 0 ? 'bonafide' : 'spoof';
    return `clip-${i},${label},${rng.normal() + (i % 2)}`;
  });
  await writeFile(join(folder, 'scores.csv'), `clip,label,score\n${rows.join('\n')}\n`);
  const out = `scores-out.${ending}`;
  await writeFile(join(folder, out), 'what was there');
  expectFull(withoutSpace('metrics', 'scores.csv', '--write', out));
  expect((await read(out)).toString()).toBe('what was there');
  expect((await readdir(folder)).filter((name) => name.includes('.tmp'))).toEqual([]);
  expectDone(ringtrue('metrics', 'scores.csv', '--write', out));
  expect((await read(out)).length).toBeGreaterThan(SPACE);
});

test('corpus build', async () => {
  const command = ['corpus', 'build', 'toy', '--out', 'built'];
  expectFull(withoutSpace(...command));
  await expectNoRemains('built');
  // Nothing that can be taken for a corpus.
  expect(await filesOf('built')).not.toContain('manifest.jsonl');
  expectDone(ringtrue(...command));
  expectDone(ringtrue('corpus', 'build', 'toy', '--out', 'calm'));
  expect(await filesOf('built')).toEqual(await filesOf('calm'));
  expect(await read('built/manifest.jsonl')).toEqual(await read('calm/manifest.jsonl'));
});

test('study run and study report', async () => {
  const command = (out: string): string[] => [
    ...['study', 'run', './toy', '--split', 'all', '-d', 'acoustic-logistic'],
    ...['-c', 'clean,echo@3', '--out', out],
  ];
  expectFull(withoutSpace(...command('run')));
  await expectNoRemains('run');
  const trials = await filesOf('run/trials');
  expect(trials.length).toBeGreaterThan(0);
  const kept = trials.map((name) => readFileSync(join(folder, 'run/trials', name)));
  expectDone(ringtrue(...command('run')));
  // What was scored before is not scored again.
  for (const [i, name] of trials.entries())
    expect(await read(join('run/trials', name))).toEqual(kept[i]);
  expectDone(ringtrue(...command('calm-run')));
  const rowsOf = (path: string) => readTrials(join(folder, path));
  expect(await rowsOf('run')).toEqual(await rowsOf('calm-run'));
  expect(await read('run/summary.json')).toEqual(await read('calm-run/summary.json'));

  await cp(join(folder, 'run'), join(folder, 'before'), { recursive: true });
  expectFull(withoutSpace('study', 'report', 'run'));
  expect(await filesOf('run')).toEqual(await filesOf('before'));
  for (const name of ['report.html', 'summary.json'])
    expect(await read(join('run', name))).toEqual(await read(join('before', name)));
  expectDone(ringtrue('study', 'report', 'run'));
});

test('train', async () => {
  const command = ['train', 'lfcc-gmm', '--corpus', 'toy/manifest.jsonl', '--out', 'mine'];
  // A model of this corpus has some 9 kB.
  expectFull(bounded(SPACE / 4, command));
  await expectNoRemains('mine');
  expect(await filesOf('mine')).not.toContain('card.json');
  expectDone(ringtrue(...command));
  expectDone(ringtrue('scan', clip, '--detectors', './mine'));
});
