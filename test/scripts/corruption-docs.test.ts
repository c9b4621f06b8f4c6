import { spawnSync } from 'node:child_process';
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'corruption-docs-'));
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => cp(join(root, 'docs/corruptions'), folder, { recursive: true }));

function check(...where: string[]) {
  const script = join(root, 'scripts/make-corruption-docs.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, '--check', ...where], {
    cwd: root,
    encoding: 'utf8',
  });
  return { status, stderr };
}

interface Measured {
  params: Record<string, unknown>;
  snrDb: { mean: number };
}

async function changeMeasured(
  change: (effects: Record<string, Measured[]>) => void,
): Promise<void> {
  const path = join(folder, 'measured.json');
  const measured = JSON.parse(await readFile(path, 'utf8'));
  change(measured.effects);
  await writeFile(path, `${JSON.stringify(measured, null, 1)}\n`);
}

test('the pages of the corruptions are those of the registry', () => {
  expect(check()).toEqual({ status: 0, stderr: '' });
});

test.each<[string, () => Promise<void>, string]>([
  ['a changed page', () => appendFile(join(folder, 'echo.md'), 'x\n'), 'echo.md is stale'],
  [
    'a page of nothing',
    () => writeFile(join(folder, 'hum.md'), 'x\n'),
    'hum.md is of no corruption',
  ],
  ['a lost picture', () => rm(join(folder, 'img/clip.png')), 'clip has no picture'],
  [
    'other levels',
    () => changeMeasured((effects) => effects.mp3!.pop()),
    'mp3 was measured with other levels',
  ],
  [
    'other parameters',
    () => changeMeasured((effects) => Object.assign(effects.opus![0]!.params, { kbps: 30 })),
    'opus was measured with other levels',
  ],
  [
    'a ladder that does not climb',
    () => changeMeasured((effects) => Object.assign(effects.clip![1]!.snrDb, { mean: 99 })),
    'snrDb of clip does not go one way',
  ],
])('%s is told', async (_, change, problem) => {
  await change();
  const { status, stderr } = check(folder);
  expect(stderr).toContain(problem);
  expect(status).toBe(1);
});
