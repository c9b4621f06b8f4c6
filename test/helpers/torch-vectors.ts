/**
 * PyTorch's outputs and gradients of layers and losses: test/fixtures/layers/torch.json, made by torch.py.
 * @module
 */

import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { type HostArray, hostArray } from '../../src/compiler/arrays.ts';
import { np, type Traced, valueAuxAndGrad } from '../../src/compiler/jax.ts';
import { interpret } from '../../src/compiler/trace.ts';
import { runCompiled } from './run-compiled.ts';

interface StoredArray {
  readonly dims: readonly number[];
  readonly data?: readonly number[];
  readonly ints?: readonly number[];
}

interface Case {
  readonly inputs: Readonly<Record<string, StoredArray>>;
  readonly outputs: readonly StoredArray[];
  readonly gradients: Readonly<Record<string, StoredArray>>;
}

const { cases } = JSON.parse(
  readFileSync(new URL('../fixtures/layers/torch.json', import.meta.url), 'utf8'),
) as { cases: Readonly<Record<string, Case>> };

/** Relative to the largest element of an array: single against double precision. */
const TOLERANCE = 3e-5;

/**
 * Expects a function of the case's inputs, by name, to have PyTorch's outputs and the gradients of
 * Σₖ Σᵢ cos(1.3 i + 0.4 + k) outputₖ[i], both as jax-js runs it and compiled to ONNX.
 */
export async function expectTorch(
  name: string,
  f: (inputs: Record<string, Traced>) => Traced | readonly Traced[],
  tolerance = TOLERANCE,
): Promise<void> {
  const { inputs, outputs, gradients } = cases[name]!;
  const floats: Record<string, HostArray> = {};
  const ints: Record<string, HostArray> = {};
  for (const [key, { dims, data, ints: integers }] of Object.entries(inputs)) {
    if (data !== undefined) floats[key] = hostArray(dims, Float32Array.from(data));
    else ints[key] = hostArray(dims, Int32Array.from(integers!));
  }
  const probed = (values: Record<string, Traced>, fixed: Record<string, Traced>) => {
    const result = f({ ...values, ...fixed });
    const list = Array.isArray(result) ? (result as readonly Traced[]) : [result as Traced];
    const loss = list
      .map((output, k) => np.sum(output.mul(probe(output.shape, k))))
      .reduce((sum, term) => sum.add(term));
    return [loss, list] as [Traced, readonly Traced[]];
  };
  const step = (values: Record<string, Traced>, fixed: Record<string, Traced>) =>
    valueAuxAndGrad(probed)(values, fixed);
  for (const [how, [[, got], slopes]] of [
    ['jax-js', interpret(step, [floats, ints] as const)],
    ['compiled', await runCompiled(step, [floats, ints] as const)],
  ] as const) {
    expect(got.length, `${name} ${how}: outputs`).toBe(outputs.length);
    for (const [k, expected] of outputs.entries())
      expectClose(got[k]!, expected, `${name} ${how}: output ${k}`, tolerance);
    for (const [key, expected] of Object.entries(gradients))
      expectClose(slopes[key]!, expected, `${name} ${how}: gradient of ${key}`, tolerance);
  }
}

function probe(shape: readonly number[], k: number): Traced {
  const length = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length }, (_, i) => Math.cos(1.3 * i + 0.4 + k));
  return np.array(values).reshape([...shape]);
}

function expectClose(
  got: HostArray,
  { dims, data }: StoredArray,
  what: string,
  tolerance: number,
): void {
  expect(got.dims, what).toEqual(dims);
  const scale = Math.max(1, ...data!.map(Math.abs));
  for (const [i, value] of data!.entries()) {
    const difference = Math.abs(got.data[i]! - value);
    expect(
      difference <= tolerance * scale,
      `${what}[${i}]: got ${got.data[i]}, PyTorch has ${value}`,
    ).toBe(true);
  }
}
