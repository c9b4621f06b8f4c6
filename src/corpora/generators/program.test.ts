import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RingtrueError } from '../../core/errors.ts';
import { encodeText, plainText } from './festival.ts';
import { runProgram, speakEach, speakThrough } from './program.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'program-'));
});
afterEach(() => rm(folder, { recursive: true }));

const utterances = (count: number): { path: string }[] =>
  Array.from({ length: count }, (_, i) => ({ path: join(folder, `${i}.wav`) }));

/** A program of many utterances: it stops at the first that it cannot speak, and leaves half a file of it. */
function stopping(bad: readonly number[], calls: string[][]) {
  return async (some: readonly { path: string }[]): Promise<void> => {
    calls.push(some.map(({ path }) => path));
    for (const { path } of some) {
      const fails = bad.some((n) => path.endsWith(`/${n}.wav`));
      await writeFile(path, new Uint8Array(fails ? 20 : 100));
      if (fails) throw new RingtrueError('corpora/generator-failed', `stopped at ${path}`);
    }
  };
}

test.each([
  [[], [0, 1, 2, 3, 4]],
  [[2], [0, 1, 3, 4]],
  [
    [0, 1],
    [2, 3, 4],
  ],
  [[4], [0, 1, 2, 3]],
  [
    [0, 2, 4],
    [1, 3],
  ],
])('a program that stops at %j is gone on with', async (bad, good) => {
  await speakThrough(utterances(5), stopping(bad, []));
  expect((await readdir(folder)).sort()).toEqual(good.map((n) => `${n}.wav`));
});

test('one that can speak nothing at all is told', async () => {
  const calls: string[][] = [];
  await expect(speakThrough(utterances(2), stopping([0, 1], calls))).rejects.toMatchObject({
    code: 'corpora/generator-failed',
  });
  expect(calls.length).toBe(2);
});

test('cancelling ends it at once, with no file that could be taken for a whole one', async () => {
  const cancelled = new RingtrueError('core/cancelled', 'cancelled');
  let calls = 0;
  const cancel = async (): Promise<void> => {
    calls += 1;
    throw cancelled;
  };
  await expect(speakThrough(utterances(3), cancel)).rejects.toBe(cancelled);
  await expect(speakEach(utterances(3), cancel)).rejects.toBe(cancelled);
  expect(calls).toBe(2);
  expect(await readdir(folder)).toEqual([]);
});

test('a program that reads its input gets none, and what it said last is the reason', async () => {
  const read = `process.stdin.on('end', () => { console.error('no input'); process.exit(2); }).resume()`;
  await expect(runProgram(process.execPath, ['-e', read])).rejects.toMatchObject({
    code: 'corpora/generator-failed',
    message: expect.stringContaining('no input'),
  });
});

test("texts in Festival's encodings: its letters, bare ones for others, spaces for the rest", () => {
  const hex = (text: string, encoding: 'iso-8859-1' | 'iso-8859-2' | 'utf-8'): string =>
    Buffer.from(encodeText(text, encoding)).toString('hex');
  expect(hex('ř', 'iso-8859-2')).toBe('f8');
  expect(hex('é', 'iso-8859-1')).toBe('e9');
  expect(hex('ř', 'iso-8859-1')).toBe(hex('r', 'iso-8859-1'));
  expect(hex('a→b', 'iso-8859-1')).toBe(hex('a b', 'iso-8859-1'));
  expect(hex('ж', 'utf-8')).toBe('d0b6');
  expect(plainText('… «звёздочка» — это')).toBe('звёздочка, это');
});

test('a program that was ended from outside says by what', async () => {
  await expect(runProgram('/bin/sh', ['-c', 'kill -TERM $$'])).rejects.toMatchObject({
    code: 'corpora/generator-failed',
    message: '/bin/sh failed: ended by SIGTERM',
  });
});
