import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lockRun } from './lock.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-lock-'));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

async function writeLock(name: string, owner: Record<string, unknown>): Promise<string> {
  const folder = join(root, name);
  await mkdir(join(folder, 'lock'), { recursive: true });
  await writeFile(join(folder, 'lock', 'owner.json'), JSON.stringify(owner));
  return folder;
}

describe('the lock of a run folder', () => {
  test('is held once, freed, and leaves nothing behind', async () => {
    const folder = join(root, 'plain');
    const unlock = await lockRun(folder);
    await expect(lockRun(folder)).rejects.toMatchObject({
      code: 'bench/run-locked',
      details: { pid: process.pid },
    });
    await unlock();
    await (await lockRun(folder))();
    expect(await readdir(folder)).toEqual([]);
  });

  test('of ten that want it at once one gets it', async () => {
    const folder = join(root, 'many');
    const all = await Promise.allSettled(Array.from({ length: 10 }, () => lockRun(folder)));
    const won = all.filter((result) => result.status === 'fulfilled');
    expect(won).toHaveLength(1);
    for (const { value } of won) await value();
    expect(await readdir(folder)).toEqual([]);
  });

  test('of a living process stands; of a dead one, and of its namesake, it is taken over', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const owner = { pid: child.pid, host: hostname(), started: null, token: 'child' };
    const folder = await writeLock('child', owner);
    await expect(lockRun(folder)).rejects.toMatchObject({ details: { pid: child.pid } });
    if (process.platform === 'linux') {
      // The same process id, but started at another time: another process.
      const reused = await writeLock('reused', { ...owner, started: 'another boot/1' });
      await (await lockRun(reused))();
    }
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await lockRun(folder))();
    expect(await readdir(folder)).toEqual([]);
  });

  test('of a process that was killed and has not gone yet is taken over', async () => {
    // Memory to be given back takes its time.
    const code =
      'const b = Buffer.alloc(3e8, 1); console.log(b.length); setInterval(() => {}, 1000)';
    const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    const owner = { pid: child.pid, host: hostname(), started: null, token: 'killed' };
    const folder = await writeLock('killed', owner);
    child.kill('SIGKILL');
    await (await lockRun(folder))();
    expect(await readdir(folder)).toEqual([]);
  });

  test('of this process id, but not held by it, is taken over', async () => {
    const owner = { pid: process.pid, host: hostname(), started: null, token: 'old' };
    await (await lockRun(await writeLock('self', owner)))();
  });

  test('of another machine stands, and the hint says what to delete', async () => {
    const owner = { pid: 1, host: 'elsewhere', started: null, token: 'far' };
    const folder = await writeLock('far', owner);
    await expect(lockRun(folder)).rejects.toMatchObject({
      hint: expect.stringContaining(join(folder, 'lock')),
    });
  });

  test('without a readable owner is taken over', async () => {
    const folder = await writeLock('damaged', {});
    await (await lockRun(folder))();
    expect(await readdir(folder)).toEqual([]);
  });
});
