/**
 * A tree with the layout of MLAAD and the rows that trip parsers: what the card's sixth check asks for.
 * @module
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const HEADER =
  'path|original_file|language|is_original_language|duration|training_data|model_name|architecture|transcript';
const LANGUAGES = ['en', 'de', 'zh-cn'];
const SYSTEMS = ['vits', 'Cartesia.ai (Sonic-3)'];
const ROWS = 5;
/** Beyond the 128 KiB at which some CSV readers refuse a field. */
const LONG = 140_000;

/** What was written. */
export interface MadeTree {
  /** Lines of all tables, less their headers. */
  readonly rows: number;
}

/**
 * Writes 3 languages × 2 systems × 5 rows: a bare double quote, a transcript of 140 kB, a folder with spaces and
 * parentheses, a language that differs from its folder, a real file that is missing, CRLF endings, an empty name.
 * @param duplicate gives one path twice
 */
export async function writeMlaadTree(
  root: string,
  { duplicate }: { readonly duplicate: boolean },
): Promise<MadeTree> {
  let rows = 0;
  for (const language of LANGUAGES) {
    for (const system of SYSTEMS) {
      const folder = join(root, 'fake', language, system);
      await mkdir(folder, { recursive: true });
      const lines = [HEADER];
      for (let i = 0; i < ROWS; i += 1) {
        const file = `a_00${duplicate && i === 1 ? 0 : i}.wav`;
        await writeFile(join(folder, file), '');
        lines.push(
          [
            `./fake/${language}/${system}/${file}`,
            `en_US/by_book/female/speaker_a/some_book/wavs/x_0${i}.wav`,
            i === 3 ? 'fr' : language,
            'True',
            '3.21',
            'LJSpeech',
            i === 4 ? '' : `vendor/${system}`,
            'vits',
            transcript(i),
          ].join('|'),
        );
      }
      rows += lines.length - 1;
      const ending = language === 'de' ? '\r\n' : '\n';
      await writeFile(join(folder, 'meta.csv'), lines.join(ending) + ending);
    }
  }
  return { rows };
}

function transcript(row: number): string {
  if (row === 1) return 'He said "no and never closed the quote.';
  if (row === 2) return 'long '.repeat(LONG / 5).trimEnd();
  return 'The text.';
}
