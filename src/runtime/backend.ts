/**
 * What every engine that runs ONNX models offers.
 * @module
 */

import type { ConstantData, ElementType } from '../graph/elements.ts';

/** Elements of a tensor, row-major; float16 lies in a Uint16Array (its bits), bool in a Uint8Array of 0 and 1. */
export type TensorData = ConstantData;

/** A dense row-major tensor. */
export interface Tensor {
  /** Size along each axis, the slowest first. */
  readonly dims: readonly number[];
  /** As many elements as the product of the sizes. */
  readonly data: TensorData;
  /**
   * Element type where the array alone does not say it: only bool, which shares Uint8Array with uint8.
   * Results carry it; feeds may leave it out, the model knows what it takes. @default the array's own
   */
  readonly type?: ElementType;
}

/** Tensors by the names of a model's inputs or outputs. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** How a model is loaded. */
export interface LoadOptions {
  /**
   * How far the engine rewrites the graph. `all` runs fastest; `disabled` loads fastest and computes the
   * nodes as they are written. @default 'all'
   */
  readonly optimisation?: 'all' | 'extended' | 'basic' | 'disabled';
  /** Drops the work with `core/cancelled` if it has not begun. */
  readonly signal?: AbortSignal | undefined;
}

/** How a model is run. */
export interface RunOptions {
  /**
   * Tensors that outputs are written into, by output; the results then hold these very objects. Each must
   * have the type and the dims of its output.
   */
  readonly outputs?: Tensors;
  /** Outputs that are wanted, others are not returned. @default every output */
  readonly only?: readonly string[];
  /**
   * Feeds whose memory the caller gives away: an engine on another thread takes their buffers in place of
   * copying them. @default none
   */
  readonly transfer?: readonly string[];
  /**
   * Cancels the run with `core/cancelled`. A run on the caller's own thread cannot be interrupted: there
   * the signal counts until the run begins.
   */
  readonly signal?: AbortSignal | undefined;
}

/** State of a step model: parts that inputs read and outputs give the next value of. */
export interface StateOptions {
  /** Output that holds the next value, by the input of each part of the state. */
  readonly updates: Readonly<Record<string, string>>;
  /** First value of each part, by input; copied. */
  readonly state: Tensors;
}

/** Where the state of a step model lies. Names and types that it is called with have been checked. */
export interface StateStore {
  /**
   * Runs the model on the state and `batch`, moves the state on if that succeeds, and returns the outputs
   * that are no state.
   */
  step(batch: Tensors, signal: AbortSignal | undefined): Promise<Record<string, Tensor>>;
  /** A copy of one part. */
  read(input: string): Promise<Tensor>;
  /** Sets one part to a copy. */
  write(input: string, value: Tensor): Promise<void>;
  /** Frees what the store itself holds. */
  dispose(): Promise<void>;
}

/** A loaded model. */
export interface RuntimeSession {
  /** Names of the inputs, in the model's order. */
  readonly inputs: readonly string[];
  /** Names of the outputs, in the model's order. */
  readonly outputs: readonly string[];
  /**
   * Runs the model. Feeds and given outputs must be left alone until the run has ended.
   * @throws RingtrueError `models/bad-output` where the feeds or given outputs do not suit the model or it
   * fails, `runtime/out-of-memory`, `core/cancelled`
   */
  run(feeds: Tensors, options?: RunOptions): Promise<Record<string, Tensor>>;
  /**
   * Keeps state in the engine's own memory, where it has such and lets results stay there; by default the
   * state lies in arrays of the caller's thread.
   */
  readonly keepState?: (options: StateOptions) => StateStore;
  /** Frees the model; a session is of no use afterwards, and a second call does nothing. */
  dispose(): Promise<void>;
}

/** An engine. */
export interface Backend {
  /**
   * Loads a model from the bytes of its .onnx file.
   * @throws RingtrueError `models/bad-file` (no model, an unknown operator, types that do not fit),
   * `runtime/out-of-memory`, `runtime/no-provider`, `core/missing-dependency`, `core/cancelled`
   */
  load(bytes: Uint8Array, options?: LoadOptions): Promise<RuntimeSession>;
}
