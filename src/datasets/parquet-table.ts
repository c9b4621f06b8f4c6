/**
 * Parquet files as the model hub ships data sets: rows of labels, each with its recording.
 * @module
 */

import { openDisk } from '../archives/disk.ts';
import { memberPath, splitMemberPath } from '../archives/names.ts';
import { parquetShape, readParquetColumns } from '../archives/parquet.ts';
import { RingtrueError } from '../core/errors.ts';
import type { Tree } from './tree.ts';

/** A row of a Parquet file. */
export interface ParquetRow {
  /** `FILE:row N`, for messages. */
  readonly where: string;
  readonly row: number;
  /** Cells of plain columns as text; classes by their names; absent cells are empty. */
  readonly cells: Readonly<Record<string, string>>;
  /** Path of the recording, for a clip. */
  readonly audio: string;
}

/**
 * Rows of a Parquet file that holds recordings; the recordings are not read.
 * @throws RingtrueError `datasets/bad-layout` if it has no column of recordings or lacks a column,
 * `archives/damaged`, `archives/unsupported` inside another archive, `core/io-*`
 */
export async function readParquetTable(
  tree: Tree,
  path: string,
  needed: readonly string[] = [],
): Promise<ParquetRow[]> {
  const place = tree.path(path);
  if (splitMemberPath(place) !== undefined) {
    throw new RingtrueError(
      'archives/unsupported',
      `${place}: a Parquet file inside an archive is not read`,
      { details: { path: place } },
    );
  }
  const file = openDisk(place);
  try {
    const { audio, columns, plain, classes } = await parquetShape(file);
    const missing = needed.filter((name) => !plain.includes(name));
    if (audio === undefined || missing.length > 0) {
      const what = audio === undefined ? 'of recordings (audio)' : missing.join(', ');
      throw new RingtrueError(
        'datasets/bad-layout',
        `${place}: no column ${what}; there are ${columns.join(', ')}`,
        { details: { file: place, columns: [...columns] } },
      );
    }
    const rows = await readParquetColumns(file, plain);
    return rows.map((cells, row) => ({
      where: `${place}: row ${row}`,
      row,
      cells: Object.fromEntries(
        plain.map((name) => [name, textOf(cells[name], classes.get(name))]),
      ),
      audio: memberPath(place, `${audio}/${row}`),
    }));
  } finally {
    file.close();
  }
}

function textOf(value: unknown, names: readonly string[] | undefined): string {
  if (typeof value === 'number' && names !== undefined) return names[value] ?? String(value);
  return value === null || value === undefined || typeof value === 'object' ? '' : String(value);
}

/** The split that the name of a file tells, as `train-00000-of-00002.parquet` does. */
export function splitOfName(path: string): 'train' | 'dev' | 'eval' | undefined {
  const word = /(?:^|[/_.-])(train|dev|valid|validation|test|eval)(?=[/_.-])/i.exec(path)?.[1];
  if (word === undefined) return undefined;
  const lower = word.toLowerCase();
  if (lower === 'train') return 'train';
  return lower === 'test' || lower === 'eval' ? 'eval' : 'dev';
}
