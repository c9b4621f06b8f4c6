/**
 * The thread behind {@link startWatchdog}.
 * @module
 */

import { parentPort, workerData } from 'node:worker_threads';
import { OVER_MEMORY, type Watched } from './watchdog.ts';

const WATCH_MS = 25;

// startWatchdog gave it.
const { parentPid, maxMemoryMb } = workerData as Watched;

setInterval(() => {
  if (process.ppid !== parentPid) process.kill(process.pid, 'SIGKILL');
  if (process.memoryUsage.rss() > maxMemoryMb * 2 ** 20) process.kill(process.pid, OVER_MEMORY);
}, WATCH_MS);
parentPort?.postMessage('watching');
