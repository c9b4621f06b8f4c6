/**
 * The built command line, as a user runs it.
 * @module
 */

import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

/** What a command line left behind. */
export interface CommandOutcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How {@link runRingtrue} runs it. */
export interface CommandSetup {
  /** Working folder. */
  readonly cwd: string;
  /** Folder of the cache. */
  readonly cache?: string;
  /**
   * Bytes, a multiple of 512, at which every file that is written stops to grow: a disk that is full for large
   * files, without the right to mount one.
   */
  readonly largestFile?: number;
  /** Variables of the environment besides those of the test. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Blocks are of 512 bytes, as POSIX has it. */
const BOUND_BY_SIZE = ['sh', '-c', 'ulimit -f "$0" && exec "$@"'];

/** The superuser may read and write everything; without these rights the bits of a file count for it too. */
const BOUND_BY_PERMISSIONS = ['setpriv', '--bounding-set=-dac_override,-dac_read_search'];

/**
 * Runs `ringtrue` bound by the permissions of files, also where the tests are run by the superuser
 * (`setpriv` is part of every Debian).
 */
export function runRingtrue(
  args: readonly string[],
  { cwd, cache = resolve(cwd, 'cache'), largestFile, env }: CommandSetup,
): CommandOutcome {
  const [program, ...rest] = [
    ...(process.getuid?.() === 0 ? BOUND_BY_PERMISSIONS : []),
    ...(largestFile === undefined ? [] : [...BOUND_BY_SIZE, String(largestFile / 512)]),
    ...[process.execPath, resolve('dist/cli/main.js'), ...args],
  ];
  return spawnSync(program!, rest, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env, RINGTRUE_CACHE: cache },
  });
}
