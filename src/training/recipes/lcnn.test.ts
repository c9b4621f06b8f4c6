import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runCompiled } from '../../../test/helpers/run-compiled.ts';
import { type HostArray, hostArray, isHostArray, sizeOf } from '../../compiler/arrays.ts';
import { np, type Traced, valueAuxAndGrad } from '../../compiler/jax.ts';
import { leavesOf } from '../../compiler/tree.ts';
import { createRng } from '../../core/rng.ts';
import { frontEndSchema } from '../../models/network/front-end.ts';
import { exampleDims } from '../data/example.ts';
import { countParameters, withSettings } from '../recipe.ts';
import { firstState, shownWeights } from '../step.ts';
import { branch, type HostValues, hostLeaf, mapHost, type TracedValues } from '../trees.ts';
import { lcnn } from './lcnn.ts';

const network = withSettings(lcnn.definition, lcnn.definition.settings.parse({}));

test('the network of the robustness study has 562,914 parameters, layer by layer', () => {
  const state = firstState(network, { rng: createRng(1), dims: [60, 401], steps: 1 });
  const arrays = leavesOf(branch(state, 'parameters'), isHostArray);
  const of = (prefix: string): number =>
    countParameters(arrays.flatMap(({ path, value }) => (path.startsWith(prefix) ? [value] : [])));
  // The column of the card, §4.1.
  expect(Array.from({ length: 9 }, (_, i) => of(`convs.${i}.`))).toEqual([
    1664, 2112, 27744, 4704, 55424, 8320, 36928, 2112, 18496,
  ]);
  expect(Array.from({ length: 3 }, (_, i) => of(`dense.${i}.`))).toEqual([384160, 20736, 514]);
  expect(of('')).toBe(562914);
  // Averages begin at the weights themselves.
  expect(shownWeights(network, state, 1).parameters).toBe(branch(state, 'parameters'));
});

test('it hears four seconds as 60 × 401 numbers', () => {
  const length = { sec: network.data.sec, short: network.data.short };
  expect(exampleDims({ frontEnd: frontEndSchema.parse(network.frontEnd), length })).toEqual([
    60, 401,
  ]);
});

/** What test/fixtures/models/lcnn.py tells of an array. */
interface Told {
  readonly norm: number;
  readonly sums: readonly number[];
  readonly elements: readonly number[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/models/lcnn.json', import.meta.url), 'utf8'),
) as {
  readonly shape: readonly number[];
  readonly labels: readonly number[];
  readonly loss: number;
  readonly logits: readonly (readonly number[])[];
  readonly statistics: Readonly<Record<string, Told>>;
  readonly gradients: Readonly<Record<string, Told>>;
};

/**
 * Single against double precision through twelve layers, relative to the norm of an array: PyTorch's own
 * single precision is up to 5e-6 from its double.
 */
const TOLERANCE = 1e-5;

/** The formula of lcnn.py: between −scale and scale. */
function numbers(dims: readonly number[], seed: number, scale: number): HostArray {
  const data = Float32Array.from({ length: sizeOf(dims) }, (_, i) => {
    // Whole numbers below 2⁵³ at every step.
    const place = (31 * i * i + 7919 * i + 104_729 * seed) % 10_007;
    return scale * ((2 * place) / 10_007 - 1);
  });
  return hostArray(dims, data);
}

function norm(data: ArrayLike<number>): number {
  return Math.sqrt(Array.from(data).reduce((sum, a) => sum + a * a, 0));
}

function expectNear(
  got: number,
  want: number,
  { scale, what }: { scale: number; what: string },
): void {
  expect(
    Math.abs(got - want) <= TOLERANCE * scale,
    `${what} is ${got}, PyTorch has ${want}; the norm of all is ${scale}`,
  ).toBe(true);
}

function expectTold({ data }: HostArray, told: Told, path: string): void {
  const scale = told.norm;
  expectNear(norm(data), told.norm, { scale, what: `${path}: the norm` });
  for (const [k, want] of told.sums.entries()) {
    const sum = [...data].reduce((total, a, i) => total + a * Math.cos(1.3 * i + 0.4 + k), 0);
    expectNear(sum, want, { scale, what: `${path}: sum ${k}` });
  }
  for (const [n, want] of told.elements.entries()) {
    const at = Math.floor((n * data.length) / told.elements.length);
    expectNear(data[at]!, want, { scale, what: `${path}: element ${at}` });
  }
}

test('its output, loss, running statistics and gradients are those of PyTorch', async () => {
  const { shape, labels, loss, logits, statistics, gradients } = vectors;
  const undropped = withSettings(lcnn.definition, lcnn.definition.settings.parse({ dropout: 0 }));
  const fresh = undropped.init(createRng(1), shape.slice(1));
  const parameters = mapHost(fresh.parameters, ({ dims }, path) => {
    const [part, index, name] = path.split('.');
    const seed = (part === 'convs' ? 1 : 101) + 2 * Number(index);
    if (name === 'bias') return numbers(dims, seed + 1, 0.1);
    return numbers(dims, seed, Math.sqrt(6 / sizeOf(dims.slice(1))));
  });
  const step = valueAuxAndGrad(
    (p: TracedValues, state: TracedValues, features: Traced, label: Traced, key: Traced) => {
      const batch = { features, label, valid: label.astype(np.float32) };
      const result = undropped.apply({ parameters: p, state }, batch, { train: true, key });
      // The output of this network is its logits.
      return [
        undropped.loss(result.output, batch),
        { logits: result.output as Traced, state: result.state },
      ];
    },
  );
  const [[gotLoss, aux], got] = (await runCompiled(step as never, [
    parameters,
    fresh.state,
    numbers(shape, 12, 2),
    hostArray([labels.length], Int32Array.from(labels)),
    hostArray([2], Uint32Array.of(0, 0)),
  ])) as [[HostArray, { logits: HostArray; state: HostValues }], HostValues];
  expectNear(gotLoss.data[0]!, loss, { scale: loss, what: 'the loss' });
  const scale = norm(logits.flat());
  for (const [i, want] of logits.flat().entries())
    expectNear(aux.logits.data[i]!, want, { scale, what: `logit ${i}` });
  const at = (tree: HostValues, path: string): HostArray =>
    hostLeaf(path.split('.').reduce(branch, tree));
  for (const [path, told] of Object.entries(statistics))
    expectTold(at(aux.state, path), told, path);
  expect(Object.keys(gradients).sort()).toEqual(
    leavesOf(got, isHostArray)
      .map(({ path }) => path)
      .sort(),
  );
  for (const [path, told] of Object.entries(gradients)) expectTold(at(got, path), told, path);
});
