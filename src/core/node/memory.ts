/**
 * How the process gets memory for arrays.
 * @module
 */

/** Just below the largest block that counts (DEFAULT_MMAP_THRESHOLD_MAX of glibc: 32 MiB). */
const BLOCK_BYTES = (32 << 20) - 65536;

/**
 * Makes arrays cheap that are large and short-lived, as planes of sound are. glibc maps a block above 128 kB
 * anew each time, with a page fault for every 4 kB of it, until it sees a larger one released: from then on it
 * hands memory out again that was released before, and keeps up to 64 MiB of it (mallopt(3), M_MMAP_THRESHOLD).
 * This block is never written to, so it costs nothing but its address; other allocators do not mind it.
 */
export function reuseMemory(): void {
  new ArrayBuffer(BLOCK_BYTES);
}
