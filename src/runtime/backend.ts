/**
 * What every engine that runs ONNX models offers.
 * @module
 */

/** Elements of a tensor. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Int8Array;

/** A dense row-major tensor. */
export interface Tensor {
  readonly dims: readonly number[];
  readonly data: TensorData;
}

/** A loaded model. */
export interface RuntimeSession {
  /** Names of the inputs, in the model's order. */
  readonly inputs: readonly string[];
  /** Names of the outputs, in the model's order. */
  readonly outputs: readonly string[];
  /**
   * Runs the model.
   * @throws RingtrueError `models/bad-output` where the feeds do not suit the model or it fails
   */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  /** Frees the model. */
  dispose(): Promise<void>;
}

/** An engine. */
export interface Backend {
  /**
   * Loads a model from the bytes of its .onnx file.
   * @throws RingtrueError `models/bad-file`, `core/missing-dependency`
   */
  load(bytes: Uint8Array): Promise<RuntimeSession>;
}
