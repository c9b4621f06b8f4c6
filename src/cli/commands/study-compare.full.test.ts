import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runRingtrue } from '../../../test/helpers/command-line.ts';
import { buildToyCorpus } from '../../corpora/toy.ts';

let root: string;
const ringtrue = (...args: string[]) => runRingtrue(args, { cwd: root });

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-compare-'));
  await buildToyCorpus(join(root, 'toy'), { speakers: 3, clipsPerSpeaker: 6, durationSec: 2.2 });
  const both = ['-d', 'lfcc-gmm,acoustic-logistic'];
  const runs = [
    ringtrue(
      'study',
      'run',
      './toy',
      ...both,
      '-c',
      'clean,gaussian-noise@5',
      '-o',
      'a',
      '--quiet',
    ),
    ringtrue(
      'study',
      'run',
      './toy',
      '-d',
      'lfcc-gmm',
      '-c',
      'clean,quantize@1',
      '-o',
      'b',
      '--quiet',
    ),
  ];
  for (const { status, stderr } of runs) expect([status, stderr]).toEqual([0, '']);
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

test('two runs: paired differences of what both have, the rest by name, and the floor', () => {
  const told = ringtrue('study', 'compare', 'a', 'b');
  expect(told.status).toBe(0);
  expect(told.stdout).toMatch(/^clean +lfcc-gmm +12 /m);
  expect(told.stdout).toContain(
    'not compared: acoustic-logistic (only in A); gaussian-noise@5 (only in A); quantize@1 (only in B)',
  );
  expect(told.stdout).toContain('This corpus was not verified');
  const { conditions, flipped } = JSON.parse(
    ringtrue('study', 'compare', 'a', 'b', '--json').stdout,
  );
  expect(conditions).toHaveLength(1);
  // The same clips, the same detector: nothing moved.
  expect(conditions[0]).toMatchObject({
    eer: { value: 0, low: 0, high: 0, p: 1 },
    flips: { mended: 0, broken: 0 },
  });
  expect(flipped).toEqual([]);
});

test('two detectors of one run, with the clips on which they disagree', () => {
  const told = ringtrue(
    'study',
    'compare',
    'a',
    '-d',
    'lfcc-gmm,acoustic-logistic',
    '--flips',
    '2',
  );
  expect(told.status).toBe(0);
  expect(told.stdout).toMatch(/^gaussian-noise@5 +lfcc-gmm → acoustic-logistic +12 /m);
  expect(told.stdout).toMatch(/flipped clips \(2 of \d+\):/);
  for (const [args, message] of [
    [['study', 'compare', 'a'], 'expected a second run, or two --detectors of the first'],
    [['study', 'compare', 'a', '-d', 'lfcc-gmm'], 'expected a detector of A and one of B'],
  ] as const) {
    const wrong = ringtrue(...args);
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain('cli/usage');
    expect(wrong.stderr).toContain(message);
  }
});

test('a report that is gone is written again, the same to the byte; what is no run is told', async () => {
  const path = join(root, 'a', 'report.html');
  const before = await readFile(path, 'utf8');
  await rm(path);
  const told = ringtrue('study', 'report', 'a', '--quiet');
  expect(told).toMatchObject({ status: 0, stderr: '' });
  expect(told.stdout.trim()).toBe(join('a', 'report.html'));
  expect(await readFile(path, 'utf8')).toBe(before);
  const json = ringtrue('study', 'report', 'a', '--json', '--quiet');
  expect(JSON.parse(json.stdout)).toEqual({ report: join('a', 'report.html') });
  const wrong = ringtrue('study', 'report', 'toy');
  expect(wrong.status).toBe(1);
  expect(wrong.stderr).toContain('store/bad-run');
  await expect(stat(join(root, 'toy', 'report.html'))).rejects.toThrow('ENOENT');
});
