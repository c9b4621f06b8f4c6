import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildToyCorpus } from '../../src/corpora/toy.ts';
import { BANDS_FILE, RECIPE_FILE } from '../helpers/recipe-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringtrue-train-'));
  await buildToyCorpus(join(folder, 'toy'), { speakers: 4, clipsPerSpeaker: 4, durationSec: 1 });
  await writeFile(join(folder, 'recipe.ts'), RECIPE_FILE);
  await writeFile(join(folder, 'bands.ts'), BANDS_FILE);
  await writeFile(
    join(folder, 'recipe.yaml'),
    'recipe: recipe.ts\ncorpus: toy/manifest.jsonl\nseed: 2\nsettings: {epochs: 2}\n',
  );
});
afterAll(() => rm(folder, { recursive: true }));

const main = join(process.cwd(), 'dist/cli/main.js');
const ringtrue = (...args: string[]) =>
  spawnSync('node', [main, ...args], { encoding: 'utf8', cwd: folder });

test('a recipe in TypeScript, changed by YAML, becomes a detector that scan uses', async () => {
  const trained = ringtrue(
    'train',
    'recipe.yaml',
    '--out',
    'mine',
    '--set',
    'hidden=5',
    'plateau={factor: 0.5, patience: 3}',
    '--json',
  );
  expect(trained.stderr).toContain('✓ train');
  expect(trained.status).toBe(0);
  const result = JSON.parse(trained.stdout);
  expect(result.card.name).toBe('from-file');
  // Nobody has verified this corpus.
  expect(result.confound).toBeNull();
  expect(result.card.recipe).toBe(
    'ringtrue train recipe.yaml --corpus toy --seed 2 --set epochs=2 --set hidden=5 --set \'plateau={"factor":0.5,"patience":3}\'',
  );
  expect(await readFile(join(folder, 'mine/run/config.yaml'), 'utf8')).toMatch(/hidden: 5/);

  const clip = JSON.parse(
    (await readFile(join(folder, 'toy/manifest.jsonl'), 'utf8')).split('\n')[0]!,
  );
  const scan = ringtrue(
    'scan',
    join('toy', clip.path),
    '--detectors',
    './mine',
    '--json',
    '--quiet',
  );
  expect(scan.stderr).toBe('');
  const [{ detectors }] = JSON.parse(scan.stdout);
  expect(detectors[0].id).toBeDefined();
  expect(Number.isFinite(detectors[0].score)).toBe(true);
});

test('wrong use exits with 2 and says where', () => {
  const unknown = ringtrue('train', 'recipe.yaml', '--set', 'width=5');
  expect(unknown.status).toBe(2);
  expect(unknown.stderr).toMatch(/training\/bad-recipe: settings of from-file.*width/);
  const malformed = ringtrue('train', 'recipe.yaml', '--set', 'width');
  expect(malformed.status).toBe(2);
  expect(malformed.stderr).toContain('expected NAME=VALUE');
  const help = ringtrue('train', '--help');
  expect(help.stdout).toMatch(/lfcc-gmm, acoustic-logistic, lcnn/);
  expect(help.stdout.replace(/\s+/g, ' ')).toContain('types are taken away, not checked');
});
