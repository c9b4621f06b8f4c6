/**
 * Features of recordings by their settings: static features, differences over time, voice activity, normalisation.
 * @module
 */

import { deltas, type Features, logFilterEnergies } from '../../audio/dsp/cepstrum.ts';
import { normaliseFeatures } from '../../audio/dsp/cmvn.ts';
import { cqcc } from '../../audio/dsp/constant-q.ts';
import type { FilterBank } from '../../audio/dsp/filter-banks.ts';
import { filterFeatures } from '../../audio/dsp/filter-features.ts';
import { logFrameEnergies, speechFrames } from '../../audio/dsp/frame-vad.ts';
import type { FramingOptions } from '../../audio/dsp/framing.ts';
import { lpcc } from '../../audio/dsp/linear-prediction.ts';
import type { Json } from '../../core/errors.ts';
import { hashJson } from '../../core/hash.ts';
import type { FrontEnd } from '../types.ts';
import type { AutoencoderSpec, FeatureSpec, Finishing } from './settings.ts';

/** Features with their place in time. */
export interface FrameFeatures extends Features {
  /** Step between frames of the recording. */
  readonly hopSec: number;
  /** Frames of the recording. */
  readonly total: number;
  /** Frame of each row where voice activity left frames out; null where all are there. */
  readonly at: Uint32Array | null;
}

/** The front end of a family. Settings that are one object keep their tables. */
export function createFeatureFrontEnd(spec: FeatureSpec): FrontEnd<FrameFeatures> {
  const statics = staticsOf(spec);
  const framing = framingOf(spec);
  return {
    id: frontEndId(spec),
    sampleRate: spec.sampleRate,
    compute: (mono) =>
      finishFeatures(statics(mono), spec, {
        hopSec: framing.hop / framing.sampleRate,
        energies: () => logFrameEnergies(mono, framing),
      }),
  };
}

/**
 * Features of mono samples at the rate of the settings.
 * @param spec parsed by `featureSchema`
 */
export function computeFeatures(mono: Float32Array, spec: FeatureSpec): FrameFeatures {
  return createFeatureFrontEnd(spec).compute(mono);
}

/** Name of a front end with all its parameters. */
export function frontEndId(spec: FeatureSpec | AutoencoderSpec): string {
  // By way of text: settings that are left out leave no trace.
  return `features-${hashJson(JSON.parse(JSON.stringify(spec)) as Json).slice(0, 16)}`;
}

/** Frame of voice activity where a family has none of its own: 20 ms. */
const ENERGY_FRAME_SEC = 0.02;

/** The frames of a family; those that voice activity looks at. */
export function framingOf(spec: FeatureSpec | AutoencoderSpec): FramingOptions {
  if (spec.family === 'cqcc') {
    const winLength = Math.round(ENERGY_FRAME_SEC * spec.sampleRate);
    const { sampleRate, hop } = spec;
    return { sampleRate, hop, winLength, fftSize: winLength, center: true };
  }
  const { sampleRate, winLength, hop, window, symmetric, preEmphasis, removeDc, center } = spec;
  return {
    sampleRate,
    winLength,
    hop,
    fftSize: spec.fftSize ?? 2 ** Math.ceil(Math.log2(winLength)),
    window,
    symmetric,
    preEmphasis,
    removeDc,
    center,
  };
}

/** Static features of a family, tables made once. */
function staticsOf(spec: FeatureSpec): (mono: Float32Array) => Features {
  const highHz = ('highHz' in spec ? spec.highHz : undefined) ?? spec.sampleRate / 2;
  const cepstra = ('coefficients' in spec ? spec : null) ?? { coefficients: 0, zeroth: 'c0' };
  const firstCoefficient = cepstra.zeroth === 'c0' ? 0 : 1;
  const withEnergy = cepstra.zeroth === 'energy';
  const coefficients = cepstra.coefficients - (withEnergy ? 1 : 0);
  const framing = framingOf(spec);
  const compute = (): ((mono: Float32Array) => Features) => {
    if (spec.family === 'cqcc') {
      const options = { ...spec, highHz, firstCoefficient, coefficients } as const;
      return (mono) => cqcc(mono, options);
    }
    if (spec.family === 'lpcc') {
      const { order, floor } = spec;
      const options = { ...framing, order, floor, firstCoefficient, coefficients } as const;
      return (mono) => lpcc(mono, options);
    }
    const options = {
      ...framing,
      filters: spec.filters,
      lowHz: spec.lowHz,
      highHz,
      power: 'power' in spec ? spec.power : 1,
      log: 'log' in spec ? spec.log : 'ln',
      floor: spec.floor,
      orthonormal: 'orthonormal' in spec ? spec.orthonormal : true,
      coefficients,
      firstCoefficient,
    } as const;
    return (mono) => filterFeatures(mono, spec.family, options);
  };
  const statics = compute();
  if (!withEnergy) return statics;
  return (mono) => withEnergies(statics(mono), logFrameEnergies(mono, framing));
}

/** Puts the log energy of each frame before its other numbers. */
function withEnergies({ frames, dims, data }: Features, energies: Float64Array): Features {
  const out = new Float32Array(frames * (dims + 1));
  // A family with fewer frames than energies (SSFC) begins with the second one.
  const skip = energies.length - frames;
  for (let t = 0; t < frames; t += 1) {
    out[t * (dims + 1)] = energies[t + skip]!;
    out.set(data.subarray(t * dims, (t + 1) * dims), t * (dims + 1) + 1);
  }
  return { frames, dims: dims + 1, data: out };
}

/**
 * Appends differences over time, leaves out frames without speech, normalises.
 * @param about step between frames, and log energies of the recording's frames if they are asked for
 */
export function finishFeatures(
  statics: Features,
  { deltaOrder, delta, vad, normalise }: Finishing,
  about: { readonly hopSec: number; readonly energies: () => Float64Array },
): FrameFeatures {
  const { hopSec } = about;
  const whole = withDeltas(statics, { order: deltaOrder, ...delta });
  const total = whole.frames;
  if (vad.kind === 'none' || total === 0) {
    return {
      ...(normalise === 'cmvn' ? normaliseFeatures(whole) : whole),
      hopSec,
      total,
      at: null,
    };
  }
  const energies = about.energies();
  const speech = speechFrames(energies, vad);
  const skip = energies.length - total;
  const rows: number[] = [];
  for (let t = 0; t < total; t += 1) if (speech[t + skip] === 1) rows.push(t);
  if (rows.length === 0) for (let t = 0; t < total; t += 1) rows.push(t);
  const { dims, data } = whole;
  const kept = new Float32Array(rows.length * dims);
  for (const [i, t] of rows.entries()) kept.set(data.subarray(t * dims, (t + 1) * dims), i * dims);
  const chosen: Features = { frames: rows.length, dims, data: kept };
  return {
    ...(normalise === 'cmvn' ? normaliseFeatures(chosen) : chosen),
    hopSec,
    total,
    at: Uint32Array.from(rows),
  };
}

function withDeltas(
  statics: Features,
  { order, window, scaled }: { order: 0 | 1 | 2; window: number; scaled: boolean },
): Features {
  const parts = [statics];
  for (let i = 0; i < order; i += 1) parts.push(deltas(parts[i]!, { window, scaled }));
  if (parts.length === 1) return statics;
  const { frames, dims } = statics;
  const wide = dims * parts.length;
  const data = new Float32Array(frames * wide);
  for (const [i, part] of parts.entries())
    for (let t = 0; t < frames; t += 1)
      data.set(part.data.subarray(t * dims, (t + 1) * dims), t * wide + i * dims);
  return { frames, dims: wide, data };
}

/** Logarithmic power spectra, `[frames, fftSize / 2 + 1]`: what an autoencoder hears. */
export function createSpectrumFrontEnd(spec: AutoencoderSpec): FrontEnd<Features> {
  const framing = framingOf(spec);
  const bins = framing.fftSize / 2 + 1;
  // A filter for each bin: the kernel of filter banks takes the logarithm.
  const identity = new Float32Array(bins * bins);
  for (let k = 0; k < bins; k += 1) identity[k * bins + k] = 1;
  const bank: FilterBank = {
    filters: bins,
    bins,
    weights: identity,
    edgesHz: new Float64Array(bins + 2),
  };
  const options = { ...framing, power: 2, log: 'ln', floor: spec.floor } as const;
  return {
    id: `spectrum-${frontEndId(spec)}`,
    sampleRate: spec.sampleRate,
    compute: (mono) => logFilterEnergies(mono, options, bank),
  };
}
