import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildToyCorpus } from '../../src/corpora/toy.ts';
import type { Clip } from '../../src/datasets/clip.ts';
import { runRingtrue } from '../helpers/command-line.ts';

let folder: string;
let clips: readonly Clip[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringtrue-lcnn-'));
  clips = await buildToyCorpus(join(folder, 'toy'), {
    speakers: 3,
    clipsPerSpeaker: 2,
    durationSec: 5,
  });
});
afterAll(() => rm(folder, { recursive: true }));

const ringtrue = (...args: string[]) => runRingtrue(args, { cwd: folder });

test('the LCNN that ships scans a recording: score, likelihood ratio, stretches of four seconds', () => {
  const { status, stdout } = ringtrue(
    'scan',
    join('toy', clips[0]!.path),
    '--detectors',
    'lcnn',
    '--json',
    '--quiet',
  );
  const [{ detectors }] = JSON.parse(stdout);
  const [{ score, llr, windows }] = detectors;
  expect(Number.isFinite(score)).toBe(true);
  // Bounded by the 250 clips of the smaller class behind the calibration.
  expect(Math.abs(llr)).toBeLessThanOrEqual(Math.log(251));
  expect(windows.length).toBeGreaterThan(1);
  for (const { startSec, endSec } of windows) expect(endSec - startSec).toBeLessThanOrEqual(4);
  expect([0, 1]).toContain(status);
});

test('and is studied beside the mixture, clip by clip', async () => {
  const { status, stderr } = ringtrue(
    'study',
    'run',
    './toy',
    '--split',
    'all',
    '-d',
    'lcnn',
    'lfcc-gmm',
    '-c',
    'clean',
    'gaussian-noise@5',
    '--out',
    'run',
    '--quiet',
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const { results } = JSON.parse(await readFile(join(folder, 'run/summary.json'), 'utf8'));
  const bonafide = clips.filter(({ label }) => label === 'bonafide').length;
  const n = { bonafide, spoof: clips.length - bonafide };
  expect(results).toHaveLength(4);
  for (const result of results) expect(result).toMatchObject({ n, failed: 0, refused: 0 });
});
