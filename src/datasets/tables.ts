/**
 * Label files of data sets as rows by column name, with the place of each row for messages.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import type { Label } from './clip.ts';
import { parseLabel } from './labels.ts';
import { lines, parseCsv, parseProtocol, type Separator, type TextRecord } from './text.ts';
import type { Tree } from './tree.ts';

/** One row of a label file. */
export interface Row<C extends string> {
  readonly file: string;
  readonly line: number;
  /** Cells by column, without white space around them. */
  readonly cells: Readonly<Record<C, string>>;
}

/**
 * Rows of a file of fixed columns without header and quotes.
 * @throws RingtrueError `datasets/bad-manifest` for another number of columns, `core/io-*`
 */
export async function readFixed<const C extends string>(
  tree: Tree,
  path: string,
  columns: readonly C[],
  separator: Separator = 'space',
): Promise<Row<C>[]> {
  const file = tree.path(path);
  const records = parseProtocol(await tree.text(path), { file, columns, separator });
  return records.map((record) => rowOf(file, record, columns));
}

/** How a table with a header is read. */
export interface TableOptions<C extends string, O extends string = never> {
  /** Columns that must be there; others are left out. */
  readonly columns: readonly C[];
  /** Columns that may be there; their cells are empty if they are not. */
  readonly optional?: readonly O[];
  /** `csv` and `tsv` have quotes by RFC 4180; `pipe` has none; `sniff` is csv or tsv by its first line. */
  readonly format: 'csv' | 'tsv' | 'pipe' | 'sniff';
}

/**
 * Rows of a file whose first row names the columns, in whatever order.
 * @throws RingtrueError `datasets/bad-manifest` if a column is not there or a row has another number of cells,
 * `core/io-*`
 */
export async function readTable<const C extends string, const O extends string = never>(
  tree: Tree,
  path: string,
  { columns, optional = [], format }: TableOptions<C, O>,
): Promise<Row<C | O>[]> {
  const file = tree.path(path);
  const text = await tree.text(path);
  const rows: Row<C | O>[] = [];
  let at: Map<string, number> | undefined;
  let width = 0;
  const wanted: readonly (C | O)[] = [...columns, ...optional];
  for (const { line, fields } of recordsOf(text, format, file)) {
    if (at === undefined) {
      at = new Map(fields.map((field, i) => [field.trim(), i]));
      width = fields.length;
      const missing = columns.filter((column) => !at?.has(column));
      if (missing.length > 0) {
        throw new RingtrueError(
          'datasets/bad-manifest',
          `${file}:${line}: no column ${missing.join(', ')}; its first row is ${fields.join(', ')}`,
          { details: { file, line, missing, columns: [...fields] } },
        );
      }
      continue;
    }
    if (fields.length !== width) {
      throw new RingtrueError(
        'datasets/bad-manifest',
        `${file}:${line}: ${fields.length} cells, expected ${width} (${[...at.keys()].join(', ')})`,
        { details: { file, line, cells: fields.length, expected: width } },
      );
    }
    const header = at;
    const cells = wanted.map((column) => fields[header.get(column) ?? -1] ?? '');
    rows.push(rowOf(file, { line, fields: cells }, wanted));
  }
  return rows;
}

function* recordsOf(
  text: string,
  format: TableOptions<string>['format'],
  file: string,
): Generator<TextRecord> {
  if (format !== 'pipe') {
    const header = text.slice(0, text.search(/[\r\n]|$/));
    const isTsv = format === 'tsv' || (format === 'sniff' && header.includes('\t'));
    yield* parseCsv(text, isTsv ? '\t' : ',', file);
    return;
  }
  for (const { line, text: content } of lines(text)) yield { line, fields: content.split('|') };
}

function rowOf<C extends string>(
  file: string,
  { line, fields }: TextRecord,
  columns: readonly C[],
): Row<C> {
  const cells: Partial<Record<C, string>> = {};
  for (const [i, column] of columns.entries()) cells[column] = fields[i]!.trim();
  // Every column has its cell: both callers have counted.
  return { file, line, cells: cells as Record<C, string> };
}

/** Where a row is, for messages. */
export interface Place {
  readonly file: string;
  readonly line: number;
  /** In place of `FILE:LINE`. */
  readonly where?: string;
}

/**
 * The label that a cell holds.
 * @param known words of this data set besides the usual ones
 * @throws RingtrueError `datasets/bad-manifest`, never a guess
 */
export function labelIn(
  place: Place,
  word: string,
  known: Readonly<Record<string, Label>> = {},
): Label {
  const label = known[word] ?? parseLabel(word);
  if (label !== undefined) return label;
  throw badCell(place, `the label is ${JSON.stringify(word)}, expected bonafide or spoof`);
}

/** A `datasets/bad-manifest` error at a row. */
export function badCell({ file, line, where }: Place, what: string): RingtrueError {
  return new RingtrueError('datasets/bad-manifest', `${where ?? `${file}:${line}`}: ${what}`, {
    details: { file, line },
  });
}

/** A cell, undefined where it is empty or `-`, which stands for missing. */
export function given(cell: string): string | undefined {
  return cell === '' || cell === '-' ? undefined : cell;
}

/** A positive number of a cell, undefined where there is none. */
export function positive(cell: string): number | undefined {
  const value = Number(cell);
  return value > 0 && Number.isFinite(value) ? value : undefined;
}
