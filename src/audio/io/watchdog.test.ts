import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { OVER_MEMORY } from './watchdog.ts';

const BLOCKED = fileURLToPath(new URL('../../../test/fixtures/io/blocked.mjs', import.meta.url));

function isAlive(pid: number): boolean {
  try {
    // A process that has ended but was not waited for is no longer alive.
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

test('a process that hangs in a call does not outlive the killed one that started it', async () => {
  const script = `require('child_process').spawn(process.execPath, [${JSON.stringify(BLOCKED)}], { stdio: 'inherit' })`;
  const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = await once(parent.stdout, 'data');
  const pid = Number(String(text));
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await vi.waitUntil(() => !isAlive(pid), { timeout: 30_000, interval: 20 });
});

test('memory over the bound ends it by a signal of its own', async () => {
  const child = spawn(process.execPath, [BLOCKED, '400'], { stdio: 'ignore' });
  const [, signal] = await once(child, 'exit');
  expect(signal).toBe(OVER_MEMORY);
});
