import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fingerprint } from '../datasets/fingerprint.ts';
import { openCorpus } from '../datasets/open.ts';
import { openCorpora } from './open.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-open-corpora-'));
  for (const label of ['bonafide', 'spoof']) {
    await mkdir(join(root, 'mine', label), { recursive: true });
    await writeFile(join(root, 'mine', label, 'a.wav'), '');
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('a summary says which corpus each name stands for, and nothing of how it was opened', async () => {
  const spec = { reader: 'labelled-folder', root: 'mine' };
  const { name, opened, clips } = await openCorpora({ corpora: { x: spec } }, root, {});
  const print = fingerprint((await openCorpus(spec, { cwd: root })).clips);
  expect(opened).toEqual([{ corpus: 'x', name: 'mine', fingerprint: print }]);
  expect(name).toBe('x');
  expect(clips.map(({ corpus }) => corpus)).toEqual(['x', 'x']);
});
