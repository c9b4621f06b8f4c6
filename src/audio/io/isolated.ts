/**
 * Decoding in a process of its own, which may crash, hang or eat memory without harm: for every file that
 * we did not make.
 * @module
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { locateMember } from '../../archives/archive.ts';
import { memberPath } from '../../archives/names.ts';
import type { Located } from '../../archives/types.ts';
import { type ErrorData, errorFromData, RingtrueError } from '../../core/errors.ts';
import { builtUrl } from '../../core/node/modules.ts';
import { throwIfAborted } from '../../core/progress.ts';
import { type AllDecodeLimits, type DecodeLimits, fillLimits } from './limits.ts';
import { isLocated, type MediaSource, openSource } from './source.ts';
import type { Decoded, DecodeOptions } from './types.ts';
import { OVER_MEMORY } from './watchdog.ts';

/** A decoder whose work cannot harm this process. */
export interface IsolatedDecoder {
  /**
   * Decodes a path (also one into an archive), bytes, or a stream of bytes.
   * @throws RingtrueError as `decode`, and `audio/limit-time`, `audio/limit-memory`, `audio/decoder-crashed`
   */
  decode(source: MediaSource, options?: Omit<DecodeOptions, 'limits'>): Promise<Decoded>;
  /**
   * Decodes likewise and gives what an analysis makes of it there: samples need not be sent from process to
   * process, and the work is shared among the processes.
   * @param analysis URL of a built module that exports `analyse: (decoded: Decoded) => T`, of which T can be
   * cloned
   */
  analyse<T>(
    source: MediaSource,
    analysis: URL,
    options?: Omit<DecodeOptions, 'limits'>,
  ): Promise<T>;
  /** Ids of the processes, at work or waiting. */
  readonly pids: readonly number[];
  /** Ends the processes; work that goes on fails with `core/cancelled`. */
  close(): Promise<void>;
}

/** What the decoding process is asked. */
export interface DecodeRequest {
  readonly source: string | Uint8Array | Located;
  readonly options: Omit<DecodeOptions, 'signal'>;
  /** Module that makes the result from what was decoded; null for the sound itself. */
  readonly analysis: string | null;
}

/** What a module of an analysis exports. */
export interface AnalysisModule {
  analyse(decoded: Decoded): unknown;
}

/** What it answers. */
export type DecodeAnswer =
  | { readonly state: 'accepted' }
  | { readonly state: 'done'; readonly result: unknown }
  | { readonly state: 'failed'; readonly error: ErrorData };

/** A process has this long to start and take its first file. */
const START_SEC = 30;
/** It may end on its own at the time limit; this much later it is ended. */
const GRACE_SEC = 0.25;
/** A process that ends before it took the file is none of the file's fault: another one is tried. */
const ATTEMPTS = 3;

/**
 * Starts decoding processes when they are first needed; an idle one does not keep this process alive.
 * @param limits bounds on every file; `maxMemoryMb` bounds the whole process, about 120 MB of which is the
 * decoder itself
 * @param workers processes at once
 */
export function createIsolatedDecoder({
  limits,
  workers = 1,
}: {
  limits?: DecodeLimits;
  workers?: number;
} = {}): IsolatedDecoder {
  const bounds = fillLimits(limits);
  const closing = new AbortController();
  const idle: ChildProcess[] = [];
  const all = new Set<ChildProcess>();
  const waiting: (() => void)[] = [];
  let busy = 0;

  const watched = [String(process.pid), String(bounds.maxMemoryMb)];

  const start = (): ChildProcess => {
    const child = fork(fileURLToPath(builtUrl(import.meta.url, './isolated-process.ts')), watched, {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [`--max-old-space-size=${Math.ceil(bounds.maxMemoryMb)}`],
    });
    all.add(child);
    child.once('exit', () => all.delete(child));
    // A broken channel to an idle process is noticed when it is used next.
    child.on('error', () => undefined);
    return child;
  };
  const acquire = async (signal: AbortSignal): Promise<ChildProcess> => {
    throwIfAborted(signal);
    if (busy >= workers) await turn(waiting, signal);
    busy += 1;
    for (let child = idle.pop(); child !== undefined; child = idle.pop()) {
      if (!isAlive(child)) continue;
      child.ref();
      child.channel?.ref();
      return child;
    }
    return start();
  };
  const release = (child: ChildProcess): void => {
    busy -= 1;
    if (isAlive(child)) {
      child.unref();
      child.channel?.unref();
      idle.push(child);
    }
    waiting.shift()?.();
  };

  const run = async (
    source: MediaSource,
    analysis: string | null,
    { signal: cancel, ...options }: Omit<DecodeOptions, 'limits'>,
  ): Promise<unknown> => {
    const signals = cancel === undefined ? [closing.signal] : [closing.signal, cancel];
    const signal = AbortSignal.any(signals);
    const request: DecodeRequest = {
      source: await portable(source, bounds, signal),
      options: { ...options, limits: bounds },
      analysis,
    };
    for (let attempt = 1; ; attempt += 1) {
      const child = await acquire(signal);
      try {
        return await askChild(child, request, bounds, signal);
      } catch (error) {
        if (error !== NEVER_ACCEPTED) throw error;
        if (attempt === ATTEMPTS) {
          throw new RingtrueError(
            'audio/decoder-crashed',
            `the decoder process ended ${ATTEMPTS} times before it took a file`,
          );
        }
      } finally {
        release(child);
      }
    }
  };

  return {
    get pids() {
      return [...all].flatMap((child) => child.pid ?? []);
    },
    // Without an analysis the process answers with what it decoded.
    decode: async (source, options = {}) => (await run(source, null, options)) as Decoded,
    analyse: async <T>(
      source: MediaSource,
      analysis: URL,
      options: Omit<DecodeOptions, 'limits'> = {},
    ) =>
      // The caller names the module together with the type of what it makes.
      (await run(source, analysis.href, options)) as T,
    async close() {
      closing.abort();
      await Promise.all(
        [...all].map(async (child) => {
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

function isAlive(child: ChildProcess): boolean {
  return child.connected && child.exitCode === null && child.signalCode === null && !child.killed;
}

/** Waits for a free place. */
function turn(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((go, reject) => {
    const take = (): void => {
      signal.removeEventListener('abort', leave);
      go();
    };
    const leave = (): void => {
      waiting.splice(waiting.indexOf(take), 1);
      reject(new RingtrueError('core/cancelled', 'cancelled'));
    };
    waiting.push(take);
    signal.addEventListener('abort', leave, { once: true });
  });
}

/**
 * What can be sent to another process: absolute paths, places in archives (found here, where the list of an
 * archive is read once), and bytes within the limit.
 */
async function portable(
  source: MediaSource,
  { maxBytes }: AllDecodeLimits,
  signal: AbortSignal,
): Promise<DecodeRequest['source']> {
  throwIfAborted(signal);
  if (typeof source === 'string')
    return (await locateMember(source, { signal })) ?? resolve(source);
  if (isLocated(source)) return source;
  const bytes = await openSource(source, { maxBytes, signal });
  return bytes.read(0, bytes.size);
}

function nameOf(source: DecodeRequest['source']): string {
  if (typeof source === 'string') return JSON.stringify(source);
  return isLocated(source)
    ? JSON.stringify(memberPath(source.archive, source.member))
    : 'the sound';
}

/** Rejection of {@link askChild} where the process ended before it said that it had the file. */
const NEVER_ACCEPTED = Symbol('never accepted');

function askChild(
  child: ChildProcess,
  request: DecodeRequest,
  { maxTimeSec, maxMemoryMb }: AllDecodeLimits,
  signal: AbortSignal,
): Promise<unknown> {
  const name = nameOf(request.source);
  const tooLong = (): RingtrueError =>
    new RingtrueError('audio/limit-time', `${name} took longer than ${maxTimeSec} s to decode`, {
      details: { maxTimeSec },
    });
  const tooMuch = (): RingtrueError =>
    new RingtrueError(
      'audio/limit-memory',
      `${name} needed more than ${maxMemoryMb} MB to decode`,
      { details: { maxMemoryMb } },
    );
  return new Promise((resolvePromise, reject) => {
    let accepted = false;
    let reason: RingtrueError | undefined;
    const stop = (error: RingtrueError): void => {
      reason ??= error;
      child.kill('SIGKILL');
    };
    let timer = setTimeout(() => child.kill('SIGKILL'), 1000 * START_SEC);
    const onAbort = (): void => stop(new RingtrueError('core/cancelled', 'cancelled'));
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      child.off('message', onMessage);
      child.off('exit', onExit);
    };
    const onMessage = (answer: DecodeAnswer): void => {
      if (answer.state === 'accepted') {
        accepted = true;
        clearTimeout(timer);
        timer = setTimeout(() => stop(tooLong()), 1000 * (maxTimeSec + GRACE_SEC));
        return;
      }
      finish();
      if (answer.state === 'done') resolvePromise(answer.result);
      else reject(errorFromData(answer.error));
    };
    const onExit = (code: number | null, killedBy: NodeJS.Signals | null): void => {
      finish();
      if (reason !== undefined) {
        reject(reason);
      } else if (!accepted) {
        reject(NEVER_ACCEPTED);
      } else if (killedBy === OVER_MEMORY || killedBy === 'SIGABRT' || code === 134) {
        // The watchdog saw it; or V8 aborted at its heap limit.
        reject(tooMuch());
      } else {
        reject(
          new RingtrueError(
            'audio/decoder-crashed',
            `the decoder crashed on ${name} (${killedBy ?? `code ${code}`})`,
            { details: { signal: killedBy, code } },
          ),
        );
      }
    };
    child.on('message', onMessage);
    child.once('exit', onExit);
    signal.addEventListener('abort', onAbort, { once: true });
    child.send(request, (error) => {
      // A process whose channel is broken is of no use; its end then tells why.
      if (error !== null) child.kill('SIGKILL');
    });
  });
}
