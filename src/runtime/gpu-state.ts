/**
 * State of a step model in the memory of a GPU, on onnxruntime-web.
 * @module
 */

import type * as Ort from 'onnxruntime-web';
import { throwIfAborted } from '../core/progress.ts';
import type { StateOptions, StateStore, Tensor } from './backend.ts';
import {
  engineError,
  openSession,
  ortTensor,
  plainTensor,
  type SessionSetup,
  typesByName,
} from './ort.ts';
import { copyTensor } from './tensors.ts';

/**
 * Keeps state on the GPU: the outputs that give it stay there and are the next step's inputs. The model is
 * loaded once more at the first step, because onnxruntime wants to know beforehand which outputs stay.
 */
export function storeOnGpu(
  setup: Pick<SessionSetup, 'ort' | 'bytes' | 'options' | 'settings'>,
  { updates, state }: StateOptions,
): StateStore {
  const { ort } = setup;
  const names = Object.keys(updates);
  const kept = new Set(Object.values(updates));
  let current = new Map<string, Ort.Tensor>();
  /** Values that were set and are not on the GPU yet. */
  const fresh = new Map(names.map((name) => [name, copyTensor(state[name]!)]));
  let opening: Promise<Ort.InferenceSession> | undefined;

  const open = async (): Promise<Ort.InferenceSession> => {
    const locations = Object.fromEntries([...kept].map((name) => [name, 'gpu-buffer' as const]));
    return openSession({
      ...setup,
      settings: { ...setup.settings, preferredOutputLocation: locations },
    });
  };
  const metricsOf = (results: Ort.InferenceSession.ReturnType): Record<string, Tensor> =>
    Object.fromEntries(
      Object.entries(results)
        .filter(([name]) => !kept.has(name))
        .map(([name, tensor]) => [name, plainTensor(name, tensor)]),
    );

  return {
    async step(batch, signal) {
      throwIfAborted(signal);
      opening ??= open();
      const session = await opening;
      try {
        const declared = typesByName(session.inputMetadata);
        const feeds = Object.fromEntries(current);
        for (const [name, tensor] of [...fresh, ...Object.entries(batch)]) {
          feeds[name] = ortTensor(ort, tensor, declared.get(name));
        }
        const results = await session.run(feeds);
        const metrics = metricsOf(results);
        for (const tensor of current.values()) tensor.dispose();
        // The model has these outputs: the stepper checked it.
        current = new Map(names.map((name) => [name, results[updates[name]!]!]));
        fresh.clear();
        return metrics;
      } catch (error) {
        throw engineError(error, 'models/bad-output', 'the model does not run');
      }
    },
    async read(name) {
      const value = fresh.get(name);
      if (value !== undefined) return copyTensor(value);
      const tensor = current.get(name)!;
      // Reading takes the tensor off the GPU; the next step brings it back.
      await tensor.getData(true);
      fresh.set(name, plainTensor(name, tensor));
      current.delete(name);
      return copyTensor(fresh.get(name)!);
    },
    async write(name, value) {
      current.get(name)?.dispose();
      current.delete(name);
      fresh.set(name, copyTensor(value));
    },
    async dispose() {
      for (const tensor of current.values()) tensor.dispose();
      current.clear();
      // If it could not be opened, the step that asked for it has said so.
      const session = await opening?.catch(() => undefined);
      await session?.release();
      opening = undefined;
    },
  };
}
