/**
 * `ringtrue/benchmarks`: train matrices with their checks, and papers that are run again.
 * @module
 */

export { type Audit, auditLeaks, type Promised } from '../benchmarks/audit.ts';
export {
  type Benchmark,
  checkBenchmark,
  parseBenchmark,
} from '../benchmarks/benchmark-file.ts';
export {
  type Claim,
  type ClaimFigure,
  claimOf,
  notTestable,
  type Paper,
  type PaperContext,
} from '../benchmarks/claim.ts';
export { checkFilter, type Filter, matches } from '../benchmarks/filter.ts';
export { findPaper, listPapers } from '../benchmarks/papers.ts';
export { cutParts } from '../benchmarks/parts.ts';
export { readBenchmark } from '../benchmarks/read.ts';
export {
  type BenchmarkOptions,
  designBenchmark,
  type FinishedBenchmark,
  runBenchmark,
} from '../benchmarks/run.ts';
export { drawSet, findTwins } from '../benchmarks/sampling.ts';
export type { BenchmarkSummary, CellSummary } from '../benchmarks/summary.ts';
