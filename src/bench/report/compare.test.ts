import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import type { TrialRow } from '../../store/trial.ts';
import { shardPath, writeTrials } from '../../store/trials.ts';
import type { Threshold } from '../thresholds.ts';
import { compareRuns } from './compare.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-compare-'));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

interface Run {
  /** Threshold by detector, as earlier runs hold it: beside the figures; null for none. */
  readonly detectors: Readonly<Record<string, number | null>>;
  /** Where the threshold of every detector came from; absent in earlier runs. */
  readonly threshold?: Threshold;
  readonly conditions: readonly string[];
  /** Changes a score. */
  readonly change?: (score: number, row: { clip: string; detector: string }) => number;
}

/** A run of 40 clips; scores depend on clip, condition and detector, not on the run. */
async function writeRun(
  name: string,
  { detectors, conditions, change, threshold: fixed }: Run,
): Promise<string> {
  const folder = join(root, name);
  const rows: TrialRow[] = Object.keys(detectors).flatMap((detector) =>
    conditions.flatMap((condition) =>
      Array.from({ length: 40 }, (_, i): TrialRow => {
        const label = i % 2 === 0 ? ('bonafide' as const) : ('spoof' as const);
        const clip = `clip-${i}`;
        const rng = createRng(5).split(clip).split(condition).split(detector);
        const score = rng.normal() + (label === 'spoof' ? 1 : -1);
        return {
          ...{ run: name, detector, corpus: 'toy', split: 'eval', clip, condition, label },
          ...{ corruption: null, level: null, value: null, seed: 1, llr: null, sha256: null },
          ...{ refused: null, failed: null, durationSec: 1, encodedBytes: null },
          ...{ speaker: `speaker-${i % 10}`, language: null, generator: null, source: null },
          group: null,
          score: change?.(score, { clip, detector }) ?? score,
        };
      }),
    ),
  );
  await mkdir(join(folder, 'trials'), { recursive: true });
  await writeTrials(shardPath(folder, 0), rows);
  const results = Object.entries(detectors).flatMap(([detector, threshold]) =>
    conditions.map((condition) => ({
      detector,
      condition,
      ...(threshold === null ? {} : { atThreshold: { threshold, fixedOn: 'toy dev' } }),
    })),
  );
  await writeFile(
    join(folder, 'summary.json'),
    JSON.stringify({
      schema: 1,
      confound: { value: 0.6, low: 0.5, high: 0.7 },
      detectors: Object.keys(detectors).map((each) => ({ name: each, threshold: fixed })),
      conditions: conditions.map((id) => ({ id, family: null })),
      results,
      corruptionErrors: [],
    }),
  );
  return folder;
}

test('differences read B − A, and clips that flip are counted and named', async () => {
  const conditions = ['clean'];
  const a = await writeRun('before', { detectors: { x: 0 }, conditions });
  // One real clip is now called spoof, far beyond any doubt.
  const change = (score: number, { clip }: { clip: string }) => (clip === 'clip-2' ? 9 : score);
  const b = await writeRun('after', { detectors: { x: 0 }, conditions, change });
  const compared = await compareRuns(a, b, { replicates: 200 });
  const { conditions: found, flipped, unmatched, confound } = compared;
  expect(unmatched).toEqual([]);
  expect(confound.b).toEqual({ value: 0.6, low: 0.5, high: 0.7 });
  const [clean] = found;
  expect(clean?.n).toEqual({ bonafide: 20, spoof: 20 });
  expect(clean!.eer.value).toBeCloseTo(clean!.eer.b - clean!.eer.a, 12);
  expect(clean!.eer.b).toBeGreaterThan(clean!.eer.a);
  expect(clean!.auc.b).toBeLessThan(clean!.auc.a);
  expect(clean!.flips).toEqual({ mended: 0, broken: 1 });
  expect(flipped).toMatchObject([
    { clip: 'clip-2', change: 'broken', label: 'bonafide', scoreB: 9, detectorA: 'x' },
  ]);
  const back = await compareRuns(b, a, { replicates: 200 });
  expect(back.conditions[0]?.flips).toEqual({ mended: 1, broken: 0 });
  expect(back.conditions[0]?.eer.value).toBeCloseTo(-clean!.eer.value, 12);
});

test('what only one run has is named, whichever of the two has it', async () => {
  const a = await writeRun('wide-a', {
    detectors: { x: 0, old: 0 },
    conditions: ['clean', 'mp3@1'],
  });
  const b = await writeRun('wide-b', {
    detectors: { x: 0, new: 0 },
    conditions: ['clean', 'echo@1'],
  });
  const { conditions, unmatched } = await compareRuns(a, b, { replicates: 100 });
  expect(conditions.map(({ detectorA, condition }) => [detectorA, condition])).toEqual([
    ['x', 'clean'],
  ]);
  expect(unmatched).toEqual([
    'old (only in A)',
    'new (only in B)',
    'mp3@1 (only in A)',
    'echo@1 (only in B)',
  ]);
});

test('without a fixed threshold no flips are told, not even none', async () => {
  const conditions = ['clean'];
  const a = await writeRun('fixed', { detectors: { x: 0 }, conditions });
  const b = await writeRun('loose', { detectors: { x: null }, conditions });
  const { conditions: found, flipped, withoutThreshold } = await compareRuns(a, b);
  expect(found[0]?.flips).toBeNull();
  expect(found[0]?.eer.value).toBe(0);
  expect(flipped).toEqual([]);
  expect(withoutThreshold).toEqual(['x has no fixed threshold in B']);
});

test('a threshold that a run names counts whatever stands beside its figures; where it names none it says why', async () => {
  const conditions = ['clean'];
  const change = (score: number, { clip }: { clip: string }) => (clip === 'clip-2' ? 9 : score);
  const threshold = { from: 'card', value: 100, fixedOn: 'toy dev' } as const;
  const detectors = { x: null };
  const a = await writeRun('named-a', { detectors, conditions, threshold });
  const b = await writeRun('named-b', { detectors, conditions, threshold, change });
  const { conditions: found, withoutThreshold } = await compareRuns(a, b, { replicates: 100 });
  expect(withoutThreshold).toEqual([]);
  // Nothing reaches it in either run.
  expect(found[0]?.flips).toEqual({ mended: 0, broken: 0 });
  const none = { from: 'none', why: 'the corpus has no dev split' } as const;
  const c = await writeRun('named-none', { detectors: { x: 0 }, conditions, threshold: none });
  const against = await compareRuns(a, c, { replicates: 100 });
  expect(against.conditions[0]?.flips).toBeNull();
  expect(against.withoutThreshold).toEqual([
    'x has no fixed threshold in B (the corpus has no dev split)',
  ]);
});

test('two detectors of one run are compared on the same clips', async () => {
  const run = await writeRun('both', {
    detectors: { x: 0, y: 0 },
    conditions: ['clean', 'mp3@1'],
    change: (score, { detector }) => (detector === 'y' ? -score : score),
  });
  const { conditions, flipped, unmatched } = await compareRuns(run, run, {
    detectors: ['x', 'y'],
    replicates: 100,
  });
  expect(unmatched).toEqual([]);
  expect(conditions.map(({ condition }) => condition)).toEqual(['clean', 'mp3@1']);
  expect(conditions[0]?.auc.value).toBeLessThan(-0.5);
  expect(flipped[0]).toMatchObject({ detectorA: 'x', detectorB: 'y' });
  await expect(compareRuns(run, run, { detectors: ['x', 'z'] })).rejects.toThrow(
    'expected a detector of A and one of B, got x and z: A has x, y, B has x, y',
  );
});

test('runs without a detector in common are not paired by guess', async () => {
  const conditions = ['clean'];
  const a = await writeRun('left', { detectors: { x: 0, y: 0 }, conditions });
  const b = await writeRun('right', { detectors: { z: 0 }, conditions });
  await expect(compareRuns(a, b)).rejects.toMatchObject({ code: 'metrics/unpaired' });
  // One each is no guess.
  const c = await writeRun('single', { detectors: { x: 0 }, conditions });
  const { conditions: found, unmatched } = await compareRuns(c, b, { replicates: 100 });
  expect(found[0]).toMatchObject({ detectorA: 'x', detectorB: 'z' });
  expect(unmatched).toEqual([]);
});
