import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WorkContext } from '../core/progress.ts';
import { buildJobs, type Piece } from './build-jobs.ts';

const url = new URL('../../test/fixtures/corpora/piece-worker.mjs', import.meta.url);

/** What the worker of this test makes. */
interface Job {
  readonly id: string;
  readonly text: string;
  /** A piece that fails, after so long. */
  readonly failsAfterMs?: number;
}

const JOBS: readonly Job[] = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, text: `text ${id}` }));

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-jobs-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const build = (
  jobs: readonly Job[],
  { workers = 2, ...work }: WorkContext & { readonly workers?: number } = {},
): Promise<Piece[]> =>
  buildJobs(
    {
      task: 'make',
      unit: 'pieces',
      // The last is made first.
      jobs: jobs.map((job) => ({
        id: job.id,
        plan: [job.id, job.text],
        isSlow: job.id === 'e',
        job: { ...job, out: root },
      })),
      url,
      out: root,
      stage: join(root, 'stage'),
      workers,
    },
    work,
  );

/** Ids of the pieces that were made since the last look. */
async function madeSince(): Promise<string[]> {
  const log = join(root, 'made.log');
  const made = (await readFile(log, 'utf8').catch(() => '')).split('\n').filter(Boolean);
  await rm(log, { force: true });
  return made.sort();
}

const idsOf = (pieces: readonly Piece[]): string[] =>
  pieces.flatMap(({ clips }) => clips.map(({ id }) => id));

test('pieces come in the order of the list, whatever the number of workers and their order', async () => {
  const one = await build(JOBS, { workers: 1 });
  expect(idsOf(one)).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect((await readFile(join(root, 'made.log'), 'utf8')).split('\n')[0]).toBe('e');
  await rm(join(root, 'stage'), { recursive: true });
  expect(await build(JOBS, { workers: 3 })).toEqual(one);
});

test('what is finished is kept: a second build makes nothing', async () => {
  const first = await build(JOBS);
  expect(await madeSince()).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(await build(JOBS)).toEqual(first);
  expect(await madeSince()).toEqual([]);
});

test('a failure is kept like a clip', async () => {
  const jobs = [...JOBS.slice(0, 2), { id: 'x', text: '', failsAfterMs: 0 }];
  const first = await build(jobs);
  expect(first.map(({ failures }) => failures.map(({ group }) => group))).toEqual([[], [], ['x']]);
  await madeSince();
  expect(await build(jobs)).toEqual(first);
  expect(await madeSince()).toEqual([]);
});

test('a piece whose plan changed is made again, and no other', async () => {
  await build(JOBS);
  await madeSince();
  const changed = JOBS.map((job) => (job.id === 'c' ? { ...job, text: 'another' } : job));
  const pieces = await build(changed);
  expect(await madeSince()).toEqual(['c']);
  expect(idsOf(pieces)).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(await readFile(join(root, 'audio/c.txt'), 'utf8')).toBe('another');
});

test('a piece whose file is damaged or gone, or whose record is no JSON, is made again', async () => {
  const first = await build(JOBS);
  await madeSince();
  await writeFile(join(root, 'audio/a.txt'), 'text b');
  await rm(join(root, 'audio/b.txt'));
  await writeFile(join(root, 'stage/groups/d.json'), '{"clips": [');
  expect(await build(JOBS)).toEqual(first);
  expect(await madeSince()).toEqual(['a', 'b', 'd']);
  expect(await readFile(join(root, 'audio/a.txt'), 'utf8')).toBe('text a');
});

test('a build that is stopped throws, keeps what was done, and goes on with the rest', async () => {
  const stop = new AbortController();
  const stopped = build(JOBS, {
    workers: 1,
    signal: stop.signal,
    onProgress: (event) => {
      if (event.type === 'advance' && event.done === 2) stop.abort();
    },
  });
  await expect(stopped).rejects.toMatchObject({ code: 'core/cancelled' });
  const before = await madeSince();
  expect(before.length).toBe(2);
  expect(idsOf(await build(JOBS))).toEqual(['a', 'b', 'c', 'd', 'e']);
  const after = await madeSince();
  expect([...before, ...after].sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('a piece that fails as the build is stopped is no failure: the build throws, and makes it the next time', async () => {
  const jobs = [{ id: 'x', text: '', failsAfterMs: 300 }];
  const stop = new AbortController();
  const stopped = build(jobs, { signal: stop.signal });
  setTimeout(() => stop.abort(), 100);
  await expect(stopped).rejects.toMatchObject({ code: 'core/cancelled' });
  await madeSince();
  const [piece] = await build(jobs);
  expect(await madeSince()).toEqual(['x']);
  expect(piece?.failures.length).toBe(1);
});
