/**
 * Decoding in a process of its own, which may crash, hang or eat memory without harm: for every file that
 * we did not make.
 * @module
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ErrorData, errorFromData, RingtrueError } from '../../core/errors.ts';
import { builtUrl } from '../../core/node/modules.ts';
import { throwIfAborted } from '../../core/progress.ts';
import type { Decoded, DecodeLimits, DecodeOptions } from './decode.ts';

/** A decoder whose work cannot harm this process. */
export interface IsolatedDecoder {
  /**
   * Decodes a path or bytes.
   * @throws RingtrueError as `decode`, and `audio/limit-time`, `audio/limit-memory`, `audio/decoder-crashed`
   */
  decode(source: string | Uint8Array, options?: Omit<DecodeOptions, 'limits'>): Promise<Decoded>;
  /** Process ids at work or waiting, for tests. */
  readonly pids: readonly number[];
  /** Ends the processes. */
  close(): Promise<void>;
}

/** What the decoding process is asked. */
export interface DecodeRequest {
  readonly source: string | Uint8Array;
  readonly options: Omit<DecodeOptions, 'signal'>;
}

/** What it answers. */
export type DecodeAnswer = { readonly decoded: Decoded } | { readonly error: ErrorData };

const DEFAULT_TIME_SEC = 120;
const DEFAULT_MEMORY_MB = 2048;
const WATCH_MS = 100;

/**
 * Starts decoding processes when they are first needed; an idle one does not keep this process alive.
 * @param workers processes at once
 */
export function createIsolatedDecoder({
  limits = {},
  workers = 1,
}: {
  limits?: DecodeLimits;
  workers?: number;
} = {}): IsolatedDecoder {
  const idle: ChildProcess[] = [];
  const all = new Set<ChildProcess>();
  const waiting: (() => void)[] = [];
  let busy = 0;

  const start = (): ChildProcess => {
    const child = fork(fileURLToPath(builtUrl(import.meta.url, './isolated-process.ts')), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [`--max-old-space-size=${limits.maxMemoryMb ?? DEFAULT_MEMORY_MB}`],
    });
    all.add(child);
    child.once('exit', () => {
      all.delete(child);
      const at = idle.indexOf(child);
      if (at >= 0) idle.splice(at, 1);
    });
    return child;
  };
  const acquire = async (): Promise<ChildProcess> => {
    if (busy >= workers) await new Promise<void>((go) => waiting.push(go));
    busy += 1;
    const child = idle.pop() ?? start();
    child.ref();
    child.channel?.ref();
    return child;
  };
  const release = (child: ChildProcess): void => {
    busy -= 1;
    if (child.connected && child.exitCode === null && !child.killed) {
      child.unref();
      child.channel?.unref();
      idle.push(child);
    }
    waiting.shift()?.();
  };

  return {
    get pids() {
      return [...all].flatMap((child) => child.pid ?? []);
    },
    async decode(source, { signal, ...options } = {}) {
      throwIfAborted(signal);
      const child = await acquire();
      try {
        throwIfAborted(signal);
        return await askChild(
          child,
          {
            source: typeof source === 'string' ? resolve(source) : source,
            options: { ...options, limits },
          },
          limits,
          signal,
        );
      } finally {
        release(child);
      }
    },
    async close() {
      await Promise.all(
        [...all].map(async (child) => {
          if (child.exitCode !== null) return;
          const exit = once(child, 'exit');
          // An idle child was let go of: without this the caller could end before the exit is seen.
          child.ref();
          child.kill('SIGKILL');
          await exit;
        }),
      );
    },
  };
}

function askChild(
  child: ChildProcess,
  request: DecodeRequest,
  limits: DecodeLimits,
  signal: AbortSignal | undefined,
): Promise<Decoded> {
  const maxTimeSec = limits.maxTimeSec ?? DEFAULT_TIME_SEC;
  const maxMemoryMb = limits.maxMemoryMb ?? DEFAULT_MEMORY_MB;
  const name = typeof request.source === 'string' ? JSON.stringify(request.source) : 'the sound';
  return new Promise((resolvePromise, reject) => {
    let reason: RingtrueError | undefined;
    const stop = (error: RingtrueError): void => {
      reason ??= error;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(
      () =>
        stop(
          new RingtrueError(
            'audio/limit-time',
            `${name} took longer than ${maxTimeSec} s to decode`,
            { details: { maxTimeSec } },
          ),
        ),
      1000 * maxTimeSec,
    );
    const watch = setInterval(() => {
      void residentMb(child.pid).then((megabytes) => {
        if (megabytes > maxMemoryMb) {
          stop(
            new RingtrueError(
              'audio/limit-memory',
              `${name} needed more than ${maxMemoryMb} MB to decode`,
              { details: { maxMemoryMb } },
            ),
          );
        }
      });
    }, WATCH_MS);
    const onAbort = (): void => stop(new RingtrueError('core/cancelled', 'cancelled'));
    const finish = (): void => {
      clearTimeout(timer);
      clearInterval(watch);
      signal?.removeEventListener('abort', onAbort);
      child.off('message', onMessage);
      child.off('exit', onExit);
      child.off('error', onError);
    };
    const onMessage = (answer: DecodeAnswer): void => {
      finish();
      if ('decoded' in answer) resolvePromise(answer.decoded);
      else reject(errorFromData(answer.error));
    };
    const onExit = (code: number | null, killedBy: NodeJS.Signals | null): void => {
      finish();
      // V8 aborts when its heap limit is reached.
      const outOfMemory = killedBy === 'SIGABRT' || code === 134;
      reject(
        reason ??
          (outOfMemory
            ? new RingtrueError(
                'audio/limit-memory',
                `${name} needed more than ${maxMemoryMb} MB to decode`,
              )
            : new RingtrueError(
                'audio/decoder-crashed',
                `the decoder crashed on ${name} (${killedBy ?? `code ${code}`})`,
              )),
      );
    };
    const onError = (error: Error): void => {
      finish();
      // A process that cannot be written to is gone or going: it must not be given another file.
      child.kill('SIGKILL');
      reject(
        new RingtrueError(
          'audio/decoder-crashed',
          `the decoder cannot be reached: ${error.message}`,
          { cause: error },
        ),
      );
    };
    child.on('message', onMessage);
    child.once('exit', onExit);
    child.once('error', onError);
    signal?.addEventListener('abort', onAbort, { once: true });
    child.send(request, (error) => {
      if (error !== null) onError(error);
    });
  });
}

/** Resident memory of a process by Linux's /proc; 0 where it cannot be read, so that only V8's own limit holds there. */
async function residentMb(pid: number | undefined): Promise<number> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
