/**
 * The safetensors format for named tensors: a length, a JSON header, the elements.
 *
 * The format: 8 bytes N (little-endian); N bytes of JSON,
 * `{"name": {"dtype", "shape", "data_offsets": [begin, end]}, …, "__metadata__": {key: text}}`, which may
 * end in spaces; then the elements, little-endian and row-major, whose offsets count from there, without
 * holes or overlaps (https://huggingface.co/docs/safetensors).
 * @module
 */

import * as z from 'zod';
import { RingtrueError } from '../core/errors.ts';
import {
  bytesFromElements,
  type ConstantData,
  ELEMENT_BYTES,
  type ElementType,
  elementsFromBytes,
  elementType,
} from './elements.ts';

/** A tensor; `type` is needed for bool only, which shares Uint8Array with uint8. */
export interface NamedTensor {
  readonly dims: readonly number[];
  readonly data: ConstantData;
  readonly type?: ElementType;
}

/** What a file holds. */
export interface TensorFile {
  readonly tensors: Readonly<Record<string, NamedTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The format's name of each element type. */
const DTYPES: Readonly<Record<ElementType, string>> = {
  float32: 'F32',
  float64: 'F64',
  float16: 'F16',
  int64: 'I64',
  int32: 'I32',
  int8: 'I8',
  uint64: 'U64',
  uint32: 'U32',
  uint8: 'U8',
  bool: 'BOOL',
};

const TYPES: ReadonlyMap<string, ElementType> = new Map(
  // The keys of DTYPES are the element types.
  Object.entries(DTYPES).map(([type, dtype]) => [dtype, type as ElementType]),
);

const METADATA = '__metadata__';
const LENGTH_BYTES = 8;
/** The elements begin at a multiple of this, so that any array could lie on them. */
const ALIGNMENT = 8;
/** As the format's own library has it. */
const MAX_HEADER_BYTES = 100_000_000;

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const entrySchema = z.strictObject({
  dtype: z.string(),
  shape: z.array(count),
  data_offsets: z.tuple([count, count]),
});

/**
 * A file of named tensors. Those with larger elements come first, then by name, so that equal content gives
 * equal bytes.
 * @throws Error `internal: …` if data does not fill its dims or a name is not allowed
 */
export function writeSafetensors({ tensors, metadata }: TensorFile): Uint8Array<ArrayBuffer> {
  const sorted = Object.entries(tensors)
    .map(([name, tensor]) => ({ name, type: tensor.type ?? elementType(tensor.data), ...tensor }))
    .sort((a, b) => ELEMENT_BYTES[b.type] - ELEMENT_BYTES[a.type] || (a.name < b.name ? -1 : 1));
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push([METADATA, metadata]);
  let end = 0;
  for (const { name, type, dims, data } of sorted) {
    const size = dims.reduce((product, dim) => product * dim, 1);
    if (name === METADATA) throw new Error(`internal: no tensor can be called ${METADATA}`);
    if (size !== data.length || ELEMENT_BYTES[type] !== data.BYTES_PER_ELEMENT) {
      throw new Error(`internal: ${name} has ${data.length} values, expected ${size} of ${type}`);
    }
    const begin = end;
    end += data.byteLength;
    header.push([name, { dtype: DTYPES[type], shape: dims, data_offsets: [begin, end] }]);
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const length = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  const start = LENGTH_BYTES + length;
  const bytes = new Uint8Array(start + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.fill(' '.charCodeAt(0), LENGTH_BYTES, start);
  bytes.set(text, LENGTH_BYTES);
  let at = start;
  for (const { data } of sorted) {
    bytes.set(bytesFromElements(data), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a file of named tensors; each gets memory of its own.
 * @throws RingtrueError `models/bad-file` if the header is no such JSON, offsets overlap, leave holes, point
 * outside or do not fit the shape, or an element type is none of ours
 */
export function readSafetensors(bytes: Uint8Array): TensorFile {
  const { header, start } = readHeader(bytes);
  const data = bytes.subarray(start);
  const { [METADATA]: told = {}, ...entries } = header;
  if (!isTexts(told)) throw badFile(`${METADATA} holds something that is no text`);
  const found = Object.entries(entries).map(([name, entry]) => readEntry(name, entry));
  checkCover(found, data.length);
  return {
    tensors: Object.fromEntries(
      found.map(({ name, type, dims, begin, end }): [string, NamedTensor] => {
        const elements = elementsFromBytes(type, data.subarray(begin, end));
        return [name, { dims, data: elements, ...(type === 'bool' ? { type } : {}) }];
      }),
    ),
    metadata: told,
  };
}

function badFile(what: string, details: { tensor?: string } = {}): RingtrueError {
  return new RingtrueError('models/bad-file', `not a safetensors file: ${what}`, { details });
}

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; start: number } {
  if (bytes.length < LENGTH_BYTES) throw badFile(`it has only ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES || length > bytes.length - LENGTH_BYTES) {
    throw badFile(`its header is said to have ${length} bytes, the file has ${bytes.length}`);
  }
  const start = LENGTH_BYTES + Number(length);
  const text = bytes.subarray(LENGTH_BYTES, start);
  if (text[0] !== '{'.charCodeAt(0)) throw badFile('its header does not begin with {');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text));
  } catch (error) {
    throw badFile(`its header is no JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (!isObject(value)) throw badFile('its header is no object');
  return { header: value, start };
}

/** Looked at by hand: a schema of records would drop a tensor called `__proto__`. */
function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((text) => typeof text === 'string');
}

/** Where a tensor lies. */
interface Place {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readEntry(name: string, value: unknown): Place {
  const entry = entrySchema.safeParse(value);
  if (!entry.success) {
    const [issue] = entry.error.issues;
    throw badFile(`tensor ${name}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`, {
      tensor: name,
    });
  }
  const { dtype, shape, data_offsets: offsets } = entry.data;
  const [begin, end] = offsets;
  const type = TYPES.get(dtype);
  if (type === undefined) {
    const known = [...TYPES.keys()].join(', ');
    throw badFile(`tensor ${name} has the type ${dtype}, known are ${known}`, { tensor: name });
  }
  const size = shape.reduce((product, dim) => product * dim, ELEMENT_BYTES[type]);
  if (!Number.isSafeInteger(size) || end - begin !== size) {
    throw badFile(
      `tensor ${name} needs ${size} bytes for ${dtype}[${shape.join(', ')}], its offsets are ${begin} to ${end}`,
      { tensor: name },
    );
  }
  return { name, type, dims: shape, begin, end };
}

/** In the order of their offsets, each tensor begins where the last one ended, and the last one ends the file. */
function checkCover(places: readonly Place[], length: number): void {
  let at = 0;
  for (const { name, begin, end } of [...places].sort(
    (a, b) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin !== at) {
      const what = begin < at ? 'overlaps the one before it' : `leaves a hole after byte ${at}`;
      throw badFile(`tensor ${name} ${what}`, { tensor: name });
    }
    at = end;
  }
  if (at !== length) throw badFile(`its tensors need ${at} bytes, it has ${length}`);
}
