import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sizeOf } from '../arrays.ts';
import {
  alignView,
  broadcastView,
  reshapeView,
  shapeOf,
  storedAxes,
  transposeView,
  type View,
  viewOf,
} from './view.ts';

/** The elements of a view in row-major order, as numbers of the elements of its base. */
function elementsOf({ dims }: View): number[] {
  let places = [0];
  for (const { size, stride } of dims)
    places = places.flatMap((place) => Array.from({ length: size }, (_, i) => place + i * stride));
  return places;
}

/** An array beside a view: elements and shape, without strides. */
interface Plain {
  readonly shape: readonly number[];
  readonly elements: readonly number[];
}

function at({ shape, elements }: Plain, index: readonly number[]): number {
  return elements[index.reduce((sum, i, axis) => sum * shape[axis]! + i, 0)]!;
}

function indicesOf(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, size) => all.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i])),
    [[]],
  );
}

type Value = (arb: () => fc.Arbitrary<number>) => number;
interface Both {
  readonly view: View;
  readonly plain: Plain;
}

function transposed({ view, plain }: Both, int: (max: number) => number): Both {
  const left = plain.shape.map((_, axis) => axis);
  const perm = plain.shape.map(() => left.splice(int(left.length - 1), 1)[0]!);
  const shape = perm.map((axis) => plain.shape[axis]!);
  const elements = indicesOf(shape).map((index) =>
    at(
      plain,
      plain.shape.map((_, axis) => index[perm.indexOf(axis)]!),
    ),
  );
  return { view: transposeView(view, perm), plain: { shape, elements } };
}

function broadcast({ view, plain }: Both, int: (max: number) => number): Both {
  const shape: number[] = [];
  const axis: number[] = [];
  const add = (): void => {
    if (int(3) > 0) return;
    axis.push(shape.length);
    shape.push(1 + int(2));
  };
  const kept: number[] = [];
  for (const size of plain.shape) {
    add();
    kept.push(shape.length);
    shape.push(size === 1 && int(1) === 0 ? 3 : size);
  }
  add();
  const elements = indicesOf(shape).map((index) =>
    at(
      plain,
      kept.map((to, from) => (plain.shape[from] === 1 ? 0 : index[to]!)),
    ),
  );
  return { view: broadcastView(view, shape, axis), plain: { shape, elements } };
}

function aligned({ view, plain }: Both, int: (max: number) => number): Both {
  const extra = Array.from({ length: int(2) }, () => 1 + int(2));
  const shape = [...extra, ...plain.shape.map((size) => (size === 1 ? 1 + int(2) : size))];
  const elements = indicesOf(shape).map((index) =>
    at(
      plain,
      plain.shape.map((size, axis) => (size === 1 ? 0 : index[extra.length + axis]!)),
    ),
  );
  return { view: alignView(view, shape), plain: { shape, elements } };
}

/** Another shape; where strides do not allow it the array is laid out anew, as the emitter does. */
function reshaped({ view, plain }: Both, int: (max: number) => number): Both {
  const factors = plain.shape.flatMap((size) =>
    size === 4 ? [2, 2] : size === 6 ? [2, 3] : [size],
  );
  const shape: number[] = [];
  for (const size of factors) {
    if (shape.length > 0 && int(1) === 0) shape[shape.length - 1]! *= size;
    else shape.push(size);
    if (int(4) === 0) shape.push(1);
  }
  const next = { shape, elements: plain.elements };
  const result = reshapeView(view, shape);
  if ('view' in result) return { view: result.view, plain: next };
  // Those runs really do not lie together: their elements are not evenly apart.
  for (const run of result.apart) {
    const places = elementsOf({
      base: view.base,
      dims: run.map((axis) => view.dims[axis]!),
    });
    const step = places[1]! - places[0]!;
    expect(places.every((place, i) => place === places[0]! + i * step)).toBe(false);
  }
  return { view, plain };
}

const CHANGES = [transposed, broadcast, aligned, reshaped];

test('chains of views read the elements that index arithmetic says', () => {
  let reshapes = 0;
  fc.assert(
    fc.property(fc.gen(), (g) => {
      const value: Value = (arb) => g(arb);
      const int = (max: number): number => value(() => fc.nat({ max: Math.max(0, max) }));
      const shape = Array.from({ length: int(4) }, () => [1, 2, 3, 4, 6][int(4)]!);
      const base = { name: 'x', dims: shape, dtype: 'float32' } as const;
      let both: Both = {
        view: viewOf(base),
        plain: { shape, elements: Array.from({ length: sizeOf(shape) }, (_, i) => i) },
      };
      for (let step = 1 + int(4); step > 0; step -= 1) {
        if (both.plain.elements.length > 3000) break;
        const change = CHANGES[int(3)]!;
        if (change === reshaped) reshapes += 1;
        both = change(both, int);
        expect(shapeOf(both.view)).toEqual(both.plain.shape);
        expect(elementsOf(both.view)).toEqual(both.plain.elements);
        // The axes with strides are the base: each element once, none left out.
        const stored = storedAxes(both.view).map((axis) => both.view.dims[axis]!);
        const once = elementsOf({ base, dims: stored });
        expect(once).toEqual(Array.from({ length: sizeOf(shape) }, (_, i) => i));
      }
    }),
    { seed: 5, numRuns: 500, endOnFailure: true },
  );
  expect(reshapes).toBeGreaterThan(100);
});

test('an empty array and a single number have views', () => {
  const empty = viewOf({ name: 'x', dims: [2, 0, 3], dtype: 'float32' });
  expect(elementsOf(empty)).toEqual([]);
  const number = viewOf({ name: 'x', dims: [], dtype: 'float32' });
  expect(elementsOf(alignView(number, [2, 2]))).toEqual([0, 0, 0, 0]);
});
