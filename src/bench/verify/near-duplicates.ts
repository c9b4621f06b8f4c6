/**
 * Clips that are the same recording in another form, found by their prints.
 * @module
 */

import { throwIfAborted, type WorkContext } from '../../core/progress.ts';
import { probit } from '../../metrics/normal.ts';
import { type AudioPrint, NO_KEY, PRINT_FRAMES_PER_SEC } from './audio-print.ts';

/** Two clips with the same sound in them. */
export interface SamePair {
  /** Index of the clips. */
  readonly a: number;
  readonly b: number;
  /** What is at 0 s in `a` is at so many seconds in `b`. */
  readonly shiftSec: number;
  /** Sound that was compared, pauses aside. */
  readonly overlapSec: number;
  /** Share of the strong bits that differ. */
  readonly bitErrors: number;
}

/** What is compared, and what of it. */
export interface PairOptions {
  /** False for two clips that need not be compared, such as those of one source. */
  readonly wanted: (a: number, b: number) => boolean;
}

/** Two recordings are the same where at most this share of the strong bits differs… */
const MOST_ERRORS = 0.12;
/** …over at least this share of the sound of the shorter one… */
const LEAST_COVER = 0.5;
/**
 * …and where so few errors lie this many standard deviations below the half that chance gives, more where so many
 * comparisons are made that chance would pass it. Neighbouring bits go together: six count as one, as measured on
 * pairs of different sentences.
 */
const LEAST_SIGMA = 6;
/** False alarms that chance may give over all comparisons of a corpus (Bonferroni). */
const FALSE_ALARMS = 0.05;
const BITS_PER_TRIAL = 6;
/** Frames on either side of a common key that decide whether a comparison is worth while. */
const PEEK = 4;
const PEEK_ERRORS = 0.25;
/**
 * A key that so many frames have says nothing (a steady tone, or a hum under everything); it is looked up
 * no more, as frequent words are not in a search for text.
 */
const MOST_FRAMES = 500;

/** Frames with sound that a print needs, so that it can be told from others. */
export const LEAST_PRINT_FRAMES = 18;

/** Number of frames with sound. */
export function soundFrames({ keys }: AudioPrint): number {
  return keys.reduce((sum, key) => sum + (key === NO_KEY ? 0 : 1), 0);
}

/**
 * Finds all pairs of recordings of which one is the other, or a part of at least half of it, after any
 * re-encoding, gain, resampling or shift. An index from keys to frames leaves few pairs to be compared.
 * @param prints `[clips]`; undefined where there is none
 * @returns pairs with `a < b`, by rising a and b
 * @throws RingtrueError `core/cancelled`
 */
export function findSamePairs(
  prints: readonly (AudioPrint | undefined)[],
  { wanted }: PairOptions,
  { signal }: WorkContext = {},
): SamePair[] {
  const all = joinPrints(prints);
  const index = indexOf(all.keys);
  const leastSigma = leastSigmaOf(all);
  const pairs: SamePair[] = [];
  for (const [b, { start, end, sounds }] of all.clips.entries()) {
    if (sounds < LEAST_PRINT_FRAMES) continue;
    if (b % 256 === 0) throwIfAborted(signal);
    const best = new Map<number, SamePair>();
    for (let frame = start; frame < end; frame += 1) {
      const key = all.keys[frame]!;
      if (key === NO_KEY) continue;
      const bucket = bucketOf(key, index.shift);
      const from = index.starts[bucket]!;
      const to = index.starts[bucket + 1]!;
      if (to - from > MOST_FRAMES) continue;
      // Frames of a bucket lie in the order of the clips: those from b on are met from the other side.
      for (let entry = from; entry < to; entry += 1) {
        const met = index.frames[entry]!;
        if (met >= start) break;
        if (all.keys[met] !== key) continue;
        const a = all.clipOf[met]!;
        const clip = all.clips[a]!;
        if (!alike(all, met, clip, frame, all.clips[b]!)) continue;
        const shift = frame - start - (met - clip.start);
        if (best.get(a)?.shiftSec === shift / PRINT_FRAMES_PER_SEC || !wanted(a, b)) continue;
        const found = compare(all, clip, all.clips[b]!, shift, leastSigma);
        if (found === undefined || found.bitErrors >= (best.get(a)?.bitErrors ?? 1)) continue;
        best.set(a, {
          a,
          b,
          shiftSec: shift / PRINT_FRAMES_PER_SEC,
          overlapSec: found.frames / PRINT_FRAMES_PER_SEC,
          bitErrors: found.bitErrors,
        });
      }
    }
    pairs.push(...best.values());
  }
  return pairs.sort((x, y) => x.a - y.a || x.b - y.b);
}

/** Where the frames of a clip lie, and how many of them have sound. */
interface Extent {
  readonly start: number;
  readonly end: number;
  readonly sounds: number;
}

/** The prints of all clips in a row, `[all frames]`: what lies together in memory is compared fast. */
interface Joined {
  readonly codes: Uint32Array;
  readonly strong: Uint32Array;
  /** {@link NO_KEY} too in clips that are too short to be told apart. */
  readonly keys: Uint32Array;
  readonly clipOf: Uint32Array;
  readonly clips: readonly Extent[];
}

function joinPrints(prints: readonly (AudioPrint | undefined)[]): Joined {
  const total = prints.reduce((sum, print) => sum + (print?.codes.length ?? 0), 0);
  const codes = new Uint32Array(total);
  const strong = new Uint32Array(total);
  const keys = new Uint32Array(total).fill(NO_KEY);
  const clipOf = new Uint32Array(total);
  let start = 0;
  const clips = prints.map((print, i): Extent => {
    const end = start + (print?.codes.length ?? 0);
    const sounds = print === undefined ? 0 : soundFrames(print);
    if (print !== undefined) {
      codes.set(print.codes, start);
      strong.set(print.strong, start);
      if (sounds >= LEAST_PRINT_FRAMES) keys.set(print.keys, start);
      clipOf.fill(i, start, end);
    }
    const extent = { start, end, sounds };
    start = end;
    return extent;
  });
  return { codes, strong, keys, clipOf, clips };
}

/** Frames in buckets by their keys: those of bucket k are from `starts[k]` to `starts[k + 1]`. */
interface Index {
  readonly starts: Uint32Array;
  readonly frames: Uint32Array;
  /** See {@link bucketOf}. */
  readonly shift: number;
}

/** Buckets for every frame: so few share one by chance. */
const BUCKETS_PER_FRAME = 4;
const LEAST_BUCKET_BITS = 10;
const MOST_BUCKET_BITS = 24;

function indexOf(keys: Uint32Array): Index {
  const wanted = Math.ceil(Math.log2(BUCKETS_PER_FRAME * Math.max(1, keys.length)));
  const bits = Math.max(LEAST_BUCKET_BITS, Math.min(MOST_BUCKET_BITS, wanted));
  const shift = 32 - bits;
  const starts = new Uint32Array(2 ** bits + 1);
  for (const key of keys) if (key !== NO_KEY) starts[bucketOf(key, shift) + 1]! += 1;
  for (let bucket = 1; bucket < starts.length; bucket += 1) starts[bucket]! += starts[bucket - 1]!;
  const next = starts.slice(0, -1);
  const frames = new Uint32Array(starts.at(-1)!);
  for (let frame = 0; frame < keys.length; frame += 1) {
    const key = keys[frame]!;
    if (key === NO_KEY) continue;
    const bucket = bucketOf(key, shift);
    const at = next[bucket]!;
    next[bucket] = at + 1;
    frames[at] = frame;
  }
  return { starts, frames, shift };
}

/** Multiplicative hashing (Knuth, "The Art of Computer Programming" 3, §6.4): the top bits of the product. */
function bucketOf(key: number, shift: number): number {
  return Math.imul(key, 0x9e3779b1) >>> shift;
}

/** Whether the frames around a common key agree: first the frame itself, for nearly all pairs end there. */
function alike(
  { codes, strong }: Joined,
  a: number,
  clipA: Extent,
  b: number,
  clipB: Extent,
): boolean {
  const both = strong[a]! & strong[b]!;
  if (ones(both & (codes[a]! ^ codes[b]!)) > PEEK_ERRORS * ones(both)) return false;
  const before = Math.min(PEEK, a - clipA.start, b - clipB.start);
  const after = Math.min(PEEK, clipA.end - 1 - a, clipB.end - 1 - b);
  let bits = 0;
  let errors = 0;
  for (let t = -before; t <= after; t += 1) {
    const shared = strong[a + t]! & strong[b + t]!;
    bits += ones(shared);
    errors += ones(shared & (codes[a + t]! ^ codes[b + t]!));
  }
  return errors <= PEEK_ERRORS * bits;
}

/** Each clip may be laid against each frame of the others: so many comparisons must not pass by chance. */
function leastSigmaOf({ clips, codes }: Joined): number {
  const comparisons = Math.max(1, clips.length * codes.length);
  return Math.max(LEAST_SIGMA, -probit(FALSE_ALARMS / comparisons));
}

/** Compares two clips at a shift; undefined where they are not the same recording. */
function compare(
  { codes, strong }: Joined,
  a: Extent,
  b: Extent,
  shift: number,
  leastSigma: number,
): { frames: number; bitErrors: number } | undefined {
  const from = Math.max(0, -shift);
  const to = Math.min(a.end - a.start, b.end - b.start - shift);
  let bits = 0;
  let errors = 0;
  let frames = 0;
  for (let t = from; t < to; t += 1) {
    const code = codes[a.start + t]! ^ codes[b.start + t + shift]!;
    const shared = strong[a.start + t]! & strong[b.start + t + shift]!;
    if (shared === 0) continue;
    frames += 1;
    bits += ones(shared);
    errors += ones(shared & code);
  }
  if (bits === 0 || frames < LEAST_COVER * Math.min(a.sounds, b.sounds)) return undefined;
  const bitErrors = errors / bits;
  const sigma = (0.5 - bitErrors) * 2 * Math.sqrt(bits / BITS_PER_TRIAL);
  return bitErrors <= MOST_ERRORS && sigma >= leastSigma ? { frames, bitErrors } : undefined;
}

/** Number of bits that are set in 32. */
function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
