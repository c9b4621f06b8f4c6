/**
 * From a study file to a plan: opens the corpus, loads the detectors, reads the conditions.
 * @module
 */

import { resolve } from 'node:path';
import { stampFile } from '../archives/files.ts';
import { RingtrueError } from '../core/errors.ts';
import { throwIfAborted, type WorkContext } from '../core/progress.ts';
import { stepId } from '../corruptions/step.ts';
import type { Clip, Corpus } from '../datasets/clip.ts';
import { type CorpusSpec, openCorpus, takeSplit } from '../datasets/open.ts';
import { findHeardClips, type HeardQuestion } from './contamination.ts';
import {
  type DevInput,
  type Plan,
  type PlannedClip,
  type PlannedDetector,
  planStudy,
} from './plan.ts';
import type { Study } from './study.ts';
import { lacksThreshold } from './thresholds.ts';
import type { Tools } from './tools.ts';

/** What {@link resolveStudy} takes besides the study. */
export interface ResolveOptions {
  readonly tools: Tools;
  /** Folder that relative paths of the study start from. */
  readonly cwd: string;
  /** Name of the study if it has none itself; the corpus's name by default. */
  readonly name?: string | undefined;
  /** Hash of the code that computes scores. */
  readonly code: string;
}

/** Requests to the file system at a time. */
const PARALLEL = 32;

/**
 * Resolves and checks all that a study names, before any work starts.
 * @throws RingtrueError whatever opening a corpus, loading a detector, reading conditions or planning throws
 */
export async function resolveStudy(
  study: Study,
  { tools, cwd, name, code }: ResolveOptions,
  work: WorkContext,
): Promise<Plan> {
  // The schema of a study has the same two forms as CorpusSpec.
  const spec = study.corpus as CorpusSpec;
  const whole = await openCorpus(spec, { cwd, classes: 'any' }, work);
  const split = study.split ?? (whole.clips.some((clip) => clip.split === 'eval') ? 'eval' : 'all');
  const corpus = split === 'all' ? whole : takeSplit(whole, split);
  const dev = devClips(whole, split);
  return resolveCorpus({ study, corpus, split, dev }, { tools, name, code }, work);
}

/**
 * Resolves and checks what a study does with clips that are open already.
 * @param given.corpus in place of what `study.corpus` names
 * @param given.split name of what is scored, for trial rows
 * @param given.dev clips that may fix thresholds which no card names, or why there are none; without it nothing does
 * @throws RingtrueError whatever loading a detector, reading conditions or planning throws
 */
export async function resolveCorpus(
  given: {
    readonly study: Study;
    readonly corpus: Corpus;
    readonly split: string;
    readonly dev?: readonly Clip[] | { readonly missing: string };
  },
  { tools, name, code }: Omit<ResolveOptions, 'cwd'>,
  work: WorkContext,
): Promise<Plan> {
  const { study, corpus, split } = given;
  const conditions = await tools.parseConditions(study.conditions);
  const clips = await stampClips(corpus.clips, work);
  const detectors: PlannedDetector[] = [];
  for (const ref of study.detectors) {
    throwIfAborted(work.signal);
    const detector = await tools.loadDetector(ref);
    const { id, card, needs } = detector;
    detectors.push({ ref, name: detector.name, id, needs, card });
    await detector.dispose();
  }
  const dev = detectors.some(lacksThreshold) ? await readyDev(given.dev, tools, work) : undefined;
  const { clips: _clips, ...about } = corpus;
  const plan = planStudy({
    name: study.name ?? name ?? corpus.name,
    study,
    corpus: about,
    split,
    clips,
    conditions,
    detectors,
    code,
    dev,
  });
  const heard = (part: Plan, use: HeardQuestion['use']) =>
    findHeardClips({ ...part, corpus: corpus.name, use }, work);
  const known = { ...plan, heard: await heard(plan, 'judged') };
  if (plan.dev === undefined || 'missing' in plan.dev) return known;
  return { ...known, dev: { ...plan.dev, heard: await heard(plan.dev, 'threshold') } };
}

/** Dev clips of a study's corpus, if they are none that it judges. */
function devClips(
  { clips }: Corpus,
  split: string,
): readonly Clip[] | { readonly missing: string } {
  if (split === 'dev' || split === 'all') {
    return {
      missing: `the study judges ${split === 'dev' ? 'the dev split' : 'all clips'} of the corpus, and what is judged fixes no threshold`,
    };
  }
  const dev = clips.filter((clip) => clip.split === 'dev');
  if (dev.length === 0) return { missing: 'the corpus has no dev split' };
  for (const label of ['bonafide', 'spoof'] as const) {
    if (dev.some((clip) => clip.label === label)) continue;
    return { missing: `no clip of the corpus's dev split is labelled ${label}` };
  }
  return dev;
}

/** Dev clips as a plan takes them. */
async function readyDev(
  found: readonly Clip[] | { readonly missing: string } | undefined,
  tools: Tools,
  work: WorkContext,
): Promise<DevInput | undefined> {
  if (found === undefined || 'missing' in found) return found;
  const [clean] = await tools.parseConditions(['clean']);
  return { clips: await stampClips(found, work), clean: clean! };
}

/** Notes size and time of every file, so that a change while the study runs is noticed. */
async function stampClips(
  clips: readonly Clip[],
  { signal }: WorkContext,
): Promise<(Clip & Pick<PlannedClip, 'file'>)[]> {
  const stamped: (Clip & Pick<PlannedClip, 'file'>)[] = [];
  for (let from = 0; from < clips.length; from += PARALLEL) {
    throwIfAborted(signal);
    const some = clips.slice(from, from + PARALLEL).map(async (clip) => {
      const file = await stampFile(clip.path).catch(() => null);
      return { ...clip, file };
    });
    stamped.push(...(await Promise.all(some)));
  }
  return stamped;
}

/**
 * The study as `study.yaml` of the run folder holds it: defaults written out, conditions expanded, paths
 * absolute, so that it gives the same run from any folder.
 */
export function resolvedStudy(plan: Plan, cwd: string): Record<string, unknown> {
  const { study } = plan;
  const { out: _out, ...rest } = study;
  return {
    ...rest,
    name: plan.name,
    corpus: absoluteCorpus(study, plan, cwd),
    split: plan.split,
    detectors: plan.detectors.map(({ ref }) => (isPath(ref) ? resolve(cwd, ref) : ref)),
    conditions: plan.conditions.map(({ id, steps }) =>
      steps.length < 2 ? id : { chain: steps.map(stepId) },
    ),
  };
}

function isPath(ref: string): boolean {
  return /^\.{1,2}[\\/]/.test(ref);
}

function absoluteCorpus({ corpus }: Study, plan: Plan, cwd: string): unknown {
  if (typeof corpus !== 'string') return { ...corpus, root: resolve(cwd, corpus.root) };
  if (corpus === plan.corpus.name && !/[\\/.]/.test(corpus)) return corpus;
  return resolve(cwd, corpus);
}

/**
 * Number of trials of a plan.
 * @throws RingtrueError `bench/bad-study` if there are more than a table can hold
 */
export function countTrials(plan: Plan): number {
  const count = plan.clips.length * plan.conditions.length * plan.detectors.length;
  if (count > MAX_TRIALS) {
    throw new RingtrueError(
      'bench/bad-study',
      `the study has ${count} trials; at most ${MAX_TRIALS} fit into one run`,
      { hint: 'Cut it into several studies, or set limits.clips.' },
    );
  }
  return count;
}

/** Trials are held in memory when they are aggregated, at about half a kilobyte each. */
const MAX_TRIALS = 8_000_000;
