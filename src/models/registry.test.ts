import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packageUrl } from '../core/node/modules.ts';
import { createGraph } from '../graph/build.ts';
import { encodeFloats } from './floats.ts';
import { listDetectors, loadDetector } from './registry.ts';
import { DetectorInput } from './types.ts';

let root: string;
const cache = process.env.RINGTRUE_CACHE;
const shipped = (name: string): string => join(fileURLToPath(packageUrl('models')), name);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-registry-'));
  process.env.RINGTRUE_CACHE = join(root, 'cache');
});
afterEach(async () => {
  if (cache === undefined) delete process.env.RINGTRUE_CACHE;
  else process.env.RINGTRUE_CACHE = cache;
  await rm(root, { recursive: true, force: true });
});

const clip = new DetectorInput({
  samples: [Float32Array.from({ length: 16000 }, (_, i) => 0.2 * Math.sin(i / 20))],
  sampleRate: 16000,
});

async function scoreOf(ref: string): Promise<number> {
  const detector = await loadDetector(ref, { cwd: root });
  try {
    return (await detector.score([clip]))[0]!.score;
  } finally {
    await detector.dispose();
  }
}

test('shipped detectors have names; a copy in a folder and in the cache has the same id', async () => {
  const names = (await listDetectors()).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['acoustic-logistic', 'lcnn', 'lfcc-gmm']));
  for (const name of names) {
    const { id } = await loadDetector(name);
    await cp(shipped(name), join(root, 'mine', name), { recursive: true });
    await cp(shipped(name), join(root, 'cache', 'models', `my-${name}`), { recursive: true });
    expect((await loadDetector(`./mine/${name}`, { cwd: root })).id).toBe(id);
    expect((await loadDetector(`my-${name}`)).id).toBe(id);
  }
});

test('an ONNX file, a command and an address are detectors', async () => {
  const graph = createGraph({ name: 'level' });
  const x = graph.input('x', [1, 'samples']);
  const peak = graph.node('ReduceMax', [x], { attributes: { keepdims: 0 }, name: 'peak' });
  graph.output(peak, []);
  await writeFile(join(root, 'level.onnx'), graph.bytes());
  const description = {
    input: 'x',
    output: 'peak',
    sampleRate: 16000,
    length: { crop: 10 },
    highIs: 'spoof',
  };
  await writeFile(join(root, 'level.json'), JSON.stringify(description));
  expect(await scoreOf('level.onnx')).toBeCloseTo(0.2, 3);
  expect(await scoreOf(`command:"${process.execPath}" -e 'console.log(4.5)'`)).toBe(4.5);
  expect((await loadDetector('https://example.org/score')).name).toBe('https://example.org/score');
});

describe('what is not a detector is told by code', () => {
  test.each([
    ['nobody', 'models/unknown'],
    ['./nowhere', 'models/unknown'],
    ['nowhere.onnx', 'models/bad-file'],
    ['command:', 'core/invalid-options'],
    ['https://user:secret@example.org/', 'core/invalid-options'],
  ])('%s: %s', async (ref, code) => {
    await expect(loadDetector(ref, { cwd: root })).rejects.toMatchObject({ code });
  });

  test.each([
    ['no base64', { means: '###' }, /not base64/],
    ['too few numbers', { means: encodeFloats([1]) }, /finite numbers, found 1/],
    ['a variance of 0', { variances: null }, /variances must all be above 0/],
  ])('a model file with %s', async (_, change, message) => {
    await cp(shipped('lfcc-gmm'), join(root, 'bad'), { recursive: true });
    const path = join(root, 'bad', 'model.json');
    const model = JSON.parse(await readFile(path, 'utf8'));
    const zeros = encodeFloats(new Float64Array(model.components * model.dims));
    const changed = 'variances' in change ? { variances: zeros } : change;
    await writeFile(path, JSON.stringify({ ...model, spoof: { ...model.spoof, ...changed } }));
    await expect(loadDetector('./bad', { cwd: root })).rejects.toMatchObject({
      code: 'models/bad-file',
      message: expect.stringMatching(message),
    });
  });

  test('statistics in another order', async () => {
    await cp(shipped('acoustic-logistic'), join(root, 'bad'), { recursive: true });
    const path = join(root, 'bad', 'model.json');
    const model = JSON.parse(await readFile(path, 'utf8'));
    model.statistics.reverse();
    await writeFile(path, JSON.stringify(model));
    await expect(loadDetector('./bad', { cwd: root })).rejects.toMatchObject({
      code: 'models/bad-file',
    });
  });
});
