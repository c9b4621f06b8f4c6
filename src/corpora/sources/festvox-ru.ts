/**
 * Read literature: the sentences that a Russian unit-selection voice was cut from.
 * @module
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isUsableText, type RecordingSource, sortById, textKey } from '../recording.ts';

const VOICE = 'usr/share/festival/voices/russian/msu_ru_nsh_clunits';

/** Parses `( ru_0001 "text" )` lines; `+` marks stress and is left out. */
export function parseUtterances(content: string): { id: string; text: string }[] {
  return [...content.matchAll(/^\(\s*(\w+)\s+"([^"]*)"\s*\)/gm)].map(([, id = '', text = '']) => ({
    id,
    text: text.replaceAll('+', '').trim(),
  }));
}

/** A letter or a phone: whether it is a vowel, and which word or stretch of time it belongs to. */
interface Sound<T> {
  readonly vowel: boolean;
  readonly of: T;
}

/** A consonant where a vowel should be is worse than a letter that is not spoken. */
const MISMATCH = 3;

/**
 * Where one word ends and the next begins. The labels have phones but no words, so letters are aligned to
 * phones by whether they are vowels (edit distance); an edge counts only where the letters on both sides of it
 * have neighbouring phones.
 * @param labels content of a `lab` file
 * @returns seconds; in a pause its middle
 */
export function wordEdges(text: string, labels: string): number[] {
  const lines = [...labels.matchAll(/^\s*([\d.]+)\s+\d+\s+(\S+)/gm)];
  const phones = lines.flatMap(([, end, name = ''], i): Sound<readonly [number, number]>[] =>
    name === 'pau'
      ? []
      : [{ vowel: /^[aeiouy]/.test(name), of: [Number(lines[i - 1]?.[1] ?? 0), Number(end)] }],
  );
  const letters = textKey(text)
    .split(' ')
    .flatMap((word, w) => soundsOf(word).map((vowel): Sound<number> => ({ vowel, of: w })));
  const phoneOf = align(letters, phones);
  return letters.flatMap(({ of }, i) => {
    const [a, b] = [phoneOf[i], phoneOf[i + 1]];
    if (letters[i + 1]?.of !== of + 1 || a === undefined || b !== a + 1) return [];
    return [(phones[a]!.of[1] + phones[b]!.of[0]) / 2];
  });
}

/** Whether each sound of a Russian word is a vowel: я, е, ё, ю have a consonant first where none is before them. */
function soundsOf(word: string): boolean[] {
  return [...word].flatMap((letter, i) => {
    if (/[ьъ]/.test(letter)) return [];
    const iotated = /[яеёю]/.test(letter) && (i === 0 || /[аеёиоуыэюяьъ]/.test(word[i - 1]!));
    return iotated ? [false, true] : [/[аеёиоуыэюя]/.test(letter)];
  });
}

/** Index of the phone of each letter, by least edit distance; undefined where it has none. */
function align(
  letters: readonly Sound<unknown>[],
  phones: readonly Sound<unknown>[],
): (number | undefined)[] {
  const width = phones.length + 1;
  const cost = new Uint32Array((letters.length + 1) * width);
  const paired = (i: number, j: number): number =>
    cost[(i - 1) * width + j - 1]! +
    (letters[i - 1]!.vowel === phones[j - 1]!.vowel ? 0 : MISMATCH);
  for (let i = 0; i <= letters.length; i += 1) {
    for (let j = 0; j < width; j += 1) {
      if (i === 0 || j === 0) cost[i * width + j] = i + j;
      else {
        const skipped = 1 + Math.min(cost[(i - 1) * width + j]!, cost[i * width + j - 1]!);
        cost[i * width + j] = Math.min(skipped, paired(i, j));
      }
    }
  }
  const out = new Array<number | undefined>(letters.length).fill(undefined);
  for (let i = letters.length, j = phones.length; i > 0 && j > 0; ) {
    const here = cost[i * width + j]!;
    if (here === paired(i, j)) {
      out[i - 1] = j - 1;
      i -= 1;
      j -= 1;
    } else if (here === 1 + cost[(i - 1) * width + j]!) i -= 1;
    else j -= 1;
  }
  return out;
}

/** Seconds at which words of a sentence of "NSh" meet. @param path of its recording */
export async function readWordEdges(path: string, text: string): Promise<number[]> {
  const labels = path.replace('/wav/', '/lab/').replace(/\.wav$/, '.lab');
  return wordEdges(text, await readFile(labels, 'utf8'));
}

/** The sentences of "NSh". The voice `fest-nshcl` replays them, so it must never be asked to say them. */
export function festvoxRu(): RecordingSource {
  return {
    packages: ['festvox-ru'],
    about:
      'one man, "NSh", reading literature; the generator fest-nshcl is cut from these recordings',
    async read(debian) {
      const content = await readFile(join(debian, VOICE, 'etc/txt.done.data'), 'utf8');
      return sortById(
        parseUtterances(content)
          .filter(({ text }) => isUsableText(text))
          .map(({ id, text }) => ({
            id,
            path: `${VOICE}/wav/${id}.wav`,
            text,
            speaker: 'nsh',
            language: 'ru',
            domain: 'reading',
            package: 'festvox-ru',
            licence: 'BSD-style (festvox-ru)',
            codec: 'pcm',
            sex: 'male',
          })),
      );
    },
  };
}
