/**
 * Cutting spans out of a recording and joining others in.
 * @module
 */

import { rms } from '../../audio/dsp/level.ts';
import type { Rng } from '../../core/rng.ts';
import { CORPUS_RATE } from '../equalise.ts';

/** Ways to join a span in: what happens at its two cuts. */
export const JOINS = ['crossfade', 'hard', 'similarity', 'silence'] as const;
/**
 * `crossfade`: 15 ms at constant power; `hard`: no fade, where all sounds are near zero; `similarity`: as crossfade,
 * after the span was moved by the lag at which it fits best; `silence`: 5 ms, in pauses or at the ends of the clip.
 */
export type Join = (typeof JOINS)[number];

/** A span in samples, `end` excluded. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where a recording is cut, and how it is joined. */
export interface Cuts {
  readonly join: Join;
  /** In order, apart from each other. */
  readonly spans: readonly Span[];
}

const HOP = CORPUS_RATE / 100;
const WINDOW = 2 * HOP;
/** A minimum of energy has none lower within so many hops on either side. */
const REACH = 6;
/** Frames of 10 ms over which levels are averaged. */
const SMOOTH = 2;
const MIN_SPAN = 0.3 * CORPUS_RATE;
/** What is left between cuts, and between a cut and the end of the clip. */
const MIN_REST = 0.2 * CORPUS_RATE;
const MAX_SHARE = 0.6;
const MAX_SPANS = 3;
/** Longest span between given edges: a word or a few. */
const MAX_WORDS = CORPUS_RATE;
/** A pause lies so far below the 95th percentile of level. */
const PAUSE_DB = 30;
/** A hard cut moves by at most this. */
const ZERO_REACH = 0.008 * CORPUS_RATE;
/** Largest lag of `similarity`. */
const MOST_LAG = 0.005 * CORPUS_RATE;
const FADE: Readonly<Record<Join, number>> = {
  crossfade: 0.015 * CORPUS_RATE,
  similarity: 0.015 * CORPUS_RATE,
  silence: 0.005 * CORPUS_RATE,
  hard: 0,
};
/** Two sounds that cancel are not amplified beyond what this correlation asks for. */
const LEAST_CORRELATION = -0.5;

/** Local minima of energy, in samples, and which of them lie in pauses. */
export function energyMinima(x: Float32Array): { readonly at: number; readonly pause: boolean }[] {
  const frames = Math.max(0, Math.floor((x.length - WINDOW) / HOP) + 1);
  const powers = Float64Array.from({ length: frames }, (_, t) => {
    let sum = 1e-12;
    for (let i = t * HOP; i < t * HOP + WINDOW; i += 1) sum += (x[i]! * x[i]!) / WINDOW;
    return 10 * Math.log10(sum);
  });
  const levels = powers.map((_, t) => {
    const near = powers.subarray(Math.max(0, t - SMOOTH), t + SMOOTH + 1);
    return near.reduce((sum, value) => sum + value, 0) / near.length;
  });
  const top = [...levels].sort((a, b) => a - b)[Math.floor(0.95 * (frames - 1))] ?? 0;
  const minima: { at: number; pause: boolean }[] = [];
  for (let t = REACH; t < frames - REACH; t += 1) {
    const level = levels[t]!;
    const around = levels.subarray(t - REACH, t + REACH + 1);
    // Of equal ones the first.
    if (around.indexOf(Math.min(...around)) !== REACH) continue;
    minima.push({ at: t * HOP + WINDOW / 2, pause: level <= top - PAUSE_DB });
  }
  return minima;
}

/**
 * Draws a way of joining and one to three spans of at least 0.3 s, together at most 60 % of the clip.
 * @param host the recording
 * @param edges samples between words: spans between them last at most 1 s. Without, it is cut at minima of energy
 * @returns null if there are no two places to cut
 */
export function drawCuts(
  host: Float32Array,
  rng: Rng,
  edges?: readonly number[] | undefined,
): Cuts | null {
  const isInside = (at: number): boolean => at >= MIN_REST && at <= host.length - MIN_REST;
  const minima = energyMinima(host).filter(({ at }) => isInside(at));
  const pauses = minima.filter(({ pause }) => pause).map(({ at }) => at);
  const places = edges?.filter(isInside) ?? minima.map(({ at }) => at);
  const joins = edges === undefined ? JOINS : JOINS.filter((join) => join !== 'silence');
  for (const join of rng.split('join').shuffle(joins)) {
    const spans = drawSpans(
      {
        places: join === 'silence' ? [0, ...pauses, host.length] : places,
        length: host.length,
        longest: edges === undefined ? Number.POSITIVE_INFINITY : MAX_WORDS,
      },
      rng.split(join),
    );
    if (spans.length > 0) return { join, spans };
  }
  return null;
}

/** Where spans may begin and end. */
interface Places {
  /** Samples, in order. */
  readonly places: readonly number[];
  /** Of the clip, in samples. */
  readonly length: number;
  /** Of a span, in samples. */
  readonly longest: number;
}

function drawSpans({ places, length, longest }: Places, rng: Rng): Span[] {
  const wanted = 1 + rng.int(MAX_SPANS);
  const most = MAX_SHARE * length;
  // Room is left for the others.
  const limit = Math.min(longest, wanted === 1 ? most : (1.5 * most) / wanted);
  const pairs = places.flatMap((start, i) => places.slice(i + 1).map((end) => ({ start, end })));
  const chosen: Span[] = [];
  let total = 0;
  for (const span of rng.shuffle(pairs)) {
    const size = span.end - span.start;
    if (chosen.length === wanted) break;
    if (size < MIN_SPAN || size > limit || total + size > most) continue;
    const isFree = chosen.every(
      ({ start, end }) => span.end + MIN_REST <= start || end + MIN_REST <= span.start,
    );
    if (!isFree) continue;
    chosen.push(span);
    total += size;
  }
  return chosen.sort((a, b) => a.start - b.start);
}

/**
 * Moves the cuts of a hard join, by at most 8 ms, to where all sounds are nearest to zero; the cuts of other
 * joins stay.
 * @param sounds the recording and all that will be joined into it
 */
export function settleCuts({ join, spans }: Cuts, sounds: readonly Float32Array[]): Cuts {
  if (join !== 'hard') return { join, spans };
  const settle = (cut: number): number => {
    let best = cut;
    let least = Number.POSITIVE_INFINITY;
    for (let i = cut - ZERO_REACH; i <= cut + ZERO_REACH; i += 1) {
      const size = Math.max(...sounds.map((x) => Math.abs(x[i - 1]!) + Math.abs(x[i]!)));
      if (size >= least) continue;
      least = size;
      best = i;
    }
    return best;
  };
  return {
    join,
    spans: spans.map(({ start, end }) => ({ start: settle(start), end: settle(end) })),
  };
}

/**
 * Joins spans of another sound into a recording, each at the level that the recording has there.
 * @param insert as long as the recording and in time with it
 * @returns `[host.length]`
 */
export function splice(
  host: Float32Array,
  insert: Float32Array,
  { join, spans }: Cuts,
): Float32Array {
  const out = host.slice();
  const half = FADE[join] / 2;
  for (const span of spans) {
    const lag = join === 'similarity' ? bestLag(host, insert, span) : 0;
    const moved = shift(insert, lag);
    const { start, end } = span;
    const gain = rms(host.subarray(start, end)) / (rms(moved.subarray(start, end)) + 1e-9);
    for (let i = start; i < end; i += 1) out[i] = gain * moved[i]!;
    if (half === 0) continue;
    if (start > 0) fade({ out, from: host, to: moved, toGain: gain, at: start, half });
    if (end < host.length) fade({ out, from: moved, fromGain: gain, to: host, at: end, half });
  }
  return out;
}

/** A sound that comes later by `lag` samples; its ends are repeated. */
function shift(x: Float32Array, lag: number): Float32Array {
  if (lag === 0) return x;
  return x.map((_, i) => x[Math.min(x.length - 1, Math.max(0, i - lag))]!);
}

/** The lag at which the sound resembles the recording most around both cuts (Verhelst & Roelands 1993). */
function bestLag(host: Float32Array, insert: Float32Array, { start, end }: Span): number {
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let lag = -MOST_LAG; lag <= MOST_LAG; lag += 1) {
    const moved = (cut: number): number => correlation(host, insert, { at: cut, lag });
    const likeness = moved(start) + moved(end);
    if (likeness <= most) continue;
    most = likeness;
    best = lag;
  }
  return best;
}

/** Normalised correlation of two sounds in the fade around a cut, the second one `lag` later. */
function correlation(
  a: Float32Array,
  b: Float32Array,
  { at, lag, half = FADE.similarity / 2 }: { at: number; lag: number; half?: number },
): number {
  let ab = 0;
  let aa = 1e-12;
  let bb = 1e-12;
  for (let i = at - half; i < at + half; i += 1) {
    const other = b[i - lag] ?? 0;
    ab += a[i]! * other;
    aa += a[i]! * a[i]!;
    bb += other * other;
  }
  return ab / Math.sqrt(aa * bb);
}

/** One sound that fades into another. */
interface Fade {
  readonly out: Float32Array;
  readonly from: Float32Array;
  readonly fromGain?: number;
  readonly to: Float32Array;
  readonly toGain?: number;
  /** The middle, in samples. */
  readonly at: number;
  readonly half: number;
}

/**
 * Equal power: the weights are divided by what two sounds so alike add up to, or the real recording, joined to
 * itself, would be 3 dB louder in the fade than a copy.
 */
function fade({ out, from, fromGain = 1, to, toGain = 1, at, half }: Fade): void {
  const likeness = Math.max(LEAST_CORRELATION, correlation(from, to, { at, lag: 0, half }));
  for (let i = at - half; i < at + half; i += 1) {
    const share = (i - at + half + 0.5) / (2 * half);
    const a = Math.sqrt(1 - share);
    const b = Math.sqrt(share);
    const sum = Math.sqrt(1 + 2 * likeness * a * b);
    out[i] = (a * fromGain * from[i]! + b * toGain * to[i]!) / sum;
  }
}
