import { describe, expect, test } from 'vitest';
import { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
import { type Attribute, createGraph } from './build.ts';
import { OPERATORS, type OperatorSpec } from './operators.ts';
import type { AttributeKind } from './read.ts';

const backend = createOnnxNodeBackend();
/** More than any operator takes that has a bound. */
const MANY = 60;

/** Why onnxruntime does not load a node; empty if it does. */
async function complaint(
  name: string,
  node: {
    inputs: number;
    outputs: number;
    attributes?: Readonly<Record<string, Attribute>>;
  },
): Promise<string> {
  const domain = name.startsWith('com.microsoft.') ? 'com.microsoft' : '';
  const graph = createGraph({ name: 'probe' });
  const inputs = Array.from({ length: node.inputs }, (_, i) => graph.input(`x${i}`, ['n']));
  const options = { outputs: node.outputs, domain, attributes: node.attributes ?? {} } as const;
  const operator = domain === '' ? name : name.slice(domain.length + 1);
  const [first] = graph.nodes(operator, inputs, options);
  if (first !== undefined) graph.output(first, ['q']);
  try {
    const session = await backend.load(graph.bytes(), { optimisation: 'disabled' });
    await session.dispose();
    return '';
  } catch (error) {
    return String(error);
  }
}

function fitting({ inputs, outputs }: OperatorSpec): { inputs: number; outputs: number } {
  return { inputs: inputs[0], outputs: Math.max(1, outputs[0]) };
}

/** An attribute that is certainly not of the kind. */
function wrongFor(kind: AttributeKind): Attribute {
  return kind === 'strings' ? { floats: [1] } : { strings: ['a'] };
}

/** onnxruntime takes a Constant apart before it looks at schemas. */
const SEEN = [...OPERATORS].filter(([name]) => name !== 'Constant');

/** Of these it checks no attributes. */
const UNCHECKED = new Set(['LayerNormalization', 'SimplifiedLayerNormalization']);

describe("each line of the table against onnxruntime's schema", () => {
  test.each(SEEN)('%s', async (name, spec) => {
    const fits = fitting(spec);
    const known = await complaint(name, fits);
    expect(known).not.toMatch(/No Op registered|input size|output size/);

    const [least, most] = spec.inputs;
    if (least > 0) {
      expect(await complaint(name, { ...fits, inputs: least - 1 })).toContain('input size');
    }
    const above = Number.isFinite(most) ? most : MANY;
    expect(await complaint(name, { ...fits, inputs: above })).not.toContain('input size');
    if (Number.isFinite(most)) {
      expect(await complaint(name, { ...fits, inputs: most + 1 })).toContain('input size');
    }
    if (Number.isFinite(spec.outputs[1])) {
      const outputs = spec.outputs[1];
      expect(await complaint(name, { ...fits, outputs })).not.toContain('output size');
      const more = await complaint(name, { ...fits, outputs: outputs + 1 });
      expect(more).toContain('output size');
    }
    if (UNCHECKED.has(name)) return;
    const unknown = await complaint(name, { ...fits, attributes: { nonsense: 1 } });
    expect(unknown).toMatch(/Unrecognized attribute: nonsense|Required attribute/);
    for (const [attribute, kind] of spec.attributes) {
      const attributes = { [attribute]: wrongFor(kind) };
      const found = await complaint(name, { ...fits, attributes });
      expect(found).toMatch(new RegExp(`'\\S* : ${attribute}'. Expected: '${kind.toUpperCase()}'`));
    }
    const missing = /Required attribute '(\w+)' is missing/.exec(known)?.[1];
    if (spec.required.length === 0) expect(missing).toBeUndefined();
    else expect(spec.required).toContain(missing);
  });
});
