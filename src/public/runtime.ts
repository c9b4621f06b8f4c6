/**
 * `ringtrue/runtime`: functions compiled to ONNX, steps that keep their state, graphs as text. Runs in browsers too;
 * engines are those of `ringtrue/web` and, in Node, of `ringtrue`.
 * @module
 */

export {
  type DType,
  type HostArray,
  type HostData,
  hostArray,
  type TracedTree,
} from '../compiler/arrays.ts';
export {
  type Compiled,
  type CompileOptions,
  compileFunction,
  type Port,
} from '../compiler/compile.ts';
export {
  grad,
  lax,
  nn,
  np,
  type Traced,
  valueAndGrad,
  withTangent,
} from '../compiler/jax.ts';
export { checkGraph, type Finding, type FindingKind } from '../graph/check.ts';
export { dumpGraph } from '../graph/dump.ts';
export type {
  Backend,
  LoadOptions,
  RunOptions,
  RuntimeSession,
  StateOptions,
  Tensor,
  TensorData,
  Tensors,
} from '../runtime/backend.ts';
export { type CachedBackend, cacheSessions } from '../runtime/session-cache.ts';
export { createStepper, type Stepper } from '../runtime/stepper.ts';
export { type ReadyStep, readyStep } from '../training/engine.ts';
export { type ReadyFunction, readyFunction } from '../training/run-function.ts';
