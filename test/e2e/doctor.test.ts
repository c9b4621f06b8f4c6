import { spawnSync } from 'node:child_process';
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
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
  readonly detail: string;
  readonly mend: string | null;
  readonly advice: string | null;
}

/** How commands begin; what needs a person's choice is advice. */
const COMMAND =
  /^(npm install --ignore-scripts |apt-get install |ringtrue corpus build |export RINGTRUE_CACHE=)\S+$/;

function doctor(cache: string): { status: number | null; checks: Map<string, Check> } {
  const { status, stdout } = runRingtrue(['doctor', '--json'], { cwd: folder, cache });
  return { status, checks: checksOf(stdout) };
}

function checksOf(stdout: string): Map<string, Check> {
  const { checks }: { checks: Check[] } = JSON.parse(stdout);
  for (const { name, ok, mend, advice } of checks) {
    expect(mend === null && advice === null, name).toBe(ok);
    if (mend !== null) expect(mend, name).toMatch(COMMAND);
  }
  return new Map(checks.map((check) => [check.name, check]));
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
  expect(checks.get('cache folder')).toMatchObject({
    mend: 'export RINGTRUE_CACHE=FOLDER',
    advice: 'FOLDER is one that you may write',
  });
});

test('packages say their versions, those that are missing or of another version how to get them', async () => {
  // This program beside other packages and without its models, on a machine without programs.
  const root = join(folder, 'program');
  await cp('dist', join(root, 'dist'), { recursive: true });
  await mkdir(join(root, 'node_modules'));
  for (const name of await readdir('node_modules'))
    if (!['koffi', 'onnxruntime-node'].includes(name))
      await symlink(resolve('node_modules', name), join(root, 'node_modules', name));
  const about = JSON.parse(await readFile('package.json', 'utf8'));
  const { 'node-av': installed, koffi } = about.peerDependencies;
  about.peerDependencies['node-av'] = '99.0.0';
  await writeFile(join(root, 'package.json'), JSON.stringify(about));
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(root, 'dist/cli/main.js'), 'doctor', '--json'],
    { encoding: 'utf8', env: { PATH: '', RINGTRUE_CACHE: join(folder, 'cache') } },
  );
  expect(status).toBe(1);
  const checks = checksOf(stdout);
  expect(checks.get('node-av')).toMatchObject({
    ok: false,
    required: false,
    detail: `${installed}, tested with 99.0.0`,
    mend: 'npm install --ignore-scripts node-av@99.0.0',
  });
  expect(checks.get('koffi')?.mend).toBe(`npm install --ignore-scripts koffi@${koffi}`);
  expect(checks.get('onnxruntime-web')?.detail).toBe(about.peerDependencies['onnxruntime-web']);
  for (const name of ['detectors', 'apt-get', 'dpkg-deb', 'npm'])
    expect(checks.get(name), name).toMatchObject({ mend: null, advice: expect.any(String) });
});
