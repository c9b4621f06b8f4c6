import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildToyCorpus } from '../../corpora/toy.ts';
import { openCorpus } from '../../datasets/open.ts';

const MAIN = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

function ringtrue(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringtrue-corpus-verify-'));
  await buildToyCorpus(folder, { durationSec: 1 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('prints the confound table, passes a clean corpus and leaves its floor beside the manifest', async () => {
  const { code, out } = await ringtrue('corpus', 'verify', folder);
  expect(code).toBe(0);
  expect(out).toMatch(/36 bonafide and 36 spoof/);
  expect(out).toMatch(/crest-factor +0\.\d{3}/);
  expect(out).toMatch(/all together {2}0\.\d{3} \[0\.\d{3}–0\.\d{3}\]/);
  expect(out).toContain('passed: no feature is beyond 0.35 to 0.65');
  expect((await openCorpus(folder)).confound?.auc).toBeGreaterThan(0);
});

test('a broken promise fails with code 1, as one JSON document', async () => {
  const { code, out } = await ringtrue(
    'corpus',
    'verify',
    folder,
    '--bound',
    '0',
    '--disjoint',
    'generator',
    '--json',
    '--no-save',
  );
  expect(code).toBe(1);
  const found = JSON.parse(out);
  expect(found).toMatchObject({ ok: false, bound: 0 });
  expect(found.features[0]).toMatchObject({ name: expect.any(String), auc: expect.any(Number) });
  expect(found.problems.at(-1)).toMatchObject({
    code: 'datasets/leak',
    message: expect.stringMatching(/^\d generators are in several splits/),
  });
});

test('a part with a language of train fails where it promises others, and the table says which', async () => {
  const { clips } = await openCorpus(folder);
  const polluted = join(folder, 'polluted');
  await mkdir(polluted);
  const rows = clips.map((clip) =>
    JSON.stringify(clip.split === 'eval' ? { ...clip, group: { part: 'unseen-language' } } : clip),
  );
  await writeFile(join(polluted, 'manifest.jsonl'), rows.join('\n'));
  const promise = { field: 'language', parts: ['unseen-language'] };
  await writeFile(join(polluted, 'corpus.json'), JSON.stringify({ disjoint: [promise] }));
  const { code, out } = await ringtrue('corpus', 'verify', polluted, '--no-save');
  expect(code).toBe(1);
  expect(out).toMatch(
    /^languages {3}2 of 2 of unseen-language in train \(promised disjoint\): qa/m,
  );
  expect(out).toMatch(
    /failed datasets\/leak: 2 languages of the part unseen-language are in train too, first qa/,
  );
});

test('a promise on a part that is not there fails, in the text and on the page', async () => {
  const { clips } = await openCorpus(folder);
  const misspelt = join(folder, 'misspelt');
  await mkdir(misspelt);
  await writeFile(
    join(misspelt, 'manifest.jsonl'),
    clips.map((clip) => JSON.stringify(clip)).join('\n'),
  );
  const promise = { field: 'language', parts: ['unsen'] };
  await writeFile(join(misspelt, 'corpus.json'), JSON.stringify({ disjoint: [promise] }));
  const page = join(folder, 'misspelt.html');
  const { code, out } = await ringtrue(
    ...['corpus', 'verify', misspelt, '--report', page, '--no-save'],
  );
  expect(code).toBe(1);
  expect(out).toMatch(
    /^languages {3}unknown of unsen \(promised disjoint\): no clip is in that part$/m,
  );
  expect(out).toMatch(/failed datasets\/leak: whether a language of the part unsen is in train/);
  const { document } = parseHTML(await readFile(page, 'utf8'));
  const row = [...document.querySelectorAll('tr')].find((found) =>
    found.textContent?.includes('language of unsen'),
  );
  expect(row?.querySelector('td.bad')?.textContent).toBe('unknown');
  expect(row?.textContent).toContain('no clip is in that part');
});

test('details hold every figure, and a page shows the tables', async () => {
  const page = join(folder, 'believe.html');
  const { out } = await ringtrue(
    ...['corpus', 'verify', folder, '--details', '--report', page, '--no-save'],
  );
  expect(out).toMatch(/sample-bits +split eval +0\.500/);
  expect(out).toMatch(/generators +\d of 4 in several splits \(nothing promised\)/);
  const { document } = parseHTML(await readFile(page, 'utf8'));
  expect(document.querySelector('.note')?.textContent).toBe('Passed.');
  expect(document.querySelectorAll('svg[role="img"]').length).toBe(1);
  const [features] = document.querySelectorAll('tbody');
  // 23 of the sound; channels and bytes a second of the file.
  expect(features?.querySelectorAll('tr').length).toBe(25);
});

test('a broken file is told beside the table, and nothing is saved with --no-save', async () => {
  const clips = (await openCorpus(folder)).clips;
  const before = await readFile(clips[0]!.path);
  const saved = await readFile(join(folder, 'verify.json'), 'utf8');
  await writeFile(clips[0]!.path, 'no sound at all');
  const { code, out } = await ringtrue('corpus', 'verify', folder, '--no-save');
  await writeFile(clips[0]!.path, before);
  expect(code).toBe(1);
  expect(out).toMatch(/failed audio\/unreadable: 1 clips could not be read/);
  expect(await readFile(join(folder, 'verify.json'), 'utf8')).toBe(saved);
});

test('a corpus that is not built is refused with the command that builds it', async () => {
  const { code, err } = await ringtrue('corpus', 'verify', 'no-such-corpus');
  expect(code).toBe(1);
  expect(err).toContain('corpora/incomplete');
  expect(err).toContain('ringtrue corpus build no-such-corpus');
});
