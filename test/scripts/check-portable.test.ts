import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const script = resolve('scripts/check-portable.mjs');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portable-'));
  for (const room of ['src/audio/dsp/kernels/assembly', 'src/corruptions', 'src/metrics'])
    mkdirSync(join(folder, room), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

function check(file: string, text: string) {
  writeFileSync(join(folder, file), text);
  const { status, stderr } = spawnSync('node', [script], { cwd: folder, encoding: 'utf8' });
  return { status, stderr };
}

test.each([
  ['what the language fixes', 'src/audio/dsp/a.ts', 'Math.sqrt(Math.abs(Math.floor(x)));\n'],
  ['a comment', 'src/corruptions/a.ts', '/* Math.sin(x),\n * x ** 2 */ // Math.exp(x)\n'],
  ['a test', 'src/audio/dsp/a.test.ts', 'Math.sin(x) ** 2;\n'],
  ['generated code', 'src/audio/dsp/kernels/a.generated.ts', 'Math.sin(x);\n'],
  ['a kernel of its own language', 'src/audio/dsp/kernels/assembly/a.ts', 'Math.sin(x);\n'],
  ['a picture for people', 'src/audio/dsp/spectrogram-image.ts', 'Math.log10(x);\n'],
  ['a room that computes no sound', 'src/metrics/a.ts', 'Math.exp(x);\n'],
])('%s passes', (_, file, text) => {
  expect(check(file, text)).toEqual({ status: 0, stderr: '' });
});

test.each([
  ['Math.sin', 'src/audio/dsp/a.ts', 'const a = 1;\nconst b = Math.sin(a);\n', 2],
  ['Math.log10', 'src/corruptions/a.ts', '/* two\nlines */ Math.log10(a);\n', 2],
  ['Math.pow', 'src/audio/dsp/kernels/a.ts', 'Math.pow(a, b);\n', 1],
  ['**', 'src/corruptions/a.ts', 'const c = a ** b; // a power\n', 1],
])('%s fails', (found, file, text, line) => {
  expect(check(file, text)).toEqual({
    status: 1,
    stderr: `${file}:${line}: ${found} may differ between engines\n`,
  });
});
