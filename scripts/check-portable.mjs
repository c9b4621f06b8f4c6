/**
 * Signal code gives the same bits in every engine: no function of `Math` that the language leaves to the
 * engine, and no `**`, in the rooms below. src/core/portable-math.ts has what to use instead.
 * Usage: node scripts/check-portable.mjs
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDERS = ['src/corruptions', 'src/audio/dsp'];
/** Pictures for people: nothing is computed from them. */
const DISPLAY = new Set(['src/audio/dsp/spectrogram-image.ts']);
const ENGINE =
  /\bMath\.(?:sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|asinh|acosh|atanh|exp|expm1|log|log1p|log2|log10|pow|hypot|cbrt)\b|\*\*/g;

const files = FOLDERS.flatMap((folder) =>
  readdirSync(folder, { recursive: true }).map((file) => join(folder, file)),
).filter(
  (file) =>
    file.endsWith('.ts') &&
    !/\.test\.ts$|\.generated\.ts$|\/assembly\//.test(file) &&
    !DISPLAY.has(file),
);
for (const file of files) {
  const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, (comment) =>
    comment.replace(/[^\n]/g, ' '),
  );
  for (const [i, line] of code.split('\n').entries()) {
    for (const [found] of line.replace(/\/\/.*$/, '').matchAll(ENGINE)) {
      console.error(`${file}:${i + 1}: ${found} may differ between engines`);
      process.exitCode = 1;
    }
  }
}
