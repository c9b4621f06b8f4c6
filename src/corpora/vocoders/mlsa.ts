/**
 * Source–filter copy-synthesis by the mel log spectrum approximation filter (Imai 1983), through SPTK's programs.
 * @module
 */

import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RingtrueError } from '../../core/errors.ts';
import type { PackageRoot } from '../packages.ts';

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
  const folder = (await readdir(libexec).catch((): string[] => [])).includes('mlsadf')
    ? libexec
    : join(root.debian, 'usr/lib/sptk/bin');
  const sptk = (commands: readonly SptkCommand[], input: Float32Array): Promise<Float32Array> =>
    pipe(folder, commands, input, root.env);
  const loud = x.map((value) => value * 32768);
  const periods = await sptk(
    [['pitch', '-a', 0, '-s', 16, '-p', HOP, '-L', 60, '-H', 400, '-o', 0]],
    loud,
  );
  const cepstra = await sptk(
    [
      ['frame', '-l', FRAME, '-p', HOP],
      ['window', '-l', FRAME, '-L', FFT_SIZE],
      ['mcep', '-l', FFT_SIZE, '-m', ORDER, '-a', ALPHA, '-e', 0.001],
    ],
    loud,
  );
  const cepstrumFile = await temporaryFile(cepstra);
  try {
    const y = await sptk(
      [
        ['excite', '-p', HOP],
        ['mlsadf', '-m', ORDER, '-a', ALPHA + warp, '-p', HOP, '-P', 5, cepstrumFile.path],
      ],
      periods.map((period) => period / pitch),
    );
    const out = new Float32Array(x.length);
    for (let i = 0; i < out.length; i += 1) out[i] = (y[i] ?? 0) / 32768;
    return out;
  } finally {
    await cepstrumFile.remove();
  }
}

async function temporaryFile(
  data: Float32Array,
): Promise<{ path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'ringtrue-mlsa-'));
  const path = join(folder, 'mcep');
  await writeFile(path, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A program of SPTK and its arguments. */
type SptkCommand = readonly [name: string, ...args: (string | number)[]];

/** Runs programs one into the other, all started by one shell: a process of ours takes long to start another. */
function pipe(
  folder: string,
  commands: readonly SptkCommand[],
  input: Float32Array,
  env: NodeJS.ProcessEnv,
): Promise<Float32Array> {
  return new Promise((resolve, reject) => {
    const quote = (word: string | number): string => `'${`${word}`.replaceAll("'", `'\\''`)}'`;
    const line = commands
      .map(([name, ...args]) => [join(folder, name), ...args].map(quote).join(' '))
      .join(' | ');
    const child = spawn('bash', ['-c', `set -o pipefail; ${line}`], { env });
    const chunks: Buffer[] = [];
    let errors = '';
    const fail = (why: string): void =>
      reject(
        new RingtrueError(
          'corpora/generator-failed',
          `${commands.map(([name]) => name).join(' | ')} failed: ${why.slice(-400)}`,
        ),
      );
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.on('error', (error) => fail(error.message));
    child.stdin.on('error', () => undefined);
    child.on('close', (code) => {
      if (code !== 0) {
        fail(errors);
        return;
      }
      const bytes = Buffer.concat(chunks);
      const out = new Float32Array(bytes.length >> 2);
      new Uint8Array(out.buffer).set(bytes.subarray(0, out.byteLength));
      resolve(out);
    });
    child.stdin.end(Buffer.from(input.buffer, input.byteOffset, input.byteLength));
  });
}
