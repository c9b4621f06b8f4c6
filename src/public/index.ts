/**
 * `ringtrue`: decode, score, scan, study; the engines that run models in Node.
 * @module
 */

export type { Audio } from '../audio/audio.ts';
export {
  availableCodecs,
  CODEC_NAMES,
  type CodecName,
  type CodecOptions,
  type RoundTrip,
  roundTrip,
} from '../audio/io/codec.ts';
export { decode, probe } from '../audio/io/decode.ts';
export { encode } from '../audio/io/encode.ts';
export { createIsolatedDecoder } from '../audio/io/isolated.ts';
export { renderReport } from '../bench/report/render.ts';
export { runStudy } from '../bench/run.ts';
export { parseStudy } from '../bench/study.ts';
export type { Summary } from '../bench/summary.ts';
export { RingtrueError } from '../core/errors.ts';
export { buildCorpus } from '../corpora/build.ts';
export type {
  GeneratorFunction,
  GeneratorInput,
  PlugInOptions,
} from '../corpora/generators/plug-in.ts';
export { openCorpus } from '../datasets/open.ts';
export { listDetectors, loadDetector } from '../models/registry.ts';
export { type Detector, DetectorInput } from '../models/types.ts';
export { createOnnxNodeBackend, type OnnxNodeOptions } from '../runtime/onnx-node.ts';
export {
  createWorkerBackend,
  type WorkerBackend,
  type WorkerBackendOptions,
} from '../runtime/worker-backend.ts';
export type { TrialRow } from '../store/trial.ts';
export { readTrials } from '../store/trials.ts';
export { loadRecipe } from '../training/load-recipe.ts';
export { trainDetector } from '../training/train.ts';
export { scanAudio } from '../verdict/scan.ts';
