import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomNetwork } from '../../../test/helpers/random-network.ts';
import { babbling } from '../../../test/helpers/signals.ts';
import { checkGraph } from '../../graph/check.ts';
import { readModel } from '../../graph/read.ts';
import { createOnnxNodeBackend } from '../../runtime/onnx-node.ts';
import { loadDetector } from '../registry.ts';
import { type Detector, DetectorInput } from '../types.ts';
import {
  exportNetwork,
  FRONT_END_TOLERANCE,
  type NetworkFiles,
  readExported,
  SILENCE_TOLERANCE,
} from './export.ts';
import { type FrontEndSettings, LFCC_LCNN_SETTINGS } from './front-end.ts';
import { createNetwork } from './index.ts';

const RATE = 16000;
const FRAMES = { sampleRate: RATE, winLength: 320, hop: 160, fftSize: 512, filters: 20 };
const FRONT_ENDS: Readonly<Record<string, FrontEndSettings>> = {
  'LFCC of the LCNN': LFCC_LCNN_SETTINGS,
  'log-mel, frames first, magnitudes': {
    ...FRAMES,
    kind: 'log-mel',
    layout: 'frames-first',
    power: 1,
    log: 'ln',
    window: 'hann',
  },
  'MFCC without centring': {
    ...FRAMES,
    kind: 'mfcc',
    coefficients: 13,
    center: false,
    preEmphasis: 0.97,
    lowHz: 100,
    highHz: 7000,
  },
  samples: { kind: 'samples', sampleRate: RATE },
  'normalised samples': {
    kind: 'samples',
    sampleRate: RATE,
    normalise: 'zero-mean-unit-variance',
  },
};

/** Short (zeros fill it up), of the very length, long. */
const CLIPS = [0.3, 0.5, 1.4].map(
  (sec, i) =>
    new DetectorInput({
      samples: [babbling(Math.round(sec * RATE), RATE, `clip ${i}`)],
      sampleRate: RATE,
    }),
);

async function scoresOf(detector: Detector): Promise<number[]> {
  const scored = await detector.score(CLIPS);
  await detector.dispose();
  return scored.flatMap(({ windows = [] }) => windows.map(({ score }) => score));
}
const open = (files: NetworkFiles) => createNetwork({ ...files, backend: createOnnxNodeBackend() });
const difference = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-export-'));
});
afterAll(() => rm(root, { recursive: true }));

describe.each(Object.entries(FRONT_ENDS))('%s', (_, frontEnd) => {
  test('the graph with the front end inside gives the scores of the detector', async () => {
    const files = randomNetwork(frontEnd);
    const expected = await scoresOf(await open(files));
    // 1 + 1 + 5 windows that differ, or the comparison would say little.
    expect(new Set(expected).size).toBe(7);
    const { onnx } = exportNetwork(files, { withFrontEnd: true });
    expect(checkGraph(onnx)).toEqual([]);
    const { graph, metadata } = readModel(onnx);
    expect(graph.inputs).toEqual([
      { name: 'samples', type: 'float32', dims: ['batch', RATE / 2] },
      { name: 'valid', type: 'float32', dims: ['batch'] },
    ]);
    expect(graph.outputs.map(({ name }) => name)).toEqual(['score']);
    expect(metadata).toMatchObject({
      'ringtrue.kind': 'network',
      'ringtrue.licence': 'CC0-1.0',
      'ringtrue.labels': expect.stringContaining('spoof'),
      'ringtrue.frontEnd': JSON.stringify(files.model.frontEnd),
    });
    // The file alone is a detector.
    const path = join(root, `${files.model.frontEnd.kind}.onnx`);
    await writeFile(path, onnx);
    const found = await scoresOf(await loadDetector(path));
    expect(found).toHaveLength(expected.length);
    // The first is filled up with zeros.
    expect(difference(found.slice(0, 1), expected)).toBeLessThan(SILENCE_TOLERANCE);
    expect(difference(found.slice(1), expected.slice(1))).toBeLessThan(FRONT_END_TOLERANCE);
  });
});

test('without it the graph takes features, and its scores are the same bits', async () => {
  const files = randomNetwork(LFCC_LCNN_SETTINGS);
  const { onnx } = exportNetwork(files);
  const described = readExported(onnx, 'random.onnx');
  expect(described?.card).toEqual(files.card);
  expect(described?.model.frontEnd).toEqual(files.model.frontEnd);
  expect(await scoresOf(await open(described!))).toEqual(await scoresOf(await open(files)));
  expect(readExported(files.onnx, 'random.onnx')).toBeNull();
});

test('int8 weights are smaller, scores change by little; the front end keeps its precision', async () => {
  const files = randomNetwork(LFCC_LCNN_SETTINGS);
  const { onnx, quantised } = exportNetwork(files, { int8: true });
  expect(quantised.map(({ elements }) => elements)).toEqual([60 * 24 * 5]);
  // Its metadata come on top.
  expect(onnx.length).toBeLessThan(files.onnx.length / 2);
  const expected = await scoresOf(await open(files));
  const small = await scoresOf(await open(readExported(onnx, 'small')!));
  expect(difference(small, expected)).toBeGreaterThan(0);
  // Seven-bit weights: each is off by at most 0.4 % of the largest of its channel.
  const spread = Math.max(...expected) - Math.min(...expected);
  expect(difference(small, expected)).toBeLessThan(0.05 * spread);
  const whole = exportNetwork(files, { int8: true, withFrontEnd: true });
  const withFrontEnd = await scoresOf(await open(whole));
  expect(difference(withFrontEnd, small)).toBeLessThan(FRONT_END_TOLERANCE);
});

test('a description that is damaged is a bad file', () => {
  const { onnx } = exportNetwork(randomNetwork({ kind: 'samples', sampleRate: RATE }));
  const text = new TextDecoder('latin1').decode(onnx);
  const broken = Uint8Array.from(text.replace('"hopSec":', '"hopSec"!'), (c) => c.charCodeAt(0));
  expect(() => readExported(broken, 'mine.onnx')).toThrow(
    /mine\.onnx: ringtrue\.model is not JSON/,
  );
});
