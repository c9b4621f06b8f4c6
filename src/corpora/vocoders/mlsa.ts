/**
 * Source–filter copy-synthesis by the mel log spectrum approximation filter (Imai 1983), through SPTK's programs.
 * @module
 */

import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RingtrueError } from '../../core/errors.ts';
import type { PackageRoot } from '../packages.ts';

const run = promisify(execFile);

const ORDER = 24;
const ALPHA = 0.42;
const FRAME = 400;
const HOP = 80;
const FFT_SIZE = 512;

/** Changes of the voice; `{pitch: 1, warp: 0}` is plain copy-synthesis. */
export interface MlsaOptions {
  /** Factor on the pitch. */
  readonly pitch: number;
  /** Added to the all-pass constant at synthesis: > 0 sounds like a longer vocal tract. */
  readonly warp: number;
}

/**
 * Analyses and resynthesises 16-kHz speech.
 * @returns `[x.length]`
 * @throws RingtrueError `corpora/generator-failed`
 */
export async function mlsa(
  x: Float32Array,
  { pitch, warp }: MlsaOptions,
  root: PackageRoot,
): Promise<Float32Array> {
  const libexec = join(root.debian, 'usr/libexec/sptk/bin');
  const programs = (await readdir(libexec).catch((): string[] => [])).includes('mlsadf')
    ? libexec
    : join(root.debian, 'usr/lib/sptk/bin');
  const folder = await mkdtemp(join(tmpdir(), 'ringtrue-mlsa-'));
  try {
    const loud = x.map((value) => value * 32768);
    await writeFile(
      join(folder, 'x'),
      new Uint8Array(loud.buffer, loud.byteOffset, loud.byteLength),
    );
    const script = [
      'set -e -o pipefail',
      `pitch -a 0 -s 16 -p ${HOP} -L 60 -H 400 -o 0 < x > periods & tracker=$!`,
      `frame -l ${FRAME} -p ${HOP} < x | window -l ${FRAME} -L ${FFT_SIZE} |` +
        ` mcep -l ${FFT_SIZE} -m ${ORDER} -a ${ALPHA} -e 0.001 > mcep`,
      'wait $tracker',
      `sopr -d ${pitch} < periods | excite -p ${HOP} |` +
        ` mlsadf -m ${ORDER} -a ${ALPHA + warp} -p ${HOP} -P 5 mcep > y`,
    ].join('\n');
    // One shell starts all programs: a process of ours takes long to start another.
    await run('bash', ['-c', script], {
      cwd: folder,
      env: { ...root.env, PATH: `${programs}:${process.env.PATH ?? ''}` },
    });
    const bytes = await readFile(join(folder, 'y'));
    const y = new Float32Array(bytes.length >> 2);
    new Uint8Array(y.buffer).set(bytes.subarray(0, y.byteLength));
    const out = new Float32Array(x.length);
    for (let i = 0; i < out.length; i += 1) out[i] = (y[i] ?? 0) / 32768;
    return out;
  } catch (error) {
    throw new RingtrueError(
      'corpora/generator-failed',
      `mlsa failed: ${String(error).slice(-400)}`,
      { cause: error },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
