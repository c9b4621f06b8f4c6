/**
 * The train matrix: training sets × recipes × seeds, every detector trained once and scored by the engine of
 * studies on all test clips, and the figures of the cells that a design shows.
 * @module
 */

import type { Plan } from '../bench/plan.ts';
import { resolveCorpus } from '../bench/resolve.ts';
import { runPlan, scoringEnvironment } from '../bench/run.ts';
import { checkStudy } from '../bench/study.ts';
import type { OpenTools } from '../bench/tools.ts';
import { RingtrueError } from '../core/errors.ts';
import { builtUrl } from '../core/node/modules.ts';
import { throwIfAborted, type WorkContext } from '../core/progress.ts';
import type { TrialRow } from '../store/trial.ts';
import type { Benchmark } from './benchmark-file.ts';
import { type ScoredCell, scoreCell } from './cells.ts';
import type { Design, PlannedCell, TestSet } from './design.ts';
import type { CorpusClip } from './filter.ts';
import { type MatrixModel, type NamedRecipe, trainModels } from './models.ts';
import { detectorRef } from './tools.ts';

/** A cell with what came of it. */
export interface MatrixCell extends PlannedCell {
  readonly recipe: string;
  readonly condition: string;
  /** Null with the reason where there are no figures. */
  readonly scored: ScoredCell | null;
  readonly problem: string | null;
  /** Trials without a score, over all seeds. */
  readonly failed: number;
  readonly refused: number;
}

/** A matrix with its cells. */
export interface Matrix {
  readonly models: readonly MatrixModel[];
  readonly conditions: readonly string[];
  readonly cells: readonly MatrixCell[];
}

/** How a matrix is run; none of it changes a number. */
export interface MatrixOptions {
  /** Result folder, absolute. */
  readonly folder: string;
  /** The benchmark as resolved, for `benchmark.yaml`. */
  readonly text: string;
  /** Name of the corpora, for trial rows. */
  readonly corpus: string;
  readonly recipes: readonly NamedRecipe[];
  /** Worker threads of the scoring. @default one a processor */
  readonly workers?: number | undefined;
}

/**
 * Trains, scores and measures.
 * @param finish is called with the matrix while the folder is locked
 * @throws RingtrueError `training/*`, `bench/run-locked`, `bench/run-mismatch`, `core/*`
 */
export async function runMatrix<T>(
  { benchmark, design }: { readonly benchmark: Benchmark; readonly design: Design },
  options: MatrixOptions,
  { work, finish }: { readonly work: WorkContext; readonly finish: (matrix: Matrix) => Promise<T> },
): Promise<T> {
  const models = await trainModels(design.trainSets, options.recipes, work);
  const environment = await scoringEnvironment();
  const toolsUrl = builtUrl(import.meta.url, './tools.ts');
  const plan = await planScoring(
    { benchmark, design, models },
    { corpus: options.corpus, folder: options.folder, toolsUrl, code: environment.code },
    work,
  );
  return runPlan(
    {
      plan,
      folder: options.folder,
      config: { name: 'benchmark.yaml', text: options.text },
      cwd: options.folder,
      toolsUrl,
      environment,
      options: { workers: options.workers },
    },
    async (rows) =>
      finish({
        models,
        conditions: plan.conditions.map(({ id }) => id),
        cells: await measure({ benchmark, design, models, plan, rows }, work),
      }),
    work,
  );
}

async function planScoring(
  {
    benchmark,
    design,
    models,
  }: {
    readonly benchmark: Benchmark;
    readonly design: Design;
    readonly models: readonly MatrixModel[];
  },
  {
    corpus,
    folder,
    toolsUrl,
    code,
  }: {
    readonly corpus: string;
    readonly folder: string;
    readonly toolsUrl: URL;
    readonly code: string;
  },
  work: WorkContext,
): Promise<Plan> {
  const { conditions, seed, interval } = benchmark;
  const study = checkStudy({
    name: benchmark.name,
    corpus,
    split: 'all',
    detectors: models.map(({ detector, folder: at }) =>
      detectorRef({ name: detector, folder: at }),
    ),
    conditions,
    seed,
    interval: { ...interval, unit: 'auto' },
  });
  const clips = new Map<string, CorpusClip>();
  for (const set of design.testSets) for (const clip of set.clips) clips.set(clip.id, clip);
  // The export is that of tools.ts beside this file.
  const { openTools } = (await import(toolsUrl.href)) as { openTools: OpenTools };
  const tools = await openTools({ limits: study.limits, cwd: folder });
  try {
    return await resolveCorpus(
      {
        study,
        corpus: { name: corpus, root: folder, clips: [...clips.values()].map(withoutCorpus) },
        split: 'test',
      },
      { tools, name: benchmark.name, code },
      work,
    );
  } finally {
    await tools.close();
  }
}

/** The name of the corpus is the benchmark's own; rows carry it among the attributes of the clip. */
function withoutCorpus({ corpus, ...clip }: CorpusClip): CorpusClip {
  return corpus === undefined ? clip : { ...clip, group: { ...clip.group, corpus } };
}

async function measure(
  {
    benchmark,
    design,
    models,
    plan,
    rows,
  }: {
    readonly benchmark: Benchmark;
    readonly design: Design;
    readonly models: readonly MatrixModel[];
    readonly plan: Plan;
    readonly rows: readonly TrialRow[];
  },
  { onProgress, signal }: WorkContext,
): Promise<MatrixCell[]> {
  const recipes = [...new Set(models.map(({ recipe }) => recipe))];
  const byTable = new Map<string, Map<string, TrialRow>>();
  for (const row of rows) {
    const key = `${row.detector}\n${row.condition}`;
    const table = byTable.get(key) ?? new Map<string, TrialRow>();
    table.set(row.clip, row);
    byTable.set(key, table);
  }
  const testSets = new Map(design.testSets.map((set) => [set.name, set]));
  const task = 'figures';
  const total = design.cells.length * recipes.length * plan.conditions.length;
  onProgress?.({ type: 'start', task, total, unit: 'cells' });
  const cells: MatrixCell[] = [];
  for (const { id: condition } of plan.conditions) {
    for (const recipe of recipes) {
      for (const cell of design.cells) {
        throwIfAborted(signal);
        const trained = models.filter(
          (model) => model.trainSet === cell.train && model.recipe === recipe,
        );
        cells.push({
          ...cell,
          recipe,
          condition,
          ...figuresOf(trained, testSets.get(cell.test)!, {
            table: (detector) => byTable.get(`${detector}\n${condition}`) ?? new Map(),
            interval: { ...benchmark.interval, seed: `${benchmark.seed} ${cell.test}` },
          }),
        });
        onProgress?.({ type: 'advance', task, done: cells.length });
        // Between two pieces of pure arithmetic, signals and progress get a turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }
  onProgress?.({ type: 'end', task });
  return cells;
}

function figuresOf(
  models: readonly MatrixModel[],
  test: TestSet,
  {
    table,
    interval,
  }: {
    readonly table: (detector: string) => ReadonlyMap<string, TrialRow>;
    readonly interval: Parameters<typeof scoreCell>[1];
  },
): Pick<MatrixCell, 'scored' | 'problem' | 'failed' | 'refused'> {
  const trials = models.map(({ detector, seed, threshold }) => {
    const known = table(detector);
    return { seed, threshold, rows: test.clips.flatMap(({ id }) => known.get(id) ?? []) };
  });
  const all = trials.flatMap(({ rows }) => rows);
  const lost = {
    failed: all.filter(({ failed }) => failed !== null).length,
    refused: all.filter(({ refused }) => refused !== null).length,
  };
  try {
    return { scored: scoreCell(trials, interval), problem: null, ...lost };
  } catch (error) {
    if (!(error instanceof RingtrueError) || !error.code.startsWith('metrics/')) throw error;
    return { scored: null, problem: `${error.code}: ${error.message}`, ...lost };
  }
}
