/**
 * The WebAssembly kernel for sorting scores, with its memory. Runs in Node and in browsers.
 * @module
 */

import { instantiateKernel } from '../../core/kernel.ts';
import { SORT_KERNEL } from './sort.generated.ts';

/** The kernel's functions; addresses are bytes in its memory. */
export interface SortKernel {
  /** 0 sorted, 1 a NaN or infinity, 2 left unsorted because too many values share their upper bits. */
  sort(from: number, to: number, counts: number, n: number): number;
  /** Pairs b ≤ s of two sorted arrays, merged in two halves that share no value. */
  pairsAtMost(b: number, nb: number, bm: number, s: number, ns: number, sm: number): number;
  /** Pairs b < s. */
  pairsBelow(b: number, nb: number, bm: number, s: number, ns: number, sm: number): number;
}

/** Bytes of the counters, at the start of the memory. */
export const COUNTER_BYTES = 2 * 3 * 2048 * 4;
/** Memory beyond this is given back after use: enough for four million scores. */
const KEEP_BYTES = 64 * 2 ** 20;
const PAGE_BYTES = 65536;

let kept: { kernel: SortKernel; memory: WebAssembly.Memory } | undefined;

/** Calls `use` with the kernel and at least so many bytes of memory, valid until it returns. */
export function withSortKernel<T>(
  bytes: number,
  use: (kernel: SortKernel, buffer: ArrayBuffer) => T,
): T {
  const { kernel, memory } = kept ?? instantiate();
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  kept = memory.buffer.byteLength > KEEP_BYTES ? undefined : { kernel, memory };
  return use(kernel, memory.buffer);
}

function instantiate(): { kernel: SortKernel; memory: WebAssembly.Memory } {
  const memory = new WebAssembly.Memory({ initial: 1 });
  return { kernel: instantiateKernel<SortKernel>(SORT_KERNEL, memory), memory };
}
