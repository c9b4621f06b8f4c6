/**
 * What a recipe is: everything that makes a detector out of a corpus, readable in one sitting.
 * @module
 */

import * as z from 'zod';
import type { HostArray, TracedTree } from '../compiler/arrays.ts';
import type { Traced } from '../compiler/jax.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Log } from '../core/node/log.ts';
import type { WorkContext } from '../core/progress.ts';
import type { Rng } from '../core/rng.ts';
import type { Policy } from '../corruptions/policy.ts';
import type { Clip, Corpus } from '../datasets/clip.ts';
import type { FrontEndSettings } from '../models/network/front-end.ts';
import type { Padding } from '../models/network/length.ts';
import type { Card, Detector, DetectorInput } from '../models/types.ts';
import type { Crop } from './data/example.ts';
import type { LabelledClip } from './data/labelled.ts';
import type { Sampling } from './data/sampling.ts';
import type { Averaging, Optimiser, Schedule } from './optimisers/index.ts';
import type { TrainingEntry } from './run-folder.ts';
import type { HostValues, TracedValues } from './trees.ts';

/** A decoded clip of a corpus. */
export interface ReadClip {
  readonly clip: LabelledClip;
  readonly input: DetectorInput;
}

/** One trained setting of a recipe. */
export interface Candidate {
  /** What differs from the other candidates. */
  readonly setting: string;
  /** Name of the detector on its card. @default that of the recipe */
  readonly name?: string;
  /** Files of the detector's folder, besides its card. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** What it learnt from, where that is not the train split alone. */
  readonly learntFrom?: {
    /** Split of this corpus whose clips it was fitted on. */
    readonly split: 'train' | 'dev';
    /** What the detectors that it is made of were trained on. */
    readonly members: Card['trainedOn'];
    /** The languages of that. */
    readonly languages: readonly string[];
  };
  create(card: Card): Detector | Promise<Detector>;
}

/** What a recipe trains with. */
export interface FitContext {
  readonly corpus: Corpus;
  /** Every clip of train and dev that has a label. */
  readonly train: readonly LabelledClip[];
  readonly dev: readonly LabelledClip[];
  /** Run folder: settings, log, curves, checkpoints. */
  readonly run: string;
  /** Hash of what decides the result: checkpoints of another training are refused. */
  readonly training: string;
  readonly log: Log<TrainingEntry>;
  readonly rng: Rng;
  readonly work: WorkContext;
  /** Content of a safetensors file: weights that are taken in place of a training. */
  readonly weights?: Uint8Array;
  /** Decodes clips; those that cannot be read are recorded and left out. */
  read(clips: readonly LabelledClip[]): Promise<ReadClip[]>;
  /** Records a clip that cannot be read. */
  onFailure(clip: Clip, code: ErrorCode, message: string): void;
}

/** A recipe of any kind, with settings of any kind. */
export interface Recipe {
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  /** Where the detector fails, whatever it is trained on. */
  readonly limits: readonly string[];
  /** Settings with units and defaults; strict, so that unknown keys are errors. */
  readonly settings: z.ZodObject;
  /** Whether weights can be given in place of a training. */
  readonly takesWeights: boolean;
  /** Trains on train; dev chooses between the candidates. @param settings parsed by the schema */
  fit(settings: unknown, context: FitContext): Promise<readonly Candidate[]>;
}

/** A recipe whose settings have a type. */
export interface RecipeDefinition<S extends z.ZodObject>
  extends Omit<Recipe, 'fit' | 'settings' | 'takesWeights'> {
  readonly settings: S;
  fit(settings: z.output<S>, context: FitContext): Promise<readonly Candidate[]>;
}

/** Declares a recipe that does its own training: the classical detectors. Networks use `defineRecipe`. */
export function defineClassicalRecipe<S extends z.ZodObject>(
  definition: RecipeDefinition<S>,
): Recipe {
  return {
    ...definition,
    takesWeights: false,
    // The driver parses settings with the schema beside it.
    fit: (settings, context) => definition.fit(settings as z.output<S>, context),
  };
}

/** Settings that every network has; a recipe extends them and changes defaults. */
export const networkSettings = z.strictObject({
  epochs: z.int().positive().default(40).describe('rounds over the training clips, at most'),
  batch: z.int().positive().default(16).describe('examples of a micro-batch'),
  accumulate: z
    .int()
    .positive()
    .default(1)
    .describe(
      'micro-batches of a step; their gradients are averaged. Optimiser and averages are computed at each',
    ),
  patience: z
    .int()
    .min(0)
    .default(0)
    .describe('validations without progress before it stops; 0 never stops early'),
  select: z
    .enum(['eer', 'auc', 'loss'])
    .default('auc')
    .describe('figure of the dev split that chooses the best weights'),
  validateEvery: z
    .int()
    .positive()
    .default(1)
    .meta({ unit: 'epochs' })
    .describe('between validations'),
  checkpointSec: z
    .number()
    .min(0)
    .default(60)
    .meta({ unit: 's' })
    .describe('between checkpoints inside an epoch; one is written after each validation too'),
  plateau: z
    .strictObject({
      factor: z.number().gt(0).lt(1).default(0.5).describe('on the learning rate'),
      patience: z.int().min(0).default(5).describe('validations without progress that are borne'),
    })
    .optional()
    .describe('lowers the learning rate when the dev loss stops falling'),
  computeThreads: z
    .int()
    .positive()
    .optional()
    .describe('threads of a step; one a processor if absent. Another number may round differently'),
  dataThreads: z
    .int()
    .min(0)
    .optional()
    .describe(
      'threads that make examples; one a processor but one if absent. Results do not depend on it',
    ),
  keepSoundMb: z
    .number()
    .min(0)
    .default(512)
    .meta({ unit: 'MB' })
    .describe('decoded sound and features kept in memory, each'),
});
/** Settings that every network has. */
export type NetworkSettings = z.output<typeof networkSettings>;

/** Parameters that are learnt, and state that is not (running statistics; `{}` for none). */
export interface Weights<P, M> {
  readonly parameters: P;
  readonly state: M;
}

/** A batch inside a traced function. */
export interface TracedBatch {
  /** float32 `[batch, …features]` */
  readonly features: Traced;
  /** int32 `[batch]`; 1 is spoof */
  readonly label: Traced;
  /** float32 `[batch]`: share of each stretch that is recording */
  readonly valid: Traced;
}

/** How a network is called. */
export interface ApplyContext {
  readonly train: boolean;
  /** uint32 `[2]`, new in every step; split it for every layer that draws. */
  readonly key: Traced;
}

/** A network recipe, as {@link defineRecipe} takes it: `S` settings, `P` parameters, `M` state, `O` output. */
export interface NetworkRecipe<S extends z.ZodObject, P, M, O> {
  readonly name: string;
  readonly summary: string;
  readonly limits: readonly string[];
  /** `networkSettings.extend({…})` */
  readonly settings: S;
  frontEnd(settings: z.output<S>): FrontEndSettings;
  /** Length of an example, how clips are chosen, how they are corrupted. */
  data(settings: z.output<S>): {
    readonly sec: number;
    /** What fills up shorter recordings. @default 'repeat' */
    readonly short?: Padding;
    /** Which stretch of a longer training clip is heard; dev hears the middle. @default 'random' */
    readonly crop?: Crop;
    /** @default balanced labels */
    readonly sampling?: Sampling;
    /** @default none */
    readonly augment?: Policy | null;
    /** Largest change of speed, as a share. @default 0 */
    readonly speed?: number;
  };
  readonly model: {
    /** @param dims shape of one example's features */
    init(rng: Rng, settings: z.output<S>, dims: readonly number[]): Weights<P, M>;
    apply(
      weights: {
        readonly parameters: TracedTree<P, Traced>;
        readonly state: TracedTree<M, Traced>;
      },
      batch: Omit<TracedBatch, 'label'>,
      context: ApplyContext & { readonly settings: z.output<S> },
    ): { readonly output: O; readonly state: TracedTree<M, Traced> };
  };
  /** Scalar to be made small. */
  loss(output: O, batch: TracedBatch, settings: z.output<S>): Traced;
  /** float32 `[batch]`; higher is more likely spoof. */
  score(output: O, batch: Omit<TracedBatch, 'label'>, settings: z.output<S>): Traced;
  /** @param steps steps of the whole training */
  schedule(settings: z.output<S>, steps: number): Schedule;
  optimiser(settings: z.output<S>, schedule: Schedule): Optimiser;
  /** Averages of weights that are validated and exported; the weights themselves if absent. */
  averaging?(settings: z.output<S>, steps: number): Averaging;
  /** How the trained detector hears recordings. */
  export(settings: z.output<S>): {
    /** Step between the stretches of a long recording. */
    readonly hopSec: number;
    /** Shortest recording that is scored. */
    readonly minSec: number;
  };
}

/** A network whose settings are given: what the loop works with. */
export interface Network {
  readonly name: string;
  readonly settings: NetworkSettings;
  readonly frontEnd: FrontEndSettings;
  readonly data: {
    readonly sec: number;
    readonly short: Padding;
    readonly crop: Crop;
    readonly sampling: Sampling;
    readonly augment: Policy | null;
    readonly speed: number;
  };
  readonly export: { readonly hopSec: number; readonly minSec: number };
  init(rng: Rng, dims: readonly number[]): Weights<HostValues, HostValues>;
  apply(
    weights: Weights<TracedValues, TracedValues>,
    batch: Omit<TracedBatch, 'label'>,
    context: ApplyContext,
  ): { readonly output: unknown; readonly state: TracedValues };
  loss(output: unknown, batch: TracedBatch): Traced;
  score(output: unknown, batch: Omit<TracedBatch, 'label'>): Traced;
  schedule(steps: number): Schedule;
  optimiser(schedule: Schedule): Optimiser;
  averaging(steps: number): Averaging | null;
}

/** Gives a network recipe its settings; from here on trees have no types of their own. */
export function withSettings<S extends z.ZodObject, P, M, O>(
  recipe: NetworkRecipe<S, P, M, O>,
  settings: z.output<S>,
): Network {
  const {
    sec,
    short = 'repeat',
    crop = 'random',
    sampling = { balance: ['label'] },
    augment = null,
    speed = 0,
  } = recipe.data(settings);
  return {
    name: recipe.name,
    // The settings of a network recipe extend those of every network.
    settings: settings as NetworkSettings,
    frontEnd: recipe.frontEnd(settings),
    data: { sec, short, crop, sampling, augment, speed },
    export: recipe.export(settings),
    // Trees made by init come back to apply, output of apply to loss and score: their types are the recipe's.
    init: (rng, dims) => recipe.model.init(rng, settings, dims) as Weights<HostValues, HostValues>,
    apply: (weights, batch, context) =>
      recipe.model.apply(weights as never, batch, { ...context, settings }) as {
        output: unknown;
        state: TracedValues;
      },
    loss: (output, batch) => recipe.loss(output as O, batch, settings),
    score: (output, batch) => recipe.score(output as O, batch, settings),
    schedule: (steps) => recipe.schedule(settings, steps),
    optimiser: (schedule) => recipe.optimiser(settings, schedule),
    averaging: (steps) => recipe.averaging?.(settings, steps) ?? null,
  };
}

/** Number of learnt numbers. */
export function countParameters(arrays: readonly HostArray[]): number {
  return arrays.reduce((sum, { data }) => sum + data.length, 0);
}
