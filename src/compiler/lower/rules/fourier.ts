/**
 * Fourier transforms of real and imaginary parts along the last axis, as matrix products.
 *
 * Up to {@link DIRECT} points one product with the matrix of the transform; above, Cooley and Tukey's
 * division into two shorter transforms with twiddle factors between (Math. Comp. 19, 1965); a large prime
 * number of points goes through a convolution with a chirp (Bluestein, 1970). In float32 the error is about
 * 1e-6 of the root mean square of the result (1e-5 through the chirp).
 * @module
 */

import type { ValueName } from '../../../graph/build.ts';
import { type DType, sizeOf } from '../../arrays.ts';
import { constantData, type Emitter } from '../emitter.ts';
import { denseView, type Rule } from '../rule.ts';
import { castView } from './elementwise.ts';
import { emptyView } from './shape.ts';

/** Points of a transform that is one matrix product. */
const DIRECT = 64;

/** Largest prime that is one: the matrix has 4 · 256² numbers. */
const LARGEST_PRIME = 256;

/** Two arrays `[rows, n]`. */
interface Parts {
  readonly real: ValueName;
  readonly imaginary: ValueName;
}

/** What stays the same down the recursion. */
interface Transform {
  readonly emitter: Emitter;
  readonly dtype: DType;
  /** Sign of the exponent: −1 forward, 1 inverse. */
  readonly sign: 1 | -1;
}

/** The transform, divided by the number of points where it is the inverse. */
export const fft: Rule<'fft'> = (emitter, { params, outputs }, operands) => {
  const { shape, dtype } = outputs[0]!;
  if (shape.includes(0))
    return [emptyView(emitter, shape, dtype), emptyView(emitter, shape, dtype)];
  const type = dtype === 'float16' ? 'float32' : dtype;
  const axes = shape.map((_, axis) => axis);
  const [real, imaginary] = operands.map((view) =>
    emitter.arrange(castView(emitter, view, type), [axes.slice(0, -1), [axes.at(-1)!]], {
      expand: true,
    }),
  );
  const n = shape.at(-1)!;
  const rows = sizeOf(shape.slice(0, -1));
  const transform: Transform = { emitter, dtype: type, sign: params.inverse ? 1 : -1 };
  const parts = transformed(transform, { real: real!, imaginary: imaginary! }, { rows, n });
  return [parts.real, parts.imaginary].map((name) => {
    const scaled = params.inverse ? emitter.node('Mul', [name, emitter.scalar(1 / n, type)]) : name;
    return castView(emitter, emitter.reshape(denseView(scaled, [rows, n], type), shape), dtype);
  });
};

interface Size {
  readonly rows: number;
  readonly n: number;
}

function transformed(transform: Transform, parts: Parts, size: Size): Parts {
  const { n } = size;
  if (n === 1) return parts;
  const factor = n <= DIRECT ? n : shortFactor(n);
  if (factor === n) return direct(transform, parts, size);
  return factor === null
    ? chirped(transform, parts, size)
    : divided(transform, parts, { ...size, factor });
}

/** The divisor nearest to the root of n among those that are one product; null if n has none. */
function shortFactor(n: number): number | null {
  let best: number | null = null;
  for (let divisor = 2; divisor <= Math.min(n, LARGEST_PRIME); divisor += 1) {
    if (n % divisor !== 0 || (divisor > DIRECT && best !== null)) continue;
    const distance = (value: number): number => Math.abs(Math.log(value / Math.sqrt(n)));
    if (best === null || distance(divisor) < distance(best)) best = divisor;
  }
  return best;
}

/** cos and sin of sign · 2π · turns, turns taken modulo 1 before they lose digits. */
function phases(
  { emitter, dtype, sign }: Transform,
  dims: readonly number[],
  turns: (index: number) => number,
): { cos: ValueName; sin: ValueName; cosines: number[]; sines: number[] } {
  const angles = Array.from({ length: sizeOf(dims) }, (_, i) => sign * 2 * Math.PI * turns(i));
  const cosines = angles.map(Math.cos);
  const sines = angles.map(Math.sin);
  return {
    cosines,
    sines,
    get cos() {
      return emitter.constant(dims, constantData(cosines, dtype));
    },
    get sin() {
      return emitter.constant(dims, constantData(sines, dtype));
    },
  };
}

/** The matrix that takes real parts above imaginary parts to the same of the transform, `[2n, 2n]`. */
function realMatrix(transform: Transform, n: number): ValueName {
  const { cosines, sines } = phases(
    transform,
    [n, n],
    (i) => ((Math.floor(i / n) * (i % n)) % n) / n,
  );
  const at = (row: number, column: number): number => {
    const place = (row % n) * n + (column % n);
    if (row < n === column < n) return cosines[place]!;
    return row < n ? -sines[place]! : sines[place]!;
  };
  const values = Array.from({ length: 4 * n * n }, (_, i) =>
    at(Math.floor(i / (2 * n)), i % (2 * n)),
  );
  return transform.emitter.constant([2 * n, 2 * n], constantData(values, transform.dtype));
}

function joined({ emitter }: Transform, { real, imaginary }: Parts, axis: number): ValueName {
  return emitter.node('Concat', [real, imaginary], { attributes: { axis } });
}

function halves(
  { emitter }: Transform,
  name: ValueName,
  { axis, n }: { axis: number; n: number },
): Parts {
  const [real, imaginary] = emitter.nodes('Split', [name, emitter.ints([n, n])], {
    attributes: { axis },
    outputs: 2,
  });
  return { real: real!, imaginary: imaginary! };
}

function reshaped({ emitter }: Transform, parts: Parts, shape: readonly number[]): Parts {
  const reshape = (name: ValueName): ValueName =>
    emitter.node('Reshape', [name, emitter.ints(shape)]);
  return { real: reshape(parts.real), imaginary: reshape(parts.imaginary) };
}

/** (a + bi)(c + di). */
function product(
  { emitter }: Transform,
  { real, imaginary }: Parts,
  { cos, sin }: { readonly cos: ValueName; readonly sin: ValueName },
): Parts {
  const node = (name: string, ...names: ValueName[]): ValueName => emitter.node(name, names);
  return {
    real: node('Sub', node('Mul', real, cos), node('Mul', imaginary, sin)),
    imaginary: node('Add', node('Mul', real, sin), node('Mul', imaginary, cos)),
  };
}

function direct(transform: Transform, parts: Parts, { n }: Size): Parts {
  const { emitter } = transform;
  const matrix = realMatrix(transform, n);
  // The matrix acts from the left: rows of data take its transpose, which is symmetric block by block.
  const transposed = emitter.node('Transpose', [matrix], { attributes: { perm: [1, 0] } });
  const result = emitter.node('MatMul', [joined(transform, parts, 1), transposed]);
  return halves(transform, result, { axis: 1, n });
}

/**
 * n = p·q: with j = q·j₁ + j₂ and k = k₁ + p·k₂, transforms of p points over j₁, twiddle factors of
 * j₂·k₁ / n turns, and transforms of q points over j₂.
 */
function divided(
  transform: Transform,
  parts: Parts,
  { rows, n, factor: p }: Size & { readonly factor: number },
): Parts {
  const { emitter } = transform;
  const q = n / p;
  const columns = joined(transform, reshaped(transform, parts, [rows, p, q]), 1);
  const outer = emitter.node('MatMul', [realMatrix(transform, p), columns]);
  const turned = product(
    transform,
    halves(transform, outer, { axis: 1, n: p }),
    phases(transform, [p, q], (i) => (Math.floor(i / q) * (i % q)) / n),
  );
  const inner = transformed(transform, reshaped(transform, turned, [rows * p, q]), {
    rows: rows * p,
    n: q,
  });
  const { real, imaginary } = reshaped(transform, inner, [rows, p, q]);
  const swapped = (name: ValueName): ValueName =>
    emitter.node('Transpose', [name], { attributes: { perm: [0, 2, 1] } });
  return reshaped(transform, { real: swapped(real), imaginary: swapped(imaginary) }, [rows, n]);
}

/**
 * 2jk = j² + k² − (k − j)²: the transform is a convolution with a chirp, done by transforms of a power of
 * two of points.
 */
function chirped(transform: Transform, parts: Parts, { rows, n }: Size): Parts {
  const { emitter, dtype } = transform;
  const m = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const half = (j: number): number => ((j * j) % (2 * n)) / (2 * n);
  const chirp = phases(transform, [n], half);
  const padded = (name: ValueName): ValueName =>
    emitter.node('Pad', [name, emitter.ints([0, 0, 0, m - n])]);
  const turned = product(transform, parts, chirp);
  const forward: Transform = { ...transform, sign: -1 };
  const backward: Transform = { ...transform, sign: 1 };
  const long = transformed(
    forward,
    { real: padded(turned.real), imaginary: padded(turned.imaginary) },
    { rows, n: m },
  );
  // The conjugate chirp at −(n−1) … n−1, cyclic.
  const place = (i: number): number => (i < n ? i : i > m - n ? m - i : -1);
  const filter = (values: readonly number[], factor: number): ValueName =>
    emitter.constant(
      [1, m],
      constantData(
        Array.from({ length: m }, (_, i) => (place(i) < 0 ? 0 : (values[place(i)]! * factor) / m)),
        dtype,
      ),
    );
  const spectrum = transformed(
    forward,
    { real: filter(chirp.cosines, 1), imaginary: filter(chirp.sines, -1) },
    { rows: 1, n: m },
  );
  const convolved = transformed(
    backward,
    product(transform, long, { cos: spectrum.real, sin: spectrum.imaginary }),
    { rows, n: m },
  );
  const start = (name: ValueName): ValueName =>
    emitter.node('Slice', [name, emitter.ints([0]), emitter.ints([n]), emitter.ints([1])]);
  return product(
    transform,
    { real: start(convolved.real), imaginary: start(convolved.imaginary) },
    chirp,
  );
}
