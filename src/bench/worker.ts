/**
 * The worker thread of a study: loads tools and detectors once, then runs units.
 * @module
 */

import { parentPort, workerData } from 'node:worker_threads';
import { type ErrorData, toRingtrueError } from '../core/errors.ts';
import type { Detector } from '../models/types.ts';
import { openCache } from '../store/cache.ts';
import type { PlannedClip } from './plan.ts';
import type { OpenTools, ToolsSetup } from './tools.ts';
import { runUnit, type UnitContext, type UnitResult, type UnitSettings } from './unit.ts';

/** What a worker is started with. */
export interface WorkerSetup extends ToolsSetup {
  readonly settings: UnitSettings;
  /** URL of the module that exports `openTools`. */
  readonly tools: string;
  readonly detectors: readonly { readonly ref: string; readonly name: string }[];
  /** Folder of cached scores; null for none. */
  readonly cache: string | null;
}

/** What a worker is asked. */
export type WorkerRequest =
  | { readonly type: 'run'; readonly clips: readonly PlannedClip[] }
  | { readonly type: 'close' };

/** What a worker answers. */
export type WorkerReply =
  | { readonly type: 'trials'; readonly count: number }
  | { readonly type: 'warning'; readonly code: string; readonly message: string }
  | { readonly type: 'result'; readonly result: UnitResult }
  | { readonly type: 'error'; readonly error: ErrorData }
  /** Tools or detectors cannot be loaded: no unit can be run. */
  | { readonly type: 'fatal'; readonly error: ErrorData };

function send(reply: WorkerReply): void {
  parentPort?.postMessage(reply);
}

/** Ends the unit that runs at its next condition. */
const stopping = new AbortController();
/** The unit that runs. */
let running: Promise<unknown> = Promise.resolve();

async function open(setup: WorkerSetup): Promise<UnitContext & { close(): Promise<void> }> {
  // The caller names a module with this export.
  const { openTools } = (await import(setup.tools)) as { openTools: OpenTools };
  const tools = await openTools(setup);
  const detectors: Detector[] = [];
  for (const { ref } of setup.detectors) detectors.push(await tools.loadDetector(ref));
  let warned = false;
  return {
    settings: setup.settings,
    tools,
    detectors,
    cache: setup.cache === null ? undefined : openCache(setup.cache),
    signal: stopping.signal,
    onTrials: (count) => send({ type: 'trials', count }),
    onWarning: ({ code, message }) => {
      if (!warned) send({ type: 'warning', code, message: `scores are not cached: ${message}` });
      warned = true;
    },
    close: async () => {
      for (const detector of detectors) await detector.dispose();
      await tools.close();
    },
  };
}

// The pool starts this file with a WorkerSetup and sends WorkerRequests.
const opening = open(workerData as WorkerSetup);
opening.catch((thrown: unknown) =>
  send({ type: 'fatal', error: toRingtrueError(thrown).toJSON() }),
);

parentPort?.on('message', (request: WorkerRequest) => {
  if (request.type === 'close') void close();
  else running = answer(request.clips);
});

async function answer(clips: readonly PlannedClip[]): Promise<void> {
  try {
    send({ type: 'result', result: await runUnit(clips, await opening) });
  } catch (thrown) {
    send({ type: 'error', error: toRingtrueError(thrown).toJSON() });
  }
}

async function close(): Promise<void> {
  stopping.abort();
  await running;
  const context = await opening.catch(() => undefined);
  await context?.close();
  parentPort?.close();
}
