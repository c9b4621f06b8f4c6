/**
 * Text tables as corpora ship them: comma-separated with quotes, or one separator and no quotes.
 * @module
 */

import { readBytes } from '../archives/files.ts';
import { RingtrueError } from '../core/errors.ts';

/** One record of a table. */
export interface TextRecord {
  /** Line on which the record starts, counted from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/**
 * Reads a whole text file, also one inside an archive; a byte-order mark is dropped.
 * @throws RingtrueError `core/io-not-found`, `core/io-denied`, `datasets/bad-manifest` if it is not UTF-8
 */
export async function readText(path: string): Promise<string> {
  const bytes = await readBytes(path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new RingtrueError('datasets/bad-manifest', `${path}: not UTF-8 text`, {
      details: { file: path },
      hint: 'Save the file as UTF-8.',
      cause: error,
    });
  }
}

/** Lines with their numbers, blank ones left out; `\n` and `\r\n` both end a line. */
export function* lines(text: string): Generator<{ line: number; text: string }> {
  let line = 0;
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf('\n', start);
    const end = found < 0 ? text.length : found;
    line += 1;
    const content = text.slice(start, text[end - 1] === '\r' && end > start ? end - 1 : end);
    if (content.trim() !== '') yield { line, text: content };
    start = end + 1;
  }
}

/**
 * Comma-separated values by RFC 4180: quotes may hold separators, doubled quotes and line ends.
 * @param file name for messages
 * @throws RingtrueError `datasets/bad-manifest` at a quote that never closes, or text after a closing one
 */
export function* parseCsv(text: string, separator: string, file: string): Generator<TextRecord> {
  let line = 1;
  let start = 1;
  let fields: string[] = [];
  let at = 0;
  while (at < text.length) {
    let field = '';
    if (text[at] === '"') {
      const opened = line;
      at += 1;
      for (;;) {
        const close = text.indexOf('"', at);
        if (close < 0) throw badQuote(file, opened, 'a quote opens and never closes');
        field += text.slice(at, close);
        at = close + 1;
        if (text[at] !== '"') break;
        field += '"';
        at += 1;
      }
      for (const character of field) if (character === '\n') line += 1;
      const next = text[at];
      if (next !== undefined && next !== separator && next !== '\n' && next !== '\r') {
        throw badQuote(file, opened, 'text follows a closing quote');
      }
    } else {
      const from = at;
      while (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r') {
        at += 1;
      }
      field = text.slice(from, at);
    }
    fields.push(field);
    if (text[at] === separator) {
      at += 1;
      // A separator at the very end is followed by an empty field.
      if (at < text.length) continue;
      fields.push('');
    }
    if (text[at] === '\r') at += 1;
    if (text[at] === '\n') at += 1;
    line += 1;
    if (fields.length > 1 || fields[0]!.trim() !== '') yield { line: start, fields };
    fields = [];
    start = line;
  }
}

function badQuote(file: string, line: number, what: string): RingtrueError {
  return new RingtrueError('datasets/bad-manifest', `${file}:${line}: ${what}`, {
    details: { file, line },
  });
}

/** What stands between the columns of a file without quotes. */
export type Separator = 'space' | 'tab' | 'pipe';

/**
 * A protocol of fixed columns without quotes, as challenges ship them.
 * @param options.file name for messages
 * @param options.columns names of the columns, for the message when a line has another number of them
 * @throws RingtrueError `datasets/bad-manifest` with the line number
 */
export function parseProtocol(
  text: string,
  {
    file,
    columns,
    separator = 'space',
  }: { file: string; columns: readonly string[]; separator?: Separator },
): TextRecord[] {
  const split = SEPARATORS[separator];
  const records: TextRecord[] = [];
  for (const { line, text: content } of lines(text)) {
    const fields = content.trim().split(split);
    if (fields.length !== columns.length) {
      throw new RingtrueError(
        'datasets/bad-manifest',
        `${file}:${line}: ${fields.length} columns, expected ${columns.length} (${columns.join(', ')})`,
        { details: { file, line, columns: fields.length, expected: [...columns] } },
      );
    }
    records.push({ line, fields });
  }
  return records;
}

const SEPARATORS = { space: /\s+/, tab: '\t', pipe: '|' } as const;
