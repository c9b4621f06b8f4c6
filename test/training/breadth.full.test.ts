import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createOnnxNodeBackend } from '../../src/runtime/onnx-node.ts';
import { readLog } from '../../src/training/run-folder.ts';

/** Real speech. Loss of a detector that says one half of everything. */
const COIN = Math.LN2;
const CORPUS = 'speech-mini';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-breadth-'));
  const built = ringtrue('corpus', 'build', CORPUS, '--quiet');
  expect(built.status, built.stderr).toBe(0);
}, 600_000);
afterAll(() => rm(root, { recursive: true, force: true }));

function ringtrue(...args: string[]) {
  return spawnSync(process.execPath, [resolve('dist/cli/main.js'), ...args], { encoding: 'utf8' });
}

test.each(['gru', 'transformer', 'small-cnn'])(
  '%s learns from real speech, and its exported file scores like it',
  async (name) => {
    const out = join(root, name);
    const recipe = resolve(`examples/recipes/${name}.ts`);
    const trained = ringtrue('train', recipe, '--corpus', CORPUS, '--out', out, '--json');
    expect(trained.status, trained.stderr).toBe(0);
    const { dev } = JSON.parse(trained.stdout);
    const epochs = (await readLog(join(out, 'run/log.jsonl'))).filter(
      (entry) => entry.event === 'epoch',
    );
    // Batches have as many fakes as real clips: no constant does better than a coin.
    expect(epochs.at(-1)!.trainLoss).toBeLessThan(0.8 * COIN);
    const { value, low, high } = dev.eer;
    // On another speaker, with all of its interval: better than guessing.
    expect(high).toBeLessThan(0.5);
    console.log(
      `${name}: train loss ${epochs.at(-1)!.trainLoss.toFixed(3)} (a coin: ${COIN.toFixed(3)}); dev EER ${percent(value)} [${percent(low)}–${percent(high)}], n = ${dev.n.bonafide} + ${dev.n.spoof}`,
    );
    const exported = ringtrue(
      ...['models', 'export', out, '--out', join(root, `${name}.onnx`), '--with-front-end'],
      ...['--corpus', CORPUS, '--json'],
    );
    expect(exported.status, exported.stderr).toBe(0);
    const { cost } = JSON.parse(exported.stdout);
    expect(cost.n).toEqual(dev.n);
    expect(cost.spread).toBeGreaterThan(0.1);
    expect(cost.largestChange).toBeLessThan(EXPORT_TOLERANCE);
  },
);

/** Speech with pauses of digital silence is among the clips; seen: 1e-5. */
const EXPORT_TOLERANCE = 1e-3;

test('a VAE codes patches of real speech far better than their mean does, and its decoder is a file', async () => {
  const file = join(root, 'decoder.onnx');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'ringtrue/typescript', 'examples/vae.ts', CORPUS, '40', file],
    { encoding: 'utf8' },
  );
  expect(status, stderr).toBe(0);
  const { patches, devError, devErrorOfMeanPatch, kl } = JSON.parse(stdout);
  expect(patches.train).toBeGreaterThan(500);
  expect(patches.dev).toBeGreaterThan(64);
  // Another speaker: his patches, through a code of 16 numbers with noise.
  expect(devError).toBeLessThan(0.4 * devErrorOfMeanPatch);
  // A code that says nothing would have a KL of 0.
  expect(kl).toBeGreaterThan(5);
  const decoder = await createOnnxNodeBackend().load(await readFile(file));
  const codes = { dims: [3, 16], data: new Float32Array(48).fill(1, 32) };
  const { [decoder.outputs[0]!]: made } = await decoder.run({ [decoder.inputs[0]!]: codes });
  await decoder.dispose();
  expect(made!.dims).toEqual([3, 192]);
  const [first, second, other] = [0, 1, 2].map((i) => made!.data.slice(192 * i, 192 * (i + 1)));
  expect(second).toEqual(first);
  expect(other).not.toEqual(first);
  console.log(
    `vae: dev error ${devError.toFixed(3)}, of the mean patch ${devErrorOfMeanPatch.toFixed(3)}, KL ${kl.toFixed(1)} nats`,
  );
});

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}
