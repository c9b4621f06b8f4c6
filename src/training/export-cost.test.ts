import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCrashingFile } from '../../test/helpers/crashing-file.ts';
import type { ProgressEvent } from '../core/progress.ts';
import { buildToyCorpus } from '../corpora/toy.ts';
import { openCorpus } from '../datasets/open.ts';
import { loadDetector } from '../models/registry.ts';
import { measureExport } from './export-cost.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'export-cost-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('a file that crashes its decoder is counted, and the others are scored', async () => {
  await buildToyCorpus(join(root, 'toy'), { speakers: 3, clipsPerSpeaker: 2, durationSec: 1 });
  const { clips } = await openCorpus(join(root, 'toy'));
  const hostile = await makeCrashingFile(join(root, 'hostile'));
  const warnings: unknown[] = [];
  const onProgress = (event: ProgressEvent): void => {
    if (event.type === 'warning') warnings.push(event.code);
  };
  const detector = await loadDetector('acoustic-logistic');
  try {
    const all = [{ ...clips[0]!, id: 'hostile', path: hostile.path }, ...clips];
    const cost = await measureExport(detector, detector, all, { onProgress });
    expect(cost).toMatchObject({ failures: 1, largestChange: 0 });
    expect(cost.n.bonafide + cost.n.spoof).toBe(clips.length);
    expect(warnings).toEqual(['audio/decoder-crashed']);
  } finally {
    await hostile.stop();
    await detector.dispose();
  }
});
