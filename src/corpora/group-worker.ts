/**
 * Worker thread that builds text groups: takes a {@link GroupJob}, answers with its clips and failures.
 * @module
 */

import { parentPort } from 'node:worker_threads';
import { buildGroup } from './group.ts';
import { answerJobs } from './pool.ts';

answerJobs(parentPort, buildGroup);
