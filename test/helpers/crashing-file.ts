/**
 * A file on which every decoder crashes: a pipe whose readers are ended by a memory fault.
 * @module
 */

import { spawnSync } from 'node:child_process';
import { constants } from 'node:fs';
import { open, readdir, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** Made by {@link makeCrashingFile}. */
export interface CrashingFile {
  readonly path: string;
  /** Processes that crashed on it; this process is none of them. */
  readonly crashed: ReadonlySet<number>;
  /** To be called before the folder is deleted. */
  stop(): Promise<void>;
}

/**
 * Makes the file. A reader in this process is not killed: it finds the file empty, so that a test sees that it was
 * not read in another one.
 */
export async function makeCrashingFile(path: string): Promise<CrashingFile> {
  spawnSync('mkfifo', [path]);
  const real = await realpath(path);
  const crashed = new Set<number>();
  let stopped = false;
  const watch = async (): Promise<void> => {
    for (;;) {
      // Waits until somebody opens the pipe to read it.
      const writer = await open(path, 'w');
      if (stopped) return writer.close();
      for (const pid of await readersOf(real)) {
        if (pid === process.pid || crashed.has(pid)) continue;
        crashed.add(pid);
        process.kill(pid, 'SIGSEGV');
      }
      await writer.close();
    }
  };
  const watching = watch();
  return {
    path,
    crashed,
    async stop() {
      stopped = true;
      const reader = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      await watching;
      await reader.close();
    },
  };
}

async function readersOf(path: string): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const folder = `/proc/${pid}/fd`;
      // A process that has ended meanwhile, or is another user's, holds nothing that is ours.
      const open = await readdir(folder).catch(() => []);
      const files = await Promise.all(open.map((fd) => readlink(join(folder, fd)).catch(() => '')));
      return files.includes(path) ? [pid] : [];
    }),
  );
  return found.flat();
}
