import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildToyCorpus } from '../../src/corpora/toy.ts';
import type { Corpus } from '../../src/datasets/clip.ts';
import { openCorpus } from '../../src/datasets/open.ts';
import { trainDetector } from '../../src/training/train.ts';
import { CAN_MOUNT, NO_MOUNT } from '../helpers/small-disk.ts';
import { loadedTiny } from '../helpers/tiny-recipe.ts';

describe('a disk that is full', () => {
  let root: string;
  let disk: string;
  let corpus: Corpus;
  beforeEach(({ skip }) => skip(!CAN_MOUNT, NO_MOUNT));
  beforeAll(async () => {
    if (!CAN_MOUNT) return;
    root = await mkdtemp(join(tmpdir(), 'ringtrue-disk-'));
    disk = join(root, 'disk');
    await mkdir(disk);
    await buildToyCorpus(join(root, 'toy'), { speakers: 4, clipsPerSpeaker: 4, durationSec: 1 });
    corpus = await openCorpus(join(root, 'toy', 'manifest.jsonl'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=40k', 'tmpfs', disk]);
  });
  afterAll(async () => {
    if (!CAN_MOUNT) return;
    execFileSync('umount', [disk]);
    await rm(root, { recursive: true, force: true });
  });

  test('ends the training by its code, with whole checkpoints; with space it goes on to the same bits', async () => {
    const out = join(disk, 'full');
    await expect(trainDetector(loadedTiny, corpus, { out })).rejects.toMatchObject({
      code: 'core/io-disk-full',
    });
    const left = await readdir(join(out, 'run', 'checkpoints'));
    expect(left.filter((name) => !name.endsWith('.safetensors'))).toEqual([]);
    execFileSync('mount', ['-o', 'remount,size=16m', disk]);
    await trainDetector(loadedTiny, corpus, { out });
    const calm = join(root, 'calm');
    await trainDetector(loadedTiny, corpus, { out: calm });
    for (const file of ['model.onnx', 'run/checkpoints/last.safetensors'])
      expect(await readFile(join(out, file))).toEqual(await readFile(join(calm, file)));
  });
});
