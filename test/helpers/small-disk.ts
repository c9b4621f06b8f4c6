/**
 * Whether tests may make a small disk of their own.
 * @module
 */

import { execFileSync } from 'node:child_process';

function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'true'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

/** True for a superuser whose container lets it mount. */
export const CAN_MOUNT = canMount();

/** Why tests on a small disk were skipped; `test/e2e/full-disk.full.test.ts` bounds the size of files instead. */
export const NO_MOUNT = 'a small disk needs the right to mount one';
