import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildToyCorpus } from '../../src/corpora/toy.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringtrue-features-'));
  await buildToyCorpus(join(folder, 'toy'), { speakers: 3, clipsPerSpeaker: 3, durationSec: 1 });
});
afterAll(() => rm(folder, { recursive: true }));

const ringtrue = (...args: string[]) =>
  spawnSync('node', [join(process.cwd(), 'dist/cli/main.js'), ...args], {
    encoding: 'utf8',
    cwd: folder,
    env: { ...process.env, RINGTRUE_CACHE: join(folder, 'cache') },
  });

test('families, an autoencoder and their fusion are trained, scanned with and studied by command', async () => {
  const corpus = ['--corpus', './toy', '--quiet', '--json'];
  const small = ['--set', 'components=[4]', 'emIterations=3'];
  const trained = [
    ringtrue('train', 'feature-gmm', '--feature', 'scmc', ...corpus, ...small),
    ringtrue('train', 'feature-gmm', '--feature', 'imfcc', ...corpus, ...small),
    ringtrue(
      ...['train', 'autoencoder-gmm', '--out', './ae', ...corpus],
      ...['--set', 'layers=[16, 4]', 'steps=20', 'batch=16', 'components=[4]'],
    ),
    ringtrue(
      ...['train', 'fusion', '--out', './fused', ...corpus],
      ...['--set', 'detectors=[my-feature-gmm-scmc, my-feature-gmm-imfcc, ./ae]'],
    ),
  ];
  for (const { stderr, status } of trained) {
    expect(stderr).toBe('');
    expect(status).toBe(0);
  }
  const [clip = ''] = (await readFile(join(folder, 'toy/manifest.jsonl'), 'utf8')).split('\n');
  const scan = ringtrue(
    ...[
      'scan',
      join('toy', JSON.parse(clip).path),
      '--detectors',
      './fused,./ae',
      '--json',
      '--quiet',
    ],
  );
  const [{ detectors }] = JSON.parse(scan.stdout);
  expect(detectors.map(({ id }: { id: string }) => id)).toEqual([
    'fusion-logistic',
    'gmm-autoencoder',
  ]);
  expect(detectors[0].heardIn).toEqual(detectors[1].heardIn);

  const study = ringtrue(
    ...[
      'study',
      'run',
      './toy',
      '--split',
      'eval',
      '-c',
      'clean,gaussian-noise@1',
      '--json',
      '--quiet',
    ],
    ...['-d', 'my-feature-gmm-scmc,my-feature-gmm-imfcc,./ae,./fused'],
  );
  expect(study.status).toBe(0);
  const { results } = JSON.parse(study.stdout);
  expect(results).toHaveLength(8);
  for (const { failed, refused, n, eer } of results) {
    expect([failed, refused]).toEqual([0, 0]);
    expect(n.bonafide).toBeGreaterThan(0);
    expect(Number.isFinite(eer.value)).toBe(true);
  }
});

test('a family that does not exist, and one for a recipe without families, are wrong use', () => {
  const unknown = ringtrue('train', 'feature-gmm', '--feature', 'plp', '--corpus', './toy');
  expect(unknown.status).toBe(2);
  expect(unknown.stderr).toMatch(/mfcc/);
  const other = ringtrue('train', 'lfcc-gmm', '--feature', 'mfcc', '--corpus', './toy');
  expect(other.status).toBe(2);
  expect(other.stderr).toMatch(/settings of lfcc-gmm.*feature/);
});
