/**
 * XMAD-Bench (arXiv 2506.00462) on speech-base: detectors that hardly err in their domain, across domains.
 * @module
 */

import { join } from 'node:path';
import { type Paper, readBenchmark, runBenchmark } from 'ringtrue/benchmarks';

/** Its claims are the checks of a cross-domain benchmark. */
export const paper: Paper = {
  id: '02-xmad-bench',
  title: 'XMAD-Bench: cross-domain multilingual audio deepfake benchmark (arXiv 2506.00462)',
  corpora: ['speech-base'],
  minutes: 40,
  async run({ folder, out, onProgress, signal }) {
    const { benchmark, cwd } = await readBenchmark(join(folder, 'benchmark.yaml'));
    const { summary } = await runBenchmark(benchmark, { out, cwd }, { onProgress, signal });
    return [...summary.claims];
  },
};
