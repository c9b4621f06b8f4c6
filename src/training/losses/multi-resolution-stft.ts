/**
 * Multi-resolution STFT loss of waveforms (Yamamoto et al. 2020, arXiv 1910.11480, eq. 3–6).
 * @module
 */

import type { StftOptions } from '../../audio/dsp/stft.ts';
import { hann } from '../../audio/dsp/windows.ts';
import { np, type Traced } from '../../compiler/jax.ts';
import { expectShape } from '../../models/layers/shapes.ts';
import { powerLayer } from '../../models/layers/spectrum.ts';

/** One resolution, in samples. */
export interface StftResolution {
  /** Points of the transform. */
  readonly fftSize: number;
  /** From frame to frame. */
  readonly hop: number;
  /** Of the Hann window. */
  readonly winLength: number;
}

/** The paper's three resolutions, for 24 kHz. */
export const STFT_RESOLUTIONS: readonly StftResolution[] = [
  { fftSize: 1024, hop: 120, winLength: 600 },
  { fftSize: 2048, hop: 240, winLength: 1200 },
  { fftSize: 512, hop: 50, winLength: 240 },
];

/** Added to powers before the square root: no logarithm of 0, no derivative of √0. */
const LEAST_POWER = 1e-7;

/**
 * Mean over resolutions of spectral convergence ‖|T| − |X|‖ / ‖|T|‖, a clip at a time, and mean
 * |log |T| − log |X||.
 * @param x `[batch, samples]`
 * @param target of the same shape
 * @returns scalar
 */
export function multiResolutionStft(
  x: Traced,
  target: Traced,
  { resolutions = STFT_RESOLUTIONS }: { readonly resolutions?: readonly StftResolution[] } = {},
): Traced {
  expectShape('multiResolutionStft: x', x, ['batch', 'samples']);
  expectShape('multiResolutionStft: target', target, x.shape);
  return resolutions
    .map(({ fftSize, hop, winLength }) => {
      const window = hann(winLength, { periodic: true });
      return oneResolution(x, target, { fftSize, hop, window });
    })
    .reduce((sum, term) => sum.add(term))
    .mul(1 / resolutions.length);
}

function oneResolution(x: Traced, target: Traced, options: StftOptions): Traced {
  // As one batch: the kernels of the transform are large, and are held once.
  const powers = powerLayer(np.concatenate([x, target], 0), options).add(LEAST_POWER);
  const [a, b] = np.split(powers, 2, 0);
  const [magnitudeA, magnitudeB] = [np.sqrt(a!), np.sqrt(b!)];
  const norm = (v: Traced): Traced => np.sqrt(np.sum(v.mul(v), [1, 2]).add(LEAST_POWER ** 2));
  const convergence = norm(magnitudeB.sub(magnitudeA)).div(norm(magnitudeB));
  // log √P = ½ log P.
  const logs = np.mean(np.abs(np.log(a!).sub(np.log(b!)))).mul(0.5);
  return np.mean(convergence).add(logs);
}
