/** Frames of a signal as lanes: spectra, filter-bank energies, cepstra, and back by overlap-add. */

import { complexForward, mergeSpectrum, splitSpectrum } from './fft';
import { high2, highHalves, log4, low2, lowHalves } from './lanes';

/** Four frames, `hop` apart, times the window, into z: samples outside [from, to) are zero. */
function loadFrames(
  x: usize,
  hop: usize,
  window: usize,
  from: usize,
  to: usize,
  size: usize,
  z: usize,
): void {
  memory.fill(z, 0, from << 4);
  const b = x + (hop << 2);
  const c = b + (hop << 2);
  const d = c + (hop << 2);
  for (let i = from; i < to; i += 4) {
    const at = i << 2;
    const w = window + at;
    const ab = low2(v128.load(x + at), v128.load(b + at));
    const cd = low2(v128.load(c + at), v128.load(d + at));
    const abHigh = high2(v128.load(x + at), v128.load(b + at));
    const cdHigh = high2(v128.load(c + at), v128.load(d + at));
    const out = z + (i << 4);
    v128.store(out, f32x4.mul(lowHalves(ab, cd), v128.load32_splat(w)));
    v128.store(out, f32x4.mul(highHalves(ab, cd), v128.load32_splat(w, 4)), 16);
    v128.store(out, f32x4.mul(lowHalves(abHigh, cdHigh), v128.load32_splat(w, 8)), 32);
    v128.store(out, f32x4.mul(highHalves(abHigh, cdHigh), v128.load32_splat(w, 12)), 48);
  }
  if (size > to) memory.fill(z + (to << 4), 0, (size - to) << 4);
}

/** Half spectra of four frames into `spectrum`, [size / 2 + 1] points. */
export function spectrumOf(
  x: usize,
  hop: usize,
  window: usize,
  from: usize,
  to: usize,
  size: usize,
  tw: usize,
  z: usize,
  y: usize,
  spectrum: usize,
): void {
  loadFrames(x, hop, window, from, to, size, z);
  splitSpectrum(complexForward(z, y, size >> 1, tw), size >> 1, tw, spectrum);
}

@inline
function storeBlock(a: v128, b: v128, c: v128, d: v128, to: usize, stride: usize): void {
  const ab = low2(a, b);
  const cd = low2(c, d);
  const abHigh = high2(a, b);
  const cdHigh = high2(c, d);
  v128.store(to, lowHalves(ab, cd));
  v128.store(to + stride, highHalves(ab, cd));
  v128.store(to + 2 * stride, lowHalves(abHigh, cdHigh));
  v128.store(to + 3 * stride, highHalves(abHigh, cdHigh));
}

/** Rows of half spectra, `stride` floats apart (a multiple of 4, at least the bins). */
export function spectra(
  x: usize,
  hop: usize,
  groups: usize,
  window: usize,
  from: usize,
  to: usize,
  size: usize,
  tw: usize,
  z: usize,
  y: usize,
  spectrum: usize,
  outRe: usize,
  outIm: usize,
  stride: usize,
): void {
  const row = stride << 2;
  for (let g: usize = 0; g < groups; g++) {
    spectrumOf(x + ((g * hop) << 4), hop, window, from, to, size, tw, z, y, spectrum);
    for (let k: usize = 0; k < stride; k += 4) {
      const s = spectrum + (k << 5);
      const at = g * row * 4 + (k << 2);
      storeBlock(
        v128.load(s),
        v128.load(s, 32),
        v128.load(s, 64),
        v128.load(s, 96),
        outRe + at,
        row,
      );
      storeBlock(
        v128.load(s, 16),
        v128.load(s, 48),
        v128.load(s, 80),
        v128.load(s, 112),
        outIm + at,
        row,
      );
    }
  }
}

@inline
function powerAt(s: usize): v128 {
  const r = v128.load(s);
  const i = v128.load(s, 16);
  return f32x4.add(f32x4.mul(r, r), f32x4.mul(i, i));
}

/** Rows of power spectra, `stride` floats apart. */
export function powers(
  x: usize,
  hop: usize,
  groups: usize,
  window: usize,
  from: usize,
  to: usize,
  size: usize,
  tw: usize,
  z: usize,
  y: usize,
  spectrum: usize,
  out: usize,
  stride: usize,
): void {
  const row = stride << 2;
  for (let g: usize = 0; g < groups; g++) {
    spectrumOf(x + ((g * hop) << 4), hop, window, from, to, size, tw, z, y, spectrum);
    for (let k: usize = 0; k < stride; k += 4) {
      const s = spectrum + (k << 5);
      storeBlock(
        powerAt(s),
        powerAt(s + 32),
        powerAt(s + 64),
        powerAt(s + 96),
        out + g * row * 4 + (k << 2),
        row,
      );
    }
  }
}

/**
 * Rows of log filter energies, or of their cosine transform. `spans` holds first and one past the last
 * bin of each filter, `weights` the weights of those bins, one filter after the other; `matrix` is
 * [coefficients, filters] or 0. With `magnitude` the bank sees |X| instead of |X|². Energies get
 * `floor` added before the logarithm, which is then multiplied by `scale`.
 */
export function filterEnergies(
  x: usize,
  hop: usize,
  groups: usize,
  window: usize,
  from: usize,
  to: usize,
  size: usize,
  tw: usize,
  z: usize,
  y: usize,
  spectrum: usize,
  magnitude: u32,
  spans: usize,
  weights: usize,
  filters: usize,
  floor: f32,
  scale: f32,
  matrix: usize,
  coefficients: usize,
  out: usize,
  stride: usize,
): void {
  const bins = (size >> 1) + 1;
  for (let g: usize = 0; g < groups; g++) {
    spectrumOf(x + ((g * hop) << 4), hop, window, from, to, size, tw, z, y, spectrum);
    // Powers overwrite z, logarithms y: both transforms are done with.
    for (let k: usize = 0; k < bins; k++) {
      let p = powerAt(spectrum + (k << 5));
      if (magnitude != 0) p = f32x4.sqrt(p);
      v128.store(z + (k << 4), p);
    }
    let w = weights;
    for (let j: usize = 0; j < filters; j++) {
      let at = z + (load<u32>(spans + (j << 3)) << 4);
      const end = z + (load<u32>(spans + (j << 3), 4) << 4);
      let sum = f32x4.splat(0);
      let other = f32x4.splat(0);
      for (; at + 16 < end; at += 32, w += 8) {
        sum = f32x4.add(sum, f32x4.mul(v128.load(at), v128.load32_splat(w)));
        other = f32x4.add(other, f32x4.mul(v128.load(at, 16), v128.load32_splat(w, 4)));
      }
      if (at < end) {
        sum = f32x4.add(sum, f32x4.mul(v128.load(at), v128.load32_splat(w)));
        w += 4;
      }
      v128.store(y + (j << 4), f32x4.add(sum, other));
    }
    for (let at = y; at < y + (filters << 4); at += 16) {
      const energy = f32x4.pmax(
        f32x4.add(v128.load(at), f32x4.splat(floor)),
        f32x4.splat(1.17549435e-38),
      );
      v128.store(at, f32x4.mul(log4(energy), f32x4.splat(scale)));
    }
    let rows = y;
    let dims = filters;
    if (matrix != 0) {
      rows = z;
      dims = coefficients;
      for (let k: usize = 0; k < coefficients; k++) {
        const line = matrix + ((k * filters) << 2);
        let sum = f32x4.splat(0);
        for (let j: usize = 0; j < filters; j++) {
          sum = f32x4.add(
            sum,
            f32x4.mul(v128.load(y + (j << 4)), v128.load32_splat(line + (j << 2))),
          );
        }
        v128.store(z + (k << 4), sum);
      }
    }
    const to4 = out + ((g * stride) << 4);
    const row = stride << 2;
    let k: usize = 0;
    for (; k + 4 <= dims; k += 4) {
      const at = rows + (k << 4);
      storeBlock(
        v128.load(at),
        v128.load(at, 16),
        v128.load(at, 32),
        v128.load(at, 48),
        to4 + (k << 2),
        row,
      );
    }
    for (; k < dims; k++) {
      const v = v128.load(rows + (k << 4));
      const at = to4 + (k << 2);
      store<f32>(at, f32x4.extract_lane(v, 0));
      store<f32>(at + row, f32x4.extract_lane(v, 1));
      store<f32>(at + 2 * row, f32x4.extract_lane(v, 2));
      store<f32>(at + 3 * row, f32x4.extract_lane(v, 3));
    }
  }
}

/** y[i] = x[i] − a x[i − 1] for n floats; x[−1] must be readable. */
export function preEmphasise(x: usize, n: usize, a: f32, out: usize): void {
  let i: usize = 0;
  for (; i < (n & ~3) << 2; i += 16) {
    v128.store(
      out + i,
      f32x4.sub(v128.load(x + i), f32x4.mul(v128.load(x + i - 4), f32x4.splat(a))),
    );
  }
  for (; i < n << 2; i += 4) store<f32>(out + i, load<f32>(x + i) - load<f32>(x + i - 4) * a);
}

@inline
function addTo(at: usize, v: v128, w: v128): void {
  v128.store(at, f32x4.add(v128.load(at), f32x4.mul(v, w)));
}

/** Inverse transforms of four spectra times the window, added to `sum` where each frame lies. */
export function addFrames(
  spectrum: usize,
  hop: usize,
  window: usize,
  size: usize,
  tw: usize,
  z: usize,
  y: usize,
  sum: usize,
): void {
  mergeSpectrum(spectrum, size >> 1, tw, z);
  const done = complexForward(z, y, size >> 1, tw);
  const row = hop << 2;
  for (let i: usize = 0; i < size; i += 4) {
    const s = done + (i << 4);
    const a = v128.load(s, 16);
    const b = v128.load(s);
    const c = v128.load(s, 48);
    const d = v128.load(s, 32);
    const ab = low2(a, b);
    const cd = low2(c, d);
    const abHigh = high2(a, b);
    const cdHigh = high2(c, d);
    const w = v128.load(window + (i << 2));
    const to = sum + (i << 2);
    addTo(to, lowHalves(ab, cd), w);
    addTo(to + row, highHalves(ab, cd), w);
    addTo(to + 2 * row, lowHalves(abHigh, cdHigh), w);
    addTo(to + 3 * row, highHalves(abHigh, cdHigh), w);
  }
}

@inline
function loadBlock(at: usize, row: usize, to: usize): void {
  const a = v128.load(at);
  const b = v128.load(at + row);
  const c = v128.load(at + 2 * row);
  const d = v128.load(at + 3 * row);
  const ab = low2(a, b);
  const cd = low2(c, d);
  const abHigh = high2(a, b);
  const cdHigh = high2(c, d);
  v128.store(to, lowHalves(ab, cd));
  v128.store(to, highHalves(ab, cd), 32);
  v128.store(to, lowHalves(abHigh, cdHigh), 64);
  v128.store(to, highHalves(abHigh, cdHigh), 96);
}

/** Overlap-add of rows of half spectra. */
export function overlapAdd(
  rowsRe: usize,
  rowsIm: usize,
  stride: usize,
  hop: usize,
  groups: usize,
  window: usize,
  size: usize,
  tw: usize,
  z: usize,
  y: usize,
  spectrum: usize,
  sum: usize,
): void {
  const row = stride << 2;
  for (let g: usize = 0; g < groups; g++) {
    for (let k: usize = 0; k < stride; k += 4) {
      const at = g * row * 4 + (k << 2);
      loadBlock(rowsRe + at, row, spectrum + (k << 5));
      loadBlock(rowsIm + at, row, spectrum + (k << 5) + 16);
    }
    addFrames(spectrum, hop, window, size, tw, z, y, sum + ((g * hop) << 4));
  }
}

/** Adds `count` copies of a row of `size` floats (a multiple of 4), `hop` apart. */
export function addRows(row: usize, size: usize, hop: usize, count: usize, sum: usize): void {
  for (let t: usize = 0; t < count; t++) {
    const to = sum + ((t * hop) << 2);
    for (let i: usize = 0; i < size << 2; i += 16) {
      v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(row + i)));
    }
  }
}

/** sum / weight in place, 0 where there is no weight. */
export function normalise(sum: usize, weight: usize, n: usize): void {
  for (let i: usize = 0; i < n << 2; i += 16) {
    const w = v128.load(weight + i);
    const v = f32x4.div(v128.load(sum + i), w);
    v128.store(sum + i, v128.and(v, f32x4.gt(w, f32x4.splat(1e-8))));
  }
}

/** Points of `spectrum` times those of one spectrum, lane 0 of `other`. */
export function multiplySpectra(spectrum: usize, other: usize, bins: usize): void {
  for (let k: usize = 0; k < bins << 5; k += 32) {
    const r = v128.load(spectrum + k);
    const i = v128.load(spectrum + k, 16);
    const c = v128.load32_splat(other + k);
    const s = v128.load32_splat(other + k, 16);
    v128.store(spectrum + k, f32x4.sub(f32x4.mul(r, c), f32x4.mul(i, s)));
    v128.store(spectrum + k, f32x4.add(f32x4.mul(r, s), f32x4.mul(i, c)), 16);
  }
}
