import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readPromises } from './promises.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-promises-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const write = (disjoint: unknown): Promise<void> =>
  writeFile(join(root, 'corpus.json'), JSON.stringify({ name: 'mine', disjoint }));

test('fields of all splits and fields of parts are read as they stand', async () => {
  const promises = ['speaker', { field: 'language', parts: ['unseen-language', 'unseen-all'] }];
  await write(promises);
  expect(await readPromises(root)).toEqual(promises);
  expect(await readPromises(join(root, 'none'))).toBeUndefined();
});

test.each([
  ['a field that is none', ['language']],
  ['a field that parts cannot promise', [{ field: 'speaker', parts: ['new'] }]],
  ['a promise of no part', [{ field: 'language', parts: [] }]],
  ['a misspelt key', [{ field: 'language', part: 'new' }]],
])('%s is refused with what may stand there', async (_, disjoint) => {
  await write(disjoint);
  await expect(readPromises(root)).rejects.toMatchObject({
    code: 'datasets/bad-manifest',
    message: expect.stringContaining('or {field: generator or language, parts: [names]}'),
  });
});
