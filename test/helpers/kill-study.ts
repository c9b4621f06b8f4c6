import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Rng } from '../../src/core/rng.ts';

/** What came of a command that was killed again and again. */
export interface Killed {
  readonly kills: number;
  /** Kills that left at least one finished shard and not all of them. */
  readonly midway: number;
}

/**
 * Runs a command until it has been killed (SIGKILL) as often as wished and then until it ends by itself.
 * @param folder run folder, to count shards in
 * @param units shards of a finished run
 * @param most longest time before a kill, in ms
 */
export async function killStudy(
  command: readonly string[],
  {
    folder,
    units,
    kills,
    most,
    rng,
  }: { folder: string; units: number; kills: number; most: number; rng: Rng },
): Promise<Killed> {
  let done = 0;
  let midway = 0;
  while (done < kills) {
    const before = await countShards(folder);
    // Every other kill waits until the work has moved on, however slow the machine is.
    const ready =
      done % 2 === 0
        ? () => Promise.resolve(true)
        : async () => (await countShards(folder)) > before;
    if ((await runOnce(command, { ready, delayMs: rng.between(0, most) })) === 'ended') break;
    done += 1;
    const shards = await countShards(folder);
    if (shards > 0 && shards < units) midway += 1;
  }
  await runOnce(command, undefined);
  return { kills: done, midway };
}

async function countShards(folder: string): Promise<number> {
  const names = await readdir(join(folder, 'trials')).catch(() => []);
  return names.filter((name) => name.endsWith('.parquet')).length;
}

const POLL_MS = 10;

function runOnce(
  command: readonly string[],
  kill: { ready: () => Promise<boolean>; delayMs: number } | undefined,
) {
  return new Promise<'ended' | 'killed'>((resolve, reject) => {
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    let timer: NodeJS.Timeout | undefined;
    const later = (then: () => void, ms: number): void => {
      timer = setTimeout(then, ms);
    };
    const poll = async (): Promise<void> => {
      if (kill === undefined || child.exitCode !== null) return;
      if (await kill.ready()) later(() => child.kill('SIGKILL'), kill.delayMs);
      else later(() => void poll(), POLL_MS);
    };
    void poll();
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (signal === 'SIGKILL') resolve('killed');
      else if (code === 0) resolve('ended');
      else reject(new Error(`exit code ${code}: ${errors}`));
    });
  });
}
