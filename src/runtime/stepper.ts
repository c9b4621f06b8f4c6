/**
 * A model that is run over and over on its own results: a training step on parameters and optimiser state.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import type { RuntimeSession, Tensor, Tensors } from './backend.ts';
import { copyData, copyTensor, describeTensor, emptyLike } from './tensors.ts';

/** What a stepper is made of. */
export interface StepperOptions {
  /** Output that holds the next value, by the input of each part of the state. */
  readonly updates: Readonly<Record<string, string>>;
  /** First value of each part, by input; copied. */
  readonly state: Tensors;
}

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
}

/**
 * Keeps the state of a step model in two sets of buffers: a step reads one and writes the other, then they
 * change places, so that no large array is made from step to step.
 * @throws RingtrueError `models/bad-output` where the names do not suit the model or a part has no value
 */
export function createStepper(session: RuntimeSession, options: StepperOptions): Stepper {
  const { updates, state } = options;
  const names = Object.keys(updates);
  const outputOf = new Set(Object.values(updates));
  const metrics = session.outputs.filter((name) => !outputOf.has(name));
  for (const name of names) {
    if (!session.inputs.includes(name)) throw mismatch(name, 'is no input of the model');
    if (!session.outputs.includes(updates[name]!)) {
      throw mismatch(name, `is updated by ${updates[name]}, which is no output of the model`);
    }
    if (state[name] === undefined) throw mismatch(name, 'has no first value');
  }
  if (outputOf.size < names.length) {
    throw new RingtrueError('models/bad-output', 'two parts of the state have the same update');
  }
  for (const name of Object.keys(state)) {
    if (updates[name] === undefined) throw mismatch(name, 'has a value but no update');
  }
  let current = new Map(names.map((name) => [name, copyTensor(state[name]!)]));
  let next = new Map(names.map((name) => [name, emptyLike(state[name]!)]));
  let steps = 0;
  let running = false;

  const part = (name: string): Tensor => {
    const tensor = current.get(name);
    if (tensor === undefined) throw mismatch(name, 'is no part of the state');
    return tensor;
  };
  const idle = (): void => {
    if (running) throw new RingtrueError('core/internal', 'internal: a step is still running');
  };

  return {
    get steps() {
      return steps;
    },
    async step(batch, { signal } = {}) {
      idle();
      running = true;
      try {
        const outputs: Record<string, Tensor> = {};
        for (const [name, tensor] of next) outputs[updates[name]!] = tensor;
        const results = await session.run(
          { ...Object.fromEntries(current), ...batch },
          { outputs, signal },
        );
        [current, next] = [next, current];
        steps += 1;
        return Object.fromEntries(metrics.map((name) => [name, results[name]!]));
      } finally {
        running = false;
      }
    },
    async read(inputs = names) {
      idle();
      return Object.fromEntries(inputs.map((name) => [name, copyTensor(part(name))]));
    },
    async write(values) {
      idle();
      for (const [name, tensor] of Object.entries(values)) {
        const [held, given] = [describeTensor(part(name)), describeTensor(tensor)];
        if (held !== given) throw mismatch(name, `is ${held}, cannot be set to ${given}`);
      }
      for (const [name, tensor] of Object.entries(values)) copyData(tensor.data, part(name).data);
      steps = 0;
    },
  };
}

function mismatch(input: string, what: string): RingtrueError {
  return new RingtrueError('models/bad-output', `the state ${input} ${what}`, {
    details: { input },
  });
}
