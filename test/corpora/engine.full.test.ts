import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashBytes } from '../../src/core/hash.ts';
import { cacheFolder } from '../../src/core/node/files.ts';
import { fetchPackages } from '../../src/corpora/packages.ts';
import { SPEECH_MINI_PACKAGES } from '../../src/corpora/speech-mini.ts';
import { type Clip, clipSchema } from '../../src/datasets/clip.ts';

const program = fileURLToPath(new URL('../helpers/tiny-corpus.mjs', import.meta.url));
const GROUPS = 11;
const KILL_AFTER_GROUPS = 4;

let root = '';
let clips: Clip[] = [];
let card: { failures: { group: string; generator?: string; message: string }[] };

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-engine-'));
  const packages = cacheFolder('packages', 'speech-mini');
  await fetchPackages(SPEECH_MINI_PACKAGES, packages);
  // A cache for each of the two builds, but for the packages.
  for (const name of ['whole', 'killed']) {
    await mkdir(join(root, `${name}-cache`, 'packages'), { recursive: true });
    await symlink(packages, join(root, `${name}-cache`, 'packages', 'tiny'));
  }
  expect(await ended(start('whole'))).toBe(0);
  const text = await readFile(join(root, 'whole', 'manifest.jsonl'), 'utf8');
  clips = text
    .trim()
    .split('\n')
    .map((line) => clipSchema.parse(JSON.parse(line)));
  card = JSON.parse(await readFile(join(root, 'whole', 'corpus.json'), 'utf8'));
}, 600_000);

afterAll(() => rm(root, { recursive: true, force: true }));

function start(name: string): ChildProcess {
  return spawn(process.execPath, [program, join(root, name)], {
    env: { ...process.env, RINGTRUE_CACHE: join(root, `${name}-cache`) },
    stdio: ['ignore', 'ignore', 'inherit'],
    // A group of processes, so that a kill takes the programs that it started along.
    detached: true,
  });
}

async function ended(child: ChildProcess): Promise<number | null> {
  // What `exit` tells.
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

async function hashes(name: string): Promise<Record<string, string>> {
  const files = await readdir(join(root, name), { recursive: true, withFileTypes: true });
  const found: [string, string][] = [];
  for (const file of files) {
    if (!file.isFile()) continue;
    const path = join(file.parentPath, file.name);
    found.push([path.slice(join(root, name).length), hashBytes(await readFile(path))]);
  }
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

test('every group has its recording, its fakes with family and kind, and its controls', () => {
  const real = clips.filter(
    ({ label, group }) => label === 'bonafide' && group?.kind === undefined,
  );
  expect(real.length).toBe(GROUPS);
  for (const { source, transcript, durationSec, group } of real) {
    const others = clips.filter((clip) => clip.source === source && clip.group?.kind !== undefined);
    expect(others.length).toBeGreaterThanOrEqual(2);
    for (const other of others) {
      expect(other).toMatchObject({ transcript, durationSec, domain: 'prompts' });
      expect(other.group).toMatchObject({ codec: 'g722', family: expect.any(String) });
      expect(other.group?.part).toBe(group?.part);
    }
  }
  const controls = clips.filter(({ group }) => group?.family === 'codec-control');
  expect(controls.map(({ label, generator }) => [label, generator])).toEqual([
    ['bonafide', undefined],
    ['bonafide', undefined],
  ]);
  const generators = new Set(clips.flatMap(({ generator }) => generator ?? []));
  expect([...generators].sort()).toEqual(
    [
      'espeak',
      'espeak+lpcnet',
      'fest-lp',
      'griflim',
      'hum',
      'lpc',
      'mlsa',
      'psola',
      'world',
    ].sort(),
  );
});

test('a fake that fails is told in the card, and its group goes on without', () => {
  const hummed = clips.filter(({ generator }) => generator === 'hum');
  const asked = clips.filter(
    ({ group, label }) => group?.part === 'unseen-all' && label === 'bonafide',
  );
  const even = asked.filter(({ transcript }) => transcript!.length % 2 === 0);
  expect(even.length).toBeGreaterThan(0);
  expect(hummed.length).toBe(asked.length - even.length);
  expect(card.failures.map(({ group, generator }) => [group, generator])).toEqual(
    even
      .map(({ source }) => source)
      .sort()
      .map((source) => [source, 'hum']),
  );
});

test('a build that is killed goes on where it stopped, and ends with the same bytes', async () => {
  const stages = join(root, 'killed-cache', 'build');
  const done = async (): Promise<string[]> => {
    const files = await readdir(stages, { recursive: true }).catch((): string[] => []);
    return files.filter((name) => /groups\/[^/]*\.json$/.test(name));
  };
  const child = start('killed');
  const exit = ended(child);
  while ((await done()).length < KILL_AFTER_GROUPS) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  process.kill(-(child.pid ?? 0), 'SIGKILL');
  expect(await exit).toBeNull();
  expect((await done()).length).toBeLessThan(GROUPS);
  expect(await readdir(join(root, 'killed'))).not.toContain('manifest.jsonl');
  expect(await ended(start('killed'))).toBe(0);
  expect(await hashes('killed')).toEqual(await hashes('whole'));
}, 600_000);
