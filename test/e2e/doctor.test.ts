import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildToyCorpus } from '../../src/corpora/toy.ts';
import { runRingtrue } from '../helpers/command-line.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly required: boolean;
  readonly mend: string | null;
}

function doctor(cache: string): { status: number | null; checks: Map<string, Check> } {
  const { status, stdout } = runRingtrue(['doctor', '--json'], { cwd: folder, cache });
  const { checks }: { checks: Check[] } = JSON.parse(stdout);
  for (const check of checks) expect(check.mend === null, check.name).toBe(check.ok);
  return { status, checks: new Map(checks.map((check) => [check.name, check])) };
}

test('says what is here, and for what is missing the command that mends it', async () => {
  const cache = join(folder, 'cache');
  await buildToyCorpus(join(cache, 'corpora/backgrounds'), { speakers: 3, clipsPerSpeaker: 1 });
  const { status, checks } = doctor(cache);
  expect(status).toBe(0);
  for (const name of ['Node.js', 'node-av', 'codecs', 'detectors', 'cache folder'])
    expect(checks.get(name)?.ok, name).toBe(true);
  expect(checks.get('corpus backgrounds')?.ok).toBe(true);
  expect(checks.get('corpus speech-mini')).toMatchObject({
    ok: false,
    required: false,
    mend: 'ringtrue corpus build speech-mini',
  });
});

test('what all work needs makes the exit code 1', async () => {
  const cache = join(folder, 'locked');
  await mkdir(cache);
  await chmod(cache, 0o555);
  const { status, checks } = doctor(cache);
  expect(status).toBe(1);
  expect(checks.get('cache folder')?.mend).toContain('RINGTRUE_CACHE');
});
