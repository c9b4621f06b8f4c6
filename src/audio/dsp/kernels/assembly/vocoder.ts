/** Phase vocoder and waveform similarity. */

import { sum4 } from './lanes';

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

@inline
function similarity(from: usize, target: usize, n: usize): f32 {
  let dot = f32x4.splat(0);
  let energy = f32x4.splat(0);
  for (let i: usize = 0; i < n << 2; i += 16) {
    const v = v128.load(from + i);
    dot = f32x4.add(dot, f32x4.mul(v, v128.load(target + i)));
    energy = f32x4.add(energy, f32x4.mul(v, v));
  }
  return sum4(dot) / sqrt<f32>(sum4(energy) + 1e-9);
}

const COARSE: usize = 4;

/**
 * Which of `count` starts, one sample apart from `x` on, is most like `target` over n samples (a multiple
 * of 4): the best of every fourth, then the best around it.
 */
export function mostSimilar(x: usize, target: usize, n: usize, count: usize): usize {
  let middle: usize = 0;
  let top: f32 = -Infinity;
  for (let shift: usize = 0; shift < count; shift += COARSE) {
    const score = similarity(x + (shift << 2), target, n);
    if (score > top) {
      top = score;
      middle = shift;
    }
  }
  let best = middle;
  const end = min<usize>(count, middle + COARSE);
  for (let shift: usize = middle < COARSE ? <usize>0 : middle - COARSE + 1; shift < end; shift++) {
    const score = similarity(x + (shift << 2), target, n);
    if (score > top) {
      top = score;
      best = shift;
    }
  }
  return best;
}
