/**
 * Running a benchmark file from beginning to end; killed at any moment, the same call continues.
 * @module
 */

import { join, resolve } from 'node:path';
import { scoringEnvironment } from '../bench/run.ts';
import { type Json, RingtrueError } from '../core/errors.ts';
import { hashJson } from '../core/hash.ts';
import { writeFileAtomic } from '../core/node/files.ts';
import type { WorkContext } from '../core/progress.ts';
import { toYaml } from '../core/yaml.ts';
import { fingerprint } from '../datasets/fingerprint.ts';
import { auditLeaks } from './audit.ts';
import type { Benchmark } from './benchmark-file.ts';
import * as crossDomain from './cross-domain.ts';
import { crossDomainClaims } from './cross-domain-claims.ts';
import {
  auditedPairs,
  clipsOfDesign,
  type Design,
  type PlannedCell,
  withControl,
} from './design.ts';
import { gatherMaterial } from './domains.ts';
import type { CorpusClip } from './filter.ts';
import * as leaveOneOut from './leave-one-out.ts';
import { leaveOneOutClaims } from './leave-one-out-claims.ts';
import { runMatrix } from './matrix.ts';
import { openCorpora, openRecipes, resolvedBenchmark } from './open.ts';
import { renderBenchmark } from './page.ts';
import { type BenchmarkSummary, summarise } from './summary.ts';
import { treatClips } from './treat.ts';

/** How a benchmark is run; none of it changes a number. */
export interface BenchmarkOptions {
  /** Result folder. @default `runs/NAME-HASH` */
  readonly out?: string | undefined;
  /** Name if the file gives none. @default that of the corpus */
  readonly name?: string | undefined;
  /** Folder that relative paths of the file start from. @default the working folder */
  readonly cwd?: string | undefined;
  /** Worker threads of the scoring. @default one a processor */
  readonly workers?: number | undefined;
}

/** A finished benchmark. */
export interface FinishedBenchmark {
  /** Result folder, absolute: benchmark.yaml, trials/, summary.json, report.html, environment.json. */
  readonly folder: string;
  /** What `summary.json` holds. */
  readonly summary: BenchmarkSummary;
  /** Detectors that this call trained; the others were there. */
  readonly trained: number;
}

/**
 * Trains and tests what a benchmark file says, or what is left of it.
 * @throws RingtrueError `benchmarks/*`, `datasets/*`, `training/*`, `corruptions/*`, `bench/run-locked`,
 *   `bench/run-mismatch`, `core/cancelled`, `core/io-*`
 */
export async function runBenchmark(
  benchmark: Benchmark,
  options: BenchmarkOptions = {},
  work: WorkContext = {},
): Promise<FinishedBenchmark> {
  const cwd = resolve(options.cwd ?? '.');
  const corpora = await openCorpora(benchmark, cwd, work);
  const recipes = await openRecipes(benchmark, cwd);
  const plain = designBenchmark(benchmark, corpora.clips);
  for (const message of plain.design.notes) work.onProgress?.({ type: 'warning', message });
  const design = await controlled(benchmark, plain, work);
  const name = benchmark.name ?? options.name ?? corpora.name.replaceAll('+', '-');
  const resolved = { ...resolvedBenchmark(benchmark, cwd), name };
  // Read from YAML or JSON; absent fields are dropped by the round trip.
  const identity = JSON.parse(JSON.stringify(resolved)) as Json;
  const run = hashJson({ benchmark: identity, clips: fingerprint(clipsOfDesign(design)) });
  const folder = resolve(
    options.out ?? join('runs', `${name.replaceAll(' ', '-')}-${run.slice(0, 8)}`),
  );
  return runMatrix(
    { benchmark, design },
    {
      folder,
      text: toYaml(identity),
      corpus: corpora.name,
      recipes,
      workers: options.workers,
    },
    {
      work,
      finish: async (matrix) => {
        const audit = auditLeaks(auditedPairs(design));
        const found = { benchmark, design, matrix, audit };
        const claims =
          benchmark.benchmark === 'cross-domain'
            ? crossDomainClaims(found)
            : leaveOneOutClaims(found);
        const summary = summarise({ ...found, name, corpora, claims });
        await writeFileAtomic(join(folder, 'report.html'), renderBenchmark(summary));
        // The summary comes last: a folder with a summary is whole.
        const text = `${JSON.stringify(summary, null, 2)}\n`;
        await writeFileAtomic(join(folder, 'summary.json'), text);
        const trained = matrix.models.filter((model) => model.trained).length;
        return { folder, summary, trained };
      },
    },
  );
}

/** A design, and its cells that a control repeats. */
export interface PlainDesign {
  readonly design: Design;
  readonly controlled: readonly PlannedCell[];
}

/**
 * Draws up what a benchmark trains and tests, without its control.
 * @throws RingtrueError `benchmarks/unknown-value`, `benchmarks/too-few-clips`, `benchmarks/bad-file`,
 *   `datasets/class-missing`
 */
export function designBenchmark(benchmark: Benchmark, clips: readonly CorpusClip[]): PlainDesign {
  const material = gatherMaterial(benchmark, clips);
  const { design, kind } =
    benchmark.benchmark === 'cross-domain'
      ? { design: crossDomain.designCrossDomain(benchmark, material), kind: crossDomain }
      : { design: leaveOneOut.designLeaveOneOut(benchmark, material), kind: leaveOneOut };
  return { design, controlled: kind.controlledCells(design) };
}

async function controlled(
  benchmark: Benchmark,
  { design, controlled: wanted }: PlainDesign,
  work: WorkContext,
): Promise<Design> {
  if (benchmark.control === undefined) return design;
  const trains = new Set(wanted.map(({ train }) => train));
  const tests = new Set(wanted.map(({ test }) => test));
  const used = clipsOfDesign({
    ...design,
    trainSets: design.trainSets.filter(({ name }) => trains.has(name)),
    testSets: design.testSets.filter(({ name }) => tests.has(name)),
  });
  const { code } = await scoringEnvironment();
  const { control: treatment, seed } = benchmark;
  const treated = await treatClips(used, { treatment, seed, code }, work);
  if (treated.size === 0)
    throw new RingtrueError('datasets/empty', 'no clip could be treated for the control');
  return withControl(design, { wanted, treated });
}
