/**
 * Seven feature families of filter banks (card 08; Sahidullah, Kinnunen and Hanilçi 2015): MFCC, IMFCC, LFCC and
 * RFCC, which differ in their filters; SSFC, SCFC and SCMC, which differ in what a filter measures.
 * @module
 */

import { portableLog } from '../../core/portable-math.ts';
import { dct2, type Features, logFilterEnergies } from './cepstrum.ts';
import {
  type FilterBank,
  type FilterBankOptions,
  inverseMelBank,
  linearBank,
  melBank,
  rectangularBank,
} from './filter-banks.ts';
import { filterSums, frameSpectra, type SparseBank, sparseBank } from './frame-spectrum.ts';
import type { FramingOptions } from './framing.ts';

/** Families of filter banks. */
export type FilterFamily = 'mfcc' | 'imfcc' | 'lfcc' | 'rfcc' | 'ssfc' | 'scfc' | 'scmc';

/** Options of {@link filterFeatures}. */
export interface FilterFeatureOptions extends FramingOptions {
  readonly filters: number;
  /** Lower edge of the bank in Hz. */
  readonly lowHz: number;
  /** Upper edge of the bank in Hz. */
  readonly highHz: number;
  /** Exponent p of the magnitude spectrum: what MFCC, IMFCC, LFCC and RFCC sum. */
  readonly power: 1 | 2;
  readonly log: 'log10' | 'ln';
  /** Least value that a logarithm sees; least magnitude that SCFC divides by. */
  readonly floor: number;
  /** True scales the cosine transform to be orthonormal; false is the plain sum. */
  readonly orthonormal: boolean;
  /** Cepstra from `firstCoefficient` on; SCFC has its filters and no cepstra. */
  readonly coefficients: number;
  /** 0 keeps c0, 1 leaves it out. */
  readonly firstCoefficient: 0 | 1;
}

/** What the bands of a family are and how they are measured. */
interface Family {
  readonly bank: (options: FilterBankOptions) => FilterBank;
  /** One row of values, one a filter, for each frame. */
  readonly measure: (x: Float32Array, options: FilterFeatureOptions, bank: FilterBank) => Features;
  readonly cepstra: boolean;
}

const FAMILIES: Readonly<Record<FilterFamily, Family>> = {
  mfcc: { bank: melBank, measure: logFilterEnergies, cepstra: true },
  imfcc: { bank: inverseMelBank, measure: logFilterEnergies, cepstra: true },
  lfcc: { bank: linearBank, measure: logFilterEnergies, cepstra: true },
  rfcc: { bank: rectangularBank, measure: logFilterEnergies, cepstra: true },
  ssfc: { bank: linearBank, measure: spectralFlux, cepstra: true },
  scfc: { bank: linearBank, measure: centroidFrequencies, cepstra: false },
  scmc: { bank: linearBank, measure: centroidMagnitudes, cepstra: true },
};

const banks = new Map<Family['bank'], WeakMap<FilterFeatureOptions, FilterBank>>();

function bankOf(make: Family['bank'], options: FilterFeatureOptions): FilterBank {
  const known = banks.get(make) ?? new WeakMap<FilterFeatureOptions, FilterBank>();
  banks.set(make, known);
  const bank = known.get(options) ?? make(options);
  known.set(options, bank);
  return bank;
}

/**
 * Static features of a family, `[frames, coefficients]`, of SCFC `[frames, filters]` in Hz. SSFC has one frame
 * fewer: row t is the change from frame t to frame t + 1. Options that are one object keep their filters.
 */
export function filterFeatures(
  x: Float32Array,
  family: FilterFamily,
  options: FilterFeatureOptions,
): Features {
  const { bank, measure, cepstra } = FAMILIES[family];
  const measured = measure(x, options, bankOf(bank, options));
  return cepstra ? cosineTransform(measured, options) : measured;
}

/** Cepstra of rows of log values: c_k = Σ_j e_j cos(πk(j − ½) / M). */
export function cosineTransform(
  { frames, dims, data }: Features,
  {
    orthonormal,
    coefficients,
    firstCoefficient,
  }: Pick<FilterFeatureOptions, 'orthonormal' | 'coefficients' | 'firstCoefficient'>,
): Features {
  const matrix = cosineMatrix(dims, firstCoefficient + coefficients, orthonormal);
  const out = new Float32Array(frames * coefficients);
  for (let t = 0; t < frames; t += 1) {
    for (let c = 0; c < coefficients; c += 1) {
      let sum = 0;
      const row = (firstCoefficient + c) * dims;
      for (let j = 0; j < dims; j += 1) sum += matrix[row + j]! * data[t * dims + j]!;
      out[t * coefficients + c] = sum;
    }
  }
  return { frames, dims: coefficients, data: out };
}

const matrices = new Map<string, Float64Array>();

function cosineMatrix(inputs: number, rows: number, orthonormal: boolean): Float64Array {
  const key = `${inputs}/${rows}/${orthonormal}`;
  let matrix = matrices.get(key);
  if (matrix === undefined) {
    matrix = dct2(inputs, rows);
    if (!orthonormal)
      for (let i = 0; i < matrix.length; i += 1)
        matrix[i]! /= Math.sqrt((i < inputs ? 1 : 2) / inputs);
    matrices.set(key, matrix);
  }
  return matrix;
}

/** log Σ_k w_j[k] (|X_t[k]| − |X_{t−1}[k]|)². */
function spectralFlux(x: Float32Array, options: FilterFeatureOptions, bank: FilterBank): Features {
  const { frames, bins, data } = frameSpectra(x, options, 1);
  const sparse = sparseBank(bank);
  const change = new Float64Array(bins);
  return rowsOf(Math.max(0, frames - 1), sparse, (t, out) => {
    for (let k = 0; k < bins; k += 1) {
      const step = data[(t + 1) * bins + k]! - data[t * bins + k]!;
      change[k] = step * step;
    }
    filterSums(sparse, change, 0, out);
    logarithms(out, options);
  });
}

/** Σ_k f_k |X_k| w_j[k] / Σ_k |X_k| w_j[k], in Hz; a band without sound is at the centre of its filter. */
function centroidFrequencies(
  x: Float32Array,
  options: FilterFeatureOptions,
  bank: FilterBank,
): Features {
  const { frames, bins, data } = frameSpectra(x, options, 1);
  const plain = sparseBank(bank);
  const moment = timesFrequency(bank, options);
  const weight = new Float64Array(bank.filters);
  const centre = new Float64Array(bank.filters);
  const flat = new Float64Array(bins).fill(1);
  filterSums(moment, flat, 0, centre);
  filterSums(plain, flat, 0, weight);
  for (let j = 0; j < bank.filters; j += 1) centre[j]! /= Math.max(weight[j]!, options.floor);
  return rowsOf(frames, plain, (t, out) => {
    filterSums(moment, data, t * bins, out);
    filterSums(plain, data, t * bins, weight);
    for (let j = 0; j < out.length; j += 1)
      out[j] = weight[j]! > options.floor ? out[j]! / weight[j]! : centre[j]!;
  });
}

/** log [Σ_k f_k |X_k| w_j[k] / Σ_k f_k w_j[k]]: a mean magnitude, weighted by frequency. */
function centroidMagnitudes(
  x: Float32Array,
  options: FilterFeatureOptions,
  bank: FilterBank,
): Features {
  const { frames, bins, data } = frameSpectra(x, options, 1);
  const moment = timesFrequency(bank, options);
  const total = new Float64Array(bank.filters);
  filterSums(moment, new Float64Array(bins).fill(1), 0, total);
  return rowsOf(frames, moment, (t, out) => {
    filterSums(moment, data, t * bins, out);
    for (let j = 0; j < out.length; j += 1) out[j]! /= Math.max(total[j]!, options.floor);
    logarithms(out, options);
  });
}

/** Filters whose weights are multiplied by the frequency of the bin in Hz. */
function timesFrequency(
  bank: FilterBank,
  { sampleRate, fftSize }: FilterFeatureOptions,
): SparseBank {
  const hzABin = sampleRate / fftSize;
  return sparseBank({
    ...bank,
    weights: bank.weights.map((weight, i) => weight * (i % bank.bins) * hzABin),
  });
}

function rowsOf(
  frames: number,
  { filters }: SparseBank,
  fill: (frame: number, out: Float64Array) => void,
): Features {
  const data = new Float32Array(frames * filters);
  const out = new Float64Array(filters);
  for (let t = 0; t < frames; t += 1) {
    fill(t, out);
    data.set(out, t * filters);
  }
  return { frames, dims: filters, data };
}

function logarithms(
  values: Float64Array,
  { floor, log }: Pick<FilterFeatureOptions, 'floor' | 'log'>,
): void {
  const scale = log === 'log10' ? Math.LOG10E : 1;
  for (let j = 0; j < values.length; j += 1)
    values[j] = portableLog(Math.max(values[j]!, floor)) * scale;
}
