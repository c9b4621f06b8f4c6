/**
 * The shape of a benchmark's `summary.json`: every number with its interval, its n and its spread over seeds.
 * @module
 */

import type { Counts, Figure } from '../metrics/types.ts';
import { corpusTitle } from '../report/figures.ts';
import type { Audit } from './audit.ts';
import type { Benchmark } from './benchmark-file.ts';
import { CELL_FIGURES, type CellFigure } from './cells.ts';
import type { Claim } from './claim.ts';
import type { Design, PlannedCell } from './design.ts';
import { figureOf } from './estimates.ts';
import type { CorpusClip } from './filter.ts';
import type { Matrix, MatrixCell } from './matrix.ts';
import type { MatrixModel } from './models.ts';
import type { OpenedCorpora } from './open.ts';
import type { SourceParts } from './parts.ts';

/** A figure over seeds: mean with interval, and the standard deviation over the seeds. */
export interface SeedFigure extends Figure {
  /** Standard deviation over the seeds; null for one seed. */
  readonly sd: number | null;
  /** By seed, in the order of the file. */
  readonly values: readonly number[];
}

/** A cell as the summary holds it. */
export interface CellSummary extends Omit<PlannedCell, 'promised'> {
  /** Name of what was trained. */
  readonly recipe: string;
  /** Condition id. */
  readonly condition: string;
  /** Clips of the test set that all seeds scored. */
  readonly n: Counts;
  /** Absent, with a `problem`, where a class has no scored clip. */
  readonly figures?: Readonly<Record<CellFigure, SeedFigure>>;
  /** Accuracy at the best threshold of the test set less that at the threshold of dev. */
  readonly thresholdLoss?: Figure;
  /** What the intervals resample and cover. */
  readonly note?: string;
  /** EER differs between seeds by more than five points. */
  readonly unstable: boolean;
  /** Trials of all seeds that broke. */
  readonly failed: number;
  /** Trials of all seeds that a detector refused. */
  readonly refused: number;
  /** Why there are no figures. */
  readonly problem?: string;
}

/** A set of clips as the summary tells of it. */
export interface SetSummary {
  readonly name: string;
  readonly n: Counts;
  readonly speakers: number;
  readonly generators: Readonly<Record<string, number>>;
}

/** `summary.json` of a benchmark. */
export interface BenchmarkSummary {
  /** Version of this layout. */
  readonly schema: 1;
  /** What kind of benchmark it was. */
  readonly benchmark: Benchmark['benchmark'];
  /** Name in the benchmark file. */
  readonly name: string;
  /** Names of the corpora, for people. */
  readonly corpora: string;
  /** Version and content of what was opened under each name; absent in results from before it was noted. */
  readonly opened?: OpenedCorpora['opened'];
  /** The floor of each verified corpus: AUC of all trivial features together. */
  readonly confounds: OpenedCorpora['confounds'];
  /** Which clips each domain is made of. */
  readonly domains: Benchmark['domains'];
  /** What is new in the test part of each source. */
  readonly sources: readonly SourceParts[];
  /** Names of what was trained. */
  readonly recipes: readonly string[];
  /** Seeds that each recipe was trained with. */
  readonly seeds: readonly number[];
  /** Ids of what the test clips went through. */
  readonly conditions: readonly string[];
  /** How intervals were made: coverage, resamples, seed of their draw. */
  readonly interval: { readonly level: number; readonly replicates: number; readonly seed: number };
  /** Which training set, recipe and seed a detector of the trial rows is. */
  readonly models: readonly Omit<MatrixModel, 'folder' | 'trained'>[];
  /** Training clips of the first seed. */
  readonly trainSets: readonly (SetSummary & { readonly dev: Counts })[];
  /** Test clips of each set. */
  readonly testSets: readonly SetSummary[];
  /** One a training set, test set, recipe and condition. */
  readonly cells: readonly CellSummary[];
  /** Whether training and test sets share what they promised not to. */
  readonly audit: Audit;
  /** Published findings held against these figures. */
  readonly claims: readonly Claim[];
  /** What could not be had and was left out. */
  readonly notes: readonly string[];
}

/** Puts the summary together. */
export function summarise(given: {
  readonly benchmark: Benchmark;
  readonly name: string;
  readonly corpora: OpenedCorpora;
  readonly design: Design;
  readonly matrix: Matrix;
  readonly audit: Audit;
  readonly claims: readonly Claim[];
}): BenchmarkSummary {
  const { benchmark, name, corpora, design, matrix, audit, claims } = given;
  const { level, replicates } = benchmark.interval;
  return {
    schema: 1,
    benchmark: benchmark.benchmark,
    name,
    corpora: corpora.name,
    opened: corpora.opened,
    confounds: corpora.confounds,
    domains: benchmark.domains,
    sources: design.parts.sources,
    recipes: [...new Set(matrix.models.map(({ recipe }) => recipe))],
    seeds: benchmark.seeds,
    conditions: matrix.conditions,
    interval: { level, replicates, seed: benchmark.seed },
    models: matrix.models.map(({ folder: _folder, trained: _trained, ...model }) => model),
    trainSets: design.trainSets.map(({ name: set, draws }) => ({
      ...setSummary(set, draws[0]?.train ?? []),
      dev: countLabels(draws[0]?.dev ?? []),
    })),
    testSets: design.testSets.map(({ name: set, clips }) => setSummary(set, clips)),
    cells: matrix.cells.map((cell) => cellSummary(cell, level)),
    audit,
    claims,
    notes: design.notes,
  };
}

/** The corpora with their versions, and with the names that the benchmark gives them: `a (speech-base 4) + replay 2`. */
export function titleOfCorpora({ corpora, opened }: BenchmarkSummary): string {
  const titles = opened?.map(({ corpus, ...identity }) =>
    corpus === identity.name ? corpusTitle(identity) : `${corpus} (${corpusTitle(identity)})`,
  );
  return titles?.join(' + ') ?? corpora;
}

function setSummary(name: string, clips: readonly CorpusClip[]): SetSummary {
  const generators: Record<string, number> = {};
  for (const { generator } of clips)
    if (generator !== undefined) generators[generator] = (generators[generator] ?? 0) + 1;
  const speakers = new Set(
    clips.flatMap(({ label, speaker }) => (label === 'bonafide' ? (speaker ?? []) : [])),
  ).size;
  return { name, n: countLabels(clips), speakers, generators };
}

/** Clips of each class. */
export function countLabels(clips: readonly CorpusClip[]): Counts {
  const bonafide = clips.filter(({ label }) => label === 'bonafide').length;
  return { bonafide, spoof: clips.length - bonafide };
}

function cellSummary(cell: MatrixCell, level: number): CellSummary {
  const { promised: _promised, scored, problem, ...about } = cell;
  if (scored === null) {
    return {
      ...about,
      n: { bonafide: 0, spoof: 0 },
      unstable: false,
      ...(problem === null ? {} : { problem }),
    };
  }
  const figures = Object.fromEntries(
    CELL_FIGURES.map((name) => [
      name,
      {
        ...figureOf(scored.figures[name], level),
        sd: scored.deviations[name],
        values: scored.seeds.map((seed) => seed.figures[name].value),
      },
    ]),
    // Made of exactly these names.
  ) as unknown as Record<CellFigure, SeedFigure>;
  return {
    ...about,
    n: scored.n,
    figures,
    thresholdLoss: figureOf(scored.thresholdLoss, level),
    note: scored.note,
    unstable: scored.unstable,
  };
}
