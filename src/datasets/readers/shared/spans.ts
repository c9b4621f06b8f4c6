/**
 * Labelled spans of partly faked speech, as label files write them.
 * @module
 */

import type { Clip, Label } from '../../clip.ts';
import { badCell, type Place } from '../../tables.ts';

/** A labelled span. */
export type Span = NonNullable<Clip['segments']>[number];

/** Spans may miss each other by this much, in seconds: label files round. */
const TOLERANCE_SEC = 0.011;

/**
 * Reads `BEGIN-END-FLAG` spans in seconds.
 * @param flags what the flags stand for
 * @throws RingtrueError `datasets/bad-manifest` for a span that is malformed, of no length, or does not
 * begin where the one before it ends
 */
export function parseSpans(
  row: Place,
  texts: readonly string[],
  flags: Readonly<Record<string, Label>>,
): Span[] {
  const spans = texts.map((text) => {
    const [, begin, end, flag] = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)-(\w+)$/.exec(text) ?? [];
    const label = flags[flag ?? ''];
    if (begin === undefined || end === undefined || label === undefined) {
      throw badCell(
        row,
        `${JSON.stringify(text)} is no span BEGIN-END-FLAG with the flag ${Object.keys(flags).join(' or ')}`,
      );
    }
    return { startSec: Number(begin), endSec: Number(end), label };
  });
  return checkSpans(row, spans);
}

/**
 * Spans in the order of time, without those of no length at the edges of rounding.
 * @throws RingtrueError `datasets/bad-manifest` at a gap, an overlap, or a span of no length
 */
export function checkSpans(row: Place, spans: readonly Span[]): Span[] {
  const ordered = [...spans].sort((a, b) => a.startSec - b.startSec);
  for (const [i, { startSec, endSec }] of ordered.entries()) {
    const before = i === 0 ? 0 : ordered[i - 1]!.endSec;
    const shown = `the span from ${startSec} to ${endSec} s`;
    if (endSec <= startSec) throw badCell(row, `${shown} has no length`);
    if (startSec - before > TOLERANCE_SEC) throw badCell(row, `${shown} leaves a gap before it`);
    if (before - startSec > TOLERANCE_SEC) throw badCell(row, `${shown} overlaps the one before`);
  }
  return ordered;
}
