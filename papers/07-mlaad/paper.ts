/**
 * MLAAD (arXiv 2401.09512) on speech-base: train on one corpus, test on all; leave one out.
 * @module
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCorpus, RingtrueError } from 'ringtrue';
import { type Claim, claimOf, type Paper, readBenchmark, runBenchmark } from 'ringtrue/benchmarks';
import { writeMlaadTree } from './tree.ts';

/** Its claims are the checks of a leave-one-out benchmark, and that of the reader. */
export const paper: Paper = {
  id: '07-mlaad',
  title: 'MLAAD: the multi-language audio anti-spoofing dataset (arXiv 2401.09512)',
  corpora: ['speech-base'],
  minutes: 45,
  async run({ folder, out, onProgress, signal }) {
    const { benchmark, cwd } = await readBenchmark(join(folder, 'benchmark.yaml'));
    const { summary } = await runBenchmark(benchmark, { out, cwd }, { onProgress, signal });
    return [...summary.claims, await readerClaim()];
  },
};

/** Check 6: every physical line of the tables is a clip, and one that is there twice is told. */
export async function readerClaim(): Promise<Claim> {
  const root = await mkdtemp(join(tmpdir(), 'ringtrue-mlaad-'));
  try {
    const made = await writeMlaadTree(join(root, 'whole'), { duplicate: false });
    await writeMlaadTree(join(root, 'doubled'), { duplicate: true });
    const { clips } = await openCorpus(
      { reader: 'mlaad', root: join(root, 'whole') },
      { classes: 'any' },
    );
    const code = await openCorpus(
      { reader: 'mlaad', root: join(root, 'doubled') },
      { classes: 'any' },
    ).then(
      () => 'none',
      (error: unknown) => (error instanceof RingtrueError ? error.code : String(error)),
    );
    const longest = Math.max(...clips.map(({ transcript }) => transcript?.length ?? 0));
    return claimOf(
      {
        id: 'reader',
        claim: 'A tree of 3 languages × 2 systems × 5 rows is read whole, nasty rows and all',
        expected:
          'as many clips as physical lines less headers; a path that is there twice is told',
        figures: [
          { name: 'lines', value: made.rows, low: null, high: null, n: made.rows },
          { name: 'clips', value: clips.length, low: null, high: null, n: made.rows },
          { name: 'longest transcript', value: longest, low: null, high: null, n: clips.length },
        ],
        note: `The doubled path is ${code}.`,
      },
      made.rows === 30 && clips.length === made.rows && code === 'datasets/duplicate-id',
    );
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
