/**
 * Worker thread that screens recordings: takes a path, answers with what it heard.
 * @module
 */

import { parentPort } from 'node:worker_threads';
import { answerJobs } from './pool.ts';
import { screenRecording } from './screen.ts';

answerJobs(parentPort, screenRecording);
