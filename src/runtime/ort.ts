/**
 * What the engines on onnxruntime share: its tensors, its errors, one run.
 * @module
 */

import type * as Ort from 'onnxruntime-node';
import { type ErrorCode, RingtrueError } from '../core/errors.ts';
import { throwIfAborted } from '../core/progress.ts';
import { elementType, isElementType } from '../graph/elements.ts';
import type { LoadOptions, RunOptions, RuntimeSession, Tensor, TensorData } from './backend.ts';
import { writeTensor } from './tensors.ts';

/** Nothing is logged: errors are thrown, warnings would go to the standard error of whoever uses the library. */
const LOG_FATAL = 4;

/** The part of onnxruntime's modules that is used here. */
export interface OrtModule {
  readonly Tensor: Ort.TensorConstructor;
  readonly InferenceSession: Ort.InferenceSessionFactory;
}

/** How {@link loadSession} makes a session. */
export interface SessionSetup {
  readonly ort: OrtModule;
  readonly bytes: Uint8Array;
  readonly options: LoadOptions;
  /** Provider and threads, in onnxruntime's terms. */
  readonly settings: Ort.InferenceSession.SessionOptions;
  /** Whether the engine writes into given outputs; if not, its results are copied into them here. */
  readonly writesOutputs: boolean;
  /** Takes results that are copies of given outputs and of no use to anyone. */
  readonly discard?: (buffers: readonly ArrayBuffer[]) => void;
}

/**
 * Loads a model: all optimisations unless `options` says otherwise, nodes one after the other, memory
 * arena on.
 * @throws RingtrueError as {@link Backend.load}
 */
export async function loadSession(setup: SessionSetup): Promise<RuntimeSession> {
  throwIfAborted(setup.options.signal);
  const session = await openSession(setup);
  const inputTypes = typesByName(session.inputMetadata);
  const outputTypes = typesByName(session.outputMetadata);
  let disposed = false;
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    async run(feeds, runOptions = {}) {
      if (disposed) throw new RingtrueError('core/internal', 'internal: the session was disposed');
      throwIfAborted(runOptions.signal);
      return runSession({ ...setup, session, inputTypes, outputTypes, feeds, runOptions });
    },
    async dispose() {
      if (disposed) return;
      disposed = true;
      await session.release();
    },
  };
}

/** The session of onnxruntime. */
export async function openSession({
  ort,
  bytes,
  options,
  settings,
}: Pick<SessionSetup, 'ort' | 'bytes' | 'options' | 'settings'>): Promise<Ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(bytes, {
      graphOptimizationLevel: options.optimisation ?? 'all',
      executionMode: 'sequential',
      enableCpuMemArena: true,
      // A plan of all buffers is made in the second run, beside those of the first, which stay: a third more
      // memory at the peak for steps that are 0 to 5 % faster.
      enableMemPattern: false,
      logSeverityLevel: LOG_FATAL,
      ...settings,
    });
  } catch (error) {
    throw engineError(error, 'models/bad-file', 'not a model that onnxruntime loads');
  }
}

/** Declared element types by name. */
export type Types = ReadonlyMap<string, string | undefined>;

/** Declared element types of inputs or outputs. */
export function typesByName(values: readonly Ort.InferenceSession.ValueMetadata[]): Types {
  return new Map(values.map((value) => [value.name, value.isTensor ? value.type : undefined]));
}

/** One run. */
interface Run extends SessionSetup {
  readonly session: Ort.InferenceSession;
  readonly inputTypes: Types;
  readonly outputTypes: Types;
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly runOptions: RunOptions;
}

async function runSession(run: Run): Promise<Record<string, Tensor>> {
  const { ort, session, inputTypes, outputTypes, feeds, runOptions } = run;
  const { outputs: given = {}, only = session.outputNames } = runOptions;
  try {
    const inputs: Record<string, Ort.Tensor> = {};
    for (const [name, tensor] of Object.entries(feeds)) {
      if (!inputTypes.has(name)) throw new Error(`the model has no input ${name}`);
      inputs[name] = ortTensor(ort, tensor, inputTypes.get(name));
    }
    const fetches: Record<string, Ort.Tensor | null> = {};
    for (const name of only) fetches[name] = null;
    for (const [name, tensor] of Object.entries(given)) {
      if (!(name in fetches)) throw new Error(`${name} is given as an output but not asked for`);
      // Made in any case: it checks that the data fills the dims.
      const target = ortTensor(ort, tensor, outputTypes.get(name));
      if (run.writesOutputs) fetches[name] = target;
    }
    const fetched = await session.run(inputs, fetches);
    const results: Record<string, Tensor> = {};
    const copies: ArrayBuffer[] = [];
    for (const name of only) {
      const result = plainTensor(name, fetched[name]!);
      const target = given[name];
      results[name] = target ?? result;
      if (target === undefined || result.data.buffer === target.data.buffer) continue;
      if (!run.writesOutputs) writeTensor(name, result, target);
      // Engines return memory of their own; shared memory could not be given away.
      copies.push(result.data.buffer as ArrayBuffer);
    }
    run.discard?.(copies);
    return results;
  } catch (error) {
    throw engineError(error, 'models/bad-output', 'the model does not run');
  }
}

/** Wraps a tensor without copying it; a Uint8Array is what the model declares. */
export function ortTensor(
  ort: OrtModule,
  { data, dims, type }: Tensor,
  declared: string | undefined,
): Ort.Tensor {
  const own = type ?? elementType(data);
  const wanted = own === 'uint8' && type === undefined && declared === 'bool' ? 'bool' : own;
  return new ort.Tensor(wanted, data, dims);
}

/** A result as plain data, without copying it. */
export function plainTensor(name: string, { type, data, dims }: Ort.Tensor): Tensor {
  if (!isElementType(type) || !ArrayBuffer.isView(data)) {
    throw new RingtrueError(
      'models/bad-output',
      `output ${name} has the type ${type}, which is not supported`,
      { details: { output: name, type } },
    );
  }
  // onnxruntime holds bool in a Uint8Array.
  if (type === 'bool') return { dims, data: data as Uint8Array, type };
  // Engines with a Float16Array show float16 as numbers: here it is always bits.
  if (type === 'float16') {
    return { dims, data: new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) };
  }
  // onnxruntime holds each other type in the array that ConstantData names for it.
  return { dims, data: data as TensorData };
}

/** What engines say when memory runs out: onnxruntime's allocators, C++, WASM's heap, V8. */
const OUT_OF_MEMORY =
  /failed to allocate|bad[ _]alloc|out of memory|storage size overflowed|tensor shape is too large|SafeIntOnOverflow|array buffer allocation failed|invalid (typed )?array (buffer )?length/i;

/** Gives an error of onnxruntime its code. */
export function engineError(error: unknown, code: ErrorCode, what: string): RingtrueError {
  if (error instanceof RingtrueError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new RingtrueError(
    OUT_OF_MEMORY.test(text) ? 'runtime/out-of-memory' : code,
    `${what}: ${text.trim()}`,
    { cause: error },
  );
}
