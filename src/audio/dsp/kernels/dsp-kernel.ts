/**
 * The WebAssembly kernels of signal processing, with their memory. Runs in Node and in browsers, with
 * the same bits in both: the kernels use no relaxed operations and no functions of the engine.
 * @module
 */

import { instantiateKernel } from '../../../core/kernel.ts';
import { DSP_KERNEL } from './dsp.generated.ts';

/** Functions of assembly/index.ts; addresses are bytes in the kernels' memory, other numbers are counts. */
export type DspKernel = Readonly<
  Record<
    | 'addFrames'
    | 'addImages'
    | 'addRows'
    | 'addWindowed'
    | 'filterEnergies'
    | 'largest'
    | 'limit'
    | 'mix'
    | 'mostSimilar'
    | 'movingAverage'
    | 'multiplySpectra'
    | 'normalise'
    | 'normals'
    | 'overlapAdd'
    | 'peak'
    | 'polyphase'
    | 'powers'
    | 'preEmphasise'
    | 'recursive'
    | 'roundTo'
    | 'scale'
    | 'smallest'
    | 'spectra'
    | 'spectrumOf'
    | 'squaredDifferences'
    | 'stretchSpectra'
    | 'sumOfSquares',
    (...args: number[]) => number
  >
>;

/** Memory that one call uses: addresses stay valid until the call returns. */
export interface Scratch {
  readonly kernel: DspKernel;
  /** Address of n floats, a multiple of 16; their values are left over from earlier calls. */
  floats(n: number): number;
  /** Address of n floats of value 0. */
  zeros(n: number): number;
  /** Sets n floats to 0. */
  clear(address: number, n: number): void;
  /** Address of a copy, with `before` and `after` zeros around it; the address is that of the first value. */
  put(values: Float32Array, before?: number, after?: number): number;
  /** Address of n floats: copies one after the other. */
  putTiled(values: Float32Array, n: number): number;
  /** Address of a copy of doubles. */
  putDoubles(values: Float64Array): number;
  /** Address of a copy of words. */
  putWords(values: Uint32Array): number;
  /** A copy of n floats. */
  take(address: number, n: number): Float32Array;
  /** Copies n floats into `out` from its index `at` on. */
  copy(address: number, n: number, out: Float32Array, at: number): void;
}

const PAGE_BYTES = 65536;
/** Memory beyond this is given back after use. */
const KEEP_BYTES = 64 << 20;
/** Lanes may read a block past the end of what they were given. */
const SLACK_BYTES = 64;

let kept: Arena | undefined;
let depth = 0;

/** Calls `use` with the kernels and scratch memory; calls may nest. */
export function withKernel<T>(use: (scratch: Scratch) => T): T {
  kept ??= new Arena();
  const arena = kept;
  const mark = arena.top;
  depth += 1;
  try {
    return use(arena);
  } finally {
    depth -= 1;
    arena.top = mark;
    if (depth === 0 && arena.size > KEEP_BYTES) kept = undefined;
  }
}

class Arena implements Scratch {
  readonly kernel: DspKernel;
  readonly #memory = new WebAssembly.Memory({ initial: 16 });
  #floats = new Float32Array(this.#memory.buffer);
  top = 16;

  constructor() {
    this.kernel = instantiateKernel<DspKernel>(DSP_KERNEL, this.#memory);
  }

  get size(): number {
    return this.#floats.byteLength;
  }

  floats(n: number): number {
    const address = this.top;
    this.top += 16 * Math.ceil(n / 4);
    const missing = this.top + SLACK_BYTES - this.size;
    if (missing > 0) {
      // Doubled, so that growing piece by piece stays cheap.
      this.#memory.grow(Math.ceil(Math.max(missing, this.size) / PAGE_BYTES));
      this.#floats = new Float32Array(this.#memory.buffer);
    }
    return address;
  }

  zeros(n: number): number {
    const address = this.floats(n);
    this.clear(address, n);
    return address;
  }

  clear(address: number, n: number): void {
    this.#floats.fill(0, address >>> 2, (address >>> 2) + n);
  }

  put(values: Float32Array, before = 0, after = 0): number {
    const start = this.floats(before + values.length + after) >>> 2;
    this.#floats.fill(0, start, start + before);
    this.#floats.set(values, start + before);
    this.#floats.fill(0, start + before + values.length, start + before + values.length + after);
    return (start + before) * 4;
  }

  putTiled(values: Float32Array, n: number): number {
    const address = this.floats(n);
    const start = address >>> 2;
    for (let at = 0; at < n; at += values.length) {
      this.#floats.set(values.subarray(0, n - at), start + at);
    }
    return address;
  }

  putDoubles(values: Float64Array): number {
    const address = this.floats(2 * values.length);
    new Float64Array(this.#memory.buffer, address, values.length).set(values);
    return address;
  }

  putWords(values: Uint32Array): number {
    const address = this.floats(values.length);
    new Uint32Array(this.#memory.buffer, address, values.length).set(values);
    return address;
  }

  take(address: number, n: number): Float32Array {
    return this.#floats.slice(address >>> 2, (address >>> 2) + n);
  }

  copy(address: number, n: number, out: Float32Array, at: number): void {
    out.set(this.#floats.subarray(address >>> 2, (address >>> 2) + n), at);
  }
}
