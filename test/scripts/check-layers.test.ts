import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const script = resolve('scripts/check-layers.mjs');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'layers-'));
  for (const room of ['src/core', 'src/audio', 'src/metrics', 'src/cli', 'papers/01-x'])
    mkdirSync(join(folder, room), { recursive: true });
  writeFileSync(join(folder, 'src/core/a.ts'), 'export const a = 1;\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a tree in order passes', () => {
  writeFileSync(
    join(folder, 'src/cli/main.ts'),
    "import { a } from '../core/a.ts';\nexport const b = a;\n",
  );
  expect(execFileSync('node', [script], { cwd: folder, encoding: 'utf8' })).toContain(
    '2 files in order',
  );
});

test.each([
  [
    'a forbidden room',
    'src/metrics/m.ts',
    "import '../audio/x.ts';",
    'metrics may not import audio',
  ],
  [
    'an import of the top from below',
    'src/audio/m.ts',
    "import '../cli/x.ts';",
    'nothing below may import cli',
  ],
  [
    'a heavy package away from home',
    'src/metrics/m.ts',
    "import 'node-av/lib';",
    'node-av belongs behind src/audio/io/',
  ],
  [
    'a paper that knows more than the public entries',
    'papers/01-x/paper.ts',
    "import '../../src/metrics/m.ts';",
    'papers import public entries only',
  ],
  ['a circular import', 'src/core/m.ts', "import './m.ts';", 'circular import'],
])('%s fails', (_what, file, text, message) => {
  writeFileSync(join(folder, file), `${text}\n`);
  const { status, stderr } = spawnSync('node', [script], { cwd: folder, encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toContain(message);
});
