/**
 * Parquet files that hold recordings, as the model hub ships data sets: a column `audio` with the fields
 * `bytes` and `path`, or a plain column of bytes, beside columns of labels.
 * @module
 */

import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import * as z from 'zod';
import { RingtrueError } from '../core/errors.ts';
import { damaged } from './damaged.ts';
import type { DiskFile } from './disk.ts';
import type { Place } from './types.ts';

/** Names of columns that are taken for recordings where they hold bytes. */
const AUDIO_COLUMNS = ['audio', 'wav', 'flac', 'mp3', 'speech', 'file', 'bytes'];

/** The shape of a Parquet file. */
export interface ParquetShape {
  /** Top-level columns. */
  readonly columns: readonly string[];
  /** The column that holds recordings, if there is one. */
  readonly audio: string | undefined;
  /** Top-level columns of texts, numbers and the like. */
  readonly plain: readonly string[];
  /** What the numbers of a column of classes stand for, as the model hub notes it. */
  readonly classes: ReadonlyMap<string, readonly string[]>;
  readonly rows: number;
}

/**
 * Columns and rows of a Parquet file, by its footer.
 * @throws RingtrueError `archives/damaged`, `core/io-*`
 */
export async function parquetShape(file: DiskFile): Promise<ParquetShape> {
  const metadata = await readMetadata(file);
  const top = parquetSchema(metadata).children;
  const holdsBytes = (name: string): boolean =>
    top.some(
      ({ element, children }) =>
        element.name === name &&
        (children.length === 0
          ? element.type === 'BYTE_ARRAY' && element.converted_type !== 'UTF8'
          : children.some(
              (child) => child.element.name === 'bytes' && child.element.type === 'BYTE_ARRAY',
            )),
    );
  const audio = AUDIO_COLUMNS.find(holdsBytes);
  return {
    columns: top.map(({ element }) => element.name),
    audio,
    plain: top.flatMap(({ element: { name }, children }) =>
      children.length === 0 && name !== audio ? [name] : [],
    ),
    classes: classNames(metadata),
    rows: Number(metadata.num_rows),
  };
}

const hubSchema = z.object({
  info: z.object({
    features: z.record(z.string(), z.looseObject({ names: z.array(z.string()).optional() })),
  }),
});

function classNames({ key_value_metadata: pairs }: FileMetaData): Map<string, readonly string[]> {
  const text = pairs?.find(({ key }) => key === 'huggingface')?.value;
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch {
    return new Map();
  }
  const found = hubSchema.safeParse(value).data?.info.features ?? {};
  return new Map(
    Object.entries(found).flatMap(([name, { names }]) =>
      names === undefined ? [] : [[name, names]],
    ),
  );
}

/** Recordings of a Parquet file: `audio/0`, `audio/1`, and so on, by row. */
export async function listParquet(file: DiskFile): Promise<Map<string, Place>> {
  const { audio, rows } = await parquetShape(file);
  const places = new Map<string, Place>();
  if (audio === undefined) return places;
  for (let row = 0; row < rows; row += 1) {
    places.set(`${audio}/${row}`, { kind: 'cell', column: audio, row });
  }
  return places;
}

/**
 * Rows of the columns that are named; 64-bit integers become numbers, other values stay as they are.
 * @throws RingtrueError `archives/damaged`, also if a column is not there; `core/io-*`
 */
export async function readParquetColumns(
  file: DiskFile,
  columns: readonly string[],
): Promise<Record<string, unknown>[]> {
  return guarded(file, async () => {
    const rows = await parquetReadObjects({
      file: bufferOf(file),
      columns: [...columns],
      compressors,
    });
    for (const row of rows) {
      for (const name of columns) {
        const value: unknown = row[name];
        if (typeof value === 'bigint') row[name] = Number(value);
      }
    }
    return rows;
  });
}

/**
 * The bytes of one cell. Of its row group, the column's chunk is read.
 * @param maxBytes of that chunk, unpacked: it is held in memory
 * @throws RingtrueError `archives/damaged`, `archives/too-large`, `core/io-*`
 */
export async function readCell(
  file: DiskFile,
  { column, row }: { column: string; row: number },
  maxBytes: number,
): Promise<Uint8Array> {
  const metadata = await readMetadata(file);
  let start = 0;
  for (const group of metadata.row_groups) {
    const end = start + Number(group.num_rows);
    if (row >= start && row < end) {
      const size = group.columns
        .filter(({ meta_data }) => meta_data?.path_in_schema[0] === column)
        .reduce((sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size ?? 0), 0);
      if (size > maxBytes) {
        throw new RingtrueError(
          'archives/too-large',
          `${file.path}: the rows ${start} to ${end - 1} of ${column} unpack to ${size} bytes, the limit is ${maxBytes}`,
          { details: { archive: file.path, column, size, maxBytes } },
        );
      }
    }
    start = end;
  }
  const [found] = await guarded(file, () =>
    parquetReadObjects({
      file: bufferOf(file),
      metadata,
      columns: [column],
      rowStart: row,
      rowEnd: row + 1,
      utf8: false,
      useOffsetIndex: true,
      compressors,
    }),
  );
  const cell: unknown = found?.[column];
  const bytes =
    typeof cell === 'object' && cell !== null && 'bytes' in cell && !(cell instanceof Uint8Array)
      ? cell.bytes
      : cell;
  if (bytes instanceof Uint8Array) return bytes;
  throw damaged(file.path, `row ${row} of ${column} holds no bytes`);
}

function readMetadata(file: DiskFile): Promise<FileMetaData> {
  return guarded(file, () => parquetMetadataAsync(bufferOf(file)));
}

/** The library throws plain errors of many kinds at damage; our own pass through. */
async function guarded<T>(file: DiskFile, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RingtrueError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw damaged(file.path, `it is no whole Parquet file (${message})`, error);
  }
}

function bufferOf(file: DiskFile): AsyncBuffer {
  return {
    byteLength: file.size,
    slice(start, end = file.size) {
      const from = start < 0 ? file.size + start : start;
      if (from < 0 || end > file.size || end < from) throw new Error('it reaches beyond its end');
      const bytes = file.read(from, end - from);
      // `slice` of the pool's buffer is a copy of its own, from its first byte.
      return new Uint8Array(bytes).buffer;
    },
  };
}
