import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readLog } from './run-folder.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-run-folder-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('a log tells once of what every call tells anew', async () => {
  const path = join(root, 'log.jsonl');
  const failure = (clip: string) => ({
    event: 'failure',
    clip,
    code: 'audio/unreadable',
    message: 'no sound',
  });
  const leftOut = (split: string) => ({ event: 'left-out', split, clips: 2, reason: 'no label' });
  const step = { event: 'step', step: 0, loss: 1, gradientNorm: 1, learningRate: 0.1 };
  const start = { event: 'start', step: 0, steps: 9, perEpoch: 3 };
  const call = [leftOut('train'), leftOut('dev'), start, failure('a'), step];
  const again = [leftOut('train'), leftOut('dev'), start, failure('a'), failure('b'), step];
  const lines = [...call, ...again].map((entry) => JSON.stringify(entry));
  await writeFile(path, `${lines.join('\n')}\n{"event":"st`);
  expect(await readLog(path)).toEqual([start, ...again]);
});
