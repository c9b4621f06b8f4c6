/**
 * Compositions that ONNX Runtime has as one operator, and the masks and sums that differentiation leaves.
 * @module
 */

import {
  type Atom,
  type Equation,
  type EquationOf,
  isLiteral,
  type Program,
  type Variable,
} from '../program.ts';
import {
  type Definitions,
  definitionsOf,
  dropDead,
  freshVariables,
  type Pass,
  rewrite,
  sameShape,
} from './rewrite.ts';
import { shareEqual } from './share.ts';

type Fresh = (like: Omit<Variable, 'id'>) => Variable;

/** Rewrites gradients first: what they no longer need lets the values themselves become one operator. */
export const patterns: Pass = (program: Program) =>
  [gradients, shareEqual, dropDead, values].reduce((result, pass) => pass(result), program);

function gradients(program: Program): Program {
  const definitions = definitionsOf(program);
  const fresh = freshVariables(program);
  const weights = distributionFunctions(program, definitions);
  return rewrite(program, (equation) => {
    switch (equation.primitive) {
      case 'mul':
        return softmaxGradient(equation, definitions, fresh);
      case 'erfc':
        return weights.has(equation.outputs[0]!.id)
          ? onePlusErf(equation, definitions, fresh)
          : null;
      case 'add':
        return joinedPads(equation, definitions);
      default:
        return null;
    }
  });
}

function values(program: Program): Program {
  const definitions = definitionsOf(program);
  const fresh = freshVariables(program);
  const norms = normalisations(program, definitions, fresh);
  const logistic = sigmoids(program, definitions, fresh);
  const sigmoidOf = (atom: Atom): Sigmoid | undefined =>
    isLiteral(atom) ? undefined : logistic.get(atom.id);
  return rewrite(program, (equation) => {
    const { primitive, inputs, outputs } = equation;
    switch (primitive) {
      case 'sqrt':
        return normalised(equation, norms);
      case 'add': {
        const made = sigmoidOf(outputs[0]!);
        if (made === undefined) return null;
        return [{ primitive: 'sigmoid', params: {}, inputs: [made.x], outputs: [made.result] }];
      }
      case 'div': {
        const norm = norms.find(({ result }) => result === outputs[0]!.id);
        if (norm !== undefined) return { aliases: [norm.normal] };
        const factor = sigmoidOf(inputs[1]!)?.result;
        if (factor === undefined) return softmax(equation, definitions);
        return [{ primitive: 'mul', params: {}, inputs: [inputs[0]!, factor], outputs }];
      }
      case 'reciprocal': {
        const made = sigmoidOf(inputs[0]!);
        return made === undefined ? inverseDeviation(equation, norms) : { aliases: [made.result] };
      }
      case 'mul':
        return tanh(equation, definitions);
      default:
        return null;
    }
  });
}

/** A literal of this value, to the rounding of float32; 0 is exactly 0. */
const isNumber = (atom: Atom | undefined, value: number): boolean =>
  atom !== undefined && isLiteral(atom) && Math.abs(atom.literal - value) <= 1e-6 * Math.abs(value);

/** A reduction over one axis that is kept with size 1, seen through the reshape or broadcast that keeps it. */
function keptReduction(
  atom: Atom,
  definitions: Definitions,
  op: 'Add' | 'Max',
): EquationOf<'reduce'> | null {
  const outer = definitions.of(atom, 'reshape') ?? definitions.of(atom, 'broadcast');
  const reduce = outer === null ? null : definitions.of(outer.inputs[0]!, 'reduce');
  if (reduce === null || reduce.params.op !== op || reduce.params.axis.length !== 1) return null;
  const [axis] = reduce.params.axis;
  const kept = reduce.inputs[0]!.shape.map((size, i) => (i === axis ? 1 : size));
  return kept.every((size, i) => size === atom.shape[i]) && kept.length === atom.shape.length
    ? reduce
    : null;
}

/** exp(x − max x) / its sum: the parts of a softmax, of `div(exponent, sum)`. */
interface SoftmaxParts {
  readonly x: Atom;
  readonly exponent: Atom;
  readonly sum: Atom;
  readonly axis: number;
}

function softmaxParts(exponent: Atom, sum: Atom, definitions: Definitions): SoftmaxParts | null {
  const exp = definitions.of(exponent, 'exp');
  const sub = exp === null ? null : definitions.of(exp.inputs[0]!, 'sub');
  const total = keptReduction(sum, definitions, 'Add');
  if (sub === null || total === null || total.inputs[0] !== exponent) return null;
  const [x, largest] = sub.inputs as [Atom, Atom];
  const maximum = keptReduction(largest, definitions, 'Max');
  if (maximum === null || maximum.inputs[0] !== x) return null;
  const [axis] = total.params.axis;
  return maximum.params.axis[0] === axis ? { x, exponent, sum, axis: axis! } : null;
}

function softmax(
  { inputs, outputs }: EquationOf<'div'>,
  definitions: Definitions,
): Equation[] | null {
  const parts = softmaxParts(inputs[0]!, inputs[1]!, definitions);
  // Where the exponentials are needed by others as well, one operator would compute them twice.
  if (parts === null || isLiteral(parts.exponent) || definitions.uses(parts.exponent) > 2)
    return null;
  return [{ primitive: 'softmax', params: { axis: parts.axis }, inputs: [parts.x], outputs }];
}

/**
 * exp · (g / sum − Σ(exp · g) / sum²) is p · (g − Σ(p · g)) with p = exp / sum.
 */
function softmaxGradient(
  { inputs, outputs }: EquationOf<'mul'>,
  definitions: Definitions,
  fresh: Fresh,
): Equation[] | null {
  const [exponent, second] = inputs as [Atom, Atom];
  const add = definitions.of(second, 'add');
  const direct = add === null ? null : definitions.of(add.inputs[0]!, 'div');
  const spread = add === null ? null : definitions.of(add.inputs[1]!, 'broadcast');
  if (direct === null || spread === null) return null;
  const [g, sum] = direct.inputs as [Atom, Atom];
  const parts = softmaxParts(exponent, sum, definitions);
  if (parts === null) return null;
  // Σ(exp · g) · −1 / sum², with one axis taken away and put back.
  const flat = definitions.of(spread.inputs[0]!, 'reshape');
  const product = flat === null ? null : definitions.of(flat.inputs[0]!, 'mul');
  if (product === null) return null;
  const square = definitions.of(definitions.of(product.inputs[0]!, 'neg')?.inputs[0] ?? sum, 'div');
  const inverse = square === null ? null : definitions.of(square.inputs[0]!, 'reciprocal');
  if (inverse?.inputs[0] !== sum || square?.inputs[1] !== sum) return null;
  const total = keptReduction(product.inputs[1]!, definitions, 'Add');
  const terms = total === null ? null : definitions.of(total.inputs[0]!, 'mul');
  if (terms === null || total?.params.axis[0] !== parts.axis) return null;
  if (terms.inputs[0] !== exponent || terms.inputs[1] !== g) return null;
  const { shape, dtype, weak } = outputs[0]!;
  const full = { shape, dtype, weak };
  const kept = { ...full, shape: shape.map((size, i) => (i === parts.axis ? 1 : size)) };
  const p = fresh(full);
  const weighted = fresh(full);
  const sumOf = fresh({ ...full, shape: shape.filter((_, i) => i !== parts.axis) });
  const mean = fresh(kept);
  const centred = fresh(full);
  return [
    { primitive: 'div', params: {}, inputs: [exponent, sum], outputs: [p] },
    { primitive: 'mul', params: {}, inputs: [p, g], outputs: [weighted] },
    {
      primitive: 'reduce',
      params: { op: 'Add', axis: [parts.axis] },
      inputs: [weighted],
      outputs: [sumOf],
    },
    { primitive: 'reshape', params: { shape: kept.shape }, inputs: [sumOf], outputs: [mean] },
    { primitive: 'sub', params: {}, inputs: [g, mean], outputs: [centred] },
    { primitive: 'mul', params: {}, inputs: [p, centred], outputs },
  ];
}

/**
 * erfc(−x / √2) that is multiplied by x / 2: there x · Φ(x) is computed, the distribution function is a
 * weight, its absolute error counts, and 1 + erf(x / √2) does. Elsewhere erfc keeps its tail.
 */
function distributionFunctions(program: Program, definitions: Definitions): Set<number> {
  const found = new Set<number>();
  for (const { primitive, inputs } of program.equations) {
    if (primitive !== 'mul') continue;
    const [half, tail] = inputs as [Atom, Atom];
    const erfc = definitions.of(tail, 'erfc');
    const scaled = definitions.of(half, 'mul');
    if (erfc === null || scaled === null || !isNumber(scaled.inputs[1], 0.5)) continue;
    const negative = definitions.of(erfc.inputs[0]!, 'neg');
    const inner = negative === null ? null : definitions.of(negative.inputs[0]!, 'mul');
    if (inner?.inputs[0] === scaled.inputs[0] && isNumber(inner?.inputs[1], Math.SQRT1_2))
      found.add(erfc.outputs[0]!.id);
  }
  return found;
}

function onePlusErf(
  { inputs, outputs }: EquationOf<'erfc'>,
  definitions: Definitions,
  fresh: Fresh,
): Equation[] | null {
  const negative = definitions.of(inputs[0]!, 'neg');
  if (negative === null) return null;
  const erf = fresh(outputs[0]!);
  const one: Atom = { literal: 1, shape: [], dtype: erf.dtype, weak: false };
  return [
    { primitive: 'erf', params: {}, inputs: negative.inputs, outputs: [erf] },
    { primitive: 'add', params: {}, inputs: [erf, one], outputs },
  ];
}

/** (x − mean) / sqrt(mean of squares + ε) over the last axis, found by its square root. */
interface Normalisation {
  readonly x: Atom;
  readonly epsilon: number;
  readonly deviation: Variable;
  /** The quotient that the program has. */
  readonly result: number;
  readonly normal: Variable;
  readonly inverse: Variable;
}

function normalisations(
  program: Program,
  definitions: Definitions,
  fresh: Fresh,
): readonly Normalisation[] {
  return program.equations.flatMap((equation) =>
    equation.primitive === 'div' ? (normalisation(equation, definitions, fresh) ?? []) : [],
  );
}

function normalisation(
  { inputs, outputs }: EquationOf<'div'>,
  definitions: Definitions,
  fresh: Fresh,
): Normalisation | null {
  const [centred, deviation] = inputs as [Atom, Atom];
  const sub = definitions.of(centred, 'sub');
  const sqrt = definitions.of(deviation, 'sqrt');
  const add = sqrt === null ? null : definitions.of(sqrt.inputs[0]!, 'add');
  if (sub === null || sqrt === null || add === null || !isLiteral(add.inputs[1]!)) return null;
  const [x, mean] = sub.inputs as [Atom, Atom];
  const axis = x.shape.length - 1;
  const length = x.shape[axis]!;
  const meanOf = (atom: Atom): Atom | null => {
    const scaled = definitions.of(atom, 'mul');
    const sum = scaled === null ? null : keptReduction(scaled.inputs[0]!, definitions, 'Add');
    if (scaled === null || sum?.params.axis[0] !== axis) return null;
    return isNumber(scaled.inputs[1], 1 / length) ? sum.inputs[0]! : null;
  };
  const variance = meanOf(add.inputs[0]!);
  const squares = variance === null ? null : definitions.of(variance, 'mul');
  if (meanOf(mean) !== x || squares === null) return null;
  if (squares.inputs[0] !== centred || squares.inputs[1] !== centred) return null;
  const [output] = outputs as [Variable];
  if (output.dtype !== 'float32' || !sameShape(output, x)) return null;
  return {
    x,
    epsilon: add.inputs[1].literal,
    deviation: sqrt.outputs[0]!,
    result: output.id,
    normal: fresh(output),
    inverse: fresh(sqrt.outputs[0]!),
  };
}

/** In place of the square root: the operator, and the deviation for others that need it. */
function normalised(
  { outputs }: EquationOf<'sqrt'>,
  norms: readonly Normalisation[],
): Equation[] | null {
  const norm = norms.find(({ deviation }) => deviation.id === outputs[0]!.id);
  if (norm === undefined) return null;
  const { x, epsilon, normal, inverse } = norm;
  return [
    { primitive: 'normalise', params: { epsilon }, inputs: [x], outputs: [normal, inverse] },
    { primitive: 'reciprocal', params: {}, inputs: [inverse], outputs },
  ];
}

function inverseDeviation(
  { inputs }: EquationOf<'reciprocal'>,
  norms: readonly Normalisation[],
): { aliases: [Variable] } | null {
  const [atom] = inputs as [Atom];
  const norm = norms.find(({ deviation }) => !isLiteral(atom) && deviation.id === atom.id);
  return norm === undefined ? null : { aliases: [norm.inverse] };
}

/** Values 1 + e^−x that others only divide by: there 1 / (1 + e^−x) is taken, by the id of the sum. */
function sigmoids(program: Program, definitions: Definitions, fresh: Fresh): Map<number, Sigmoid> {
  const found = new Map<number, Sigmoid>();
  for (const { primitive, inputs, outputs } of program.equations) {
    if (primitive !== 'add' || !isNumber(inputs[1], 1)) continue;
    const exp = definitions.of(inputs[0]!, 'exp');
    const neg = exp === null ? null : definitions.of(exp.inputs[0]!, 'neg');
    const [output] = outputs as [Variable];
    if (exp === null || neg === null || definitions.uses(exp.outputs[0]!) > 1) continue;
    found.set(output.id, { x: neg.inputs[0]!, result: fresh(output) });
  }
  const forget = (atom: Atom | undefined): void => {
    if (atom !== undefined && !isLiteral(atom)) found.delete(atom.id);
  };
  for (const { primitive, inputs } of program.equations) {
    if (primitive === 'reciprocal') continue;
    if (primitive === 'div') forget(inputs[0]);
    else inputs.forEach(forget);
  }
  program.outputs.forEach(forget);
  return found;
}

interface Sigmoid {
  readonly x: Atom;
  readonly result: Variable;
}

/** s · (e^2sx − 1) / (e^2sx + 1) with s = ∓1: jax-js's hyperbolic tangent, where nothing else needs its parts. */
function tanh({ inputs, outputs }: EquationOf<'mul'>, definitions: Definitions): Equation[] | null {
  const [quotient, sign] = inputs as [Atom, Atom];
  const div = definitions.of(quotient, 'div');
  const signs = definitions.of(sign, 'where');
  if (div === null || signs === null) return null;
  if (!isNumber(signs.inputs[1], 1) || !isNumber(signs.inputs[2], -1)) return null;
  const minus = definitions.of(div.inputs[0]!, 'add');
  const plus = definitions.of(div.inputs[1]!, 'add');
  if (minus === null || plus === null) return null;
  const exp = definitions.of(minus.inputs[0]!, 'exp');
  if (exp === null || plus.inputs[0] !== minus.inputs[0]) return null;
  if (!isNumber(minus.inputs[1], -1) || !isNumber(plus.inputs[1], 1)) return null;
  const doubled = definitions.of(exp.inputs[0]!, 'mul');
  const folded = doubled === null ? null : definitions.of(doubled.inputs[0]!, 'mul');
  const compare = definitions.of(signs.inputs[0]!, 'compare');
  if (folded === null || !isNumber(doubled?.inputs[1], 2) || folded.inputs[1] !== sign) return null;
  const [x] = folded.inputs as [Atom];
  if (compare?.params.op !== 'less' || compare.inputs[0] !== x || !isNumber(compare.inputs[1], 0))
    return null;
  if (definitions.uses(exp.outputs[0]!) > 2 || definitions.uses(div.outputs[0]!) > 1) return null;
  return [{ primitive: 'tanh', params: {}, inputs: [x], outputs }];
}

/** Sums of arrays that are zero where the others are not: the parts side by side. */
function joinedPads(equation: EquationOf<'add'>, definitions: Definitions): Equation[] | null {
  const parts: { source: Atom; begin: number; end: number }[] = [];
  let axis = -1;
  const { shape } = equation.outputs[0]!;
  const collect = (atom: Atom): boolean => {
    const pad = definitions.of(atom, 'pad');
    if (pad === null) {
      const inner = definitions.of(atom, 'add');
      return (
        inner !== null && definitions.uses(inner.outputs[0]!) === 1 && inner.inputs.every(collect)
      );
    }
    const padded = pad.params.width.flatMap(([before, after], i) =>
      before !== 0 || after !== 0 ? [i] : [],
    );
    if (padded.length !== 1 || (axis !== -1 && axis !== padded[0])) return false;
    [axis] = padded as [number];
    const [begin, after] = pad.params.width[axis]!;
    if (begin < 0 || after < 0) return false;
    parts.push({ source: pad.inputs[0]!, begin, end: shape[axis]! - after });
    return true;
  };
  if (!equation.inputs.every(collect)) return null;
  parts.sort((a, b) => a.begin - b.begin);
  const covers =
    parts.every(({ begin }, i) => begin === (parts[i - 1]?.end ?? 0)) &&
    parts.at(-1)?.end === shape[axis];
  if (!covers || parts.some(({ source }) => source.dtype !== equation.outputs[0]!.dtype))
    return null;
  return [
    {
      primitive: 'concatenate',
      params: { axis },
      inputs: parts.map(({ source }) => source),
      outputs: equation.outputs,
    },
  ];
}
