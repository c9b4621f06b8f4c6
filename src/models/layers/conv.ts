/**
 * Convolutions over one and two axes, plain and transposed. Layouts and formulas are PyTorch's: kernels are
 * not flipped (cross-correlation), transposed convolution is the gradient of the plain one.
 * @module
 */

import type { HostArray } from '../../compiler/arrays.ts';
import { lax, np, type Traced } from '../../compiler/jax.ts';
import type { Rng } from '../../core/rng.ts';
import { fansOf, type Initialiser, torchUniform } from './init.ts';
import { expectShape, settingError, shapeError } from './shapes.ts';

/**
 * `weight` `[outputs, inputs / groups, …taps]`, of a transposed convolution `[inputs, outputs / groups, …taps]`;
 * `bias` `[outputs]`.
 */
export interface ConvParameters<A> {
  readonly weight: A;
  readonly bias?: A;
}

/** One number for all axes, or one for each. */
export type PerAxis = number | readonly number[];

/** Sizes of a convolution. */
export interface ConvInit {
  /** Channels in. */
  readonly inputs: number;
  /** Channels out. */
  readonly outputs: number;
  /** Taps. */
  readonly kernel: PerAxis;
  /** @default 1 */
  readonly groups?: number;
  /** @default true */
  readonly bias?: boolean;
  /** Of the weight. @default PyTorch's, uniform within 1/√fan-in */
  readonly init?: Initialiser;
}

/** How a kernel moves. */
export interface ConvOptions {
  /** @default 1 */
  readonly stride?: PerAxis;
  /**
   * Zeros at both ends of each axis; `'valid'` is 0; `'same'` gives ⌈size / stride⌉ outputs, with the odd zero
   * at the end. @default 'valid'
   */
  readonly padding?: PerAxis | 'same' | 'valid';
  /** Distance of taps. @default 1 */
  readonly dilation?: PerAxis;
  /** Parts of the channels that do not see each other. @default 1 */
  readonly groups?: number;
}

/** How a transposed convolution moves. */
export interface ConvTransposeOptions {
  /** @default 1 */
  readonly stride?: PerAxis;
  /** Cut from both ends of each axis. @default 0 */
  readonly padding?: PerAxis;
  /** Added to the end of each axis. @default 0 */
  readonly outputPadding?: PerAxis;
  /** @default 1 */
  readonly dilation?: PerAxis;
  /** @default 1 */
  readonly groups?: number;
}

/** Fresh parameters of {@link conv1d}. */
export function initConv1d(rng: Rng, options: ConvInit): ConvParameters<HostArray> {
  return initConv('conv1d', rng, options, 1);
}

/** Fresh parameters of {@link conv2d}. */
export function initConv2d(rng: Rng, options: ConvInit): ConvParameters<HostArray> {
  return initConv('conv2d', rng, options, 2);
}

/** Fresh parameters of {@link convTranspose1d}. */
export function initConvTranspose1d(rng: Rng, options: ConvInit): ConvParameters<HostArray> {
  return initConvTranspose('convTranspose1d', rng, options, 1);
}

/** Fresh parameters of {@link convTranspose2d}. */
export function initConvTranspose2d(rng: Rng, options: ConvInit): ConvParameters<HostArray> {
  return initConvTranspose('convTranspose2d', rng, options, 2);
}

/**
 * Convolution over time.
 * @param x `[batch, inputs, time]`
 * @returns `[batch, outputs, ⌊(time + 2 padding − dilation (taps − 1) − 1) / stride⌋ + 1]`
 */
export function conv1d(p: ConvParameters<Traced>, x: Traced, options: ConvOptions = {}): Traced {
  return conv('conv1d', p, x, options, 1);
}

/**
 * Convolution over two axes.
 * @param x `[batch, inputs, height, width]`
 * @returns `[batch, outputs, height′, width′]`, sizes as in {@link conv1d}
 */
export function conv2d(p: ConvParameters<Traced>, x: Traced, options: ConvOptions = {}): Traced {
  return conv('conv2d', p, x, options, 2);
}

/**
 * Transposed convolution over time.
 * @param x `[batch, inputs, time]`
 * @returns `[batch, outputs, (time − 1) stride − 2 padding + dilation (taps − 1) + outputPadding + 1]`
 */
export function convTranspose1d(
  p: ConvParameters<Traced>,
  x: Traced,
  options: ConvTransposeOptions = {},
): Traced {
  return convTranspose('convTranspose1d', p, x, options, 1);
}

/**
 * Transposed convolution over two axes.
 * @param x `[batch, inputs, height, width]`
 * @returns `[batch, outputs, height′, width′]`, sizes as in {@link convTranspose1d}
 */
export function convTranspose2d(
  p: ConvParameters<Traced>,
  x: Traced,
  options: ConvTransposeOptions = {},
): Traced {
  return convTranspose('convTranspose2d', p, x, options, 2);
}

/** One number for each of `count` axes. @throws RingtrueError `core/invalid-options` if there are others */
export function perAxis(where: string, value: PerAxis, count: number): readonly number[] {
  if (typeof value === 'number') return Array.from({ length: count }, () => value);
  if (value.length !== count) {
    throw settingError(where, `${value.length} numbers [${value.join(', ')}] for ${count} axes`);
  }
  return value;
}

function initConv(
  layer: string,
  rng: Rng,
  { inputs, outputs, kernel, groups = 1, bias = true, init }: ConvInit,
  axes: number,
): ConvParameters<HostArray> {
  checkGroups(layer, groups, inputs, outputs);
  const dims = [outputs, inputs / groups, ...perAxis(`${layer}: kernel`, kernel, axes)];
  return draw(rng, dims, bias ? outputs : 0, init);
}

function initConvTranspose(
  layer: string,
  rng: Rng,
  { inputs, outputs, kernel, groups = 1, bias = true, init }: ConvInit,
  axes: number,
): ConvParameters<HostArray> {
  checkGroups(layer, groups, inputs, outputs);
  const dims = [inputs, outputs / groups, ...perAxis(`${layer}: kernel`, kernel, axes)];
  return draw(rng, dims, bias ? outputs : 0, init);
}

function draw(
  rng: Rng,
  dims: readonly number[],
  biases: number,
  init: Initialiser | undefined,
): ConvParameters<HostArray> {
  const fallback = torchUniform(fansOf(dims).in);
  const weight = (init ?? fallback)(rng.split('weight'), dims);
  return biases === 0 ? { weight } : { weight, bias: fallback(rng.split('bias'), [biases]) };
}

function checkGroups(layer: string, groups: number, inputs: number, outputs: number): void {
  if (inputs % groups !== 0 || outputs % groups !== 0) {
    throw settingError(
      layer,
      `${groups} groups do not divide ${inputs} inputs and ${outputs} outputs`,
    );
  }
}

function conv(
  layer: string,
  p: ConvParameters<Traced>,
  x: Traced,
  { stride = 1, padding = 'valid', dilation = 1, groups = 1 }: ConvOptions,
  axes: number,
): Traced {
  const [, perGroup, ...taps] = p.weight.shape;
  expectImage(`${layer}: x`, x, perGroup! * groups, axes);
  const strides = perAxis(`${layer}: stride`, stride, axes);
  const dilations = perAxis(`${layer}: dilation`, dilation, axes);
  const extents = taps.map((tap, i) => dilations[i]! * (tap - 1) + 1);
  const pads = padsOf(layer, padding, x.shape.slice(2), extents, strides);
  for (const [i, extent] of extents.entries()) {
    const size = x.shape[2 + i]! + pads[i]![0] + pads[i]![1];
    if (size < extent) {
      throw shapeError(`${layer}: x with its padding`, x.shape, [
        'batch',
        perGroup! * groups,
        ...extents.map((least) => `at least ${least}`),
      ]);
    }
  }
  const y = lax.convGeneralDilated(x, p.weight, [...strides], pads, {
    rhsDilation: [...dilations],
    featureGroupCount: groups,
  });
  return withBias(p, y, axes);
}

function padsOf(
  layer: string,
  padding: PerAxis | 'same' | 'valid',
  sizes: readonly number[],
  extents: readonly number[],
  strides: readonly number[],
): [number, number][] {
  if (padding === 'same') {
    return sizes.map((size, i) => {
      const outputs = Math.ceil(size / strides[i]!);
      const total = Math.max(0, (outputs - 1) * strides[i]! + extents[i]! - size);
      return [total >> 1, total - (total >> 1)];
    });
  }
  const pads = perAxis(`${layer}: padding`, padding === 'valid' ? 0 : padding, sizes.length);
  return pads.map((pad) => [pad, pad]);
}

function convTranspose(
  layer: string,
  p: ConvParameters<Traced>,
  x: Traced,
  { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 }: ConvTransposeOptions,
  axes: number,
): Traced {
  const [inputs, outputs, ...taps] = p.weight.shape;
  expectImage(`${layer}: x`, x, inputs!, axes);
  const strides = perAxis(`${layer}: stride`, stride, axes);
  const dilations = perAxis(`${layer}: dilation`, dilation, axes);
  const cuts = perAxis(`${layer}: padding`, padding, axes);
  const extra = perAxis(`${layer}: outputPadding`, outputPadding, axes);
  const pads = taps.map((tap, i): [number, number] => {
    const reach = dilations[i]! * (tap - 1);
    return [reach - cuts[i]!, reach - cuts[i]! + extra[i]!];
  });
  // The kernel from inputs to outputs, flipped.
  const grouped = p.weight.reshape([groups, inputs! / groups, outputs!, ...taps]);
  const swapped = np
    .moveaxis(grouped, 2, 1)
    .reshape([groups * outputs!, inputs! / groups, ...taps]);
  const kernel = np.flip(
    swapped,
    taps.map((_, i) => 2 + i),
  );
  if (axes === 2) {
    const y = lax.convGeneralDilated(x, kernel, [1, 1], pads, {
      lhsDilation: [...strides],
      rhsDilation: [...dilations],
      featureGroupCount: groups,
    });
    return withBias(p, y, axes);
  }
  // Over two axes, of which one is 1: jax-js takes transposed convolutions over one axis apart into products
  // and additions, which no longer are one operation for the compiler.
  const [batch, , time] = x.shape;
  const y = lax.convGeneralDilated(
    x.reshape([batch!, inputs!, 1, time!]),
    kernel.reshape([groups * outputs!, inputs! / groups, 1, taps[0]!]),
    [1, 1],
    [[0, 0], pads[0]!],
    {
      lhsDilation: [1, strides[0]!],
      rhsDilation: [1, dilations[0]!],
      featureGroupCount: groups,
    },
  );
  return withBias(p, y.reshape([batch!, groups * outputs!, y.shape[3]!]), axes);
}

function expectImage(where: string, x: Traced, channels: number, axes: number): void {
  expectShape(where, x, ['batch', channels, ...(axes === 1 ? ['time'] : ['height', 'width'])]);
}

function withBias({ bias }: ConvParameters<Traced>, y: Traced, axes: number): Traced {
  if (bias === undefined) return y;
  return y.add(bias.reshape([bias.shape[0]!, ...Array.from({ length: axes }, () => 1)]));
}
