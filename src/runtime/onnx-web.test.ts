import { describe, expect, test } from 'vitest';
import { smallModel, testBackend } from '../../test/contracts/backend.ts';
import { createOnnxWebBackend, hasWebGpu } from './onnx-web.ts';

describe('onnxruntime-web, WebAssembly in Node', () => {
  testBackend(() => createOnnxWebBackend());

  test('WebGPU is refused where there is none', async () => {
    expect(await hasWebGpu()).toBe(false);
    await expect(
      createOnnxWebBackend({ provider: 'webgpu' }).load(smallModel()),
    ).rejects.toMatchObject({ code: 'runtime/no-provider' });
  });
});
