/**
 * Copy-synthesis by a phase vocoder with identity phase locking (Laroche & Dolson 1999, section IV): stretched
 * in time and squeezed back, so that every phase is a propagated one and magnitudes were interpolated twice.
 * Without locking (src/audio/dsp/phase-vocoder.ts) speech loses 6 dB to phases that disagree.
 * @module
 */

import { istft, type Stft, stft } from '../../audio/dsp/stft.ts';

/** 32 ms at 16 kHz, three quarters of overlap. */
const TRANSFORM = { fftSize: 512, hop: 128 };
/** How much slower the sound is in between. */
const SLOWER = 1.25;
/** Bins on either side that a peak exceeds. */
const REACH = 2;

/**
 * Resynthesises a plane.
 * @returns `[x.length]`
 */
export function phaseVocoder(x: Float32Array): Float32Array {
  const slow = lockedStretch(x, { rate: 1 / SLOWER, length: Math.round(x.length * SLOWER) });
  return lockedStretch(slow, { rate: SLOWER, length: x.length });
}

function lockedStretch(
  x: Float32Array,
  { rate, length }: { rate: number; length: number },
): Float32Array {
  const source = stft(x, TRANSFORM);
  const { bins } = source;
  const last = source.frames - 1;
  const frames = Math.floor(length / TRANSFORM.hop) + 1;
  const re = new Float32Array(frames * bins);
  const im = new Float32Array(frames * bins);
  const magnitudes = new Float64Array(bins);
  // Phases of the frame before as points of the unit circle.
  const unitRe = new Float64Array(bins);
  const unitIm = new Float64Array(bins);
  for (let u = 0; u < frames; u += 1) {
    const place = Math.min(last, u * rate);
    const low = Math.floor(place);
    const high = Math.min(last, low + 1);
    const share = place - low;
    const near = (share < 0.5 ? low : high) * bins;
    for (let k = 0; k < bins; k += 1) {
      magnitudes[k] =
        (1 - share) * magnitude(source, low * bins + k) +
        share * magnitude(source, high * bins + k);
    }
    const from = Math.min(Math.max(0, last - 1), Math.floor(Math.max(0, u - 1) * rate)) * bins;
    const to = Math.min(last * bins, from + bins);
    eachRegion(magnitudes, (peak, first, end) => {
      // A turn that takes the peak's phase in the source to its propagated phase; its neighbours turn along.
      let turnRe = 1;
      let turnIm = 0;
      if (u > 0) {
        const [advanceRe, advanceIm] = turn(source, from + peak, to + peak);
        const aheadRe = unitRe[peak]! * advanceRe - unitIm[peak]! * advanceIm;
        const aheadIm = unitRe[peak]! * advanceIm + unitIm[peak]! * advanceRe;
        const [ownRe, ownIm] = unit(source, near + peak);
        turnRe = aheadRe * ownRe + aheadIm * ownIm;
        turnIm = aheadIm * ownRe - aheadRe * ownIm;
      }
      for (let k = first; k < end; k += 1) {
        const [ownRe, ownIm] = unit(source, near + k);
        const r = ownRe * turnRe - ownIm * turnIm;
        const i = ownRe * turnIm + ownIm * turnRe;
        unitRe[k] = r;
        unitIm[k] = i;
        re[u * bins + k] = magnitudes[k]! * r;
        im[u * bins + k] = magnitudes[k]! * i;
      }
    });
  }
  return istft({ frames, bins, re, im }, TRANSFORM, length);
}

function magnitude({ re, im }: Stft, at: number): number {
  return Math.sqrt(re[at]! * re[at]! + im[at]! * im[at]!);
}

/** A value without its magnitude; 1 where it has none. */
function unit({ re, im }: Stft, at: number): readonly [number, number] {
  const size = Math.sqrt(re[at]! * re[at]! + im[at]! * im[at]!);
  return size > 0 ? [re[at]! / size, im[at]! / size] : [1, 0];
}

/** Difference of two phases, as a point of the unit circle. */
function turn(source: Stft, from: number, to: number): readonly [number, number] {
  const [fromRe, fromIm] = unit(source, from);
  const [toRe, toIm] = unit(source, to);
  return [toRe * fromRe + toIm * fromIm, toIm * fromRe - toRe * fromIm];
}

/** Calls `visit` for every peak with its region: up to the middle between it and the next peak. */
function eachRegion(
  magnitudes: Float64Array,
  visit: (peak: number, first: number, end: number) => void,
): void {
  const bins = magnitudes.length;
  let peak = -1;
  let first = 0;
  for (let k = 0; k < bins; k += 1) {
    if (!isPeak(magnitudes, k)) continue;
    if (peak >= 0) {
      const border = (peak + k + 1) >> 1;
      visit(peak, first, border);
      first = border;
    }
    peak = k;
  }
  visit(Math.max(0, peak), first, bins);
}

function isPeak(magnitudes: Float64Array, k: number): boolean {
  for (let j = Math.max(0, k - REACH); j <= Math.min(magnitudes.length - 1, k + REACH); j += 1) {
    if (j < k ? magnitudes[j]! >= magnitudes[k]! : magnitudes[j]! > magnitudes[k]!) return false;
  }
  return true;
}
