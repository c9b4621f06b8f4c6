/**
 * Worker thread that builds text groups: takes a {@link GroupJob}, answers with its clips or an error.
 * @module
 */

import { parentPort } from 'node:worker_threads';
import { toRingtrueError } from '../core/errors.ts';
import { buildGroup, type GroupJob } from './group.ts';

parentPort?.on('message', (job: GroupJob) => {
  buildGroup(job).then(
    (clips) => parentPort?.postMessage({ clips }),
    (error: unknown) => parentPort?.postMessage({ error: toRingtrueError(error).toJSON() }),
  );
});
