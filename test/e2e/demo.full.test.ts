import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-demo-'));
  await mkdir(join(root, 'empty'));
});
afterAll(() => rm(root, { recursive: true }));

/** The demo on a machine without apt-get, dpkg-deb and npm: no package can be had. */
function demo(cache: string, ...args: string[]) {
  const program = [resolve('dist/cli/main.js'), 'demo', '--no-open', ...args];
  return spawnSync(process.execPath, program, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, RINGTRUE_CACHE: cache, PATH: join(root, 'empty') },
  });
}

test('without packages the demo runs on toy signals and says that they say nothing of speech', async () => {
  const { status, stdout, stderr } = demo(join(root, 'cache'), '--quiet');
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout).toContain('Real speech cannot be had here:');
  expect(stdout).toContain('apt-get is not installed');
  expect(stdout).toContain('hint:');
  expect(stdout).toContain('Using toy signals');
  // Twelve corruptions at three levels and clean, each with EER and error at the fixed threshold.
  expect(stdout).toMatch(/lfcc-gmm EER +at threshold +acoustic-logistic EER +at threshold/);
  const percent = String.raw`\d+\.\d %(?: \[\d+\.\d–\d+\.\d\])?`;
  const row = new RegExp(`^\\S+ .*${percent} +${percent} +${percent} +${percent}$`, 'gm');
  expect(stdout.match(row)).toHaveLength(37);
  expect(stdout).toMatch(/^Thresholds: lfcc-gmm .* by its card \(speech-mini dev/m);
  expect(stdout).toMatch(/Against lfcc-gmm, .*\n {2}acoustic-logistic: mCE \d/);
  // Toy signals are verified by nobody.
  expect(stdout).toContain('This corpus was not verified');
  const summary = JSON.parse(await readFile(join(root, 'runs/demo/summary.json'), 'utf8'));
  expect(summary.corpus).toMatchObject({ name: 'toy', split: 'eval' });
  expect(await readFile(join(root, 'runs/demo/report.html'), 'utf8')).toContain('<html');

  // Again: everything is there already, and --json is one document.
  const again = demo(join(root, 'cache'), '--json', '--quiet');
  expect(again.status).toBe(0);
  expect(JSON.parse(again.stdout).summary.results).toEqual(summary.results);
}, 240_000);

test('only what cannot be had is replaced by toy signals: any other failure ends the demo', async () => {
  const file = join(root, 'a-file');
  await writeFile(file, '');
  const { status, stdout, stderr } = demo(join(file, 'cache'), '--out', 'never', '--quiet');
  expect(status).toBe(1);
  expect(stderr).toMatch(/error core\/io-/);
  expect(stderr).toContain('hint:');
  expect(stdout).not.toContain('toy signals');
});
