/**
 * Small models of each kind, with a step of gradient descent: what compiled training steps are tried on.
 * @module
 */

import {
  type HostArray,
  hostArray,
  isHostArray,
  sizeOf,
  type TracedTree,
} from '../../src/compiler/arrays.ts';
import { compileFunction } from '../../src/compiler/compile.ts';
import { lax, nn, np, type Traced, valueAndGrad } from '../../src/compiler/jax.ts';
import { leavesOf } from '../../src/compiler/tree.ts';
import { createRng } from '../../src/core/rng.ts';
import { drawKey, dropout } from '../../src/models/layers/index.ts';
import type { Tensor } from '../../src/runtime/backend.ts';
import { toTensor } from '../../src/training/run-function.ts';

const rng = createRng(3);
/** The next numbers of this file's stream, of a shape. */
export const numbers = (...dims: number[]): HostArray =>
  hostArray(
    dims,
    Float32Array.from({ length: sizeOf(dims) }, () => rng.between(-1, 1)),
  );

/** Parameters by name. */
export type Parameters = { readonly [name: string]: HostArray };

/** A model with a loss, its parameters and a batch. */
export interface WholeModel {
  readonly parameters: Parameters;
  readonly batch: readonly HostArray[];
  readonly loss: (p: TracedTree<Parameters, Traced>, ...batch: Traced[]) => Traced;
}

const crossEntropy = (logits: Traced, targets: Traced): Traced =>
  np.negative(np.mean(np.sum(nn.logSoftmax(logits).mul(targets), -1)));

/** Every model, by name; the one with dropout has a key as last part of its batch. */
export const WHOLE_MODELS: Readonly<Record<string, WholeModel>> = {
  cnn: {
    parameters: {
      w: numbers(4, 1, 3, 3),
      b: numbers(4),
      v: numbers(3, 4, 3, 3),
      out: numbers(3, 2),
    },
    batch: [numbers(2, 1, 8, 6), numbers(2, 2)],
    loss: (p, x, targets) => {
      const first = nn.relu(
        lax.convGeneralDilated(x, p.w!, [2, 2], 'SAME').add(p.b!.reshape([1, -1, 1, 1])),
      );
      const second = nn.relu(lax.convGeneralDilated(first, p.v!, [1, 1], 'SAME'));
      return crossEntropy(np.matmul(second.mean([2, 3]), p.out!), targets);
    },
  },
  'transformer-block': {
    parameters: {
      q: numbers(8, 8),
      k: numbers(8, 8),
      v: numbers(8, 8),
      o: numbers(8, 8),
      up: numbers(8, 16),
      down: numbers(16, 8),
      scale: numbers(8),
    },
    batch: [numbers(2, 5, 8)],
    loss: (p, x) => {
      const norm = (y: Traced): Traced => {
        const centred = y.sub(y.mean(-1, { keepdims: true }));
        const variance = np.square(centred).mean(-1, { keepdims: true });
        return centred.div(np.sqrt(variance.add(1e-5))).mul(p.scale!);
      };
      const heads = (y: Traced, w: Traced): Traced =>
        np.matmul(y, w).reshape([2, 5, 2, 4]).transpose([0, 2, 1, 3]);
      const inner = norm(x);
      const scores = np.matmul(heads(inner, p.q!), heads(inner, p.k!).transpose([0, 1, 3, 2]));
      const mixed = np.matmul(nn.softmax(scores.mul(0.5)), heads(inner, p.v!));
      const y = x.add(np.matmul(mixed.transpose([0, 2, 1, 3]).reshape([2, 5, 8]), p.o!));
      const z = y.add(np.matmul(nn.gelu(np.matmul(norm(y), p.up!)), p.down!));
      return np.mean(np.square(z));
    },
  },
  gru: {
    parameters: { w: numbers(3, 12), u: numbers(4, 12), b: numbers(12), out: numbers(4, 2) },
    batch: [numbers(2, 3, 3), numbers(2, 2)],
    loss: (p, x, targets) => {
      let state = np.zeros([2, 4]);
      for (let t = 0; t < 3; t += 1) {
        const input = np.matmul(x.slice([], t), p.w!).add(p.b!);
        const gates = nn.sigmoid(
          input.slice([], [0, 8]).add(np.matmul(state, p.u!.slice([], [0, 8]))),
        );
        const [reset, update] = [gates.slice([], [0, 4]), gates.slice([], [4, 8])];
        const candidate = np.tanh(
          input.slice([], [8, 12]).add(np.matmul(reset.mul(state), p.u!.slice([], [8, 12]))),
        );
        state = update.mul(state).add(np.subtract(1, update).mul(candidate));
      }
      return crossEntropy(np.matmul(state, p.out!), targets);
    },
  },
  dropout: {
    parameters: { w: numbers(6, 16), b: numbers(16), out: numbers(16, 2) },
    batch: [
      numbers(8, 6),
      // One class each in turn: [1, 0], [0, 1], …
      hostArray(
        [8, 2],
        Float32Array.from({ length: 16 }, (_, i) => (i % 4 === 0 || i % 4 === 3 ? 1 : 0)),
      ),
      drawKey(rng.split('key')),
    ],
    loss: (p, x, targets, key) => {
      const hidden = nn.relu(np.matmul(x, p.w!).add(p.b!));
      const kept = dropout(key!, hidden, { rate: 0.4, train: true });
      return crossEntropy(np.matmul(kept, p.out!), targets);
    },
  },
};

/** A step of gradient descent: the loss and the new parameters. */
export function stepOf({ loss }: WholeModel) {
  return (p: TracedTree<Parameters, Traced>, ...batch: Traced[]): unknown => {
    const [value, gradient] = valueAndGrad(loss)(p, ...batch);
    const moved = Object.entries(p).map(
      ([name, x]) => [name, x.sub(gradient[name]!.mul(0.1))] as const,
    );
    return { loss: value, parameters: Object.fromEntries(moved) };
  };
}

/** A compiled training step with what it is fed. */
export interface WholeStep {
  readonly bytes: Uint8Array;
  /** Output with the next value of each parameter, by its input. */
  readonly updates: Readonly<Record<string, string>>;
  /** The parameters by input. */
  readonly state: Readonly<Record<string, Tensor>>;
  /** The batch by input. */
  readonly batch: Readonly<Record<string, Tensor>>;
}

/** Compiles the step of a model. Its output `out:loss` is the loss. */
export function wholeStep(model: WholeModel): WholeStep {
  const args = [model.parameters, ...model.batch] as const;
  const { model: bytes, inputs } = compileFunction(stepOf(model), args);
  const leaves = new Map(
    leavesOf(args, isHostArray).map(({ path, value }) => [path, toTensor(value)]),
  );
  const feedsOf = (isParameter: boolean): Record<string, Tensor> =>
    Object.fromEntries(
      inputs
        .filter(({ path }) => path.startsWith('0.') === isParameter)
        .map(({ name, path }) => [name, leaves.get(path)!]),
    );
  const state = feedsOf(true);
  return {
    bytes,
    updates: Object.fromEntries(
      Object.keys(state).map((name) => [name, name.replace('in:0.', 'out:parameters.')]),
    ),
    state,
    batch: feedsOf(false),
  };
}
