/** Phase vocoder and waveform similarity. */

import { dots4, sums4 } from './lanes';
import { sumOfSquares } from './pointwise';

/** |r + i·im|. */
@inline
function magnitude(r: v128, i: v128): v128 {
  return f32x4.sqrt(f32x4.add(f32x4.mul(r, r), f32x4.mul(i, i)));
}

/**
 * Rows of spectra at steps of `rate` frames. Only differences of phase enter, and a sum of angles is a
 * product of unit numbers: no angle is ever taken. Rows [frames, frames + 2) must be there (zeros).
 * `turn` holds the running unit numbers, [2 · stride].
 */
export function stretchSpectra(
  re: usize,
  im: usize,
  stride: usize,
  frames: usize,
  rate: f64,
  steps: usize,
  turn: usize,
  outRe: usize,
  outIm: usize,
): void {
  const row = stride << 2;
  const turnIm = turn + row;
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  for (let k: usize = 0; k < row; k += 16) {
    const r = v128.load(re + k);
    const i = v128.load(im + k);
    const size = magnitude(r, i);
    const some = f32x4.gt(size, zero);
    v128.store(turn + k, v128.bitselect(f32x4.div(r, size), one, some));
    v128.store(turnIm + k, v128.bitselect(f32x4.div(i, size), zero, some));
  }
  for (let step: usize = 0; step < steps; step++) {
    const position = <f64>step * rate;
    let left = <usize>position;
    const share = f32x4.splat(<f32>(position - <f64>left));
    const rest = f32x4.sub(one, share);
    if (left > frames) left = frames;
    const ar = re + left * row;
    const ai = im + left * row;
    const to = step * row;
    for (let k: usize = 0; k < row; k += 16) {
      const aRe = v128.load(ar + k);
      const aIm = v128.load(ai + k);
      const bRe = v128.load(ar + row + k);
      const bIm = v128.load(ai + row + k);
      const aSize = magnitude(aRe, aIm);
      const bSize = magnitude(bRe, bIm);
      const size = f32x4.add(f32x4.mul(rest, aSize), f32x4.mul(share, bSize));
      const tRe = v128.load(turn + k);
      const tIm = v128.load(turnIm + k);
      v128.store(outRe + to + k, f32x4.mul(size, tRe));
      v128.store(outIm + to + k, f32x4.mul(size, tIm));
      const aSome = f32x4.gt(aSize, zero);
      const bSome = f32x4.gt(bSize, zero);
      const uRe = v128.bitselect(f32x4.div(aRe, aSize), one, aSome);
      const uIm = v128.bitselect(f32x4.div(aIm, aSize), zero, aSome);
      const vRe = v128.bitselect(f32x4.div(bRe, bSize), one, bSome);
      const vIm = v128.bitselect(f32x4.div(bIm, bSize), zero, bSome);
      const dRe = f32x4.add(f32x4.mul(vRe, uRe), f32x4.mul(vIm, uIm));
      const dIm = f32x4.sub(f32x4.mul(vIm, uRe), f32x4.mul(vRe, uIm));
      let nRe = f32x4.sub(f32x4.mul(tRe, dRe), f32x4.mul(tIm, dIm));
      let nIm = f32x4.add(f32x4.mul(tRe, dIm), f32x4.mul(tIm, dRe));
      // One Newton step back to length 1.
      const correction = f32x4.sub(
        f32x4.splat(1.5),
        f32x4.mul(
          f32x4.splat(0.5),
          f32x4.add(f32x4.mul(nRe, nRe), f32x4.mul(nIm, nIm)),
        ),
      );
      nRe = f32x4.mul(nRe, correction);
      nIm = f32x4.mul(nIm, correction);
      v128.store(turn + k, nRe);
      v128.store(turnIm + k, nIm);
    }
  }
}

const COARSE: usize = 4;

/** Sums of every four of n floats (a multiple of 16). */
function sumsOfFour(x: usize, n: usize, out: usize): void {
  for (let i: usize = 0; i < n << 2; i += 64) {
    const sums = sums4(
      v128.load(x + i),
      v128.load(x + i, 16),
      v128.load(x + i, 32),
      v128.load(x + i, 48),
    );
    v128.store(out + (i >> 2), sums);
  }
}

/**
 * Which of `count` starts, one sample apart from `x` on, is most like `target`: largest Σ x t / √Σ x² over n
 * samples. `target` has zeros after them up to `row`, a multiple of 8. `scores` is scratch of 4 floats.
 */
function bestStart(
  x: usize,
  target: usize,
  n: usize,
  row: usize,
  count: usize,
  scores: usize,
): usize {
  let energy = sumOfSquares(x, n);
  let best: usize = 0;
  let top: f32 = -Infinity;
  for (let first: usize = 0; first < count; first += 4) {
    const from = x + (first << 2);
    // The energy of each next start: one sample leaves, another enters.
    for (let k: usize = 0; k < 16; k += 4) {
      store<f32>(scores + k, <f32>energy);
      const leaves = <f64>load<f32>(from + k);
      const enters = <f64>load<f32>(from + k + (n << 2));
      energy += enters * enters - leaves * leaves;
    }
    const energies = f32x4.max(v128.load(scores), f32x4.splat(0));
    const sizes = f32x4.sqrt(f32x4.add(energies, f32x4.splat(1e-9)));
    v128.store(scores, f32x4.div(dots4(from, 4, target, row << 2), sizes));
    for (let k: usize = 0; k < 4 && first + k < count; k++) {
      const score = load<f32>(scores + (k << 2));
      if (score > top) {
        top = score;
        best = first + k;
      }
    }
  }
  return best;
}

/**
 * Which of `count` starts, one sample apart from `x` on, is most like `target` over n samples (a multiple
 * of 8): the best of every fourth by sums of four samples, then the best around it. `scratch` has
 * (2n + count) / 4 + 32 floats; 48 floats past the end of what is compared are read.
 */
export function mostSimilar(
  x: usize,
  target: usize,
  n: usize,
  count: usize,
  scratch: usize,
): usize {
  const few = n >> 2;
  const row = (few + 7) & ~7;
  const lowTarget = scratch + 16;
  const low = lowTarget + (row << 2);
  sumsOfFour(target, row << 2, lowTarget);
  for (let i = few; i < row; i++) store<f32>(lowTarget + (i << 2), 0);
  const coarse = (count + COARSE - 1) / COARSE;
  sumsOfFour(x, ((coarse + row + 3) & ~3) << 2, low);
  const middle = bestStart(low, lowTarget, few, row, coarse, scratch) * COARSE;
  const first = middle < COARSE ? <usize>0 : middle - COARSE + 1;
  const end = min<usize>(count, middle + COARSE);
  return first + bestStart(x + (first << 2), target, n, n, end - first, scratch);
}

/** out += x · window over n floats (a multiple of 4). */
export function addWindowed(x: usize, window: usize, n: usize, out: usize): void {
  for (let i: usize = 0; i < n << 2; i += 16) {
    const v = f32x4.mul(v128.load(x + i), v128.load(window + i));
    v128.store(out + i, f32x4.add(v128.load(out + i), v));
  }
}
