/**
 * Inflating (RFC 1951) block by block, so that the places where blocks begin are known: zlib does not tell
 * them, and unpacking can start again only there.
 * @module
 */

/** Bytes that one can refer back to. */
export const WINDOW_BYTES = 32768;

/** Where packed bytes come from. */
export interface BitSource {
  /** The next chunk, empty at the end. */
  next(): Uint8Array;
}

/** A deflate stream that does not keep to the format; `message` says how. */
export class InflateError extends Error {}

const LENGTH_BASE = Uint16Array.of(
  ...[3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115],
  ...[131, 163, 195, 227, 258],
);
const LENGTH_EXTRA = Uint8Array.of(
  ...[0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0],
);
const DISTANCE_BASE = Uint16Array.of(
  ...[1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537],
  ...[2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577],
);
const DISTANCE_EXTRA = Uint8Array.of(
  ...[0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12],
  ...[13, 13],
);
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const MAX_BITS = 15;
const BUFFER_BYTES = 4 * WINDOW_BYTES;

/** Codes by their bits, first bit lowest: `symbol << 4 | length`; 0 where no code is. */
interface Table {
  readonly bits: number;
  readonly codes: Uint16Array;
}

/** Bits and bytes of a stream, and inflating of what they hold. */
export interface Inflater {
  /** Bits that were used so far, from the start of the source. */
  bitPosition(): number;
  /** Skips to the next whole byte. */
  align(): void;
  /** The next byte, undefined at the end; only after {@link Inflater.align}. */
  byte(): number | undefined;
  /** Inflates one block. @returns true if it was the last of its stream */
  block(): boolean;
  /** Gives out what is pending. */
  flush(): void;
  /** The last bytes of this stream, at most {@link WINDOW_BYTES}. */
  window(): Uint8Array;
  /** Begins a stream that cannot refer to what came before. */
  restart(): void;
}

/**
 * Starts at the beginning of a source.
 * @param emit takes unpacked bytes; the array is reused after it returns
 * @throws InflateError from `block`, and from any call at an unexpected end
 */
export function createInflater(source: BitSource, emit: (bytes: Uint8Array) => void): Inflater {
  let chunk: Uint8Array = new Uint8Array(0);
  let at = 0;
  let before = 0;
  let hold = 0;
  let held = 0;
  const out = new Uint8Array(BUFFER_BYTES);
  let length = 0;
  let emitted = 0;
  /** Bytes of this stream so far that lie in `out`. */
  let reach = 0;

  const more = (): boolean => {
    if (at < chunk.length) return true;
    before += chunk.length;
    chunk = source.next();
    at = 0;
    return chunk.length > 0;
  };
  /** Fills `hold` to at least `count` bits as far as there are any; `count` is at most 16. */
  const fill = (count: number): void => {
    while (held < count) {
      if (at >= chunk.length && !more()) return;
      hold |= chunk[at]! << held;
      at += 1;
      held += 8;
    }
  };
  const take = (count: number): number => {
    fill(count);
    if (held < count) throw new InflateError('it ends inside a block');
    const value = hold & ((1 << count) - 1);
    hold >>>= count;
    held -= count;
    return value;
  };
  const decode = ({ codes, bits }: Table): number => {
    fill(bits);
    const code = codes[hold & ((1 << bits) - 1)]!;
    const used = code & 15;
    if (used === 0 || used > held) {
      throw new InflateError(used === 0 ? 'it holds an invalid code' : 'it ends inside a block');
    }
    hold >>>= used;
    held -= used;
    return code >> 4;
  };
  const flush = (): void => {
    if (length > emitted) emit(out.subarray(emitted, length));
    emitted = length;
  };
  const makeRoom = (): void => {
    flush();
    out.copyWithin(0, length - WINDOW_BYTES, length);
    length = WINDOW_BYTES;
    emitted = length;
    reach = Math.min(reach, WINDOW_BYTES);
  };
  const put = (byte: number): void => {
    if (length === BUFFER_BYTES) makeRoom();
    out[length] = byte;
    length += 1;
    reach += 1;
  };
  const copyStored = (): void => {
    hold >>>= held & 7;
    held -= held & 7;
    const size = take(8) | (take(8) << 8);
    const inverse = take(8) | (take(8) << 8);
    if ((size ^ inverse) !== 0xffff) throw new InflateError('a stored block has no valid length');
    for (let left = size; left > 0; ) {
      if (held > 0) {
        put(take(8));
        left -= 1;
        continue;
      }
      if (!more()) throw new InflateError('it ends inside a block');
      if (length === BUFFER_BYTES) makeRoom();
      const count = Math.min(left, chunk.length - at, BUFFER_BYTES - length);
      out.set(chunk.subarray(at, at + count), length);
      at += count;
      length += count;
      reach += count;
      left -= count;
    }
  };
  /** Literals and matches up to the end of a block. */
  const inflate = (literals: Table, distances: Table): void => {
    while (!inflateFast(literals, distances)) {
      if (inflateOne(literals, distances)) return;
    }
  };
  /** One literal or match, wherever input and output stand. @returns true at the end of the block */
  const inflateOne = (literals: Table, distances: Table): boolean => {
    const symbol = decode(literals);
    if (symbol < 256) {
      put(symbol);
      return false;
    }
    if (symbol === 256) return true;
    const row = symbol - 257;
    if (row >= LENGTH_BASE.length) throw new InflateError('it holds an invalid length');
    const count = LENGTH_BASE[row]! + take(LENGTH_EXTRA[row]!);
    const column = decode(distances);
    if (column >= DISTANCE_BASE.length) throw new InflateError('it holds an invalid distance');
    const distance = DISTANCE_BASE[column]! + take(DISTANCE_EXTRA[column]!);
    if (distance > reach) throw new InflateError('it refers to before its start');
    if (length + count > BUFFER_BYTES) makeRoom();
    // One by one: the source may overlap what is written.
    for (let i = 0; i < count; i += 1) out[length + i] = out[length + i - distance]!;
    length += count;
    reach += count;
    return false;
  };
  /**
   * The same with all in local variables, four times as fast, while neither end of the input chunk nor of
   * the output is near. Stops where it is not; anything invalid is left to the slow way to name.
   * @returns true at the end of the block
   */
  const inflateFast = (literals: Table, distances: Table): boolean => {
    const input = chunk;
    const lastIn = input.length - 8;
    const lastOut = BUFFER_BYTES - 258;
    const { codes, bits } = literals;
    const { codes: distanceCodes, bits: distanceBits } = distances;
    const mask = (1 << bits) - 1;
    const distanceMask = (1 << distanceBits) - 1;
    const from = length;
    let inAt = at;
    let outAt = length;
    let bitsIn = hold;
    let count = held;
    let ended = false;
    while (inAt < lastIn && outAt < lastOut) {
      // What is read of a match is put back if it turns out invalid.
      const startAt = inAt;
      const startBits = bitsIn;
      const startCount = count;
      while (count < 15) {
        bitsIn |= input[inAt]! << count;
        inAt += 1;
        count += 8;
      }
      let code = codes[bitsIn & mask]!;
      let used = code & 15;
      const symbol = code >> 4;
      if (used !== 0 && symbol < 256) {
        bitsIn >>>= used;
        count -= used;
        out[outAt] = symbol;
        outAt += 1;
        continue;
      }
      const row = symbol - 257;
      let isValid = used !== 0 && row < LENGTH_BASE.length;
      if (isValid) {
        bitsIn >>>= used;
        count -= used;
        if (row < 0) {
          ended = true;
          break;
        }
        const extra = LENGTH_EXTRA[row]!;
        while (count < extra) {
          bitsIn |= input[inAt]! << count;
          inAt += 1;
          count += 8;
        }
        const size = LENGTH_BASE[row]! + (bitsIn & ((1 << extra) - 1));
        bitsIn >>>= extra;
        count -= extra;
        while (count < 15) {
          bitsIn |= input[inAt]! << count;
          inAt += 1;
          count += 8;
        }
        code = distanceCodes[bitsIn & distanceMask]!;
        used = code & 15;
        const column = code >> 4;
        isValid = used !== 0 && column < DISTANCE_BASE.length;
        if (isValid) {
          bitsIn >>>= used;
          count -= used;
          const more = DISTANCE_EXTRA[column]!;
          while (count < more) {
            bitsIn |= input[inAt]! << count;
            inAt += 1;
            count += 8;
          }
          const distance = DISTANCE_BASE[column]! + (bitsIn & ((1 << more) - 1));
          bitsIn >>>= more;
          count -= more;
          isValid = distance <= reach + outAt - from;
          if (isValid) {
            for (let i = 0; i < size; i += 1) out[outAt + i] = out[outAt + i - distance]!;
            outAt += size;
            continue;
          }
        }
      }
      inAt = startAt;
      bitsIn = startBits;
      count = startCount;
      break;
    }
    at = inAt;
    hold = bitsIn;
    held = count;
    reach += outAt - from;
    length = outAt;
    return ended;
  };
  const dynamic = (): [Table, Table] => {
    const literalCount = take(5) + 257;
    const distanceCount = take(5) + 1;
    const codeCount = take(4) + 4;
    const codeLengths = new Uint8Array(19);
    for (let i = 0; i < codeCount; i += 1) codeLengths[CODE_ORDER[i]!] = take(3);
    const codes = buildTable(codeLengths, 'complete');
    const lengths = new Uint8Array(literalCount + distanceCount);
    for (let i = 0; i < lengths.length; ) {
      const symbol = decode(codes);
      if (symbol < 16) {
        lengths[i] = symbol;
        i += 1;
        continue;
      }
      if (symbol === 16 && i === 0) throw new InflateError('it repeats a length before the first');
      const value = symbol === 16 ? lengths[i - 1]! : 0;
      const count = symbol === 16 ? 3 + take(2) : symbol === 17 ? 3 + take(3) : 11 + take(7);
      if (i + count > lengths.length) throw new InflateError('it holds too many code lengths');
      lengths.fill(value, i, i + count);
      i += count;
    }
    if (lengths[256] === 0) throw new InflateError('a block has no end');
    return [
      buildTable(lengths.subarray(0, literalCount), 'one may be alone'),
      buildTable(lengths.subarray(literalCount), 'one may be alone'),
    ];
  };

  return {
    bitPosition: () => 8 * (before + at) - held,
    align() {
      hold >>>= held & 7;
      held -= held & 7;
    },
    byte() {
      fill(8);
      return held < 8 ? undefined : take(8);
    },
    block() {
      const isLast = take(1) === 1;
      const type = take(2);
      if (type === 0) copyStored();
      else if (type === 1) inflate(FIXED_LITERALS, FIXED_DISTANCES);
      else if (type === 2) inflate(...dynamic());
      else throw new InflateError('it holds a block of no known type');
      return isLast;
    },
    flush,
    window: () => out.slice(length - Math.min(reach, WINDOW_BYTES), length),
    restart() {
      reach = 0;
    },
  };
}

/** Canonical Huffman codes (RFC 1951, 3.2.2) as a table over all bit patterns of the longest code. */
function buildTable(lengths: Uint8Array, allow: 'complete' | 'one may be alone'): Table {
  const counts = new Uint16Array(MAX_BITS + 1);
  for (const length of lengths) counts[length]! += 1;
  const used = lengths.length - counts[0]!;
  let bits = MAX_BITS;
  while (bits > 1 && counts[bits] === 0) bits -= 1;
  let left = 1;
  const next = new Uint16Array(MAX_BITS + 2);
  for (let length = 1; length <= MAX_BITS; length += 1) {
    left = 2 * left - counts[length]!;
    if (left < 0) throw new InflateError('it holds too many codes');
    next[length + 1] = (next[length]! + counts[length]!) << 1;
  }
  const isLone = used <= 1 && bits === 1;
  if (left > 0 && !(allow === 'one may be alone' && isLone)) {
    throw new InflateError('it holds an incomplete set of codes');
  }
  const codes = new Uint16Array(1 << bits);
  for (const [symbol, length] of lengths.entries()) {
    if (length === 0) continue;
    const code = next[length]!;
    next[length] = code + 1;
    let reversed = 0;
    for (let i = 0; i < length; i += 1) reversed |= ((code >> i) & 1) << (length - 1 - i);
    for (let i = reversed; i < codes.length; i += 1 << length) codes[i] = (symbol << 4) | length;
  }
  return { bits, codes };
}

const FIXED_LITERALS = buildTable(
  Uint8Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)),
  'complete',
);
const FIXED_DISTANCES = buildTable(new Uint8Array(32).fill(5), 'complete');
