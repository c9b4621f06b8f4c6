import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const run = promisify(execFile);

let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'ringtrue-corpus-list-'));
  const build = async (name: string, card: string): Promise<void> => {
    const folder = join(cache, 'corpora', name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'manifest.jsonl'), '');
    await writeFile(join(folder, 'corpus.json'), card);
  };
  await build('replay', JSON.stringify({ name: 'replay', version: '1', options: {} }));
  await build('music', JSON.stringify({ name: 'music', version: '2', options: {} }));
  await build('environment', 'damaged');
});
afterAll(() => rm(cache, { recursive: true, force: true }));

async function list(...flags: string[]): Promise<string> {
  const env = { ...process.env, RINGTRUE_CACHE: cache };
  return (await run(process.execPath, [MAIN, 'corpus', 'list', ...flags], { env })).stdout;
}

test('says which version is built, and how to build an old one anew', async () => {
  const text = await list();
  expect(text).toMatch(/^replay +198 MB +version 1, old /m);
  expect(text).toMatch(/^music +172 MB +version 2 {2}/m);
  expect(text).toMatch(/^environment +261 MB +yes /m);
  expect(text).toMatch(/^keystrokes +3 MB +no /m);
  expect(text.match(/builds it anew/g)).toHaveLength(1);
  expect(text).toContain('this program builds 2: `ringtrue corpus build replay`');
});

test('as JSON: what is built, what would be, and whether that is later', async () => {
  const rows: { name: string }[] = JSON.parse(await list('--json'));
  const rowOf = (name: string) => rows.find((row) => row.name === name);
  expect(rowOf('replay')).toMatchObject({ built: true, version: '1', builds: '2', outdated: true });
  expect(rowOf('music')).toMatchObject({ built: true, version: '2', outdated: false });
  expect(rowOf('environment')).toMatchObject({ built: true, version: null, outdated: false });
  expect(rowOf('keystrokes')).toMatchObject({ built: false, version: null, builds: '1' });
  expect(rowOf('toy')).toMatchObject({ built: false, builds: null, outdated: false });
});
