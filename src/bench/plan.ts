/**
 * The plan of a study: which clips under which conditions by which detectors, cut into units of work.
 * Pure: the same inputs give the same plan, whatever the number of workers.
 * @module
 */

import type * as z from 'zod';
import { type Json, RingtrueError } from '../core/errors.ts';
import { hashJson } from '../core/hash.ts';
import { createRng } from '../core/rng.ts';
import { variantOf } from '../corruptions/step.ts';
import type { Condition, Corruption, CorruptionFamily } from '../corruptions/types.ts';
import type { Clip, Corpus, Label } from '../datasets/clip.ts';
import type { cardSchema, Detector } from '../models/types.ts';
import { type Assertion, parseAssertion } from './assert.ts';
import { checkAttributes } from './attributes.ts';
import type { HeardClips } from './contamination.ts';
import type { Study } from './study.ts';
import { lacksThreshold, type Threshold } from './thresholds.ts';

/** A clip with its label, and what its file looked like when the study was planned. */
export interface PlannedClip extends Clip {
  readonly label: Label;
  /** Size in bytes and time of change in ms; null if there was no file. */
  readonly file: { readonly bytes: number; readonly changedMs: number } | null;
}

/** A condition with what reports say of it. */
export interface PlannedCondition extends Condition {
  /** Corruption of a one-step condition with its options; null for `clean`, chains and what is no level. */
  readonly corruption: string | null;
  readonly family: CorruptionFamily | null;
  readonly level: number | null;
  /** Raw value of the level, in `unit`. */
  readonly value: number | null;
  readonly unit: string | null;
  /** True where a higher level is stronger; false for two-sided levels, variants, chains and `clean`. */
  readonly ordered?: boolean;
  /** Value at which nothing would change, of levels on both sides of it. */
  readonly neutral?: number;
  /** Name of a variant, where levels are named choices without an order. */
  readonly variant?: string;
  /** Hash of the recordings that the condition mixes in; absent where there are none. */
  readonly assets?: string;
}

/** What a plan needs to know of a detector. */
export interface PlannedDetector {
  /** How the study file calls it. */
  readonly ref: string;
  readonly name: string;
  readonly id: string;
  readonly needs: Detector['needs'];
  readonly card: z.infer<typeof cardSchema>;
  /** What clean dev clips of the corpus say, if the card names no operating point and they were scored. */
  readonly devThreshold?: Threshold;
}

/** A few clips, under all conditions, by all detectors: its trials become one shard. */
export interface Unit {
  readonly index: number;
  readonly clips: readonly PlannedClip[];
}

/** Everything that is decided before the work starts. */
export interface Plan {
  readonly name: string;
  /** Hash of everything that decides the trials; assertions and intervals are not part of it. */
  readonly run: string;
  readonly study: Study;
  readonly corpus: Omit<Corpus, 'clips'>;
  readonly split: string;
  readonly clips: readonly PlannedClip[];
  readonly conditions: readonly PlannedCondition[];
  readonly detectors: readonly PlannedDetector[];
  readonly assertions: readonly Assertion[];
  readonly units: readonly Unit[];
  /**
   * The clean dev clips of the corpus by the detectors whose cards name no operating point, or why there are
   * none; absent where all cards do.
   */
  readonly dev?: Plan | { readonly missing: string };
  /** Clips that each detector has heard in training, by its name; absent before they were looked for. */
  readonly heard?: ReadonlyMap<string, HeardClips | null>;
}

/** What {@link planStudy} puts together. */
export interface PlanInput {
  readonly name: string;
  readonly study: Study;
  readonly corpus: Omit<Corpus, 'clips'>;
  readonly split: string;
  readonly clips: readonly (Clip & Pick<PlannedClip, 'file'>)[];
  readonly conditions: readonly PlannedCondition[];
  readonly detectors: readonly PlannedDetector[];
  /** Hash of the code that computes scores. */
  readonly code: string;
  /** What may fix thresholds that no card names: clips that the study does not judge. */
  readonly dev?: DevInput | undefined;
}

/** Dev clips and the clean condition, or why there are no such clips. */
export type DevInput =
  | {
      readonly clips: PlanInput['clips'];
      readonly clean: PlannedCondition;
    }
  | { readonly missing: string };

/**
 * Checks a study as a whole and cuts it into units.
 * @throws RingtrueError `datasets/class-missing`, `datasets/duplicate-id`, `bench/bad-study` (a detector
 *   or condition twice, an attribute that no clip has), `bench/unknown-assertion`
 */
export function planStudy(input: PlanInput): Plan {
  const { study, corpus, conditions, detectors } = input;
  checkUnique(
    detectors.map(({ name }) => name),
    'detectors',
  );
  checkUnique(
    conditions.map(({ id }) => id),
    'conditions',
  );
  checkAttributes(study.groups, input.clips);
  const clips = chooseClips(labelled(input.clips, corpus.root), study);
  const dev = planDev(input);
  const devFixes = dev !== undefined && !('missing' in dev);
  const names = {
    detectors: detectors.map((detector) => ({
      name: detector.name,
      hasThreshold: devFixes || !lacksThreshold(detector),
    })),
    conditions: conditions.map(({ id }) => id),
  };
  const assertions = study.assert.map((text) => parseAssertion(text, names));
  const run = hashJson({
    code: input.code,
    corpus: corpus.name,
    split: input.split,
    clips: clips.map(identity),
    conditions: conditions.map(conditionKey),
    detectors: detectors.map(({ name, id }) => ({ name, id })),
    seed: study.seed,
    limits: { ...study.limits, clips: null },
  });
  return {
    name: input.name,
    run,
    study,
    corpus,
    split: input.split,
    clips,
    conditions,
    detectors,
    assertions,
    units: cutUnits(clips),
    ...(dev === undefined ? {} : { dev }),
  };
}

/** The plan that fixes thresholds: clean dev clips by the detectors that lack one, as the study scores its own. */
function planDev({ dev, ...input }: PlanInput): Plan['dev'] {
  if (dev === undefined || 'missing' in dev) return dev;
  return planStudy({
    ...input,
    study: { ...input.study, assert: [], groups: [] },
    split: 'dev',
    clips: dev.clips,
    conditions: [dev.clean],
    detectors: input.detectors.filter(lacksThreshold),
  });
}

/** What decides the sound of a condition beside clip, seed and code: its id (with its options) and the recordings it mixes in. */
export function conditionKey({ id, assets }: PlannedCondition): string {
  return assets === undefined ? id : `${id} ${assets}`;
}

/** Describes a condition by the corruptions that it names. */
export function describeCondition(
  condition: Condition,
  find: (name: string) => Pick<Corruption, 'family' | 'levels' | 'page'>,
): PlannedCondition {
  const [step] = condition.steps;
  const families = new Set(condition.steps.map(({ corruption }) => find(corruption).family));
  const [family = null] = families.size === 1 ? families : [];
  if (step === undefined || step.level === null || condition.steps.length > 1) {
    return { ...condition, corruption: null, family, level: null, value: null, unit: null };
  }
  const { levels, page } = find(step.corruption);
  const level = levels.find((entry) => entry.level === step.level);
  return {
    ...condition,
    corruption: variantOf(step),
    family,
    level: step.level,
    value: level?.value ?? null,
    unit: level?.unit ?? null,
    ordered: page.measure !== null && page.neutral === undefined,
    ...(page.neutral === undefined ? {} : { neutral: page.neutral }),
    ...(page.measure === null ? namedVariant(level?.params) : {}),
  };
}

/** Choices among names (`{ key: 'A' }`) say more than their place in a list. */
function namedVariant(params: unknown): { readonly variant?: string } {
  const values = Object.values(params ?? {});
  const named = values.length > 0 && values.every((value) => typeof value === 'string');
  return named ? { variant: values.join(' ') } : {};
}

/** Units at least, if clips are plenty: enough to share out. */
const UNITS_WANTED = 32;
/** Clips a unit at most: a batch for the detectors, and what a killed run may lose. */
const UNIT_CLIPS_MAX = 16;
/** Bytes of files a unit at most, unless one file is larger: its clips are decoded at the same time. */
const UNIT_BYTES_MAX = 32 * 2 ** 20;

function cutUnits(clips: readonly PlannedClip[]): Unit[] {
  const most = Math.min(UNIT_CLIPS_MAX, Math.ceil(clips.length / UNITS_WANTED));
  const units: PlannedClip[][] = [];
  let bytes = 0;
  for (const clip of clips) {
    const size = clip.file?.bytes ?? 0;
    const unit = units.at(-1);
    if (unit === undefined || unit.length === most || bytes + size > UNIT_BYTES_MAX) {
      units.push([clip]);
      bytes = size;
    } else {
      unit.push(clip);
      bytes += size;
    }
  }
  return units.map((unit, index) => ({ index, clips: unit }));
}

function checkUnique(names: readonly string[], where: string): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      throw new RingtrueError('bench/bad-study', `study.${where}: ${name} is there twice`, {
        details: { path: where, name },
      });
    }
    seen.add(name);
  }
}

function labelled(clips: PlanInput['clips'], root: string): PlannedClip[] {
  const known: PlannedClip[] = [];
  const ids = new Set<string>();
  for (const clip of clips) {
    if (clip.label !== undefined) known.push({ ...clip, label: clip.label });
    if (ids.has(clip.id)) {
      throw new RingtrueError(
        'datasets/duplicate-id',
        `${root}: the id ${JSON.stringify(clip.id)} is there twice`,
        { details: { id: clip.id } },
      );
    }
    ids.add(clip.id);
  }
  for (const label of ['bonafide', 'spoof'] as const) {
    if (!known.some((clip) => clip.label === label)) {
      throw new RingtrueError(
        'datasets/class-missing',
        `${root}: none of ${clips.length} clips is labelled ${label}; a study needs both classes`,
        { details: { label, clips: clips.length } },
      );
    }
  }
  return known;
}

/**
 * One list of clips for clean and all levels: a list drawn anew for every level would drown small
 * differences in sampling noise.
 */
function chooseClips(clips: readonly PlannedClip[], { limits, seed }: Study): PlannedClip[] {
  const most = limits.clips;
  if (most === undefined || most >= clips.length) return [...clips];
  const shuffled = createRng(seed).split('choice of clips').shuffle(clips);
  const bonafide = shuffled.filter(({ label }) => label === 'bonafide');
  const spoof = shuffled.filter(({ label }) => label === 'spoof');
  const fewer = Math.min(bonafide.length, spoof.length, Math.floor(most / 2));
  const wanted =
    bonafide.length <= spoof.length
      ? { bonafide: fewer, spoof: most - fewer }
      : { bonafide: most - fewer, spoof: fewer };
  const chosen = new Set([...bonafide.slice(0, wanted.bonafide), ...spoof.slice(0, wanted.spoof)]);
  return clips.filter((clip) => chosen.has(clip));
}

/** What of a clip decides its trials: everything but where its file lies and when it changed. */
function identity({ path: _path, file, ...clip }: PlannedClip): Json {
  // Clips are plain data read from JSON or CSV; absent fields are dropped by the round trip.
  const attributes = JSON.parse(JSON.stringify(clip)) as Json;
  return { attributes, bytes: file?.bytes ?? null };
}
