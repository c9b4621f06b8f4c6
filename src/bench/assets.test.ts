import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { writeSmallBackgrounds } from '../../test/helpers/backgrounds.ts';
import { buildToyCorpus } from '../corpora/toy.ts';
import { readTrials } from '../store/trials.ts';
import { runStudy } from './run.ts';
import { checkStudy } from './study.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-assets-'));
  vi.stubEnv('RINGTRUE_CACHE', join(root, 'cache'));
  await buildToyCorpus(join(root, 'toy'), { speakers: 3, clipsPerSpeaker: 1, durationSec: 2.2 });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

async function run(name: string, cache: boolean) {
  const study = checkStudy({
    corpus: join(root, 'toy'),
    split: 'all',
    detectors: ['acoustic-logistic'],
    conditions: ['clean', 'background-speech@5', { chain: ['reverb-measured@4', 'clip@1'] }],
    interval: { replicates: 100 },
  });
  const { folder } = await runStudy(study, { out: join(root, name), workers: 1, cache });
  const rows = await readTrials(folder);
  expect(rows.every(({ score }) => score !== null)).toBe(true);
  return {
    run: rows[0]?.run,
    scores: Object.fromEntries(rows.map((row) => [`${row.condition} ${row.clip}`, row.score])),
  };
}

test('a study is refused before it starts if recordings are missing, and never takes scores of others', async () => {
  await expect(run('none', true)).rejects.toMatchObject({ code: 'corruptions/asset-missing' });
  await writeSmallBackgrounds(join(root, 'cache'), 1);
  const one = await run('one', true);
  expect(await run('one-again', true)).toEqual(one);
  await writeSmallBackgrounds(join(root, 'cache'), 2);
  const other = await run('other', true);
  expect(other.run).not.toBe(one.run);
  expect(other).toEqual(await run('other-again', false));
  for (const [key, score] of Object.entries(one.scores)) {
    if (key.startsWith('clean ')) expect(other.scores[key]).toBe(score);
    else expect(other.scores[key]).not.toBe(score);
  }
});
