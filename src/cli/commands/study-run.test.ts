import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildToyCorpus } from '../../corpora/toy.ts';
import { openCorpus } from '../../datasets/open.ts';
import { readTrials } from '../../store/trials.ts';

const program = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-study-'));
  await buildToyCorpus(join(root, 'toy'), { speakers: 3, clipsPerSpeaker: 4, durationSec: 2.2 });
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

function ringtrue(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, RINGTRUE_CACHE: join(root, 'cache') },
  });
  return { status, stdout, stderr };
}

test('a study file runs to figures; a false assertion is exit code 3; a second call is done at once', async () => {
  await writeFile(
    join(root, 'study.yaml'),
    `corpus: ./toy
detectors: [lfcc-gmm, acoustic-logistic]
conditions: [clean, gaussian-noise@1, mp3@3, {chain: [low-pass@1, quantize@2]}]
interval: {replicates: 100}
assert: ['eer(lfcc-gmm, clean) <= 1', 'auc(lfcc-gmm, mp3@3) > 1']
`,
  );
  const first = ringtrue('study', 'run', 'study.yaml', '--out', 'run', '--json');
  expect(first.stderr).not.toContain('error');
  expect(first.status).toBe(3);
  const document = JSON.parse(first.stdout);
  expect(document.folder).toBe(join(root, 'run'));
  expect(await readFile(document.report, 'utf8')).toContain('<html');
  const { fingerprint } = await openCorpus(join(root, 'toy'));
  expect(document.corpus).toMatchObject({ name: 'toy', version: '1', fingerprint, split: 'eval' });
  expect(document.results).toHaveLength(8);
  for (const result of document.results) {
    expect(result).toMatchObject({ n: { bonafide: 4, spoof: 4 }, failed: 0, refused: 0 });
    expect(result.eer.value).toBeGreaterThanOrEqual(0);
  }
  expect(document.assertions.map(({ ok }: { ok: boolean }) => ok)).toEqual([true, false]);
  const rows = await readTrials(join(root, 'run'));
  // Every codec proves that it really encoded.
  expect(rows.filter((row) => row.condition === 'mp3@3').every((r) => r.encodedBytes! > 100)).toBe(
    true,
  );
  const second = ringtrue('study', 'run', 'study.yaml', '--out', 'run');
  expect(second.status).toBe(3);
  expect(second.stdout).toContain('toy 1 (eval): 4 bona fide');
  expect(second.stdout).toContain('✗ auc(lfcc-gmm, mp3@3) > 1');
  expect(second.stdout).toContain('low-pass@1+quantize@2');
  expect(await readFile(join(root, 'run', 'log.jsonl'), 'utf8')).toContain('"unitsLeft":0');
});

test.each([
  [['study', 'run', 'nowhere.yaml'], 1, 'core/io-not-found'],
  [['study', 'run', 'no-such-corpus'], 1, 'corpora/incomplete'],
  [['study', 'run', './toy', '-c', 'mp3@99'], 2, 'corruptions/unknown-level'],
  [['study', 'run', './toy', '-d', 'nobody'], 2, 'models/unknown'],
  [['study', 'run', 'bad.yaml'], 2, 'bench/bad-study'],
])('%j ends with %i and a coded error', async (args, status, code) => {
  await writeFile(join(root, 'bad.yaml'), 'corpus: ./toy\ndetectors: [lfcc-gmm]\nsplt: eval\n');
  const found = ringtrue(...args);
  expect(found.stderr).toContain(code);
  expect(found.stderr).toContain('hint:');
  expect(found.status).toBe(status);
});
