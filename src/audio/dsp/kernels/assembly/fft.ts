/**
 * Fourier transforms of four signals at once, one a lane. A complex point is 32 bytes: four real
 * parts, then four imaginary parts. Stockham passes of radix 4, 2, 3 and 5 between two buffers.
 *
 * Twiddle tables hold cos and sin of 2πk / size as pairs of floats, k = 0 … size − 1, where size is the
 * length of the real signal; complex transforms of half that length read every second pair.
 */

@inline
function re(at: usize): v128 {
  return v128.load(at);
}

@inline
function im(at: usize): v128 {
  return v128.load(at, 16);
}

@inline
function put(at: usize, r: v128, i: v128): void {
  v128.store(at, r);
  v128.store(at, i, 16);
}

/** (r + i·im)(c − i·s): the turn of a forward transform. */
@inline
function putTurned(at: usize, r: v128, i: v128, c: v128, s: v128): void {
  put(
    at,
    f32x4.add(f32x4.mul(r, c), f32x4.mul(i, s)),
    f32x4.sub(f32x4.mul(i, c), f32x4.mul(r, s)),
  );
}

@inline
function cosAt(tw: usize, index: usize): v128 {
  return v128.load32_splat(tw + (index << 4));
}

@inline
function sinAt(tw: usize, index: usize): v128 {
  return v128.load32_splat(tw + (index << 4), 4);
}

function pass4(x: usize, y: usize, n: usize, m: usize, tw: usize): void {
  const quarter = n >> 2;
  const step = (quarter * m) << 5;
  const out = m << 5;
  for (let j: usize = 0; j < quarter; j++) {
    let from = x + ((j * m) << 5);
    let to = y + ((j * m) << 7);
    const c1 = cosAt(tw, j * m);
    const s1 = sinAt(tw, j * m);
    const c2 = cosAt(tw, 2 * j * m);
    const s2 = sinAt(tw, 2 * j * m);
    const c3 = cosAt(tw, 3 * j * m);
    const s3 = sinAt(tw, 3 * j * m);
    for (let k: usize = 0; k < m; k++) {
      const b = from + step;
      const c = b + step;
      const d = c + step;
      const acRe = f32x4.add(re(from), re(c));
      const acIm = f32x4.add(im(from), im(c));
      const bdRe = f32x4.add(re(b), re(d));
      const bdIm = f32x4.add(im(b), im(d));
      const adRe = f32x4.sub(re(from), re(c));
      const adIm = f32x4.sub(im(from), im(c));
      const beRe = f32x4.sub(re(b), re(d));
      const beIm = f32x4.sub(im(b), im(d));
      put(to, f32x4.add(acRe, bdRe), f32x4.add(acIm, bdIm));
      if (j == 0) {
        put(to + out, f32x4.add(adRe, beIm), f32x4.sub(adIm, beRe));
        put(to + 2 * out, f32x4.sub(acRe, bdRe), f32x4.sub(acIm, bdIm));
        put(to + 3 * out, f32x4.sub(adRe, beIm), f32x4.add(adIm, beRe));
      } else {
        putTurned(to + out, f32x4.add(adRe, beIm), f32x4.sub(adIm, beRe), c1, s1);
        putTurned(to + 2 * out, f32x4.sub(acRe, bdRe), f32x4.sub(acIm, bdIm), c2, s2);
        putTurned(to + 3 * out, f32x4.sub(adRe, beIm), f32x4.add(adIm, beRe), c3, s3);
      }
      from += 32;
      to += 32;
    }
  }
}

function pass2(x: usize, y: usize, n: usize, m: usize, tw: usize): void {
  const half = n >> 1;
  const step = (half * m) << 5;
  const out = m << 5;
  for (let j: usize = 0; j < half; j++) {
    let from = x + ((j * m) << 5);
    let to = y + ((j * m) << 6);
    const c = cosAt(tw, j * m);
    const s = sinAt(tw, j * m);
    for (let k: usize = 0; k < m; k++) {
      const b = from + step;
      const r = f32x4.sub(re(from), re(b));
      const i = f32x4.sub(im(from), im(b));
      put(to, f32x4.add(re(from), re(b)), f32x4.add(im(from), im(b)));
      putTurned(to + out, r, i, c, s);
      from += 32;
      to += 32;
    }
  }
}

/** Any odd radix by its definition; `size` is the length of the whole complex transform. */
function passOdd(
  x: usize,
  y: usize,
  n: usize,
  m: usize,
  radix: usize,
  size: usize,
  tw: usize,
): void {
  const part = n / radix;
  const step = (part * m) << 5;
  const root = size / radix;
  for (let j: usize = 0; j < part; j++) {
    for (let k: usize = 0; k < m; k++) {
      const from = x + ((j * m + k) << 5);
      for (let q: usize = 0; q < radix; q++) {
        let r = re(from);
        let i = im(from);
        for (let p: usize = 1; p < radix; p++) {
          const at = from + p * step;
          const turn = ((p * q) % radix) * root;
          const c = cosAt(tw, turn);
          const s = sinAt(tw, turn);
          r = f32x4.add(r, f32x4.add(f32x4.mul(re(at), c), f32x4.mul(im(at), s)));
          i = f32x4.add(i, f32x4.sub(f32x4.mul(im(at), c), f32x4.mul(re(at), s)));
        }
        putTurned(
          y + ((radix * j * m + q * m + k) << 5),
          r,
          i,
          cosAt(tw, q * j * m),
          sinAt(tw, q * j * m),
        );
      }
    }
  }
}

/** Forward complex transform of n points of `x`, with `y` as the second buffer; returns which holds the result. */
export function complexForward(x: usize, y: usize, n: usize, tw: usize): usize {
  let rest = n;
  let m: usize = 1;
  while (rest > 1) {
    let radix: usize;
    if ((rest & 3) == 0) {
      radix = 4;
      pass4(x, y, rest, m, tw);
    } else if ((rest & 1) == 0) {
      radix = 2;
      pass2(x, y, rest, m, tw);
    } else {
      radix = rest % 3 == 0 ? 3 : 5;
      passOdd(x, y, rest, m, radix, n, tw);
    }
    rest /= radix;
    m *= radix;
    const swap = x;
    x = y;
    y = swap;
  }
  return x;
}

/** Half spectra [half + 1] of real signals from the transform z of their even and odd samples. */
export function splitSpectrum(z: usize, half: usize, tw: usize, out: usize): void {
  const point5 = f32x4.splat(0.5);
  for (let k: usize = 0; k <= half >> 1; k++) {
    const a = z + (k << 5);
    const b = z + ((k == 0 ? 0 : half - k) << 5);
    const evenRe = f32x4.mul(f32x4.add(re(a), re(b)), point5);
    const evenIm = f32x4.mul(f32x4.sub(im(a), im(b)), point5);
    const oddRe = f32x4.mul(f32x4.add(im(a), im(b)), point5);
    const oddIm = f32x4.mul(f32x4.sub(re(b), re(a)), point5);
    const c = v128.load32_splat(tw + (k << 3));
    const s = v128.load32_splat(tw + (k << 3), 4);
    const turnedRe = f32x4.add(f32x4.mul(c, oddRe), f32x4.mul(s, oddIm));
    const turnedIm = f32x4.sub(f32x4.mul(c, oddIm), f32x4.mul(s, oddRe));
    put(out + ((half - k) << 5), f32x4.sub(evenRe, turnedRe), f32x4.sub(turnedIm, evenIm));
    put(out + (k << 5), f32x4.add(evenRe, turnedRe), f32x4.add(evenIm, turnedIm));
  }
}

/**
 * Undoes `splitSpectrum`, with real and imaginary parts exchanged: the forward transform of what it
 * writes is the inverse transform, exchanged again and times `half`.
 */
export function mergeSpectrum(spectrum: usize, half: usize, tw: usize, z: usize): void {
  const point5 = f32x4.splat(0.5);
  for (let k: usize = 0; k <= half >> 1; k++) {
    const a = spectrum + (k << 5);
    const b = spectrum + ((half - k) << 5);
    const evenRe = f32x4.mul(f32x4.add(re(a), re(b)), point5);
    const evenIm = f32x4.mul(f32x4.sub(im(a), im(b)), point5);
    const diffRe = f32x4.mul(f32x4.sub(re(a), re(b)), point5);
    const diffIm = f32x4.mul(f32x4.add(im(a), im(b)), point5);
    const c = v128.load32_splat(tw + (k << 3));
    const s = v128.load32_splat(tw + (k << 3), 4);
    const oddRe = f32x4.sub(f32x4.mul(diffRe, c), f32x4.mul(diffIm, s));
    const oddIm = f32x4.add(f32x4.mul(diffRe, s), f32x4.mul(diffIm, c));
    if (k > 0) {
      put(z + ((half - k) << 5), f32x4.sub(oddRe, evenIm), f32x4.add(evenRe, oddIm));
    }
    put(z + (k << 5), f32x4.add(evenIm, oddRe), f32x4.sub(evenRe, oddIm));
  }
}
