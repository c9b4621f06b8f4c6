/**
 * Compiles src/metrics/kernels/assembly/sort.ts and writes its bytes into
 * src/metrics/kernels/sort.generated.ts. A test holds the two together.
 * Usage: node scripts/build-metrics-kernel.mjs [--print]
 */
import { readFileSync, writeFileSync } from 'node:fs';

const GENERATED = 'src/metrics/kernels/sort.generated.ts';

/** Text of the generated module. */
async function buildKernel() {
  const asc = await import('assemblyscript/asc');
  const source = readFileSync('src/metrics/kernels/assembly/sort.ts', 'utf8');
  let binary;
  const { error, stderr } = await asc.main(
    [
      'sort.ts',
      '-O3',
      '--runtime',
      'stub',
      '--noAssert',
      '--importMemory',
      '--outFile',
      'out.wasm',
    ],
    {
      readFile: (name) => (name === 'sort.ts' ? source : null),
      writeFile: (name, data) => {
        if (name === 'out.wasm') binary = data;
      },
      listFiles: () => [],
    },
  );
  if (error !== null) throw new Error(`${error.message}\n${stderr.toString()}`);
  return `/**
 * Generated from assembly/sort.ts by scripts/build-metrics-kernel.mjs: do not edit.
 * @module
 */

/** The module's bytes, base64. */
export const SORT_KERNEL =
  '${Buffer.from(binary).toString('base64')}';
`;
}

const text = await buildKernel();
if (process.argv.includes('--print')) process.stdout.write(text);
else writeFileSync(GENERATED, text);
