#!/usr/bin/env node
/**
 * The `ringtrue` program.
 * @module
 */

import { reuseMemory } from '../core/node/memory.ts';
import { runCommandLine } from './run.ts';

reuseMemory();
// A closed pipe (`ringtrue … | head`) is the reader's wish, not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
process.exitCode = await runCommandLine(process.argv.slice(2));
