import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CAN_MOUNT, NO_MOUNT } from '../../test/helpers/small-disk.ts';
import { buildToyCorpus } from '../corpora/toy.ts';
import { readTrials } from '../store/trials.ts';
import { runStudy } from './run.ts';
import { checkStudy } from './study.ts';

const tools = new URL('../../test/fixtures/bench/tools.mjs', import.meta.url);

describe('a disk that is full or read-only', () => {
  let root: string;
  let disk: string;
  beforeEach(({ skip }) => skip(!CAN_MOUNT, NO_MOUNT));
  beforeAll(async () => {
    if (!CAN_MOUNT) return;
    root = await mkdtemp(join(tmpdir(), 'ringtrue-disk-'));
    disk = join(root, 'disk');
    await mkdir(disk);
    await buildToyCorpus(join(root, 'toy'), { speakers: 3, clipsPerSpeaker: 6, durationSec: 0.3 });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=72k', 'tmpfs', disk]);
  });
  afterAll(async () => {
    if (!CAN_MOUNT) return;
    execFileSync('umount', [disk]);
    await rm(root, { recursive: true, force: true });
  });

  const study = () =>
    checkStudy({
      corpus: join(root, 'toy'),
      split: 'all',
      detectors: ['steady', 'crossings'],
      conditions: ['clean', 'hiss@*', 'gain@*'],
      interval: { replicates: 100 },
    });

  test('full: a coded error, what was done is kept, and the same command goes on', async () => {
    const out = join(disk, 'run');
    const options = { out, tools, workers: 2, cache: false };
    await expect(runStudy(study(), options)).rejects.toMatchObject({ code: 'core/io-disk-full' });
    const shards = (await readdir(join(out, 'trials'))).filter((name) => name.endsWith('.parquet'));
    expect(shards.length).toBeGreaterThan(0);
    execFileSync('mount', ['-o', 'remount,size=16m', disk]);
    const { folder, summary } = await runStudy(study(), options);
    const calm = await runStudy(study(), { ...options, out: join(root, 'calm') });
    expect(await readTrials(folder)).toEqual(await readTrials(calm.folder));
    expect(summary).toEqual(calm.summary);
    expect((await readdir(join(folder, 'trials'))).filter((n) => n.endsWith('.tmp'))).toEqual([]);
  });

  test('read-only: a coded error', async () => {
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    await expect(
      runStudy(study(), { out: join(disk, 'another'), tools, workers: 1, cache: false }),
    ).rejects.toMatchObject({ code: 'core/io-denied' });
  });

  test('full where scores are cached: a warning, and the run goes on', async () => {
    const small = join(root, 'small');
    await mkdir(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', small]);
    process.env.RINGTRUE_CACHE = small;
    const warnings: string[] = [];
    try {
      const { summary } = await runStudy(
        study(),
        { out: join(root, 'uncached'), tools, workers: 1 },
        { onProgress: (event) => event.type === 'warning' && warnings.push(event.code ?? '') },
      );
      expect(summary.failures).toEqual([]);
    } finally {
      delete process.env.RINGTRUE_CACHE;
      execFileSync('umount', [small]);
    }
    expect(warnings).toContain('core/io-disk-full');
  });
});
