/**
 * Writes nodes for views: equal nodes once, reshapes and transpositions only where strides need them.
 * @module
 */

import type {
  Attribute,
  ConstantData,
  ElementType,
  GraphBuilder,
  ValueName,
} from '../../graph/build.ts';
import { type DType, sizeOf } from '../arrays.ts';
import {
  adjoin,
  alignView,
  type Dim,
  reshapeView,
  rowMajor,
  shapeOf,
  storedAxes,
  type View,
  viewOf,
} from './view.ts';

/** What a node may say besides its operator and inputs. */
export interface EmitOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: 'com.microsoft';
}

/** Axes of a result: each is a run of logical axes; an empty run is an axis of size 1. */
export type Runs = readonly (readonly number[])[];

/** Writes into one graph. */
export interface Emitter {
  readonly graph: GraphBuilder;
  /** Adds a node, or returns the equal one that is there. */
  node(operator: string, inputs: readonly ValueName[], options?: EmitOptions): ValueName;
  /** Adds a node with several outputs, or returns the equal one that is there. */
  nodes(
    operator: string,
    inputs: readonly ValueName[],
    options: EmitOptions & { readonly outputs: number },
  ): ValueName[];
  /** A constant array; equal small ones are one. */
  constant(dims: readonly number[], data: ConstantData, type?: ElementType): ValueName;
  /** A 1-D int64 constant: axes, shapes. */
  ints(values: readonly number[]): ValueName;
  /** A rank-0 constant of an element type of programs. */
  scalar(value: number, dtype: DType): ValueName;
  /** The view as a dense array of its own shape. */
  dense(view: View): ValueName;
  /** The view with each run of its axes as one axis; broadcast axes get size 1 unless `expand`. */
  arrange(view: View, runs: Runs, options?: { readonly expand?: boolean }): ValueName;
  /** The view in another shape: without a node where strides allow it. */
  reshape(view: View, shape: readonly number[]): View;
}

/** How element types of programs lie in the graph: uint32 as the bits of int32, which more operators take. */
export const STORAGE: Readonly<Record<DType, ElementType>> = {
  float32: 'float32',
  float64: 'float64',
  float16: 'float16',
  int32: 'int32',
  uint32: 'int32',
  bool: 'bool',
};

/** Constants up to this many elements are compared with those that are there. */
const SHARED_CONSTANT = 4096;

/**
 * Starts writing into a graph.
 * @param patches other values of int64 constants, by name
 */
export function createEmitter(
  graph: GraphBuilder,
  patches: ReadonlyMap<string, readonly number[]> = new Map(),
): Emitter {
  const made = new Map<string, ValueName[]>();
  let constants = 0;

  const emitter: Emitter = {
    graph,
    node: (operator, inputs, options = {}) =>
      emitter.nodes(operator, inputs, { ...options, outputs: 1 })[0]!,
    nodes(operator, inputs, { attributes = {}, domain, outputs }) {
      const hasBody = Object.values(attributes).some(
        (value) => typeof value === 'object' && 'graph' in value,
      );
      const key = JSON.stringify([operator, domain, inputs, attributes, outputs]);
      const known = hasBody ? undefined : made.get(key);
      if (known !== undefined) return known;
      const names = graph.nodes(operator, inputs, {
        attributes,
        outputs,
        ...(domain === undefined ? {} : { domain }),
      });
      if (!hasBody) made.set(key, names);
      return names;
    },
    constant(dims, data, type) {
      const add = (): ValueName => {
        constants += 1;
        const name = `constant_${constants}`;
        const patch = patches.get(name);
        const values = patch === undefined ? data : BigInt64Array.from(patch, BigInt);
        return graph.initialiser(name, dims, values, type);
      };
      if (data.length > SHARED_CONSTANT) return add();
      const key = `constant ${data.constructor.name} ${type} [${dims}] ${
        data instanceof Float32Array || data instanceof Float64Array
          ? Array.from(data, exactText).join()
          : data.join()
      }`;
      const known = made.get(key)?.[0];
      if (known !== undefined) return known;
      const name = add();
      made.set(key, [name]);
      return name;
    },
    ints: (values) => emitter.constant([values.length], BigInt64Array.from(values, BigInt)),
    scalar: (value, dtype) => emitter.constant([], constantData([value], dtype), STORAGE[dtype]),
    dense: (view) =>
      emitter.arrange(
        view,
        view.dims.map((_, axis) => [axis]),
        { expand: true },
      ),
    arrange: (view, runs, options = {}) => arrange(emitter, view, runs, options.expand === true),
    reshape(view, shape) {
      if (sizeOf(shape) === 0) {
        const name = reshapeTo(emitter, emitter.dense(view), shapeOf(view), shape);
        return viewOf({ name, dims: shape, dtype: view.base.dtype });
      }
      const reshaped = reshapeView(view, shape);
      if ('view' in reshaped) return reshaped.view;
      const again = reshapeView(joined(emitter, view, reshaped.apart), shape);
      if ('view' in again) return again.view;
      throw new Error('internal: axes are still apart');
    },
  };
  return emitter;
}

/** The view with each of some runs of axes stored one after the other; other broadcasts stay broadcasts. */
function joined(emitter: Emitter, view: View, apart: readonly (readonly number[])[]): View {
  const order: number[] = [];
  const add = (axis: number): void => {
    if (order.includes(axis)) return;
    order.push(...(apart.find((run) => run.includes(axis)) ?? [axis]));
  };
  storedAxes(view).forEach(add);
  apart.flat().forEach(add);
  const name = emitter.arrange(
    view,
    order.map((axis) => [axis]),
    { expand: true },
  );
  const shape = shapeOf(view);
  const dims = order.map((axis) => shape[axis]!);
  return { base: { name, dims, dtype: view.base.dtype }, dims: stridesFor(shape, order) };
}

/** Numbers as constants of an element type of programs; uint32 becomes int32, bool bytes. */
export function constantData(values: readonly number[], dtype: DType): ConstantData {
  if (dtype === 'float64') return Float64Array.from(values);
  if (dtype === 'int32' || dtype === 'uint32') return Int32Array.from(values, (value) => value | 0);
  if (dtype === 'bool') return Uint8Array.from(values, (value) => (value === 0 ? 0 : 1));
  if (dtype === 'float16') return Uint16Array.from(values, float16Bits);
  return Float32Array.from(values);
}

/** −0 and 0 differ, so do all NaN from numbers. */
function exactText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** IEEE half precision, to nearest, ties to even. */
function float16Bits(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  const bits = view.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return sign | 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundEven(magnitude * 2 ** 24);
  const exponent = Math.floor(Math.log2(magnitude));
  const fraction = roundEven((magnitude / 2 ** exponent - 1) * 1024);
  return sign | (((exponent + 15) << 10) + fraction);
}

function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function reshapeTo(
  emitter: Emitter,
  name: ValueName,
  from: readonly number[],
  to: readonly number[],
): ValueName {
  if (same(from, to)) return name;
  // allowzero: a 0 in the shape is an empty axis, not "as before".
  const attributes = to.includes(0) ? { allowzero: 1 } : {};
  return emitter.node('Reshape', [name, emitter.ints(to)], { attributes });
}

function arrange(emitter: Emitter, view: View, runs: Runs, expand: boolean): ValueName {
  const { base, dims } = view;
  const order = runs.flat();
  const sizes = order.map((axis) => dims[axis]!.size);
  const stored = order.filter((axis) => dims[axis]!.stride > 0);
  const target = (broadcast: (dim: Dim) => number): number[] =>
    runs.map((run) =>
      run.reduce((product, axis) => {
        const dim = dims[axis]!;
        return product * (dim.stride > 0 || dim.size <= 1 ? dim.size : broadcast(dim));
      }, 1),
    );
  const compact = target(() => 1);
  const full = target(({ size }) => size);
  // Nothing has no strides to keep to.
  if (sizes.includes(0)) {
    const { dtype } = base;
    return emitter.constant(expand ? full : compact, constantData([], dtype), STORAGE[dtype]);
  }

  // Blocks: runs of stored axes that stay together from the base to the result.
  const byStride = [...stored].sort((a, b) => dims[b]!.stride - dims[a]!.stride);
  const blocks: number[][] = [];
  for (const axis of byStride) {
    const last = blocks.at(-1)?.at(-1);
    const follows = last !== undefined && stored[stored.indexOf(last) + 1] === axis;
    if (follows) blocks.at(-1)!.push(axis);
    else blocks.push([axis]);
  }
  const position = (block: readonly number[]): number => stored.indexOf(block[0]!);
  const perm = blocks
    .map((block, i) => ({ i, at: position(block) }))
    .sort((a, b) => a.at - b.at)
    .map(({ i }) => i);
  let { name } = base;
  let shape: readonly number[] = base.dims;
  if (perm.some((from, to) => from !== to)) {
    const blockSizes = blocks.map((block) => sizeOf(block.map((axis) => dims[axis]!.size)));
    name = reshapeTo(emitter, name, shape, blockSizes);
    name = emitter.node('Transpose', [name], { attributes: { perm } });
    shape = perm.map((i) => blockSizes[i]!);
  }
  if (!expand || same(compact, full)) return reshapeTo(emitter, name, shape, compact);
  // Broadcast axes are stretched axis by axis where a run mixes them with stored ones.
  const mixed = runs.some(
    (run) =>
      run.some((axis) => dims[axis]!.stride > 0) &&
      run.some((axis) => dims[axis]!.stride === 0 && dims[axis]!.size > 1),
  );
  const before = mixed
    ? order.map((axis) => (dims[axis]!.stride > 0 ? dims[axis]!.size : 1))
    : compact;
  const after = mixed ? sizes : full;
  name = stretchTo(emitter, reshapeTo(emitter, name, shape, before), before, after);
  return reshapeTo(emitter, name, after, full);
}

/** Up to this many copies of single elements side by side Concat is ten times faster than Expand. */
const MOST_COPIES = 16;

/** Axes of size 1 stretched; an axis that is there already is left as it is, whatever its size. */
function stretchTo(
  emitter: Emitter,
  name: ValueName,
  from: readonly number[],
  to: readonly number[],
): ValueName {
  const last = to.length - 1;
  const copies = from[last] === 1 ? to[last]! : 1;
  if (copies > 1 && copies <= MOST_COPIES) {
    const inputs = new Array<ValueName>(copies).fill(name);
    const joined = emitter.node('Concat', inputs, { attributes: { axis: last } });
    return stretchTo(emitter, joined, [...from.slice(0, last), copies], to);
  }
  const stretch = to.map((size, i) => (from[i] === size ? 1 : size));
  if (stretch.every((size) => size === 1)) return name;
  return emitter.node('Expand', [name, emitter.ints(stretch)]);
}

/**
 * An operation element by element: runs in the layout of the largest operand and returns a view in that
 * layout; an axis that no operand has stays a broadcast.
 * @param emit makes the node from operands that broadcast as ONNX does
 */
export function elementwise(
  emitter: Emitter,
  operands: readonly View[],
  { shape, dtype }: { readonly shape: readonly number[]; readonly dtype: DType },
  emit: (names: readonly ValueName[]) => ValueName,
): View {
  const views = operands.map((view) => alignView(view, shape));
  if (sizeOf(shape) === 0) {
    const names = views.map((view) => emitter.dense(view));
    return viewOf({ name: emit(names), dims: shape, dtype });
  }
  const { lead, order, runs } = chooseLayout(views);
  const names = views.map((view) => {
    if (view === lead) return emitter.arrange(view, runs);
    // Leading axes of size 1 are left to ONNX's broadcasting.
    const first = runs.findIndex((run) => run.some((axis) => view.dims[axis]!.stride > 0));
    return emitter.arrange(view, first === -1 ? [] : runs.slice(first));
  });
  const dims = runs.map((run) => sizeOf(run.map((axis) => shape[axis]!)));
  return { base: { name: emit(names), dims, dtype }, dims: stridesFor(shape, order) };
}

/** Dims of a logical shape whose stored axes lie in the given order. */
export function stridesFor(shape: readonly number[], order: readonly number[]): Dim[] {
  const dense = rowMajor(order.map((axis) => shape[axis]!));
  const at = new Map(order.map((axis, i) => [axis, dense[i]!.stride]));
  return shape.map((size, axis) => ({ size, stride: at.get(axis) ?? 0 }));
}

/** The order of axes in which an operation on several views runs, and which of them are walked as one. */
function chooseLayout(views: readonly View[]): { lead: View; order: number[]; runs: Runs } {
  const stored = (view: View): number =>
    view.dims.reduce((n, { size, stride }) => (stride > 0 ? n * size : n), 1);
  const lead = views.reduce((best, view) => (stored(view) > stored(best) ? view : best));
  const order = storedAxes(lead);
  // Axes that only others have come after the axis before them.
  for (let axis = 0; axis < lead.dims.length; axis += 1) {
    if (order.includes(axis) || views.every((view) => view.dims[axis]!.stride === 0)) continue;
    const before = order.indexOf(axis - 1);
    order.splice(before === -1 && axis > 0 ? order.length : before + 1, 0, axis);
  }
  const mayJoin = (outer: number, inner: number): boolean =>
    views.every((view) => {
      const a = view.dims[outer]!;
      const b = view.dims[inner]!;
      return a.stride > 0 === b.stride > 0 && adjoin(a, b);
    });
  const own = runsOfShape(order, lead);
  if (own?.every((run) => run.every((axis, i) => i === 0 || mayJoin(run[i - 1]!, axis)))) {
    return { lead, order, runs: own };
  }
  const runs: number[][] = [];
  for (const axis of order) {
    const last = runs.at(-1)?.at(-1);
    if (last !== undefined && mayJoin(last, axis)) runs.at(-1)!.push(axis);
    else runs.push([axis]);
  }
  return { lead, order, runs };
}

/** The axes grouped as the base of a view has them, so that it needs no reshape; null if they do not fit. */
export function runsOfShape(order: readonly number[], { base, dims }: View): number[][] | null {
  const runs: number[][] = [];
  let next = 0;
  for (const size of base.dims) {
    const run: number[] = [];
    let product = 1;
    while (product < size) {
      const axis = order[next];
      if (axis === undefined || dims[axis]!.stride === 0) return null;
      product *= dims[axis]!.size;
      run.push(axis);
      next += 1;
    }
    if (product !== size) return null;
    runs.push(run);
  }
  return next === order.length ? runs : null;
}
