/**
 * A thread that ends its own process: when the process that started it is gone, or when memory passes a
 * bound. It also does so while the main thread hangs in native code, where no event is heard.
 * @module
 */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { builtUrl } from '../../core/node/modules.ts';

/** What a process is watched for. */
export interface Watched {
  /** Id of the process that started this one. */
  readonly parentPid: number;
  /** Bound on resident memory, in MB. */
  readonly maxMemoryMb: number;
}

/**
 * Signal that a process gets where its memory passes the bound, so that who started it can tell that from
 * other ends.
 */
export const OVER_MEMORY = 'SIGUSR2';

/** Starts the thread; resolves once it watches. It does not keep the process alive. */
export async function startWatchdog(watched: Watched): Promise<void> {
  const thread = new Worker(builtUrl(import.meta.url, './watchdog-thread.ts'), {
    workerData: watched,
    resourceLimits: { maxOldGenerationSizeMb: 16 },
  });
  await once(thread, 'message');
  thread.unref();
}
