import { expect, test } from 'vitest';
import { createRng } from '../core/rng.ts';
import { sharedFrames, trainMixtures } from './mixture-threads.ts';
import { type MixtureTask, trainMixture } from './mixture-worker.ts';

const DIMS = 3;

function tasks(): MixtureTask[] {
  const rng = createRng('threads');
  return [1, 2, 3].map((seed) => ({
    data: sharedFrames([Float32Array.from({ length: 200 * DIMS }, () => rng.normal() + seed)]),
    dims: DIMS,
    // The last one costs most and is trained first.
    training: { components: 2 * seed - 1, emIterations: 5 },
    rng: createRng(seed).key,
  }));
}

test('mixtures are the same on threads of their own and on the caller’s', async () => {
  const done: number[] = [];
  const here = await trainMixtures(tasks(), { threads: 1 });
  const there = await trainMixtures(tasks(), { threads: 2, onDone: (count) => done.push(count) });
  expect(here).toEqual(tasks().map(trainMixture));
  expect(there).toEqual(here);
  expect(done).toEqual([1, 2, 3]);
});

test('a mixture that diverges and a training that is cancelled are told by code', async () => {
  const [first, second] = tasks();
  second!.data[7] = Number.NaN;
  await expect(trainMixtures([first!, second!], { threads: 2 })).rejects.toMatchObject({
    code: 'training/diverged',
  });
  for (const threads of [1, 2]) {
    await expect(
      trainMixtures(tasks(), { threads, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'core/cancelled' });
  }
  const stopping = new AbortController();
  const long = tasks().map((task) => ({
    ...task,
    training: { components: 3, emIterations: 100_000 },
  }));
  const running = trainMixtures(long, { threads: 2, signal: stopping.signal });
  stopping.abort();
  await expect(running).rejects.toMatchObject({ code: 'core/cancelled' });
});
