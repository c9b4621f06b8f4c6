import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cacheFolder, hashFile } from '../../src/core/node/files.ts';
import { KEYSTROKES } from '../../src/corpora/assemblies/keystrokes.ts';
import { fetchPackages } from '../../src/corpora/packages.ts';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
/** Rooms of the smallest variant, one a split. */
const ROOMS = 3;

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-assembly-'));
  const packages = cacheFolder('packages', 'keystrokes');
  await fetchPackages(KEYSTROKES.packages, packages);
  for (const name of ['whole', 'killed']) {
    await mkdir(join(root, `${name}-cache`, 'packages'), { recursive: true });
    await symlink(packages, join(root, `${name}-cache`, 'packages', 'keystrokes'));
  }
}, 300_000);
afterAll(() => rm(root, { recursive: true, force: true }));

function start(name: string): ChildProcess {
  const options = ['--limit', '1', '--workers', '1', '--quiet', '--out', join(root, name)];
  return spawn(process.execPath, [program, 'corpus', 'build', 'keystrokes', ...options], {
    env: { ...process.env, RINGTRUE_CACHE: join(root, `${name}-cache`) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function ended(child: ChildProcess): Promise<number | null> {
  // What `exit` tells.
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

async function hashes(name: string): Promise<Record<string, string>> {
  const found: [string, string][] = [];
  for (const path of (await readdir(join(root, name), { recursive: true })).sort()) {
    const file = join(root, name, path);
    if ((await stat(file)).isFile()) found.push([path, await hashFile(file)]);
  }
  return Object.fromEntries(found);
}

/** Records of the rooms that are finished. */
async function finished(): Promise<string[]> {
  const build = join(root, 'killed-cache', 'build');
  const files = await readdir(build, { recursive: true }).catch((): string[] => []);
  return files.filter((name) => /groups\/[^/]*\.json$/.test(name)).map((name) => join(build, name));
}

test('an assembly that is killed goes on where it stopped, and ends with the same bytes', async () => {
  expect(await ended(start('whole'))).toBe(0);
  const child = start('killed');
  const exit = ended(child);
  while ((await finished()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGKILL');
  expect(await exit).toBeNull();
  expect((await finished()).length).toBeLessThan(ROOMS);
  expect(await readdir(join(root, 'killed'))).not.toContain('manifest.jsonl');
  const [record = ''] = await finished();
  const { clips } = JSON.parse(await readFile(record, 'utf8'));
  const timeOf = async (): Promise<number> =>
    (await stat(join(root, 'killed', clips[0].path))).mtimeMs;
  const before = await timeOf();
  expect(await ended(start('killed'))).toBe(0);
  expect(await timeOf()).toBe(before);
  expect(await hashes('killed')).toEqual(await hashes('whole'));
}, 600_000);
