/**
 * `ringtrue/runtime`: functions compiled to ONNX, layers, losses and optimisers to make them of, steps that keep their
 * state, graphs as text. Runs in browsers too; engines are those of `ringtrue/web` and, in Node, of `ringtrue`.
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
  valueAuxAndGrad,
  withTangent,
} from '../compiler/jax.ts';
export type { PassName } from '../compiler/passes/index.ts';
export type { Program } from '../compiler/program.ts';
export { RingtrueError } from '../core/errors.ts';
export { createRng, type Rng } from '../core/rng.ts';
export { checkGraph, type Finding, type FindingKind } from '../graph/check.ts';
export { dumpGraph } from '../graph/dump.ts';
export * as layers from '../models/layers/index.ts';
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
export * as losses from '../training/losses/index.ts';
export * as optimisers from '../training/optimisers/index.ts';
export { type ReadyFunction, readyFunction } from '../training/run-function.ts';
