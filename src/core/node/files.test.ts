import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashFile, makeFolder, writeFileAtomic } from './files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a written file is whole, folders are made, nothing else is left', async () => {
  const path = join(folder, 'a b', 'ü\n.txt');
  await writeFileAtomic(path, 'text');
  expect(await readFile(path, 'utf8')).toBe('text');
  expect(await readdir(join(folder, 'a b'))).toEqual(['ü\n.txt']);
});

test('a failed write is coded and leaves no temporary file', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(writeFileAtomic(join(folder, 'file', 'x'), 'text')).rejects.toMatchObject({
    name: 'RingtrueError',
  });
  expect(await readdir(folder)).toEqual(['file']);
});

test('hashFile is SHA-256; a missing file is coded', async () => {
  await writeFile(join(folder, 'abc'), 'abc');
  expect(await hashFile(join(folder, 'abc'))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
  await expect(hashFile(join(folder, 'none'))).rejects.toMatchObject({ code: 'core/io-not-found' });
});

test('makeFolder makes what is missing, and comes back where nothing can be made', async () => {
  await makeFolder(join(folder, 'a', 'b', 'c'));
  await makeFolder(join(folder, 'a', 'b', 'c'));
  expect(await readdir(join(folder, 'a', 'b'))).toEqual(['c']);
  await writeFile(join(folder, 'file'), '');
  await expect(makeFolder(join(folder, 'file', 'x'))).rejects.toMatchObject({
    code: 'core/io-not-found',
  });
  // Node's own mkdir, asked to make parents too, never returns here.
  await expect(makeFolder('/proc/none/x')).rejects.toMatchObject({
    code: expect.stringMatching(/^core\/io-/),
  });
});
