import { expect, test } from 'vitest';
import {
  ENGINE_TOLERANCE,
  engineDifference,
  exampleGraphs,
} from '../../test/helpers/example-graphs.ts';
import { createOnnxNodeBackend } from './onnx-node.ts';
import { createOnnxWebBackend } from './onnx-web.ts';

test.each(Object.entries(exampleGraphs()))(
  '%s: native code and WebAssembly agree',
  async (_, { graph, feeds }) => {
    const native = await createOnnxNodeBackend().load(graph.bytes());
    const web = await createOnnxWebBackend().load(graph.bytes());
    const expected = await native.run(feeds);
    const found = await web.run(feeds);
    expect(Object.keys(found)).toEqual(Object.keys(expected));
    for (const [name, tensor] of Object.entries(expected)) {
      expect(engineDifference(tensor, found[name]!)).toBeLessThan(ENGINE_TOLERANCE);
    }
    await native.dispose();
    await web.dispose();
  },
);
