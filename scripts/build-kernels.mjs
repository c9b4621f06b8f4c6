/**
 * Compiles the AssemblyScript of each `kernels/assembly` folder and writes its bytes into the
 * `*.generated.ts` beside it. A test holds source and bytes together.
 * Usage: node scripts/build-kernels.mjs [--check]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const KERNELS = [
  {
    folder: 'src/metrics/kernels',
    entry: 'sort.ts',
    generated: 'sort.generated.ts',
    name: 'SORT_KERNEL',
  },
  {
    folder: 'src/audio/dsp/kernels',
    entry: 'index.ts',
    generated: 'dsp.generated.ts',
    name: 'DSP_KERNEL',
  },
  {
    folder: 'src/models/gmm/kernels',
    entry: 'mixture.ts',
    generated: 'mixture.generated.ts',
    name: 'MIXTURE_KERNEL',
  },
];

/** Text of a generated module. */
async function build({ folder, entry, name }) {
  let binary;
  const { error, stderr } = await asc.main(
    [
      entry,
      '-O3',
      '--enable',
      'simd',
      '--runtime',
      'stub',
      '--noAssert',
      '--importMemory',
      '--outFile',
      'out.wasm',
    ],
    {
      readFile: (file) => {
        try {
          return readFileSync(join(folder, 'assembly', file), 'utf8');
        } catch {
          return null;
        }
      },
      writeFile: (file, data) => {
        if (file === 'out.wasm') binary = data;
      },
      listFiles: () => [],
    },
  );
  if (error !== null) throw new Error(`${folder}: ${error.message}\n${stderr.toString()}`);
  return `/**
 * Generated from assembly/${entry} by scripts/build-kernels.mjs: do not edit.
 * @module
 */

/** The module's bytes, base64. */
export const ${name} =
  '${Buffer.from(binary).toString('base64')}';
`;
}

const check = process.argv.includes('--check');
for (const kernel of KERNELS) {
  const text = await build(kernel);
  const file = join(kernel.folder, kernel.generated);
  if (!check) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${file} is not what its source compiles to: node scripts/build-kernels.mjs`);
    process.exitCode = 1;
  }
}
