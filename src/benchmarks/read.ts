/**
 * Reading a benchmark file from disk.
 * @module
 */

import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import { toRingtrueError } from '../core/errors.ts';
import { type Benchmark, parseBenchmark } from './benchmark-file.ts';

/** A benchmark file as `runBenchmark` takes it. */
export interface BenchmarkFile {
  readonly benchmark: Benchmark;
  /** Name of the file, for a benchmark that has none. */
  readonly name: string;
  /** Folder of the file: its paths start there. */
  readonly cwd: string;
}

/** @throws RingtrueError `benchmarks/bad-file`, `core/io-not-found`, `core/io-denied` */
export async function readBenchmark(path: string): Promise<BenchmarkFile> {
  const absolute = resolve(path);
  let text: string;
  try {
    text = await readFile(absolute, 'utf8');
  } catch (error) {
    throw toRingtrueError(error, 'core/io-failed');
  }
  return {
    benchmark: parseBenchmark(text, basename(absolute)),
    name: basename(absolute, extname(absolute)),
    cwd: dirname(absolute),
  };
}
