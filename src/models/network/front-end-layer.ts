/**
 * Front ends of networks as layers: what `createFrontEnd` computes in TypeScript, inside a graph.
 * @module
 */

import type { CepstrumOptions, FrontEndOptions } from '../../audio/dsp/cepstrum.ts';
import { np, type Traced } from '../../compiler/jax.ts';
import { lfccLayer, logMelLayer, mfccLayer } from '../layers/spectrum.ts';
import type { FrontEndSpec } from './front-end.ts';

/**
 * Features of stretches of samples, in float32 throughout: equal to `createFrontEnd(spec)` within rounding.
 * @param x `[batch, samples]` at the rate of the specification
 * @returns `[batch, …features]`
 */
export function frontEndLayer(spec: FrontEndSpec, x: Traced): Traced {
  if (spec.kind === 'samples') return spec.normalise === 'none' ? x : standardised(x);
  const { highHz, ...rest } = spec;
  const options = highHz === undefined ? rest : { ...rest, highHz };
  const features = (): Traced => {
    // Its kind says which options it has.
    if (spec.kind === 'log-mel') return logMelLayer(x, options as FrontEndOptions);
    return (spec.kind === 'lfcc' ? lfccLayer : mfccLayer)(x, options as CepstrumOptions);
  };
  return spec.layout === 'dims-first' ? features() : features().transpose([0, 2, 1]);
}

/** (x − mean) / √(variance + 1e-7) of each stretch. */
function standardised(x: Traced): Traced {
  const centred = x.sub(np.mean(x, 1, { keepdims: true }));
  const variance = np.mean(centred.mul(centred), 1, { keepdims: true });
  return centred.div(np.sqrt(variance.add(1e-7)));
}
