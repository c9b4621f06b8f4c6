/**
 * Neural copy-synthesis by the LPCNet of Codec2, in a process that stays up from clip to clip.
 * @module
 */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { toMono } from '../../audio/audio.ts';
import { readWav, writeWav } from '../../audio/io/wav.ts';
import { RingtrueError } from '../../core/errors.ts';
import { builtUrl } from '../../core/node/modules.ts';
import type { PackageRoot } from '../packages.ts';
import type { LpcnetJob } from './lpcnet-process.ts';

const SAMPLE_RATE = 16000;

/** How {@link lpcnet} codes. */
export interface LpcnetOptions {
  /** True goes through the 1733-bit/s coding of the features. */
  readonly quantised: boolean;
}

interface Vocoder {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  readonly answers: Interface;
  /** True while a clip is under way: only then does the process keep this thread from ending. */
  hold(busy: boolean): void;
}

/** One process a thread and library; it ends when its input closes, which is when the thread ends. */
const vocoders = new Map<string, Vocoder>();

/**
 * Analyses and resynthesises 16-kHz speech; the delay of 25 or (quantised) 55 ms is taken out.
 * @returns `[x.length]`
 * @throws RingtrueError `corpora/generator-failed`
 */
export async function lpcnet(
  x: Float32Array,
  { quantised }: LpcnetOptions,
  root: PackageRoot,
): Promise<Float32Array> {
  const folder = await mkdtemp(join(tmpdir(), 'ringtrue-lpcnet-'));
  try {
    const input = join(folder, 'in.wav');
    const output = join(folder, 'out.wav');
    await writeFile(input, writeWav({ samples: [x], sampleRate: SAMPLE_RATE }));
    await ask(await vocoderOf(root), { input, output, quantised });
    return toMono(readWav(await readFile(output)));
  } catch (error) {
    throw new RingtrueError(
      'corpora/generator-failed',
      `lpcnet failed: ${String(error).slice(0, 400)}`,
      { cause: error },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function vocoderOf({ debian, env }: PackageRoot): Promise<Vocoder> {
  const libraries = join(debian, 'usr/lib');
  const machine = (await readdir(libraries)).find((name) => name.endsWith('-linux-gnu')) ?? '';
  const library = join(libraries, machine, 'libcodec2.so.1.0');
  const running = vocoders.get(library);
  if (running !== undefined) return running;
  const script = fileURLToPath(builtUrl(import.meta.url, './lpcnet-process.ts'));
  const child = spawn(process.execPath, [script, library], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => undefined);
  child.once('exit', () => vocoders.delete(library));
  // Pipes of a child are sockets.
  const handles = [child, child.stdin as Socket, child.stdout as Socket];
  const vocoder: Vocoder = {
    child,
    answers: createInterface({ input: child.stdout }),
    hold: (busy) => {
      for (const handle of handles) busy ? handle.ref() : handle.unref();
    },
  };
  vocoders.set(library, vocoder);
  return vocoder;
}

/** Jobs of one thread wait for one another. */
let last: Promise<unknown> = Promise.resolve();

function ask({ child, answers, hold }: Vocoder, job: LpcnetJob): Promise<void> {
  const mine = last.then(async () => {
    const ended = new AbortController();
    hold(true);
    try {
      const answer = once(answers, 'line', { signal: ended.signal });
      child.stdin.write(`${JSON.stringify(job)}\n`);
      const [line] = await Promise.race([
        answer,
        once(child, 'exit', { signal: ended.signal }).then(([code, signal]) => {
          throw new Error(`its process ended with ${code ?? signal}`);
        }),
      ]);
      // Written by lpcnet-process.ts.
      const { error } = JSON.parse(String(line)) as { error?: string };
      if (error !== undefined) throw new Error(error);
    } finally {
      hold(false);
      ended.abort();
    }
  });
  last = mine.catch(() => undefined);
  return mine;
}
