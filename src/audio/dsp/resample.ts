/**
 * Sample-rate conversion.
 * @module
 */

/**
 * Converts a plane to another sample rate by a windowed sinc; output length is round(n · to / from).
 * @param x samples
 * @param fromRate Hz
 * @param toRate Hz
 * @returns the input itself if the rates are equal
 */
export function resample(x: Float32Array, fromRate: number, toRate: number): Float32Array {
  if (fromRate === toRate) return x;
  const ratio = toRate / fromRate;
  const cutoff = Math.min(1, ratio) * 0.95;
  const half = Math.ceil(24 / cutoff);
  const out = new Float32Array(Math.round(x.length * ratio));
  for (let i = 0; i < out.length; i += 1) {
    const centre = i / ratio;
    const first = Math.max(0, Math.ceil(centre - half));
    const last = Math.min(x.length - 1, Math.floor(centre + half));
    let sum = 0;
    for (let k = first; k <= last; k += 1) {
      const t = centre - k;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * t) / half);
      const sinc = t === 0 ? cutoff : Math.sin(Math.PI * cutoff * t) / (Math.PI * t);
      sum += x[k]! * sinc * window;
    }
    out[i] = sum;
  }
  return out;
}
