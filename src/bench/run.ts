/**
 * Running a study: units of the plan go to workers, each finished unit becomes one shard, and the
 * shards become the summary. Killed at any moment, the same call continues with the units whose shard
 * is not there.
 * @module
 */

import { readdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { RingtrueError, toRingtrueError } from '../core/errors.ts';
import { describeEnvironment, type Environment } from '../core/node/environment.ts';
import { cacheFolder, makeFolder, writeFileAtomic } from '../core/node/files.ts';
import { lockRun } from '../core/node/lock.ts';
import { type Log, openLog } from '../core/node/log.ts';
import { builtUrl } from '../core/node/modules.ts';
import { throwIfAborted, type WorkContext } from '../core/progress.ts';
import { toYaml } from '../core/yaml.ts';
import { pruneCache } from '../store/cache.ts';
import type { TrialRow } from '../store/trial.ts';
import { readShard, readTrials, shardPath, writeTrials } from '../store/trials.ts';
import { aggregate } from './aggregate.ts';
import type { LogEntry } from './log.ts';
import type { Plan, PlannedClip, Unit } from './plan.ts';
import { createPool, type Pool } from './pool.ts';
import { countTrials, resolvedStudy, resolveStudy } from './resolve.ts';
import type { Study } from './study.ts';
import type { Summary } from './summary.ts';
import { devFolder, fixOnDev } from './thresholds.ts';
import type { OpenTools } from './tools.ts';
import { crashedRows, type UnitResult, type UnitSettings } from './unit.ts';

/** How a study is run; none of it changes a number. */
export interface RunOptions {
  /** Run folder. @default the study's `out` (from `cwd`), else `runs/NAME-HASH` */
  readonly out?: string | undefined;
  /** Worker threads. @default one a processor */
  readonly workers?: number | undefined;
  /** False to neither read nor write cached scores. @default true */
  readonly cache?: boolean | undefined;
  /** True to run units again that hold failed trials. @default false */
  readonly retryFailed?: boolean | undefined;
  /** Name of the study if its file gives none. @default the corpus's name */
  readonly name?: string | undefined;
  /** Folder that relative paths of the study start from. @default the working folder */
  readonly cwd?: string | undefined;
  /** Module with `openTools`, in place of our own decoders, corruptions and detectors. */
  readonly tools?: URL | undefined;
}

/** A finished run. */
export interface FinishedRun {
  /** Run folder, absolute. */
  readonly folder: string;
  readonly summary: Summary;
}

/** Rooms and files of the built package that a score passes through, and packages that can change one. */
const SCORED_BY = {
  code: [
    'core',
    'audio',
    'corruptions',
    'graph',
    'runtime',
    'models',
    'bench/unit.js',
    'bench/own-tools.js',
  ],
  packages: [
    'node-av',
    'onnxruntime-node',
    '@wasm-audio-decoders/opus-ml',
    '@echogarden/rnnoise-wasm',
  ],
};

/** Most of the score cache that is kept after a run, in bytes. */
const CACHE_BYTES = 2 * 2 ** 30;

/** What a score depends on besides the study: this machine and this build. */
export function scoringEnvironment(): Promise<Omit<Environment, 'run' | 'started'>> {
  return describeEnvironment(SCORED_BY);
}

/**
 * Runs a study, or what is left of it.
 * @throws RingtrueError `bench/run-locked`, `bench/run-mismatch`, `core/cancelled`, `core/io-disk-full`,
 *   `core/io-denied`, and whatever {@link resolveStudy} throws
 */
export async function runStudy(
  study: Study,
  options: RunOptions = {},
  work: WorkContext = {},
): Promise<FinishedRun> {
  const cwd = resolve(options.cwd ?? '.');
  const toolsUrl = options.tools ?? builtUrl(import.meta.url, './own-tools.ts');
  const environment = await scoringEnvironment();
  const plan = await makePlan(study, { ...options, cwd, toolsUrl, code: environment.code }, work);
  const folder =
    options.out !== undefined
      ? resolve(options.out)
      : study.out !== undefined
        ? resolve(cwd, study.out)
        : resolve('runs', `${plan.name.replaceAll(' ', '-')}-${plan.run.slice(0, 8)}`);
  const { workers, cache, retryFailed } = options;
  const summary = await runPlan(
    {
      plan,
      folder,
      config: configOf(plan, cwd),
      cwd,
      toolsUrl,
      environment,
      options: { workers, cache, retryFailed },
    },
    async (rows, fixed) => {
      const figures = await aggregate(fixed, rows, work);
      await writeFileAtomic(join(folder, 'summary.json'), `${JSON.stringify(figures, null, 2)}\n`);
      return figures;
    },
    work,
  );
  return { folder, summary };
}

function configOf(plan: Plan, cwd: string): PlannedRun['config'] {
  return { name: 'study.yaml', text: toYaml(resolvedStudy(plan, cwd)) };
}

/**
 * Scores the clean dev clips of a plan, as a run of its own inside the run folder. Its folder bears its name: what
 * other dev clips fixed before is no part of the run that they are scored for, and lies beside it.
 * @returns the plan with the thresholds that they fix
 */
async function fixThresholds(run: PlannedRun, work: WorkContext): Promise<Plan> {
  const { plan, folder, cwd } = run;
  const { dev } = plan;
  if (dev === undefined || 'missing' in dev) return plan;
  return runPlan(
    {
      ...run,
      plan: dev,
      folder: join(folder, devFolder(dev)),
      config: configOf(dev, cwd),
      part: 'clean dev trials',
    },
    async (rows) => fixOnDev(plan, { plan: dev, rows }),
    work,
  );
}

/** A plan and where and how it is run. */
export interface PlannedRun {
  readonly plan: Plan;
  /** Run folder, absolute. */
  readonly folder: string;
  /** File of the run folder that says what was run. */
  readonly config: { readonly name: string; readonly text: string };
  /** Folder that relative paths of detectors start from. */
  readonly cwd: string;
  /** Module with `openTools`. */
  readonly toolsUrl: URL;
  readonly environment: Omit<Environment, 'run' | 'started'>;
  readonly options: Pick<RunOptions, 'workers' | 'cache' | 'retryFailed'>;
  /** Name in progress events of a part of a run, which leaves pruning the cache to the whole. */
  readonly part?: string;
}

/**
 * Fixes the thresholds that the plan's dev clips are to fix, scores what is left of its trials, then hands all of
 * them on while the run folder is still locked.
 * @param finish makes of the trials, and the plan with its thresholds, what the run folder shall hold besides them
 * @throws RingtrueError `bench/run-locked`, `bench/run-mismatch`, `core/cancelled`, `core/io-*`
 */
export async function runPlan<T>(
  run: PlannedRun,
  finish: (rows: readonly TrialRow[], fixed: Plan) => Promise<T>,
  work: WorkContext = {},
): Promise<T> {
  const { plan, folder } = run;
  const trials = countTrials(plan);
  const unlock = await lockRun(folder);
  try {
    await enterFolder(run);
    const log = await openLog<LogEntry>(join(folder, 'log.jsonl'), () => new Date());
    try {
      const fixed = await fixThresholds(run, work);
      await runUnits({ ...run, log }, work);
      const rows = await readTrials(folder);
      if (rows.length !== trials) {
        throw new RingtrueError(
          'store/bad-run',
          `${folder} holds ${rows.length} trials, the study has ${trials}`,
        );
      }
      return await finish(rows, fixed);
    } catch (error) {
      const coded = toRingtrueError(error);
      // The disk may be what failed: the first error is the one to tell.
      await log.write({ event: 'stopped', error: coded.toJSON() }).catch(() => undefined);
      throw coded;
    }
  } finally {
    await unlock();
  }
}

async function makePlan(
  study: Study,
  {
    cwd,
    toolsUrl,
    name,
    code,
  }: { cwd: string; toolsUrl: URL; name?: string | undefined; code: string },
  work: WorkContext,
): Promise<Plan> {
  // The caller names a module with this export.
  const { openTools } = (await import(toolsUrl.href)) as { openTools: OpenTools };
  const tools = await openTools({ limits: study.limits, cwd });
  try {
    return await resolveStudy(study, { tools, cwd, name, code }, work);
  } finally {
    await tools.close();
  }
}

const knownRunSchema = z.object({ run: z.string() });

/** Makes the folder this run's own, or finds that it is. */
async function enterFolder({ folder, plan, config, environment }: PlannedRun): Promise<void> {
  const path = join(folder, 'environment.json');
  const known = await readKnownRun(path);
  if (known !== undefined && known !== plan.run) {
    throw new RingtrueError(
      'bench/run-mismatch',
      `${folder} holds the run ${known.slice(0, 8)}, this study is the run ${plan.run.slice(0, 8)}: its clips, conditions, detectors, seed or the code differ`,
      { details: { folder, known, run: plan.run } },
    );
  }
  try {
    await makeFolder(join(folder, 'trials'));
    const names = await readdir(join(folder, 'trials'));
    if (known === undefined && names.length > 0) {
      throw new RingtrueError(
        'bench/run-mismatch',
        `${folder} holds trials, but no environment.json says of which study`,
        { details: { folder } },
      );
    }
    for (const name of names) {
      if (name.endsWith('.tmp')) await rm(join(folder, 'trials', name), { force: true });
    }
  } catch (error) {
    throw toRingtrueError(error, 'core/io-failed');
  }
  await writeFileAtomic(join(folder, config.name), config.text);
  if (known !== undefined) return;
  const whole: Environment = {
    ...environment,
    run: plan.run,
    started: new Date().toISOString(),
  };
  await writeFileAtomic(path, `${JSON.stringify(whole, null, 2)}\n`);
}

async function readKnownRun(path: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const coded = toRingtrueError(error, 'core/io-failed');
    if (coded.code === 'core/io-not-found') return undefined;
    throw coded;
  }
  try {
    return knownRunSchema.parse(JSON.parse(text)).run;
  } catch (error) {
    throw new RingtrueError('bench/run-mismatch', `${path} is damaged`, { cause: error });
  }
}

interface Sitting extends PlannedRun {
  readonly log: Log<LogEntry>;
}

async function runUnits(sitting: Sitting, work: WorkContext): Promise<void> {
  const { plan, log, options } = sitting;
  const startedMs = Date.now();
  const left = await unitsLeft(sitting);
  const perClip = plan.conditions.length * plan.detectors.length;
  const total = left.reduce((sum, unit) => sum + unit.clips.length * perClip, 0);
  const size = Math.max(1, Math.min(options.workers ?? availableParallelism(), left.length));
  await log.write({
    event: 'start',
    unitsDone: plan.units.length - left.length,
    unitsLeft: left.length,
    workers: size,
  });
  if (left.length > 0) {
    const { part, part: task = 'trials' } = sitting;
    work.onProgress?.({ type: 'start', task, total, unit: 'trials' });
    const cacheRoot = options.cache === false ? null : cacheFolder('scores');
    let done = 0;
    const pool = createPool(
      size,
      {
        settings: unitSettings(plan, sitting.environment.code),
        tools: sitting.toolsUrl.href,
        detectors: plan.detectors.map(({ ref, name }) => ({ ref, name })),
        cache: cacheRoot,
        limits: plan.study.limits,
        cwd: sitting.cwd,
      },
      {
        onTrials: (count) => {
          // A unit that is run again after a crash counts again, but never beyond the total.
          done = Math.min(total, done + count);
          work.onProgress?.({ type: 'advance', task, done });
        },
        onWarning: (code, message) => work.onProgress?.({ type: 'warning', code, message }),
      },
    );
    await runOnPool(pool, left, sitting, work);
    work.onProgress?.({ type: 'end', task, note: `${total} trials` });
    if (cacheRoot !== null && part === undefined) await pruneCache(cacheRoot, CACHE_BYTES);
  }
  await log.write({ event: 'end', trials: total, sec: (Date.now() - startedMs) / 1000 });
}

function unitSettings(plan: Plan, code: string): UnitSettings {
  return {
    run: plan.run.slice(0, 16),
    corpus: { name: plan.corpus.name, root: plan.corpus.root },
    split: plan.split,
    seed: plan.study.seed,
    conditions: plan.conditions,
    code,
  };
}

/** Units whose shard is missing, damaged, of other trials, or (if wished) holds failures. */
async function unitsLeft({ plan, folder, log, options }: Sitting): Promise<Unit[]> {
  const left: Unit[] = [];
  const present = new Set(await readdir(join(folder, 'trials')));
  for (const unit of plan.units) {
    const path = shardPath(folder, unit.index);
    const name = path.slice(path.lastIndexOf('trials') + 'trials'.length + 1);
    if (!present.delete(name)) {
      left.push(unit);
      continue;
    }
    try {
      const rows = await readShard(path);
      const retry = options.retryFailed === true && rows.some(({ failed }) => failed !== null);
      if (retry || !holdsUnit(rows, unit, plan)) left.push(unit);
    } catch (error) {
      const { code, message } = toRingtrueError(error);
      if (code !== 'store/bad-parquet') throw error;
      await log.write({ event: 'damaged', unit: unit.index, message });
      left.push(unit);
    }
  }
  // Anything else in the folder is none of this run's and would be counted.
  for (const name of present) await rm(join(folder, 'trials', name), { force: true });
  return left;
}

function holdsUnit(rows: readonly TrialRow[], unit: Unit, plan: Plan): boolean {
  let at = 0;
  for (const clip of unit.clips) {
    for (const condition of plan.conditions) {
      for (const detector of plan.detectors) {
        const row = rows[at];
        at += 1;
        if (
          row?.run !== plan.run.slice(0, 16) ||
          row.clip !== clip.id ||
          row.condition !== condition.id ||
          row.detector !== detector.name
        ) {
          return false;
        }
      }
    }
  }
  return at === rows.length;
}

async function runOnPool(
  pool: Pool,
  units: readonly Unit[],
  sitting: Sitting,
  work: WorkContext,
): Promise<void> {
  const onAbort = (): void => void pool.stop();
  work.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    throwIfAborted(work.signal);
    const results = await Promise.allSettled(
      units.map((unit) =>
        runOneUnit(pool, unit, sitting, work).catch(async (error: unknown) => {
          // A full disk or a wish to stop ends the whole run: no use in working on.
          await pool.stop();
          throw error;
        }),
      ),
    );
    // The first stop goes on in the background: no thread may still run when the process ends.
    if (work.signal?.aborted) await pool.stop();
    throwIfAborted(work.signal);
    const failed = results.find(
      (result) =>
        result.status === 'rejected' && toRingtrueError(result.reason).code !== 'core/cancelled',
    );
    if (failed?.status === 'rejected') throw failed.reason;
    await pool.close();
  } finally {
    work.signal?.removeEventListener('abort', onAbort);
  }
}

async function runOneUnit(
  pool: Pool,
  unit: Unit,
  { plan, folder, log, environment }: Sitting,
  work: WorkContext,
): Promise<void> {
  const startedMs = Date.now();
  const settings = unitSettings(plan, environment.code);
  const parts = await runHardily(pool, unit.clips, plan, settings);
  throwIfAborted(work.signal);
  const rows = parts.flatMap((part) => part.rows);
  await writeTrials(shardPath(folder, unit.index), rows);
  await log.write(
    ...parts.flatMap((part) => part.notes).map((note) => ({ event: 'failure' as const, ...note })),
    {
      event: 'unit',
      unit: unit.index,
      trials: rows.length,
      cached: parts.reduce((sum, part) => sum + part.cached, 0),
      failed: rows.filter(({ failed }) => failed !== null).length,
      refused: rows.filter(({ refused }) => refused !== null).length,
      scoredSec: parts.reduce((sum, part) => sum + part.scoredSec, 0),
      sec: (Date.now() - startedMs) / 1000,
    },
  );
}

/** Runs clips; after a second crash one by one, so that only the clip that kills workers is lost. */
async function runHardily(
  pool: Pool,
  clips: readonly PlannedClip[],
  plan: Plan,
  settings: UnitSettings,
): Promise<UnitResult[]> {
  let error = toRingtrueError(undefined);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      return [await pool.run(clips)];
    } catch (thrown) {
      error = toRingtrueError(thrown);
      if (pool.ended() !== undefined) throw error;
    }
  }
  if (clips.length > 1) {
    const parts: UnitResult[] = [];
    for (const clip of clips) parts.push(...(await runHardily(pool, [clip], plan, settings)));
    return parts;
  }
  return clips.map((clip) => ({
    rows: crashedRows(clip, settings, plan.detectors, error.code),
    notes: [{ clip: clip.id, condition: null, detector: null, error: error.toJSON() }],
    cached: 0,
    scoredSec: 0,
  }));
}
