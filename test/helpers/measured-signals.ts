/**
 * The signals of `test/fixtures/dsp/measures.py`, made again from the same recipe.
 * @module
 */

/** Park and Miller's generator, even in (−0.5, 0.5). */
export function hiss(length: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length }, () => {
    state = (16807 * state) % 2147483647;
    return state / 2147483647 - 0.5;
  });
}

/** Parts of the band in which {@link atoms} have their tones. */
const SHARES = [0.03, 0.11, 0.21, 0.34, 0.46, 0.57, 0.68, 0.79];

/** Tones under Gaussians, which are 0 at both ends; none is above 0.79 · `band` of half the rate. */
export function atoms(length: number, band: number, seed: number): Float32Array {
  const places = hiss(2 * SHARES.length, seed).map((value) => value + 0.5);
  return Float32Array.from({ length }, (_, t) => {
    let sum = 0;
    for (const [i, share] of SHARES.entries()) {
      const from = t - length * (0.35 + 0.3 * places[2 * i]!);
      const turn = Math.PI * share * band * from + 6 * places[2 * i + 1]!;
      sum += Math.exp(-((from / (0.06 * length)) ** 2)) * Math.cos(turn);
    }
    return 0.2 * sum;
  });
}

/** Hiss under a slow swell with gaps, over a faint floor. */
export function syllables(length: number, sampleRate: number, seed: number): Float32Array {
  const loud = hiss(length, seed);
  const faint = hiss(length, seed + 1);
  return Float32Array.from({ length }, (_, i) => {
    const swell = Math.max(0, Math.sin((2 * Math.PI * 3 * i) / sampleRate)) ** 2;
    return 0.5 * loud[i]! * swell + 1e-5 * faint[i]!;
  });
}
