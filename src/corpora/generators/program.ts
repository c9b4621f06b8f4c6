/**
 * Programs that speak: how they are run, and what they leave.
 * @module
 */

import { execFile } from 'node:child_process';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RingtrueError } from '../../core/errors.ts';

const run = promisify(execFile);
const TIMEOUT_MS = 300_000;
/** Characters of a program's message that an error keeps. */
const MAX_REASON = 400;
/** A WAV file without a sample. */
const EMPTY_WAV_BYTES = 44;

/** Runs a program to its end. @throws RingtrueError `corpora/generator-failed` with what it said last */
export async function runProgram(
  path: string,
  args: readonly string[],
  options: {
    readonly env?: NodeJS.ProcessEnv;
    readonly cwd?: string;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<void> {
  const { env = process.env, cwd, signal } = options;
  try {
    const running = run(path, [...args], {
      env,
      timeout: TIMEOUT_MS,
      maxBuffer: 16 * 1024 * 1024,
      ...(cwd === undefined ? {} : { cwd }),
      ...(signal === undefined ? {} : { signal }),
    });
    // One that waits for a text on its input must not wait for ever.
    running.child.stdin?.end();
    await running;
  } catch (error) {
    if (signal?.aborted) throw new RingtrueError('core/cancelled', 'cancelled');
    throw new RingtrueError(
      'corpora/generator-failed',
      `${path} failed: ${reasonOf(error).slice(-MAX_REASON)}`,
      { cause: error },
    );
  }
}

/** What a program said last, or else what ended it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const said = 'stderr' in error ? String(error.stderr).trim() : '';
  if (said !== '') return said;
  const signal = 'signal' in error ? error.signal : null;
  return typeof signal === 'string' ? `ended by ${signal}` : String(error);
}

/** The folder of libraries that is named after the machine: `usr/lib/x86_64-linux-gnu`. */
export async function libraryFolder(debian: string): Promise<string> {
  const library = join(debian, 'usr/lib');
  const machine = (await readdir(library)).find((name) => name.endsWith('-linux-gnu'));
  return join(library, machine ?? '');
}

/** True if a generator left a sound there. */
export async function hasSound(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return (found?.size ?? 0) > EMPTY_WAV_BYTES;
}

/** Reads what a generator wrote. @throws RingtrueError `corpora/generator-failed` if it wrote nothing */
export async function readSpoken(path: string, generator: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch(() => new Uint8Array(0));
  if (bytes.length <= EMPTY_WAV_BYTES) {
    throw new RingtrueError('corpora/generator-failed', `${generator} wrote no sound to ${path}`);
  }
  return bytes;
}

/**
 * Lets a program that speaks many utterances in one process go on after one that stops it: what lies before
 * the first file that lacks is done, that utterance is given up, the rest is tried again.
 * @param speak speaks all it gets, in order, or throws
 */
export async function speakThrough<T extends { readonly path: string }>(
  utterances: readonly T[],
  speak: (some: readonly T[]) => Promise<void>,
): Promise<void> {
  let rest = utterances;
  let failure: unknown;
  let spoken = 0;
  while (rest.length > 0) {
    let failed = false;
    try {
      await speak(rest);
    } catch (error) {
      if (isCancelled(error)) throw error;
      failure = error;
      failed = true;
    }
    if (!failed) return;
    const stopped = await firstSilent(rest);
    spoken += stopped;
    // The one that stopped it may have left half a file.
    const broken = rest[stopped];
    if (broken !== undefined) await rm(broken.path, { force: true });
    rest = rest.slice(stopped + 1);
  }
  if (spoken === 0) throw failure;
}

function isCancelled(error: unknown): boolean {
  return error instanceof RingtrueError && error.code === 'core/cancelled';
}

async function firstSilent(utterances: readonly { readonly path: string }[]): Promise<number> {
  for (const [i, { path }] of utterances.entries()) if (!(await hasSound(path))) return i;
  return utterances.length;
}

/** Speaks one utterance after the other; those that fail leave no file. @throws what the last threw if all failed */
export async function speakEach<T extends { readonly path: string }>(
  utterances: readonly T[],
  speak: (one: T, path: string) => Promise<void>,
): Promise<void> {
  let failure: unknown;
  let failures = 0;
  for (const utterance of utterances) {
    const half = `${utterance.path}.half.wav`;
    try {
      await speak(utterance, half);
      await rename(half, utterance.path);
    } catch (error) {
      if (isCancelled(error)) throw error;
      failure = error;
      failures += 1;
      await rm(half, { force: true });
    }
  }
  if (failures > 0 && failures === utterances.length) throw failure;
}
