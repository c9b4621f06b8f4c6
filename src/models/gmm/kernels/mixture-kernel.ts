/**
 * The WebAssembly kernel of Gaussian mixtures, with its memory: the same bits in Node and in browsers, and as plain
 * loops in Float64.
 * @module
 */

import { instantiateKernel } from '../../../core/kernel.ts';
import type { GmmScorer } from '../gmm.ts';
import { MIXTURE_KERNEL } from './mixture.generated.ts';

/** Functions of assembly/mixture.ts; addresses are bytes. */
interface Kernel {
  logDensities(...args: number[]): void;
  addShares(...args: number[]): void;
}

/** A mixture in the kernel's memory. */
export interface LoadedMixture {
  /** Components with those that were added to make eights: their density is 0. */
  readonly width: number;
  /**
   * Log densities of up to {@link BLOCK_FRAMES} frames, `[frames, width]`: a view, valid until the next call of any
   * mixture.
   * @param data row-major `[…, dims]`
   */
  logDensities(data: Float32Array, from: number, frames: number): Float64Array;
  /** Adds Σ share · x and Σ share · x² of the frames last given, with the shares that now lie in that view. */
  addShares(): void;
  /** What was added since the mixture was loaded, `[components, dims]` each. */
  readSums(): { readonly sums: Float64Array; readonly squares: Float64Array };
}

/** Frames that are worked on at once. */
export const BLOCK_FRAMES = 256;
/** Memory beyond this is given back after use. */
const KEEP_BYTES = 16 << 20;
const PAGE_BYTES = 65536;
const LANES = 8;

let inUse = false;
let kept: { kernel: Kernel; memory: WebAssembly.Memory } | undefined;

/** Loads a mixture for `use`; what it returns must not hold on to the mixture. Loads do not nest. */
export function withMixture<T>(scorer: GmmScorer, use: (mixture: LoadedMixture) => T): T {
  if (inUse) throw new Error('internal: a mixture was loaded while another one was in use');
  inUse = true;
  try {
    return use(load(scorer));
  } finally {
    inUse = false;
  }
}

function load(scorer: GmmScorer): LoadedMixture {
  const { kernel, memory } = kept ?? instantiate();
  const { components, dims } = scorer;
  const width = LANES * Math.ceil(components / LANES);
  let top = 0;
  const reserve = (bytes: number): number => {
    const address = top;
    top += 16 * Math.ceil(bytes / 16);
    return address;
  };
  const at = {
    constants: reserve(8 * width),
    linear: reserve(8 * width * dims),
    half: reserve(8 * width * dims),
    x: reserve(4 * BLOCK_FRAMES * dims),
    out: reserve(8 * BLOCK_FRAMES * width),
    sums: reserve(8 * width * dims),
    squares: reserve(8 * width * dims),
  };
  const missing = top - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  kept = memory.buffer.byteLength > KEEP_BYTES ? undefined : { kernel, memory };
  const doubles = (address: number, n: number): Float64Array =>
    new Float64Array(memory.buffer, address, n);
  const constants = doubles(at.constants, width).fill(Number.NEGATIVE_INFINITY);
  constants.set(scorer.constants);
  interleave(scorer.linear, dims, doubles(at.linear, width * dims));
  interleave(scorer.half, dims, doubles(at.half, width * dims));
  doubles(at.sums, width * dims).fill(0);
  doubles(at.squares, width * dims).fill(0);
  let count = 0;
  return {
    width,
    logDensities(data, from, frames) {
      count = frames;
      const block = data.subarray(from * dims, (from + frames) * dims);
      new Float32Array(memory.buffer, at.x, block.length).set(block);
      kernel.logDensities(at.x, frames, dims, at.constants, at.linear, at.half, width, at.out);
      return doubles(at.out, frames * width);
    },
    addShares: () => kernel.addShares(at.x, count, dims, at.out, width, at.sums, at.squares),
    readSums: () => ({
      sums: doubles(at.sums, components * dims).slice(),
      squares: doubles(at.squares, components * dims).slice(),
    }),
  };
}

/** Rows `[components, dims]` as `[components / 8, dims, 8]`. */
function interleave(rows: Float64Array, dims: number, out: Float64Array): void {
  out.fill(0);
  for (let k = 0; k * dims < rows.length; k += 1) {
    const lane = k % LANES;
    const block = (k - lane) * dims + lane;
    for (let d = 0; d < dims; d += 1) out[block + d * LANES] = rows[k * dims + d]!;
  }
}

function instantiate(): { kernel: Kernel; memory: WebAssembly.Memory } {
  const memory = new WebAssembly.Memory({ initial: 1 });
  return { kernel: instantiateKernel<Kernel>(MIXTURE_KERNEL, memory), memory };
}
