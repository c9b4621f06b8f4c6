import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { babbling } from '../../test/helpers/signals.ts';
import { LFCC_LCNN, lfcc } from '../audio/dsp/cepstrum.ts';
import { checkGraph } from '../graph/check.ts';
import { readModel } from '../graph/read.ts';
import { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
import { exportDetector } from './export.ts';
import { lfccGraph } from './lfcc-gmm/front-end-graph.ts';
import { findFolder, loadDetector, type PlainFiles, readDetectorFolder } from './registry.ts';
import { DetectorInput } from './types.ts';

const RATE = 16000;
const sound = (sec: number, name: string) => babbling(Math.round(sec * RATE), RATE, name);

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-export-detector-'));
});
afterAll(() => rm(root, { recursive: true }));

const filesOf = async (name: string): Promise<PlainFiles> => {
  const files = await readDetectorFolder(await findFolder(name));
  if (files.network !== null) throw new Error(`${name} is a network`);
  return files;
};

/** Coefficients reach 20; the graph computes in float32 throughout. Seen: 2.4e-5. */
const FEATURE_TOLERANCE = 2e-4;
/** Scores lie within a few units of 0. Seen: 2e-6. */
const SCORE_TOLERANCE = 2e-5;

test('the graph of the front end gives the features for any length', async () => {
  const bytes = lfccGraph();
  expect(checkGraph(bytes)).toEqual([]);
  const session = await createOnnxNodeBackend().load(bytes);
  for (const samples of [40, 159, 160, 161, 4000, 64000, 70001]) {
    const mono = sound(samples / RATE, `${samples}`);
    const expected = lfcc(mono, LFCC_LCNN);
    const { lfcc: found } = await session.run({ samples: { dims: [1, mono.length], data: mono } });
    expect(found!.dims).toEqual([expected.frames, expected.dims]);
    const worst = expected.data.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - Number(found!.data[i]))),
      0,
    );
    expect(worst, `${samples} samples`).toBeLessThan(FEATURE_TOLERANCE);
  }
  await session.dispose();
});

test('LFCC-GMM with its front end inside is a detector of the same scores, with its card', async () => {
  const files = await filesOf('lfcc-gmm');
  const { onnx, inputs, outputs, description } = exportDetector(files, { withFrontEnd: true });
  expect([inputs, outputs]).toEqual([['samples'], ['score']]);
  expect(checkGraph(onnx)).toEqual([]);
  await writeFile(join(root, 'whole.onnx'), onnx);
  await writeFile(join(root, 'whole.json'), JSON.stringify(description));
  const [before, after] = [
    await loadDetector('lfcc-gmm'),
    await loadDetector(join(root, 'whole.onnx')),
  ];
  const batch = [0.4, 1, 2.7].map(
    (sec) => new DetectorInput({ samples: [sound(sec, `${sec}`)], sampleRate: RATE }),
  );
  const [expected, found] = [await before.score(batch), await after.score(batch)];
  for (const [i, { score }] of expected.entries())
    expect(Math.abs(found[i]!.score - score)).toBeLessThan(SCORE_TOLERANCE);
  const { name, operatingPoints, calibration, trainedOn, licence } = before.card;
  expect(after.card).toMatchObject({ name, operatingPoints, calibration, trainedOn, licence });
  expect(after.needs.minSec).toBe(before.needs.minSec);
  await before.dispose();
  await after.dispose();
});

describe.each(['lfcc-gmm', 'acoustic-logistic'])('%s without its front end', (name) => {
  test('is the graph of its training, and says what it takes and whose it is', async () => {
    const files = await filesOf(name);
    const { onnx, inputs, takes, description } = exportDetector(files);
    const [whole, own] = [readModel(onnx), readModel(files.onnx)];
    expect(whole.graph).toEqual(own.graph);
    expect(inputs).toEqual(own.graph.inputs.map((input) => input.name));
    expect(takes).toMatch(/\[.*\]$/);
    expect(description).toBeNull();
    expect(whole.metadata).toMatchObject(own.metadata);
    expect(JSON.parse(whole.metadata['ringtrue.card']!)).toMatchObject({ name });
  });
});

test('a front end that is no graph is told, with what can be had', async () => {
  const files = await filesOf('acoustic-logistic');
  expect(() => exportDetector(files, { withFrontEnd: true })).toThrowError(
    expect.objectContaining({
      code: 'models/cannot-export',
      hint: expect.stringContaining('without --with-front-end'),
    }),
  );
});
