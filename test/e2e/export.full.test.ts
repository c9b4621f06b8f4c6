import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGraph } from '../../src/graph/build.ts';
import { checkGraph } from '../../src/graph/check.ts';
import { SCORE_TOLERANCE } from '../../src/models/engines.ts';
import { LFCC_LCNN_SETTINGS } from '../../src/models/network/front-end.ts';
import { loadDetector } from '../../src/models/registry.ts';
import { runRingtrue } from '../helpers/command-line.ts';
import { randomNetwork } from '../helpers/random-network.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringtrue-export-'));
  const { model, onnx, card } = randomNetwork(LFCC_LCNN_SETTINGS);
  await writeFile(join(folder, 'model.json'), JSON.stringify(model));
  await writeFile(join(folder, 'model.onnx'), onnx);
  await writeFile(join(folder, 'card.json'), JSON.stringify(card));
});
afterAll(() => rm(folder, { recursive: true }));

const run = (...args: string[]) => runRingtrue(['models', 'export', ...args], { cwd: folder });

test('a network becomes one file, and int8 says what it saved', async () => {
  const { status, stdout } = run('./', '--out', 'whole.onnx', '--with-front-end', '--json');
  expect(status).toBe(0);
  const told = JSON.parse(stdout);
  expect(told).toMatchObject({ inputs: ['samples', 'valid'], output: 'score' });
  expect(told.engines).toMatchObject({ stretches: 5, tolerance: SCORE_TOLERANCE });
  expect(told.engines.largest).toBeLessThanOrEqual(SCORE_TOLERANCE);
  const bytes = await readFile(join(folder, 'whole.onnx'));
  expect(told.bytes).toBe(bytes.length);
  expect(checkGraph(bytes)).toEqual([]);
  const small = JSON.parse(run('./', '--out', 'small.onnx', '--int8', '--json').stdout);
  expect(small).toMatchObject({ inputs: ['features', 'valid'] });
  expect(small.bytes).toBeLessThan(small.bytesBefore / 2);
  expect(small.largestRounding).toBeGreaterThan(0);
  expect(small.largestRounding).toBeLessThan(1 / 254 + 1e-6);
});

/** A program that does not find a package. */
const without = (name: string): NodeJS.ProcessEnv => {
  const hooks = `export const resolve = (name, context, next) => {
    if (name.startsWith('${name}')) throw new Error('not installed');
    return next(name, context);
  };`;
  const code = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(hooks))});`;
  return { NODE_OPTIONS: `--import=${dataUrl(code)}` };
};
const dataUrl = (code: string): string =>
  `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;

test('without the engine of browsers nothing is compared, which is said; without that of Node it is an error', () => {
  const args = ['models', 'export', './', '--out', 'alone.onnx'];
  const alone = runRingtrue(args, { cwd: folder, env: without('onnxruntime-web') });
  expect(alone.stdout).toContain('not compared with the engine of browsers');
  expect(alone.status).toBe(0);
  const none = runRingtrue(args, { cwd: folder, env: without('onnxruntime-node') });
  expect(none.stderr).toContain('core/missing-dependency');
  expect(none.stdout).not.toContain('not compared');
  expect(none.status).toBe(1);
});

test('models dump prints the graph of a folder and of a file, with what is wrong', async () => {
  const dump = (...args: string[]) => runRingtrue(['models', 'dump', ...args], { cwd: folder });
  const { stdout } = dump('./');
  expect(stdout).toContain('Conv(');
  expect(stdout).toContain('nothing is wrong with it');
  const graph = createGraph({ name: 'unfinished' });
  graph.output(graph.node('Relu', [graph.input('x', [2])], { name: 'y' }), [2]);
  graph.input('unread', [2]);
  await writeFile(join(folder, 'unfinished.onnx'), graph.bytes());
  const told = JSON.parse(dump('unfinished.onnx', '--json').stdout);
  expect(told.graph).toContain('%y : float32[2] = Relu(%x)');
  expect(told.findings).toMatchObject([{ kind: 'unused-input', name: 'unread' }]);
  expect(dump('unfinished.onnx').stdout).toContain(
    'unused-input in unfinished: nothing reads the input unread',
  );
  expect(dump('nothing.onnx').stderr).toContain('core/io-not-found');
  await writeFile(join(folder, 'broken.onnx'), 'no model');
  expect(dump('broken.onnx').stderr).toContain('models/bad-file');
});

test('a detector that is no network becomes its own graph, or one from samples with what describes it', () => {
  const plain = JSON.parse(run('acoustic-logistic', '--json').stdout);
  expect(plain).toMatchObject({ path: 'acoustic-logistic.onnx', inputs: ['statistics'] });
  const args = ['lfcc-gmm', '--out', 'gmm.onnx', '--with-front-end', '--json'];
  expect(JSON.parse(run(...args).stdout)).toMatchObject({
    inputs: ['samples'],
    output: 'score',
    description: 'gmm.json',
    engines: { stretches: 5, tolerance: SCORE_TOLERANCE },
  });
});

test('a description that lies there is not given to another file', async () => {
  expect(run('lfcc-gmm', '--out', 'first.onnx', '--with-front-end').status).toBe(0);
  const before = await readFile(join(folder, 'first.onnx'));
  for (const args of [['./', '--with-front-end'], ['lfcc-gmm']]) {
    const { status, stderr } = run(...args, '--out', 'first.onnx');
    expect(stderr).toContain('first.json is there');
    expect(status).toBe(2);
  }
  expect(await readFile(join(folder, 'first.onnx'))).toEqual(before);
  expect(run('lfcc-gmm', '--out', 'first.onnx', '--with-front-end').status).toBe(0);
  await rm(join(folder, 'first.json'));
  expect(run('./', '--out', 'first.onnx', '--with-front-end').status).toBe(0);
  const detector = await loadDetector('first.onnx', { cwd: folder });
  expect(detector.name).toBe(randomNetwork(LFCC_LCNN_SETTINGS).card.name);
  await detector.dispose();
});

test.each([
  [['lfcc-gmm', '--int8'], 'models/cannot-export'],
  [['lfcc-gmm', '--safetensors', 'w.safetensors'], 'models/cannot-export'],
  [['acoustic-logistic', '--with-front-end'], 'models/cannot-export'],
  [['acoustic-logistic', '--corpus', 'toy'], 'cli/usage'],
  [['./', '--safetensors', 'w.safetensors'], 'models/cannot-export'],
  [['./', '--out', 'whole.txt'], 'cli/usage'],
  [['nobody'], 'models/unknown'],
])('models export %j is wrong use: %s', (args, code) => {
  const { status, stderr } = run(...args);
  expect(stderr).toContain(code);
  expect(status).toBe(2);
});
