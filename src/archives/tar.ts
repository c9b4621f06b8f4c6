/**
 * Listing tar archives (POSIX ustar and pax, GNU long names): headers are walked, contents are skipped.
 * POSIX.1-2017, "pax Interchange Format"; GNU tar manual, "Basic Tar Format".
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { throwIfAborted, type WorkContext } from '../core/progress.ts';
import { damaged } from './damaged.ts';
import type { DiskFile } from './disk.ts';
import { cleanName } from './names.ts';
import type { Place } from './types.ts';

const BLOCK = 512;
/** Longest extended header that is read; real ones have a few hundred bytes. */
const MAX_META = 1 << 20;
const MAX_MEMBERS = 5_000_000;

/** Walks a tar stream: it says what it wants next, and is given it. */
export interface TarWalker {
  /** Bytes to skip, then bytes to take; `end` once the end mark was seen. */
  readonly want: { readonly skip: number; readonly take: number } | 'end';
  /** Takes the bytes that were wanted; fewer than that means that the stream has ended. */
  take(bytes: Uint8Array): void;
  /** Files so far, by name: the last of a name counts, as for tar itself. */
  readonly members: ReadonlyMap<string, { readonly offset: number; readonly size: number }>;
}

/** What an extended header says of the entry that follows it. */
interface Extended {
  path?: string;
  size?: number;
  link?: string;
}

/**
 * Starts a walk at the first header.
 * @throws RingtrueError from `take`: `archives/damaged`, `archives/unsafe-name`, `archives/unsupported`,
 * `archives/too-large`
 */
export function walkTar(archive: string): TarWalker {
  const members = new Map<string, { offset: number; size: number }>();
  let want: { skip: number; take: number } | 'end' = { skip: 0, take: BLOCK };
  let position = 0;
  let extended: Extended = {};
  /** Type of the extended header whose content is awaited. */
  let meta: string | undefined;

  const afterContent = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;
  const takeMeta = (type: string, bytes: Uint8Array, size: number): void => {
    const content = bytes.subarray(0, size);
    if (type === 'L') extended.path = text(content);
    else if (type === 'K') extended.link = text(content);
    else if (type === 'x') Object.assign(extended, paxFields(archive, content));
  };
  let metaSize = 0;

  return {
    members,
    get want() {
      return want;
    },
    take(bytes) {
      if (want === 'end') return;
      position += want.skip + bytes.length;
      if (bytes.length < want.take) {
        throw damaged(archive, 'it ends before its end mark: it is truncated');
      }
      if (meta !== undefined) {
        takeMeta(meta, bytes, metaSize);
        meta = undefined;
        want = { skip: 0, take: BLOCK };
        return;
      }
      if (bytes.every((byte) => byte === 0)) {
        want = 'end';
        return;
      }
      const header = readHeader(archive, bytes, position - BLOCK);
      if ('LKxg'.includes(header.type)) {
        if (header.size > MAX_META) throw damaged(archive, 'an extended header has no likely size');
        meta = header.type;
        metaSize = header.size;
        want = { skip: 0, take: afterContent(header.size) };
        return;
      }
      const size = extended.size ?? header.size;
      if (!Number.isSafeInteger(size) || size < 0) {
        throw damaged(archive, 'an extended header has no valid size');
      }
      const name = cleanName(extended.path ?? header.name, archive);
      const link = extended.link ?? header.link;
      extended = {};
      const isFile = header.type === '0' || header.type === '7';
      if (header.type === 'S') {
        throw new RingtrueError(
          'archives/unsupported',
          `${archive}: ${name} is stored as a sparse file`,
          { details: { archive } },
        );
      }
      if (isFile && name !== undefined) {
        members.set(name, { offset: position, size });
        if (members.size > MAX_MEMBERS) {
          throw new RingtrueError(
            'archives/too-large',
            `${archive}: it has more than ${MAX_MEMBERS} files`,
            { details: { archive } },
          );
        }
      }
      if (header.type === '1' && name !== undefined) {
        const target = members.get(cleanName(link, archive) ?? '');
        if (target !== undefined) members.set(name, target);
      }
      want = { skip: isFile ? afterContent(size) : 0, take: BLOCK };
    },
  };
}

/**
 * Files of a plain tar archive; only headers are read.
 * @throws RingtrueError as {@link walkTar}, `core/io-*`, `core/cancelled`
 */
export function listTar(file: DiskFile, { signal }: WorkContext = {}): Map<string, Place> {
  const walker = walkTar(file.path);
  let position = 0;
  for (;;) {
    const { want } = walker;
    if (want === 'end') break;
    throwIfAborted(signal);
    position += want.skip;
    if (position > file.size) throw damaged(file.path, 'it is truncated inside a file');
    walker.take(file.read(position, want.take));
    position += want.take;
  }
  return new Map(
    [...walker.members].map(([name, { offset, size }]) => [name, { kind: 'slice', offset, size }]),
  );
}

interface Header {
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly link: string;
}

function readHeader(archive: string, block: Uint8Array, at: number): Header {
  const stored = octal(block.subarray(148, 156));
  // The sum is taken with the checksum's own field as spaces; some old writers summed signed bytes.
  let unsigned = 8 * 0x20;
  let signed = unsigned;
  for (let i = 0; i < BLOCK; i += 1) {
    if (i >= 148 && i < 156) continue;
    const byte = block[i]!;
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  if (stored !== unsigned && stored !== signed) {
    throw damaged(archive, `the header at byte ${at} does not match its checksum`);
  }
  const isPosix = text(block.subarray(257, 265)) === 'ustar' && block[262] === 0;
  const prefix = isPosix ? text(block.subarray(345, 500)) : '';
  const name = text(block.subarray(0, 100));
  const size = number(block.subarray(124, 136));
  const type = String.fromCharCode(block[156]!);
  if (!Number.isSafeInteger(size) || size < 0) {
    throw damaged(archive, `the header at byte ${at} has no valid size`);
  }
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size: '123456'.includes(type) ? 0 : size,
    type: type === '\0' ? (name.endsWith('/') ? '5' : '0') : type,
    link: text(block.subarray(157, 257)),
  };
}

/** Text up to the first NUL; names are UTF-8, and bytes that are not become U+FFFD. */
function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function octal(bytes: Uint8Array): number {
  const digits = text(bytes).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : digits === '' ? 0 : Number.NaN;
}

/** Octal digits, or GNU's big-endian binary where the first bit is set. */
function number(bytes: Uint8Array): number {
  if ((bytes[0]! & 0x80) === 0) return octal(bytes);
  let value = bytes[0]! & 0x7f;
  for (const byte of bytes.subarray(1)) value = value * 256 + byte;
  return value;
}

/** Records `LENGTH KEY=VALUE\n` of a pax header. */
function paxFields(archive: string, content: Uint8Array): Extended {
  const fields: Extended = {};
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const length = Number(text(content.subarray(at, space < 0 ? undefined : space)));
    if (space < 0 || !Number.isInteger(length) || length <= space - at) {
      throw damaged(archive, 'an extended header is malformed');
    }
    const record = new TextDecoder().decode(content.subarray(space + 1, at + length - 1));
    const equals = record.indexOf('=');
    const key = record.slice(0, equals);
    const value = record.slice(equals + 1);
    if (key === 'path') fields.path = value;
    else if (key === 'linkpath') fields.link = value;
    else if (key === 'size') fields.size = Number(value);
    at += length;
  }
  return fields;
}
