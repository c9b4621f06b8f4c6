import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ProgressEvent } from '../../core/progress.ts';
import { checkFiles } from '../check.ts';
import { openCorpus } from '../open.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-la-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const NAMES = { train: 'train.trn', dev: 'dev.trl', eval: 'eval.trl' } as const;
const LETTERS = { train: 'T', dev: 'D', eval: 'E' } as const;

/** Two speakers, two classes, three clips each and split; placeholders in place of sound. */
async function tree(base: string, lineEnd = '\n'): Promise<void> {
  const protocols = join(base, 'ASVspoof2019_LA_cm_protocols');
  await mkdir(protocols, { recursive: true });
  for (const split of ['train', 'dev', 'eval'] as const) {
    const flac = join(base, `ASVspoof2019_LA_${split}`, 'flac');
    await mkdir(flac, { recursive: true });
    const rows: string[] = [];
    for (let i = 0; i < 12; i += 1) {
      const id = `LA_${LETTERS[split]}_${String(1000000 + i)}`;
      const fake = i % 2 === 1;
      rows.push(
        `LA_00${70 + (i % 4 < 2 ? 0 : 1)} ${id} - ${fake ? `A0${1 + (i % 3)} spoof` : '- bonafide'}`,
      );
      await writeFile(join(flac, `${id}.flac`), 'x');
    }
    const path = join(protocols, `ASVspoof2019.LA.cm.${NAMES[split]}.txt`);
    await writeFile(path, `${rows.join(lineEnd)}${lineEnd}${lineEnd}`);
  }
}

test('protocols become clips, from the folder LA or the one above it', async () => {
  await tree(join(root, 'LA'));
  for (const base of [root, join(root, 'LA')]) {
    const corpus = await openCorpus({ reader: 'asvspoof2019-la', root: base });
    expect(corpus.name).toBe('asvspoof2019-la');
    expect(corpus.clips).toHaveLength(36);
    expect(corpus.clips.filter((clip) => clip.label === 'spoof')).toHaveLength(18);
    expect(corpus.clips.find((clip) => clip.id === 'LA_E_1000001')).toEqual({
      id: 'LA_E_1000001',
      path: join(root, 'LA/ASVspoof2019_LA_eval/flac/LA_E_1000001.flac'),
      label: 'spoof',
      medium: 'audio',
      split: 'eval',
      speaker: 'LA_0070',
      language: 'en',
      generator: 'A02',
      source: 'asvspoof2019-la/LA_E_1000001',
      domain: 'asvspoof2019-la',
    });
    expect(corpus.clips.find((clip) => clip.id === 'LA_T_1000000')).not.toHaveProperty('generator');
  }
});

test('the file check names listed files that are missing and files that no protocol lists', async () => {
  await tree(root, '\r\n');
  await rm(join(root, 'ASVspoof2019_LA_dev/flac/LA_D_1000003.flac'));
  await writeFile(join(root, 'ASVspoof2019_LA_dev/flac/LA_D_9.flac'), 'x');
  const found = await checkFiles(await openCorpus({ reader: 'asvspoof2019-la', root }));
  expect(found.missing.map((clip) => clip.id)).toEqual(['LA_D_1000003']);
  expect(found.unlisted).toEqual(['ASVspoof2019_LA_dev/flac/LA_D_9.flac']);
});

test('a split that is not there is a warning, and a folder without protocols an error', async () => {
  await tree(root);
  const protocols = join(root, 'ASVspoof2019_LA_cm_protocols');
  await rm(join(protocols, 'ASVspoof2019.LA.cm.train.trn.txt'));
  const events: ProgressEvent[] = [];
  const work = { onProgress: (event: ProgressEvent) => events.push(event) };
  const corpus = await openCorpus({ reader: 'asvspoof2019-la', root }, {}, work);
  expect(corpus.clips).toHaveLength(24);
  expect(events.filter((event) => event.type === 'warning')[0]).toMatchObject({
    message: expect.stringContaining('train'),
  });
  await rm(protocols, { recursive: true });
  await expect(openCorpus({ reader: 'asvspoof2019-la', root })).rejects.toMatchObject({
    code: 'datasets/bad-layout',
  });
});

test.each([
  ['LA_0070 LA_E_1 - - maybe', ':1: the label is "maybe"', 'datasets/bad-manifest'],
  ['LA_0070 LA_E_1 - bonafide', ':1: 4 columns, expected 5', 'datasets/bad-manifest'],
  ['LA_0070 LA_E_1 - - bonafide\nLA_0070 LA_E_1 - A07 spoof', 'LA_E_1', 'datasets/duplicate-id'],
])('a bad protocol is refused with its place: %s', async (text, message, code) => {
  const protocols = join(root, 'ASVspoof2019_LA_cm_protocols');
  await mkdir(protocols, { recursive: true });
  await writeFile(join(protocols, 'ASVspoof2019.LA.cm.eval.trl.txt'), text);
  await expect(openCorpus({ reader: 'asvspoof2019-la', root })).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
});
