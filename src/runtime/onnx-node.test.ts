import { describe } from 'vitest';
import { testBackend } from '../../test/contracts/backend.ts';
import { createOnnxNodeBackend } from './onnx-node.ts';

describe('onnxruntime-node', () => {
  testBackend(() => createOnnxNodeBackend());
});
