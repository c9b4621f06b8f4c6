/**
 * A model that is run over and over on its own results: a training step on parameters and optimiser state.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import type { RuntimeSession, StateOptions, StateStore, Tensor, Tensors } from './backend.ts';
import { copyData, copyTensor, describeTensor, emptyLike } from './tensors.ts';

/** A step model with its state. */
export interface Stepper {
  /** Steps made since the state was given or set. */
  readonly steps: number;
  /**
   * Runs one step: `batch` holds the inputs that are no state. Returns the outputs that are no state. The
   * state moves on only if the step succeeds: after an error or a cancelled run it is what it was.
   * @throws RingtrueError as {@link RuntimeSession.run}; `core/internal` if another step is still running
   */
  step(
    batch: Tensors,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Record<string, Tensor>>;
  /**
   * Parts of the state by input, copied; all of it by default.
   * @throws RingtrueError `models/bad-output` for a part that the model has not
   */
  read(inputs?: readonly string[]): Promise<Record<string, Tensor>>;
  /**
   * Sets parts of the state, copied, and starts counting steps anew.
   * @throws RingtrueError `models/bad-output` for a part that the model has not, or of another type or dims
   */
  write(state: Tensors): Promise<void>;
  /** Frees what the stepper itself holds, not the session. */
  dispose(): Promise<void>;
}

/**
 * Makes a stepper of a session. The state lies in the engine's own memory if it has such (WebGPU in a
 * browser), otherwise in two sets of arrays: a step reads one and writes the other, then they change
 * places, so that no large array is made from step to step.
 * @throws RingtrueError `models/bad-output` where the names do not suit the model or a part has no value
 */
export function createStepper(session: RuntimeSession, options: StateOptions): Stepper {
  checkNames(session, options);
  const { updates, state } = options;
  const names = Object.keys(updates);
  const types = new Map(names.map((name) => [name, describeTensor(state[name]!)]));
  const store = session.keepState?.(options) ?? storeInArrays(session, options);
  let steps = 0;
  let running = false;

  /** Does one thing at a time. */
  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running) throw new RingtrueError('core/internal', 'internal: a step is still running');
    running = true;
    try {
      return await work();
    } finally {
      running = false;
    }
  };
  const typeOf = (name: string): string => {
    const type = types.get(name);
    if (type === undefined) throw mismatch(name, 'is no part of the state');
    return type;
  };

  return {
    get steps() {
      return steps;
    },
    step: (batch, { signal } = {}) =>
      alone(async () => {
        const metrics = await store.step(batch, signal);
        steps += 1;
        return metrics;
      }),
    read: (inputs = names) =>
      alone(async () => {
        const parts: Record<string, Tensor> = {};
        for (const name of inputs) {
          typeOf(name);
          parts[name] = await store.read(name);
        }
        return parts;
      }),
    write: (values) =>
      alone(async () => {
        for (const [name, tensor] of Object.entries(values)) {
          const [held, given] = [typeOf(name), describeTensor(tensor)];
          if (held !== given) throw mismatch(name, `is ${held}, cannot be set to ${given}`);
        }
        for (const [name, tensor] of Object.entries(values)) await store.write(name, tensor);
        steps = 0;
      }),
    dispose: () => store.dispose(),
  };
}

function checkNames(session: RuntimeSession, { updates, state }: StateOptions): void {
  const names = Object.keys(updates);
  for (const name of names) {
    if (!session.inputs.includes(name)) throw mismatch(name, 'is no input of the model');
    if (!session.outputs.includes(updates[name]!)) {
      throw mismatch(name, `is updated by ${updates[name]}, which is no output of the model`);
    }
    if (state[name] === undefined) throw mismatch(name, 'has no first value');
  }
  if (new Set(Object.values(updates)).size < names.length) {
    throw new RingtrueError('models/bad-output', 'two parts of the state have the same update');
  }
  for (const name of Object.keys(state)) {
    if (updates[name] === undefined) throw mismatch(name, 'has a value but no update');
  }
}

function storeInArrays(session: RuntimeSession, { updates, state }: StateOptions): StateStore {
  const names = Object.keys(updates);
  const kept = new Set(Object.values(updates));
  const metrics = session.outputs.filter((name) => !kept.has(name));
  let current = new Map(names.map((name) => [name, copyTensor(state[name]!)]));
  let next = new Map(names.map((name) => [name, emptyLike(state[name]!)]));
  return {
    async step(batch, signal) {
      const outputs: Record<string, Tensor> = {};
      for (const [name, tensor] of next) outputs[updates[name]!] = tensor;
      const feeds = { ...Object.fromEntries(current), ...batch };
      const results = await session.run(feeds, { outputs, signal });
      [current, next] = [next, current];
      return Object.fromEntries(metrics.map((name) => [name, results[name]!]));
    },
    read: async (name) => copyTensor(current.get(name)!),
    async write(name, value) {
      copyData(value.data, current.get(name)!.data);
    },
    async dispose() {
      current.clear();
      next.clear();
    },
  };
}

function mismatch(input: string, what: string): RingtrueError {
  return new RingtrueError('models/bad-output', `the state ${input} ${what}`, {
    details: { input },
  });
}
