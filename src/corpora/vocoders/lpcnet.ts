/**
 * Copy-synthesis by the LPCNet neural vocoder of Codec2, in a process of its own.
 * @module
 */

import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { toMono } from '../../audio/audio.ts';
import { readWav, writeWav } from '../../audio/io/wav.ts';
import { RingtrueError } from '../../core/errors.ts';
import { builtUrl } from '../../core/node/modules.ts';
import { CORPUS_RATE } from '../equalise.ts';
import type { PackageRoot } from '../packages.ts';

const run = promisify(execFile);

/**
 * Resynthesises a plane at 16 kHz from unquantised features.
 * @returns `[x.length]`
 * @throws RingtrueError `corpora/generator-failed`
 */
export async function lpcnet(x: Float32Array, { debian, env }: PackageRoot): Promise<Float32Array> {
  const libraries = join(debian, 'usr/lib');
  const machine = (await readdir(libraries)).find((name) => name.endsWith('-linux-gnu')) ?? '';
  const folder = await mkdtemp(join(tmpdir(), 'ringtrue-lpcnet-'));
  try {
    const input = join(folder, 'in.wav');
    const output = join(folder, 'out.wav');
    await writeFile(input, writeWav({ samples: [x], sampleRate: CORPUS_RATE }));
    const script = fileURLToPath(builtUrl(import.meta.url, '../generators/lpcnet.ts'));
    await run(
      process.execPath,
      [script, join(libraries, machine, 'libcodec2.so.1.0'), input, output],
      { env },
    );
    return toMono(readWav(await readFile(output)));
  } catch (error) {
    throw new RingtrueError(
      'corpora/generator-failed',
      `lpcnet-f failed: ${String(error).slice(0, 400)}`,
      { cause: error },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
