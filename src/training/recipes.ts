/**
 * The recipes that `ringtrue train` knows.
 * @module
 */

import type { WorkContext } from '../core/progress.ts';
import { throwIfAborted } from '../core/progress.ts';
import type { Rng } from '../core/rng.ts';
import type { Clip } from '../datasets/clip.ts';
import {
  type AcousticLogisticModel,
  createAcousticLogistic,
  standardised,
} from '../models/acoustic-logistic/index.ts';
import { STATISTICS, STATISTICS_FRONT_END } from '../models/acoustic-logistic/statistics.ts';
import { trainGmm } from '../models/lfcc-gmm/gmm.ts';
import {
  createLfccGmm,
  type GmmPair,
  LFCC_FRONT_END,
  packLfccGmm,
  unpackLfccGmm,
} from '../models/lfcc-gmm/index.ts';
import type { Card, Detector, DetectorInput } from '../models/types.ts';
import { exportAcousticLogistic, exportLfccGmm } from './export-onnx.ts';
import { fitLogistic } from './logistic.ts';

/** A decoded clip of the training corpus. */
export interface TrainingClip {
  readonly clip: Clip;
  readonly input: DetectorInput;
}

/** One fitted setting of a recipe. */
export interface Candidate {
  /** What differs from the other candidates. */
  readonly setting: string;
  /** Content of `model.json`. */
  readonly model: object;
  create(card: Card): Detector;
  /** The same model as an .onnx file, from features to score. */
  onnx(): Uint8Array;
}

/** A recipe: fits every setting on train; dev chooses. */
export interface Recipe {
  readonly summary: string;
  /** Where the detector fails, whatever it is trained on. */
  readonly limits: readonly string[];
  fit(train: readonly TrainingClip[], rng: Rng, work: WorkContext): Candidate[];
}

/** Names of the recipes. */
export type RecipeName = 'lfcc-gmm' | 'acoustic-logistic';

const COMPONENTS = [8, 16, 32, 64] as const;
const PENALTIES = [0.003, 0.01, 0.03, 0.1, 0.3] as const;

/** Every recipe. */
export const RECIPES: Readonly<Record<RecipeName, Recipe>> = {
  'lfcc-gmm': {
    summary:
      'LFCC-GMM: 20 linear-frequency cepstra with deltas, one Gaussian mixture a class (the classical baseline)',
    limits: [
      'Learns the spectral envelope of what it heard: new synthesisers, microphones and codecs move its scores.',
      'Hears 16 kHz at most; narrow-band speech is out of its domain.',
    ],
    fit(train, rng, { onProgress, signal }) {
      const task = 'train mixtures';
      onProgress?.({ type: 'start', task, total: COMPONENTS.length, unit: 'sizes' });
      const bonafide = stack(train.filter(({ clip }) => clip.label === 'bonafide'));
      const spoof = stack(train.filter(({ clip }) => clip.label === 'spoof'));
      const candidates = COMPONENTS.map((components, i): Candidate => {
        throwIfAborted(signal);
        const pair: GmmPair = {
          bonafide: trainGmm(
            bonafide.data,
            bonafide.dims,
            { components },
            rng.split(`bonafide ${components}`),
          ),
          spoof: trainGmm(spoof.data, spoof.dims, { components }, rng.split(`spoof ${components}`)),
        };
        const model = packLfccGmm(pair);
        // What is scored on dev is what the file will hold, Float32 rounding included.
        const stored = unpackLfccGmm(model, 'model.json');
        onProgress?.({ type: 'advance', task, done: i + 1 });
        return {
          setting: `${components} components`,
          model,
          create: (card) => createLfccGmm(stored, card),
          onnx: () => exportLfccGmm(stored),
        };
      });
      onProgress?.({ type: 'end', task });
      return candidates;
    },
  },
  'acoustic-logistic': {
    summary: `Logistic regression on ${STATISTICS.length} named acoustic statistics: every reason has a name`,
    limits: [
      'Statistics of pitch and dynamics depend on language, speaking style and room.',
      'Twenty numbers a recording: it cannot localise a partly synthetic one.',
    ],
    fit(train, _rng, { onProgress, signal }) {
      const task = 'fit regression';
      onProgress?.({ type: 'start', task, total: PENALTIES.length, unit: 'penalties' });
      const vectors = train.map(({ input }) => {
        throwIfAborted(signal);
        return input.features(STATISTICS_FRONT_END);
      });
      const isSpoof = train.map(({ clip }) => clip.label === 'spoof');
      const scaling = STATISTICS.map(({ name }, d) => {
        const values = vectors.map((vector) => vector[d]!);
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const variance =
          values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
        return { name, mean, scale: Math.sqrt(variance) || 1 };
      });
      const rows = vectors.map((vector) =>
        vector.map((value, d) => standardised(value, scaling[d]!.mean, scaling[d]!.scale)),
      );
      const candidates = PENALTIES.map((penalty, i): Candidate => {
        const { weights, bias } = fitLogistic(rows, isSpoof, penalty);
        const model: AcousticLogisticModel = {
          kind: 'acoustic-logistic',
          frontEnd: STATISTICS_FRONT_END.id,
          statistics: scaling.map((column, d) => ({ ...column, weight: weights[d]! })),
          bias,
        };
        onProgress?.({ type: 'advance', task, done: i + 1 });
        return {
          setting: `penalty ${penalty}`,
          model,
          create: (card) => createAcousticLogistic(model, card),
          onnx: () => exportAcousticLogistic(model),
        };
      });
      onProgress?.({ type: 'end', task });
      return candidates;
    },
  },
};

function stack(clips: readonly TrainingClip[]): { data: Float32Array; dims: number } {
  const parts = clips.map(({ input }) => input.features(LFCC_FRONT_END));
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { data, dims: parts[0]?.dims ?? 0 };
}
