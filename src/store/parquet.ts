/**
 * Typed rows in Parquet files. Parquet readers do not notice a flipped bit inside a column, and some
 * flipped bits send them round in circles, so our files carry a SHA-256 of all their bytes. It lies in
 * a gap between the last column and the footer, where every other reader skips over it.
 * @module
 */

import { readFile } from 'node:fs/promises';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { type BasicType, parquetWriteBuffer } from 'hyparquet-writer';
import { RingtrueError, toRingtrueError } from '../core/errors.ts';
import { hashBytes } from '../core/hash.ts';
import { writeFileAtomic } from '../core/node/files.ts';

/** What a column holds; `integer` is 32 bits, `attributes` is a small record of texts, stored as JSON. */
export type ColumnType = 'text' | 'number' | 'integer' | 'boolean' | 'attributes';

/** The columns of a file, in order. Files that are older than a column that may lack have null in its place. */
export type Columns = Readonly<
  Record<
    string,
    | { readonly type: ColumnType; readonly nullable?: true }
    | { readonly type: ColumnType; readonly nullable: true; readonly mayLack: true }
  >
>;

interface ColumnValues {
  readonly text: string;
  readonly number: number;
  readonly integer: number;
  readonly boolean: boolean;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The row type of a set of columns. */
export type RowOf<C extends Columns> = {
  readonly [K in keyof C]:
    | ColumnValues[C[K]['type']]
    | (C[K] extends { readonly nullable: true } ? null : never);
};

const PARQUET_TYPES: { readonly [T in ColumnType]: BasicType } = {
  text: 'STRING',
  number: 'DOUBLE',
  integer: 'INT32',
  boolean: 'BOOLEAN',
  attributes: 'JSON',
};

const CHECKS: { readonly [T in ColumnType]: (value: unknown) => boolean } = {
  text: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === 'boolean',
  attributes: (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((text) => typeof text === 'string'),
};

const SEAL_MARK = new TextEncoder().encode('ringtrue/sha256:');
const SEAL_BYTES = SEAL_MARK.length + 64;
/** Length of the footer (32 bits) and the closing `PAR1`. */
const TAIL_BYTES = 8;

/**
 * Rows as the bytes of a Parquet file. Equal rows give equal bytes.
 * @throws RingtrueError `core/internal` if a value does not fit its column
 */
export function encodeRows<C extends Columns>(columns: C, rows: readonly RowOf<C>[]): Uint8Array {
  const problem = findProblem(columns, rows);
  if (problem !== undefined) throw new RingtrueError('core/internal', `internal: ${problem}`);
  const buffer = parquetWriteBuffer({
    columnData: Object.entries(columns).map(([name, column]) => ({
      name,
      data: rows.map((row) => row[name]),
      type: PARQUET_TYPES[column.type],
      nullable: column.nullable === true,
    })),
    createdBy: 'ringtrue',
  });
  return seal(new Uint8Array(buffer));
}

/**
 * Writes a Parquet file that is either whole or absent.
 * @throws RingtrueError `core/io-disk-full`, `core/io-denied`, `core/io-failed`
 */
export async function writeRows<C extends Columns>(
  path: string,
  columns: C,
  rows: readonly RowOf<C>[],
): Promise<void> {
  await writeFileAtomic(path, encodeRows(columns, rows));
}

/** How {@link readRows} and {@link decodeRows} read. */
export interface ReadOptions {
  /** True for files that only we write: one without its checksum is damaged. Default false. */
  readonly sealed?: boolean;
}

/**
 * Reads a Parquet file, ours or foreign; columns that were not asked for are left out.
 * @throws RingtrueError `store/bad-parquet` if it is damaged, lacks a column, or a value does not fit;
 *   `core/io-not-found`, `core/io-denied`, `core/io-failed`
 */
export async function readRows<C extends Columns>(
  path: string,
  columns: C,
  options: ReadOptions = {},
): Promise<RowOf<C>[]> {
  return decodeRows(await readBytes(path), columns, { where: path, ...options });
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw toRingtrueError(error, 'core/io-failed');
  }
}

/**
 * Rows of any Parquet file with whatever columns it has; 64-bit integers become numbers.
 * @throws RingtrueError `store/bad-parquet`, `core/io-not-found`, `core/io-denied`, `core/io-failed`
 */
export async function readRecords(path: string): Promise<Record<string, unknown>[]> {
  const { names, records } = await decodeRecords(await readBytes(path), undefined, { where: path });
  return records.map((record) => normalise(names, record));
}

/**
 * Rows from the bytes of a Parquet file; `where` names it in messages.
 * @throws RingtrueError `store/bad-parquet`
 */
export async function decodeRows<C extends Columns>(
  bytes: Uint8Array,
  columns: C,
  options: ReadOptions & { readonly where: string },
): Promise<RowOf<C>[]> {
  const names = Object.keys(columns);
  const { records } = await decodeRecords(bytes, columns, options);
  const rows = records.map((record) => normalise(names, record));
  const problem = findProblem(columns, rows);
  if (problem !== undefined) throw badParquet(options.where, problem);
  // findProblem has just checked every value against its column.
  return rows as RowOf<C>[];
}

/** @param columns to read; all if undefined */
async function decodeRecords(
  bytes: Uint8Array,
  columns: Columns | undefined,
  { where, sealed = false }: ReadOptions & { readonly where: string },
): Promise<{ names: readonly string[]; records: Record<string, unknown>[] }> {
  const state = checkSeal(bytes);
  if (state === 'broken' || (sealed && state === 'absent')) {
    throw badParquet(where, 'its bytes do not match its checksum');
  }
  try {
    const buffer = bytes.slice().buffer;
    const metadata = parquetMetadata(buffer);
    const present = metadata.schema.slice(1).map((element) => element.name);
    const wanted = Object.entries(columns ?? {});
    const missing = wanted.filter(
      ([name, column]) => !present.includes(name) && !('mayLack' in column),
    );
    if (missing.length > 0) {
      const list = (entries: typeof wanted): string => entries.map(([name]) => name).join(', ');
      throw new Error(`it has no column ${list(missing)}; expected ${list(wanted)}`);
    }
    const names =
      columns === undefined ? present : present.filter((name) => Object.hasOwn(columns, name));
    const records = await parquetReadObjects({
      file: { byteLength: buffer.byteLength, slice: (start, end) => buffer.slice(start, end) },
      metadata,
      columns: [...names],
      compressors,
    });
    if (records.length !== Number(metadata.num_rows)) {
      throw new Error(`it says ${metadata.num_rows} rows and holds ${records.length}`);
    }
    return { names, records };
  } catch (error) {
    throw badParquet(where, error instanceof Error ? error.message : String(error), error);
  }
}

function badParquet(where: string, problem: string, cause?: unknown): RingtrueError {
  return new RingtrueError('store/bad-parquet', `${where}: ${problem}`, {
    details: { file: where },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Foreign files hold 64-bit integers as bigint and absent values as undefined. */
function normalise(
  names: readonly string[],
  record: Record<string, unknown>,
): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const name of names) {
    const value = record[name];
    row[name] = typeof value === 'bigint' ? Number(value) : (value ?? null);
  }
  return row;
}

function findProblem(
  columns: Columns,
  rows: readonly Readonly<Record<string, unknown>>[],
): string | undefined {
  for (const [name, column] of Object.entries(columns)) {
    const index = rows.findIndex(
      (row) => !(row[name] === null ? column.nullable === true : CHECKS[column.type](row[name])),
    );
    if (index >= 0) {
      const shown = JSON.stringify(rows[index]?.[name]) ?? String(rows[index]?.[name]);
      return `row ${index + 1}, column ${name}: ${shown} is not ${column.nullable ? 'null or ' : ''}${column.type}`;
    }
  }
  return undefined;
}

function footerStart(file: Uint8Array): number {
  const length = new DataView(file.buffer, file.byteOffset).getUint32(
    file.length - TAIL_BYTES,
    true,
  );
  return file.length - TAIL_BYTES - length;
}

function seal(file: Uint8Array): Uint8Array {
  const at = footerStart(file);
  const sealed = new Uint8Array(file.length + SEAL_BYTES);
  sealed.set(file.subarray(0, at));
  sealed.set(SEAL_MARK, at);
  sealed.set(new TextEncoder().encode(hashBytes(file)), at + SEAL_MARK.length);
  sealed.set(file.subarray(at), at + SEAL_BYTES);
  return sealed;
}

function checkSeal(file: Uint8Array): 'whole' | 'broken' | 'absent' {
  if (file.length < TAIL_BYTES + SEAL_BYTES) return 'absent';
  const at = footerStart(file) - SEAL_BYTES;
  if (at < 0 || SEAL_MARK.some((byte, i) => file[at + i] !== byte)) return 'absent';
  const unsealed = new Uint8Array(file.length - SEAL_BYTES);
  unsealed.set(file.subarray(0, at));
  unsealed.set(file.subarray(at + SEAL_BYTES), at);
  const stored = new TextDecoder().decode(file.subarray(at + SEAL_MARK.length, at + SEAL_BYTES));
  return stored === hashBytes(unsealed) ? 'whole' : 'broken';
}
