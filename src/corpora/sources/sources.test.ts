import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isUsableText, textKey } from '../recording.ts';
import { parseUtterances, wordEdges } from './festvox-ru.ts';
import { isMinorCharacter, parseDialogues } from './fillets.ts';
import { SOURCES } from './index.ts';
import { parseStampText } from './tuxpaint.ts';

let root = '';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sources-'));
});
afterAll(() => rm(root, { recursive: true }));

async function put(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

test('texts: what a synthesiser can say, and when two are the same', () => {
  expect(isUsableText('Press one.')).toBe(true);
  for (const bad of ['Short', '[a beep]', 'x'.repeat(161), 'a <b>bold</b> one']) {
    expect(isUsableText(bad)).toBe(false);
  }
  expect(textKey('«Été», 2 fois!')).toBe('été 2 fois');
  expect(textKey('La conferenza è bloccata')).not.toBe(textKey('La conferenza bloccata'));
});

test('dialogues: escaped quotes, broken lines, and characters by their font', () => {
  const script = String.raw`
dialogId("a-1", "font_small", "He said \"no\".")
dialogStr("Řekl \"ne\".")

dialogId("a-2",
  "font_parrot", "x")
dialogStr("Papoušek")
dialogId("lost", "font_big", "no text follows")
`;
  expect(parseDialogues(script)).toEqual([
    { id: 'a-1', font: 'small', text: 'Řekl "ne".' },
    { id: 'a-2', font: 'parrot', text: 'Papoušek' },
  ]);
});

test('stamps: the language of the line, not one that begins like it', () => {
  const content =
    'A frog.\nca@valencia.utf8=Una granota valenciana.\nca.utf8=Una granota.\nfr.utf8=\n';
  expect(parseStampText(content, 'ca')).toBe('Una granota.');
  expect(parseStampText(content, 'fr')).toBeUndefined();
  expect(parseStampText(content, 'el')).toBeUndefined();
});

test('utterances: stress marks go', () => {
  expect(parseUtterances('( ru_0002 "прядь вол+ос за ухо" )\nno line\n')).toEqual([
    { id: 'ru_0002', text: 'прядь волос за ухо' },
  ]);
});

test('Asterisk: prompts with a transcript that last 1.5 to 8 s, with what the folder says of the voice', async () => {
  const lines =
    'long: This is a good sentence.\nshort: This one is too short.\nnone: No file here at all.\n';
  await put('usr/share/doc/asterisk-core-sounds-fr/core-sounds-fr.txt.gz', gzipSync(lines));
  const folder = 'usr/share/asterisk/sounds/fr_CA_f_June';
  await put(`${folder}/long.g722`, new Uint8Array(2 * 8000));
  await put(`${folder}/short.g722`, new Uint8Array(8000));
  expect(await SOURCES['asterisk-fr'].read(root)).toEqual([
    {
      id: 'long',
      path: `${folder}/long.g722`,
      text: 'This is a good sentence.',
      speaker: 'june',
      language: 'fr',
      domain: 'prompts',
      package: 'asterisk-core-sounds-fr-g722',
      licence: 'CC-BY-SA-3.0',
      codec: 'g722',
      sex: 'female',
    },
  ]);
});

test('Fillets: lines with a file, by character; what two say at once is left out', async () => {
  const scripts = 'usr/share/games/fillets-ng/script';
  const line = (id: string, font: string): string =>
    `dialogId("${id}", "font_${font}", "x")\ndialogStr("Dlouhá věta ${id}")\n`;
  const all =
    line('one', 'small') + line('two', 'snail') + line('three', 'both') + line('four', 'big');
  await put(`${scripts}/cave/dialogs_cs.lua`, all);
  for (const id of ['one', 'two', 'three']) {
    await put(`usr/share/games/fillets-ng/sound/cave/cs/${id}.ogg`, 'sound');
  }
  const found = await SOURCES['fillets-cs'].read(root);
  expect(found.map(({ id, speaker }) => [id, speaker])).toEqual([
    ['cave/one', 'cs-small'],
    ['cave/two', 'cs-snail'],
  ]);
  expect(found.map(isMinorCharacter)).toEqual([false, true]);
});

test('Tux Paint: descriptions in one language', async () => {
  await put('usr/share/tuxpaint/stamps/animals/frog.txt', 'A frog.\nel.utf8=Ένας βάτραχος\n');
  await put('usr/share/tuxpaint/stamps/animals/frog_desc_el.ogg', 'sound');
  await put('usr/share/tuxpaint/stamps/animals/frog_desc_da.ogg', 'sound');
  expect((await SOURCES['tux-el'].read(root)).map(({ id, text }) => [id, text])).toEqual([
    ['animals/frog', 'Ένας βάτραχος'],
  ]);
  expect(await SOURCES['tux-da'].read(root)).toEqual([]);
});

test('words meet where letters and phones agree; in a pause, in its middle', () => {
  const phones = (names: string): string =>
    `#\n${names
      .split(' ')
      .map((name, i) => `${((i + 1) / 10).toFixed(5)} 125 ${name}`)
      .join('\n')}\n`;
  const near = (found: readonly number[]): number[] =>
    found.map((at) => Math.round(100 * at) / 100);
  // The second phone of "её" is spoken as a consonant and a vowel, and ь not at all.
  expect(
    near(wordEdges('Вот её мать, да.', phones('pau v o t j i j o m aa tt pau d aa pau'))),
  ).toEqual([0.4, 0.8, 1.15]);
  // A doubled letter that is spoken once; a sound between two words that neither of them has leaves their edge open.
  expect(near(wordEdges('сто касс два', phones('s t oo k aa s d v aa')))).toEqual([0.3, 0.6]);
  expect(near(wordEdges('это да, но', phones('ee t a j d aa pau n oo')))).toEqual([0.65]);
  expect(wordEdges('слово', phones('s l oo v a'))).toEqual([]);
});
