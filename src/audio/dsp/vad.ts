/**
 * Voice activity by energy.
 * @module
 */

import { toDb } from '../../core/portable-math.ts';
import { power } from './level.ts';

/** Activity a frame. */
export interface Activity {
  readonly frameSec: number;
  /** 1 where active. */
  readonly active: Uint8Array;
  /** Seconds of active frames. */
  readonly activeSec: number;
}

/** Thresholds of {@link energyVad}. */
export interface VadOptions {
  /** Frames within this many dB of the 95th percentile of frame energy are active. @default 35 */
  readonly rangeDb?: number;
  /** Frames below this level are never active. @default −70 */
  readonly floorDb?: number;
}

const FRAME_SEC = 0.01;
/** Frames of the median filter that removes clicks and closes short gaps (110 ms). */
const SMOOTH = 11;

/** Frames of 10 ms that are loud enough against the recording's own level. */
export function energyVad(
  x: Float32Array,
  sampleRate: number,
  { rangeDb = 35, floorDb = -70 }: VadOptions = {},
): Activity {
  const size = Math.max(1, Math.round(FRAME_SEC * sampleRate));
  const frames = Math.floor(x.length / size);
  const energies = new Float64Array(frames);
  for (let t = 0; t < frames; t += 1) {
    energies[t] = toDb(power(x.subarray(t * size, (t + 1) * size)) + 1e-20);
  }
  const top = [...energies].sort((a, b) => a - b)[Math.floor(0.95 * (frames - 1))] ?? floorDb;
  const threshold = Math.max(floorDb, top - rangeDb);
  const raw = Uint8Array.from(energies, (value) => (value >= threshold ? 1 : 0));
  const half = SMOOTH >> 1;
  const active = majority(raw, { before: half, after: half });
  const count = active.reduce((sum, value) => sum + value, 0);
  return { frameSec: FRAME_SEC, active, activeSec: count * FRAME_SEC };
}

/** 1 where more than half of the frames around one are 1; fewer vote at the ends. */
export function majority(
  raw: Uint8Array,
  { before, after }: { readonly before: number; readonly after: number },
): Uint8Array {
  const out = new Uint8Array(raw.length);
  for (let t = 0; t < raw.length; t += 1) {
    const from = Math.max(0, t - before);
    const to = Math.min(raw.length - 1, t + after);
    let votes = 0;
    for (let s = from; s <= to; s += 1) votes += raw[s]!;
    out[t] = 2 * votes > to - from + 1 ? 1 : 0;
  }
  return out;
}

/** Runs of active frames in seconds. */
export function speechSegments({
  frameSec,
  active,
}: Activity): { startSec: number; endSec: number }[] {
  const segments: { startSec: number; endSec: number }[] = [];
  let start = -1;
  for (let t = 0; t <= active.length; t += 1) {
    const on = active[t] === 1;
    if (on && start < 0) start = t;
    else if (!on && start >= 0) {
      segments.push({ startSec: start * frameSec, endSec: t * frameSec });
      start = -1;
    }
  }
  return segments;
}
