import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { makeCrashingFile } from '../../test/helpers/crashing-file.ts';
import type { ProgressEvent } from '../core/progress.ts';
import { buildToyCorpus } from '../corpora/toy.ts';
import type { Clip } from '../datasets/clip.ts';
import { openCorpus } from '../datasets/open.ts';
import { treatClips } from './treat.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'treat-'));
  vi.stubEnv('RINGTRUE_CACHE', join(root, 'cache'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

test('a file that crashes its decoder is left out with a warning, and the others are treated', async () => {
  await buildToyCorpus(join(root, 'toy'), { speakers: 3, clipsPerSpeaker: 2, durationSec: 1 });
  const { clips } = await openCorpus(join(root, 'toy'));
  const { path, stop } = await makeCrashingFile(join(root, 'hostile'));
  const hostile: Clip = { id: 'hostile', path, medium: 'audio', sha256: 'a'.repeat(64) };
  const warnings: unknown[] = [];
  const onProgress = (event: ProgressEvent): void => {
    if (event.type === 'warning') warnings.push(event.code);
  };
  try {
    const treatment = { levelDb: -26, chain: ['mp3@3'] };
    const treated = await treatClips(
      [hostile, ...clips],
      { treatment, seed: 1, code: 'code' },
      { onProgress },
    );
    expect([...treated.keys()]).toEqual(clips.map(({ id }) => id));
    expect(warnings).toEqual(['audio/decoder-crashed']);
  } finally {
    await stop();
  }
});
