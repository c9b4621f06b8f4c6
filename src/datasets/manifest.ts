/**
 * Manifests: one row a clip, as JSON Lines or comma-separated values.
 * @module
 */

import { basename, dirname, extname, resolve } from 'node:path';
import { RingtrueError } from '../core/errors.ts';
import { type Clip, clipSchema } from './clip.ts';
import { parseLabel } from './labels.ts';
import { lines, parseCsv, readText } from './text.ts';
import { treeName } from './tree.ts';

/** Problems listed in one message; the rest is counted. */
const SHOWN = 5;

/** A row before it is checked, and the line it starts on. */
interface RawRow {
  readonly line: number;
  readonly value: unknown;
}

/**
 * Reads a manifest (`.jsonl`, `.ndjson`, `.csv`, `.tsv`). Paths are resolved against its folder, and
 * an id that is absent becomes the path as written. In tables an empty cell is an absent value,
 * `group.NAME` columns make up `group`, `segments` and `events` hold JSON, and the columns may be separated by
 * commas, semicolons or tabs.
 * @returns clips in the order of the file, with absolute paths
 * @throws RingtrueError `datasets/bad-manifest` (every bad row with its line), `datasets/duplicate-id`,
 * `datasets/empty`, `core/io-not-found`, `core/io-denied`
 */
export async function readManifest(path: string): Promise<Clip[]> {
  const text = await readText(path);
  const table = /\.(csv|tsv)$/i.test(path);
  const clips: Clip[] = [];
  const problems: { line: number; problem: string }[] = [];
  const seen = new Map<string, number>();
  const folder = dirname(resolve(path));
  for (const row of table ? tableRows(text, path) : jsonRows(text, problems)) {
    const parsed = clipSchema.safeParse(normalise(row.value));
    if (!parsed.success) {
      for (const { path: at, message } of parsed.error.issues) {
        problems.push({
          line: row.line,
          problem: at.length > 0 ? `${at.join('.')}: ${message}` : message,
        });
      }
      continue;
    }
    const clip = parsed.data;
    const first = seen.get(clip.id);
    if (first !== undefined) {
      throw new RingtrueError(
        'datasets/duplicate-id',
        `${path}:${row.line}: the id ${JSON.stringify(clip.id)} is that of line ${first}`,
        { details: { file: path, id: clip.id, lines: [first, row.line] } },
      );
    }
    seen.set(clip.id, row.line);
    clips.push({ ...clip, path: resolve(folder, clip.path) });
  }
  if (problems.length > 0) throw badRows(path, problems);
  if (clips.length === 0) {
    throw new RingtrueError('datasets/empty', `${path}: the manifest has no rows`, {
      details: { file: path },
    });
  }
  return clips;
}

/** True for the file endings of a manifest. */
export function isManifestName(path: string): boolean {
  return ['.jsonl', '.ndjson', '.csv', '.tsv'].includes(extname(path).toLowerCase());
}

/** Name of a corpus for reports: the manifest's own, or its folder's if it is called `manifest`. */
export function manifestName(path: string): string {
  const stem = basename(path, extname(path));
  return stem === 'manifest' ? treeName(dirname(resolve(path))) : stem;
}

function* jsonRows(text: string, problems: { line: number; problem: string }[]): Generator<RawRow> {
  for (const { line, text: content } of lines(text)) {
    let value: unknown;
    try {
      value = JSON.parse(content);
    } catch (error) {
      problems.push({ line, problem: error instanceof Error ? error.message : String(error) });
      continue;
    }
    yield { line, value };
  }
}

function* tableRows(text: string, path: string): Generator<RawRow> {
  const header = text.slice(0, text.search(/[\r\n]|$/));
  const separator = [',', ';', '\t'].reduce((best, candidate) =>
    header.split(candidate).length > header.split(best).length ? candidate : best,
  );
  let columns: readonly string[] | undefined;
  for (const { line, fields } of parseCsv(text, separator, path)) {
    if (columns === undefined) {
      columns = fields.map((field) => field.trim());
      if (!columns.includes('path')) {
        throw new RingtrueError(
          'datasets/bad-manifest',
          `${path}:${line}: no column "path"; the first row names the columns, here: ${columns.join(', ')}`,
          { details: { file: path, line, columns: [...columns] } },
        );
      }
      continue;
    }
    if (fields.length !== columns.length) {
      throw new RingtrueError(
        'datasets/bad-manifest',
        `${path}:${line}: ${fields.length} cells, expected ${columns.length} (${columns.join(', ')})`,
        { details: { file: path, line, cells: fields.length, expected: columns.length } },
      );
    }
    yield { line, value: tableRow(columns, fields) };
  }
}

function tableRow(columns: readonly string[], fields: readonly string[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  const group: Record<string, string> = {};
  for (const [i, column] of columns.entries()) {
    const cell = fields[i]!;
    if (cell === '') continue;
    if (column.startsWith('group.')) group[column.slice('group.'.length)] = cell;
    else if (column === 'durationSec') row[column] = Number(cell);
    else if (column === 'segments' || column === 'events') row[column] = parseCell(cell);
    else row[column] = cell;
  }
  if (Object.keys(group).length > 0) row.group = group;
  return row;
}

/** JSON of a cell; text that is not JSON stays text and is refused by the schema. */
function parseCell(cell: string): unknown {
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}

/** Fills an absent id and translates the words for labels; all else is left to the schema. */
function normalise(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const row: Record<string, unknown> = { ...value };
  if (row.id === undefined) row.id = row.path;
  if (typeof row.label === 'string') row.label = parseLabel(row.label) ?? row.label;
  return row;
}

function badRows(path: string, problems: { line: number; problem: string }[]): RingtrueError {
  const shown = problems.slice(0, SHOWN).map(({ line, problem }) => `${path}:${line}: ${problem}`);
  const more = problems.length - shown.length;
  if (more > 0) shown.push(`and ${more} more`);
  return new RingtrueError('datasets/bad-manifest', shown.join('; '), {
    details: { file: path, problems: problems.slice(0, 100) },
    hint: `The fields of a row are: ${Object.keys(clipSchema.shape).join(', ')}.`,
  });
}
