/**
 * `ringtrue/web`: exported detectors in a browser.
 * @module
 */

export type { Backend, RuntimeSession, Tensor } from '../runtime/backend.ts';
export { createOnnxWebBackend, hasWebGpu, type OnnxWebOptions } from '../runtime/onnx-web.ts';
