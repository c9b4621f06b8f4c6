import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashBytes } from '../../src/core/hash.ts';
import { cacheFolder } from '../../src/core/node/files.ts';
import { VOICES } from '../../src/corpora/speech-mini.ts';
import type { Clip } from '../../src/datasets/clip.ts';
import { contamination } from '../../src/models/contamination.ts';
import { cardSchema } from '../../src/models/types.ts';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
/** Groups after which a build is killed. */
const KILLS = [3, 40];
const GROUPS = 80;

let root = '';
let clips: Clip[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-corpus-'));
  // A cache of its own, but for the packages: they are downloaded once for all.
  const packages = cacheFolder('packages');
  await mkdir(packages, { recursive: true });
  await mkdir(join(root, 'cache'));
  await symlink(packages, join(root, 'cache', 'packages'));
  expect(await ended(start('build', 'speech-mini', '--out', join(root, 'whole')))).toBe(0);
  clips = await manifest('whole');
}, 600_000);

afterAll(() => rm(root, { recursive: true, force: true }));

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [program, 'corpus', ...args, '--quiet'], {
    env: { ...process.env, RINGTRUE_CACHE: join(root, 'cache') },
    stdio: ['ignore', 'ignore', 'inherit'],
    // A group of processes, so that a kill takes the programs that it started along.
    detached: true,
  });
}

async function ended(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

async function manifest(name: string): Promise<Clip[]> {
  const text = await readFile(join(root, name, 'manifest.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Clip);
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

/** Names of clips that are there, with when they were written. */
async function written(name: string): Promise<Map<string, number>> {
  const folder = join(root, name, 'audio');
  const names = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith('.flac'));
  return new Map(
    await Promise.all(
      names.map(async (file) => [file, (await stat(join(folder, file))).mtimeMs] as const),
    ),
  );
}

const where = (split: string, label: string): Clip[] =>
  clips.filter((clip) => clip.split === split && clip.label === label);

test('the clips are those of the plan', () => {
  expect(clips.length).toBe(3 * GROUPS);
  for (const { split, speaker, language, spoken, copied } of VOICES) {
    const real = where(split, 'bonafide');
    const fake = where(split, 'spoof');
    expect(fake.length).toBe(2 * real.length);
    expect(new Set(real.map((clip) => clip.speaker))).toEqual(new Set([speaker]));
    expect(new Set([...real, ...fake].map((clip) => clip.language))).toEqual(new Set([language]));
    for (const [generator, count] of [...spoken, ...copied]) {
      expect(fake.filter((clip) => clip.generator === generator).length).toBe(count);
    }
    // Every fake says the sentence of its real partner.
    for (const clip of fake) {
      const partner = real.find(({ source }) => source === clip.source);
      expect(partner?.transcript).toBe(clip.transcript);
      expect(partner?.durationSec).toBe(clip.durationSec);
    }
  }
  expect(
    [where('train', 'bonafide'), where('dev', 'bonafide'), where('eval', 'bonafide')].map(
      (list) => list.length,
    ),
  ).toEqual([40, 20, 20]);
});

test('no speaker, generator or sentence is in two splits, and every clip has a licence', () => {
  for (const of of [
    (clip: Clip) => clip.generator,
    (clip: Clip) => clip.source,
    (clip: Clip) => clip.transcript,
    (clip: Clip) => (clip.label === 'bonafide' ? clip.speaker : undefined),
  ]) {
    const splits = new Map<string, Set<string>>();
    for (const clip of clips) {
      const value = of(clip);
      if (value === undefined) continue;
      splits.set(value, (splits.get(value) ?? new Set()).add(clip.split ?? ''));
    }
    for (const [value, found] of splits) expect([value, found.size]).toEqual([value, 1]);
  }
  for (const clip of clips) expect(clip.licence).toMatch(/\w/);
});

test('the recorded checksums are those of the files', async () => {
  for (const clip of clips) {
    expect(hashBytes(await readFile(join(root, 'whole', clip.path)))).toBe(clip.sha256);
  }
});

test.each(['lfcc-gmm', 'acoustic-logistic'])(
  'the card of %s names the training clips of this version',
  async (name) => {
    const text = await readFile(new URL(`../../models/${name}/card.json`, import.meta.url), 'utf8');
    const card = cardSchema.parse(JSON.parse(text));
    const trainedOn = 'speech-mini train';
    expect(contamination(card, clips).overlaps).toEqual([{ trainedOn, clips: 120 }]);
    expect(contamination(card, where('eval', 'spoof')).overlaps).toEqual([]);
  },
);

test('trivial features do not tell the classes apart beyond the bound', async () => {
  expect(await ended(start('verify', join(root, 'whole')))).toBe(0);
  await rm(join(root, 'whole', 'verify.json'));
});

test('a build that is killed twice continues, keeps what was done, and ends with the same bytes', async () => {
  const stages = join(root, 'cache', 'build');
  await rm(stages, { recursive: true });
  const groupsDone = async (): Promise<number> => {
    const [stage] = await readdir(stages).catch((): string[] => []);
    const done = await readdir(join(stages, stage ?? '', 'groups')).catch(() => []);
    return done.filter((name) => name.endsWith('.json')).length;
  };
  for (const kill of KILLS) {
    const before = await written('killed');
    const child = start('build', 'speech-mini', '--out', join(root, 'killed'));
    const exit = ended(child);
    while ((await groupsDone()) < kill) await new Promise((resolve) => setTimeout(resolve, 20));
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    expect(await exit).toBeNull();
    const after = await written('killed');
    // At most the groups that were in work are written again.
    const again = [...before].filter(([name, time]) => after.get(name) !== time);
    expect(again.length).toBeLessThanOrEqual(3 * availableParallelism());
    expect(after.size).toBeGreaterThanOrEqual(before.size);
  }
  expect(await ended(start('build', 'speech-mini', '--out', join(root, 'killed')))).toBe(0);
  expect(await hashes('killed')).toEqual(await hashes('whole'));
}, 600_000);
