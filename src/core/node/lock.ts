/**
 * The lock of a run folder: two processes must not work in it at once, and one that was killed must
 * not keep the next one out.
 * @module
 */

import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import * as z from 'zod';
import { RingtrueError, toRingtrueError } from '../errors.ts';
import { makeFolder } from './files.ts';

const ownerSchema = z.object({
  pid: z.number().int(),
  host: z.string(),
  /** When the process started, by the kernel's clock: a process id alone may be used again. */
  started: z.string().nullable(),
  token: z.string(),
});
type Owner = z.infer<typeof ownerSchema>;

/** Tokens of the locks that this process holds. */
const held = new Set<string>();
const ATTEMPTS = 20;

/** Fields of /proc/PID/stat, counted from the one after the state (proc(5)). */
const FLAGS_FIELD = 5;
const START_FIELD = 18;
/** PF_EXITING of the kernel. */
const EXITING = 0x4;
/** Bit of SIGKILL among pending signals. */
const KILLED = 1n << 8n;
/** A process that was killed is waited for: five seconds at most. */
const DYING_POLL_MS = 20;
const DYING_POLLS = 250;

/**
 * Locks a run folder, which is made if it is not there.
 * @returns a function that frees the lock
 * @throws RingtrueError `bench/run-locked`, `core/io-denied`, `core/io-disk-full`
 */
export async function lockRun(folder: string): Promise<() => Promise<void>> {
  // A folder with a file in it: renaming one onto another that is not empty fails on every platform,
  // so the lock appears with its owner's name already in it.
  const lock = join(folder, 'lock');
  const token = randomBytes(12).toString('hex');
  const mine = join(folder, `lock-${token}`);
  const owner: Owner = {
    pid: process.pid,
    host: hostname(),
    started: await startOf(process.pid),
    token,
  };
  try {
    await makeFolder(mine);
    await writeFile(join(mine, 'owner.json'), JSON.stringify(owner));
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      if (await tryRename(mine, lock)) {
        held.add(token);
        await removeLeftovers(folder);
        return async () => {
          held.delete(token);
          // Moved away first: a lock that is being emptied could be taken over and then lose its owner.
          await rename(lock, mine);
          await rm(mine, { recursive: true, force: true });
        };
      }
      await removeStale(folder, lock);
    }
  } catch (error) {
    await rm(mine, { recursive: true, force: true }).catch(() => undefined);
    throw toRingtrueError(error, 'core/io-failed');
  }
  await rm(mine, { recursive: true, force: true });
  throw new RingtrueError('bench/run-locked', `${folder} is contended by several processes`);
}

async function tryRename(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // Windows says EPERM or EACCES where others say that the target is not empty.
    const taken = code === 'ENOTEMPTY' || code === 'EEXIST';
    const taken32 = process.platform === 'win32' && (code === 'EPERM' || code === 'EACCES');
    if (taken || taken32) return false;
    throw error;
  }
}

/** Puts a dead owner's lock aside; throws if its owner lives. */
async function removeStale(folder: string, lock: string): Promise<void> {
  const owner = await readOwner(lock);
  if (owner !== undefined && (await isAlive(owner))) {
    throw new RingtrueError(
      'bench/run-locked',
      `process ${owner.pid} on ${owner.host} is working in ${folder}`,
      {
        details: { folder, pid: owner.pid, host: owner.host },
        ...(owner.host === hostname()
          ? {}
          : { hint: `If that machine no longer works in it, delete ${lock}.` }),
      },
    );
  }
  const aside = `${lock}-stale-${randomBytes(6).toString('hex')}`;
  try {
    await rename(lock, aside);
  } catch (error) {
    if (toRingtrueError(error).code === 'core/io-not-found') return;
    throw error;
  }
  const moved = await readOwner(aside);
  if (moved !== undefined && moved.token !== owner?.token && !(await tryRename(aside, lock))) {
    throw new RingtrueError('bench/run-locked', `${folder} is contended by several processes`);
  }
  await rm(aside, { recursive: true, force: true });
}

/** Removes what processes left that were killed while they took or freed the lock. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('lock-')) continue;
    const owner = await readOwner(join(folder, name));
    if (owner === undefined || (await isAlive(owner))) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function readOwner(lock: string): Promise<Owner | undefined> {
  try {
    return ownerSchema.parse(JSON.parse(await readFile(join(lock, 'owner.json'), 'utf8')));
  } catch {
    // A lock without a readable owner was left by a machine that lost power.
    return undefined;
  }
}

async function isAlive(owner: Owner): Promise<boolean> {
  // Nobody can ask another machine; its lock stands until it is deleted.
  if (owner.host !== hostname()) return true;
  if (owner.pid === process.pid) return held.has(owner.token);
  if (!exists(owner.pid)) return false;
  const started = await startOf(owner.pid);
  if (owner.started !== null && started !== null && started !== owner.started) return false;
  for (let poll = 0; poll < DYING_POLLS; poll += 1) {
    const state = await stateOf(owner.pid);
    if (state !== 'dying') return state === 'living';
    await setTimeout(DYING_POLL_MS);
  }
  return true;
}

/** Whether a process lives, was killed and takes its time to go, or is gone; `living` where there is no /proc. */
async function stateOf(pid: number): Promise<'living' | 'dying' | 'gone'> {
  try {
    const { state, rest } = parseStat(await readFile(`/proc/${pid}/stat`, 'utf8'));
    // A zombie only waits for its parent to look at it.
    if (state === 'Z' || state === 'X') return 'gone';
    if ((Number(rest[FLAGS_FIELD]) & EXITING) !== 0) return 'dying';
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const pending = [...status.matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)/gm)];
    return pending.some(([, bits]) => (BigInt(`0x${bits}`) & KILLED) !== 0n) ? 'dying' : 'living';
  } catch {
    return exists(pid) ? 'living' : 'gone';
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process is there and belongs to another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** State and the fields after it: the name before them, in parentheses, may hold spaces. */
function parseStat(text: string): { readonly state: string; readonly rest: readonly string[] } {
  const [state = '', ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state, rest };
}

/** Start time of a process in clock ticks since boot, with the boot's id; null where there is no /proc. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    return `${boot.trim()}/${parseStat(text).rest[START_FIELD]}`;
  } catch {
    return null;
  }
}
