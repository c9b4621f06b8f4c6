/**
 * Maps from the scores of several detectors to one (card 08, fusion): prior-weighted logistic regression as BOSARIS
 * fits it, the mean of normalised scores, or a small network.
 * @module
 */

import { type HostArray, hostArray } from '../compiler/arrays.ts';
import { np, type Traced } from '../compiler/jax.ts';
import { RingtrueError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { Label } from '../datasets/clip.ts';
import type { FusionMap } from '../models/fusion/index.ts';
import { softplus } from '../models/layers/activations.ts';
import { dense, initDense } from '../models/layers/dense.ts';
import { drawKey } from '../models/layers/random.ts';
import { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
import { fitLogistic } from './logistic.ts';
import { adamw, cosine } from './optimisers/index.ts';
import { createTrainer } from './trainer.ts';

/** How a fusion is fitted. */
export interface FusionTraining {
  readonly method: 'logistic' | 'mean' | 'mlp';
  /** Share of spoof that the classes are weighted by. */
  readonly prior: number;
  /** λ of λ/2 |w|² of the logistic regression. */
  readonly penalty: number;
  /** Units of the network's hidden layer. */
  readonly hidden: number;
  /** Training steps of the network, each on all clips. */
  readonly steps: number;
}

/** Scores of clips. */
export interface FusionTable {
  /** One row a clip, one score a member. */
  readonly rows: readonly Float64Array[];
  readonly labels: readonly Label[];
}

/** A fitted fusion. */
export interface FittedFusion {
  /** Mean and standard deviation of each member's scores. */
  readonly scaling: readonly { readonly mean: number; readonly scale: number }[];
  readonly map: FusionMap;
}

/**
 * Fits a map to scores.
 * @throws RingtrueError `training/class-missing`, `training/diverged`
 */
export async function fitFusion(
  { rows, labels }: FusionTable,
  training: FusionTraining,
  rng: Rng,
): Promise<FittedFusion> {
  const members = rows[0]?.length ?? 0;
  const scaling = Array.from({ length: members }, (_, i) => {
    const mean = rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length;
    const variance = rows.reduce((sum, row) => sum + (row[i]! - mean) ** 2, 0) / rows.length;
    return { mean, scale: Math.sqrt(variance) || 1 };
  });
  const z = rows.map((row) =>
    row.map((value, i) => (value - scaling[i]!.mean) / scaling[i]!.scale),
  );
  const isSpoof = labels.map((label) => label === 'spoof');
  return { scaling, map: await fitMap(z, isSpoof, training, rng) };
}

async function fitMap(
  z: readonly Float64Array[],
  isSpoof: readonly boolean[],
  training: FusionTraining,
  rng: Rng,
): Promise<FusionMap> {
  const members = z[0]?.length ?? 0;
  switch (training.method) {
    case 'mean':
      return { kind: 'linear', weights: new Array<number>(members).fill(1 / members), bias: 0 };
    case 'logistic': {
      const { weights, bias } = fitLogistic(z, isSpoof, training);
      return { kind: 'linear', weights: [...weights], bias };
    }
    case 'mlp':
      return fitNetwork(z, isSpoof, training, rng);
  }
}

const LEARNING_RATE = 0.02;
const DECAY = 0.02;

async function fitNetwork(
  z: readonly Float64Array[],
  isSpoof: readonly boolean[],
  { prior, hidden, steps }: FusionTraining,
  rng: Rng,
): Promise<FusionMap> {
  const count = z.length;
  const members = z[0]?.length ?? 0;
  const spoofs = isSpoof.filter(Boolean).length;
  if (spoofs === 0 || spoofs === count) {
    throw new RingtrueError(
      'training/class-missing',
      `the fusion has ${count - spoofs} bonafide and ${spoofs} spoof clips`,
    );
  }
  const perClip = (value: (spoof: boolean) => number): HostArray =>
    hostArray([count], Float32Array.from(isSpoof, value));
  const batch = {
    scores: hostArray([count, members], Float32Array.from(z.flatMap((row) => [...row]))),
    sign: perClip((spoof) => (spoof ? -1 : 1)),
    weight: perClip((spoof) => (spoof ? prior / spoofs : (1 - prior) / (count - spoofs))),
  };
  const odds = Math.log(prior / (1 - prior));
  const trainer = await createTrainer({
    parameters: {
      hidden: initDense(rng.split('hidden'), { inputs: members, outputs: hidden }),
      out: initDense(rng.split('out'), { inputs: hidden, outputs: 1 }),
    },
    example: batch,
    backend: createOnnxNodeBackend(),
    optimiser: adamw({ learningRate: cosine({ steps, peak: LEARNING_RATE }), decay: DECAY }),
    loss(p, { scores, sign, weight }) {
      const ratio: Traced = dense(p.out, np.tanh(dense(p.hidden, scores))).reshape([count]);
      const losses = softplus(ratio.add(odds).mul(sign));
      return { loss: np.sum(losses.mul(weight)), told: {} };
    },
  });
  try {
    for (let step = 0; step < steps; step += 1)
      await trainer.step(batch, drawKey(rng.split(`step ${step}`)));
    const { hidden: first, out } = await trainer.parameters();
    const numbers = (array: HostArray | undefined): number[] =>
      Array.from(array?.data ?? [], Number);
    const flat = numbers(first.weight);
    return {
      kind: 'mlp',
      hidden: Array.from({ length: hidden }, (_, j) => flat.slice(j * members, (j + 1) * members)),
      hiddenBias: numbers(first.bias),
      weights: numbers(out.weight),
      bias: numbers(out.bias)[0] ?? 0,
    };
  } finally {
    await trainer.dispose();
  }
}
