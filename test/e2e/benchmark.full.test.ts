import { spawn, spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildToyCorpus } from '../../src/corpora/toy.ts';
import { readTrials } from '../../src/store/trials.ts';

const program = resolve('dist/cli/main.js');
const KILLS = 3;
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-benchmark-'));
  for (const [i, name] of ['a', 'b'].entries())
    await buildToyCorpus(join(root, name), {
      seed: i + 1,
      speakers: 3,
      clipsPerSpeaker: 16,
      durationSec: 1.5,
    });
  await cp(resolve('examples/recipes/small-cnn.ts'), join(root, 'small-cnn.ts'));
  await writeFile(
    join(root, 'toy.yaml'),
    `benchmark: cross-domain
corpora: {a: ./a, b: ./b}
domains:
  a: {corpus: a, generator: toy-pulse}
  b: {corpus: b, generator: [toy-smooth, toy-flat]}
hold: source
recipes:
  - acoustic-logistic
  - {recipe: lfcc-gmm, settings: {components: [2]}}
  - {recipe: ./small-cnn.ts, settings: {epochs: 2}}
seeds: [1, 2, 3]
sizes: {train: 12, dev: 6, test: 10, least: 2}
conditions: [clean, mp3@3]
control: {levelDb: -26, chain: [mp3@3]}
interval: {replicates: 100}
`,
  );
});
afterAll(() => rm(root, { recursive: true, force: true }));

function environment(cache: string) {
  return { ...process.env, RINGTRUE_CACHE: join(root, cache) };
}

function ringtrue(cache: string, ...args: string[]) {
  return spawnSync(process.execPath, [program, ...args], {
    cwd: root,
    encoding: 'utf8',
    env: environment(cache),
    maxBuffer: 2 ** 27,
  });
}

async function countModels(cache: string): Promise<number> {
  const shelf = join(root, cache, 'benchmarks', 'models');
  const names = await readdir(shelf).catch(() => []);
  const whole = await Promise.all(
    names.map((name) => stat(join(shelf, name, 'card.json')).catch(() => null)),
  );
  return whole.filter((card) => card !== null).length;
}

/** Runs until some more detectors are whole, then kills it. */
async function runAndKill(cache: string, more: number): Promise<void> {
  const before = await countModels(cache);
  const child = spawn(process.execPath, [program, 'benchmark', 'run', 'toy.yaml', '-o', 'killed'], {
    cwd: root,
    stdio: 'ignore',
    env: environment(cache),
  });
  const ended = new Promise((done) => child.once('exit', done));
  while (child.exitCode === null && (await countModels(cache)) < before + more)
    await new Promise((done) => setTimeout(done, 20));
  child.kill('SIGKILL');
  await ended;
}

test('a benchmark that was killed goes on to the very numbers of one that was not', async () => {
  for (let i = 0; i < KILLS; i += 1) await runAndKill('one', 3);
  const kept = await countModels('one');
  expect(kept).toBeGreaterThanOrEqual(3 * KILLS);
  const killed = ringtrue('one', 'benchmark', 'run', 'toy.yaml', '-o', 'killed', '--json');
  expect(killed.status, killed.stderr).toBe(0);
  const document = JSON.parse(killed.stdout);
  // 2 domains, plain and treated, 3 recipes, 3 seeds.
  expect(document.models).toHaveLength(36);
  expect(document.trained).toBe(36 - kept);

  const whole = ringtrue('two', 'benchmark', 'run', 'toy.yaml', '-o', 'whole');
  expect(whole.status, whole.stderr).toBe(0);
  expect(whole.stdout).toContain('trained on (rows) × tested on (columns)');
  const scores = async (folder: string) =>
    new Map(
      (await readTrials(join(root, folder))).map((row) => [
        `${row.detector} ${row.condition} ${row.clip}`,
        row.score,
      ]),
    );
  expect(await scores('killed')).toEqual(await scores('whole'));
  const summary = async (folder: string) =>
    JSON.parse(await readFile(join(root, folder, 'summary.json'), 'utf8'));
  expect(await summary('killed')).toEqual(await summary('whole'));

  const { cells, conditions, audit, claims } = await summary('whole');
  expect(conditions).toEqual(['clean', 'mp3@3']);
  // 4 plain cells, 4 treated in test, 4 in both, variants of both domains: of 3 recipes under 2 conditions.
  const plain = cells.filter(({ treated }: { treated: { test: boolean } }) => !treated.test);
  expect(cells.length - plain.length).toBe(8 * 3 * 2);
  expect(plain.length).toBeGreaterThanOrEqual(4 * 3 * 2);
  for (const { figures, problem } of cells)
    expect({ problem, eer: figures?.eer.sd }).toEqual({
      problem: undefined,
      eer: expect.any(Number),
    });
  expect(audit.broken).toEqual([]);
  expect(claims.length).toBeGreaterThan(8);
});

test('kinds, papers and wrong use', async () => {
  const kinds = JSON.parse(ringtrue('one', 'benchmark', 'list', '--json').stdout);
  expect(kinds.kinds.map(({ name }: { name: string }) => name)).toEqual([
    'cross-domain',
    'leave-one-out',
  ]);
  expect(kinds.files.length).toBeGreaterThanOrEqual(2);
  const papers = JSON.parse(ringtrue('one', 'papers', 'list', '--json').stdout);
  expect(papers.map(({ name }: { name: string }) => name)).toEqual(
    expect.arrayContaining(['02-xmad-bench', '07-mlaad']),
  );
  const unknown = ringtrue('one', 'papers', 'run', '99');
  expect([unknown.status, unknown.stderr]).toEqual([
    2,
    expect.stringContaining('benchmarks/unknown-paper'),
  ]);
  await writeFile(join(root, 'bad.yaml'), 'benchmark: cross-domain\ndomain: {}\n');
  const bad = ringtrue('one', 'benchmark', 'run', 'bad.yaml');
  expect([bad.status, bad.stderr]).toEqual([2, expect.stringContaining('benchmarks/bad-file')]);
});
