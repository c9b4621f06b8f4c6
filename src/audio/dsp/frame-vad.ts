/**
 * Which frames of a feature front end are speech (card 08): by the energy of each frame alone.
 * @module
 */

import { portableExp, portableLog } from '../../core/portable-math.ts';
import { eachFrameBlock, type FramingOptions, frameCount } from './framing.ts';
import { majority } from './vad.ts';

/** How frames are chosen. */
export type FrameVad =
  | {
      /** The louder of two Gaussians over the log energies. */
      readonly kind: 'energy-2gauss';
      /** EM iterations, at most. */
      readonly iterations: number;
      /** EM ends when the mean log-likelihood rises by less than this share of itself. */
      readonly tolerance: number;
      /** Least variance of a Gaussian over z-normalised log energies. */
      readonly varianceFloor: number;
      /** Frames that vote on one. */
      readonly smoothFrames: number;
    }
  | {
      /** Log energies near the loudest frame's. */
      readonly kind: 'energy-threshold';
      /** How far below, in nepers of energy: ln(1 / 0.15²) = 3.79 in the toolkit. */
      readonly range: number;
      /** Frames that vote on one. */
      readonly smoothFrames: number;
    };

/** Below the energy of any recording: the logarithm of digital silence. */
const LEAST_ENERGY = 1e-12;

/** ln Σ x² of every frame, `[frames]`; digital silence is −27.6. */
export function logFrameEnergies(x: Float32Array, framing: FramingOptions): Float64Array {
  const out = new Float64Array(frameCount(x.length, framing));
  eachFrameBlock(x, framing, ({ first, energies }) => {
    for (const [t, energy] of energies.entries())
      out[first + t] = portableLog(energy + LEAST_ENERGY);
  });
  return out;
}

/** 1 for each frame of speech; all frames where none would be left. @param energies `[frames]`, logarithms */
export function speechFrames(energies: Float64Array, vad: FrameVad): Uint8Array {
  const raw =
    vad.kind === 'energy-2gauss' ? louderGaussian(energies, vad) : nearLoudest(energies, vad);
  // An even number of votes has one more before the frame than after it.
  const before = vad.smoothFrames >> 1;
  const speech = majority(raw, { before, after: Math.max(0, vad.smoothFrames - 1 - before) });
  return speech.includes(1) ? speech : speech.fill(1);
}

function nearLoudest(energies: Float64Array, { range }: { readonly range: number }): Uint8Array {
  const loudest = energies.reduce((top, value) => Math.max(top, value), Number.NEGATIVE_INFINITY);
  return Uint8Array.from(energies, (value) => (value > loudest - range ? 1 : 0));
}

/** Frames that belong to the Gaussian of the higher mean, by maximum likelihood from the two halves of the range. */
function louderGaussian(
  energies: Float64Array,
  {
    iterations,
    tolerance,
    varianceFloor,
  }: { readonly iterations: number; readonly tolerance: number; readonly varianceFloor: number },
): Uint8Array {
  const n = energies.length;
  const mean = energies.reduce((sum, value) => sum + value, 0) / n;
  const variance = energies.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / n;
  // Frames of one loudness are not silence and speech.
  if (!(variance > 1e-9)) return new Uint8Array(n).fill(1);
  const z = energies.map((value) => (value - mean) / Math.sqrt(variance));
  const low = z.reduce((least, value) => Math.min(least, value), 0);
  const high = z.reduce((most, value) => Math.max(most, value), 0);
  const weights = [0.5, 0.5];
  const means = [low, high];
  const variances = [1, 1];
  const share = new Float64Array(n);
  let before = Number.NEGATIVE_INFINITY;
  for (let iteration = 0; iteration < iterations; iteration += 1) {
    let likelihood = 0;
    const sums = [0, 0, 0, 0, 0, 0];
    for (let t = 0; t < n; t += 1) {
      const [a, b] = [0, 1].map(
        (k) =>
          portableLog(weights[k]!) -
          0.5 * portableLog(2 * Math.PI * variances[k]!) -
          ((z[t]! - means[k]!) * (z[t]! - means[k]!)) / (2 * variances[k]!),
      );
      const top = Math.max(a!, b!);
      const total = top + portableLog(portableExp(a! - top) + portableExp(b! - top));
      likelihood += total / n;
      const louder = portableExp(b! - total);
      share[t] = louder;
      for (const [k, p] of [1 - louder, louder].entries()) {
        sums[3 * k]! += p;
        sums[3 * k + 1]! += p * z[t]!;
        sums[3 * k + 2]! += p * z[t]! * z[t]!;
      }
    }
    for (const k of [0, 1]) {
      const count = Math.max(sums[3 * k]!, 1e-9);
      weights[k] = Math.max(count / n, 1e-9);
      means[k] = sums[3 * k + 1]! / count;
      variances[k] = Math.max(sums[3 * k + 2]! / count - means[k]! * means[k]!, varianceFloor);
    }
    if (likelihood - before < tolerance * Math.abs(likelihood)) break;
    before = likelihood;
  }
  // The roles may change places while it fits.
  const swapped = means[0]! > means[1]!;
  return Uint8Array.from(share, (louder) => (louder > 0.5 !== swapped ? 1 : 0));
}
