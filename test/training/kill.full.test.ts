import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRng } from '../../src/core/rng.ts';
import { buildToyCorpus } from '../../src/corpora/toy.ts';
import { BANDS_FILE, RECIPE_FILE } from '../helpers/recipe-file.ts';

/** A small network that makes its examples in a thread, and the LCNN on two threads of computation. */
const TRAININGS = [
  {
    recipe: 'recipe.ts',
    settings: ['epochs=60', 'checkpointSec=0', 'dataThreads=1'],
    kills: 6,
    killWithinMs: 700,
  },
  {
    recipe: 'lcnn',
    settings: ['epochs=3', 'batch=8', 'checkpointSec=0', 'dataThreads=1', 'computeThreads=2'],
    kills: 2,
    killWithinMs: 4000,
  },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringtrue-kill-'));
  await buildToyCorpus(join(folder, 'toy'), { speakers: 4, clipsPerSpeaker: 4, durationSec: 1 });
  await writeFile(join(folder, 'recipe.ts'), RECIPE_FILE);
  await writeFile(join(folder, 'bands.ts'), BANDS_FILE);
});
afterAll(() => rm(folder, { recursive: true }));

/** Steps that the log tells of: how far a training got. */
async function stepsOf(out: string): Promise<number> {
  const log = await readFile(join(folder, out, 'run/log.jsonl'), 'utf8').catch(() => '');
  return log.split('\n').filter((line) => line.includes('"event":"step"')).length;
}

/** Runs the command; kills it, if asked, some time after it has made a step. */
function run(
  { recipe, settings }: (typeof TRAININGS)[number],
  out: string,
  killAfterMs?: number,
): Promise<number | 'killed'> {
  const before = stepsOf(out);
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        join(process.cwd(), 'dist/cli/main.js'),
        ...['train', recipe, '--corpus', 'toy/manifest.jsonl', '--out', out, '--quiet'],
        ...['--set', ...settings],
      ],
      { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let errors = '';
    let timer: NodeJS.Timeout | undefined;
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const poll = async (): Promise<void> => {
      if (killAfterMs === undefined || child.exitCode !== null) return;
      if ((await stepsOf(out)) > (await before))
        timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      else timer = setTimeout(() => void poll(), 10);
    };
    void poll();
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (signal === 'SIGKILL') resolve('killed');
      else if (code === 0) resolve(code);
      else reject(new Error(`exit code ${code}: ${errors}`));
    });
  });
}

test.each(TRAININGS)(
  '$recipe killed at any moment: the same command ends in the same bits',
  async (training) => {
    const { recipe, kills, killWithinMs } = training;
    const [calm, killed] = [`calm ${recipe}`, `killed ${recipe}`];
    expect(await run(training, calm)).toBe(0);
    const rng = createRng(11);
    let done = 0;
    for (let i = 0; i < kills; i += 1)
      if ((await run(training, killed, rng.between(0, killWithinMs))) === 'killed') done += 1;
    expect(done).toBeGreaterThan(kills / 3);
    expect(await run(training, killed)).toBe(0);
    for (const path of [
      'run/checkpoints/best.safetensors',
      'run/checkpoints/last.safetensors',
      'model.onnx',
      'model.json',
      'card.json',
    ]) {
      const [a, b] = await Promise.all(
        [calm, killed].map((out) => readFile(join(folder, out, path))),
      );
      expect([path, a!.equals(b!)]).toEqual([path, true]);
    }
  },
);
