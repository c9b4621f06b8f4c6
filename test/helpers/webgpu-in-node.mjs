/**
 * Runs the example graphs of a JSON file on onnxruntime-node's WebGPU and prints the results as JSON: a
 * process of its own, because the driver is chosen by its environment.
 * Usage: node test/helpers/webgpu-in-node.mjs CASES.json
 */
import { readFileSync } from 'node:fs';
import { createOnnxNodeBackend } from '../../dist/runtime/onnx-node.js';

const backend = createOnnxNodeBackend({ provider: 'webgpu' });
const results = {};
for (const [name, { model, feeds }] of Object.entries(
  JSON.parse(readFileSync(process.argv[2], 'utf8')),
)) {
  try {
    const session = await backend.load(Buffer.from(model, 'base64'));
    const tensors = Object.entries(feeds).map(([input, { array, base64, ...tensor }]) => {
      const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
      return [input, { ...tensor, data: new globalThis[array](bytes.buffer) }];
    });
    const found = await session.run(Object.fromEntries(tensors));
    results[name] = Object.fromEntries(
      Object.entries(found).map(([output, { data, ...tensor }]) => {
        const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
        const array = data.constructor.name;
        return [output, { ...tensor, array, base64: bytes.toString('base64') }];
      }),
    );
    await session.dispose();
  } catch (error) {
    results[name] = { code: error.code, message: error.message };
  }
}
process.stdout.write(`${JSON.stringify(results)}\n`);
