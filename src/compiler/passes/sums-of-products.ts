/**
 * Gradients of weights that are used many times, as those of a recurrent layer at every step of time: a long
 * sum of small matrix products becomes one product of the operands side by side.
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
import { type Definitions, definitionsOf, freshVariables, type Pass, rewrite } from './rewrite.ts';

/** Σ a_i · b_i over the last axis is one product over all the last axes. */
export const sumsOfProducts: Pass = (program: Program) => {
  const definitions = definitionsOf(program);
  const fresh = freshVariables(program);
  const inner = addsInsideSums(program, definitions);
  return rewrite(program, (equation): Equation[] | null => {
    if (equation.primitive !== 'add' || inner.has(equation.outputs[0]!.id)) return null;
    const [output] = equation.outputs as [Variable];
    if (output.dtype !== 'float32') return null;
    const terms = termsOf(equation, inner, definitions);
    const groups = new Map<string, Product[]>();
    for (const term of terms) {
      if (term.form === null) continue;
      groups.set(term.form, [...(groups.get(term.form) ?? []), term]);
    }
    const joinable = [...groups.values()].filter((group) => pays(group, output));
    const gone = new Set<Term>(joinable.flat());
    const rest = terms.filter((term) => !gone.has(term)).map(({ atom }) => atom);
    const made: Equation[] = [];
    for (const group of joinable) {
      const { equations, result } = joined(group, fresh);
      made.push(...equations);
      rest.push(result);
    }
    if (made.length === 0) return null;
    return [...made, ...added(rest, output, fresh)];
  });
};

type Term = Product | { readonly atom: Atom; readonly form: null };

interface Product {
  readonly atom: Atom;
  /** Products of the same form can be joined. */
  readonly form: string;
  readonly dot: EquationOf<'dot'>;
  readonly sides: readonly [Operand, Operand];
  /** What becomes of the result after the product. */
  readonly moves: readonly Move[];
}

/** An equation that moves numbers and changes none. */
type Move = EquationOf<'reshape'> | EquationOf<'transpose'>;

/** `transpose(broadcast(source))`, either left out. */
interface Operand {
  readonly source: Variable;
  /** Axis of the source that is summed over. */
  readonly axis: number;
  readonly broadcast: EquationOf<'broadcast'>['params'] | null;
  readonly perm: readonly number[] | null;
}

/** Sums that only another sum of the same shape reads. */
function addsInsideSums(program: Program, definitions: Definitions): Set<number> {
  const inner = new Set<number>();
  for (const { primitive, inputs, outputs } of program.equations) {
    if (primitive !== 'add') continue;
    for (const atom of inputs) {
      if (isLiteral(atom) || definitions.of(atom, 'add') === null) continue;
      if (definitions.uses(atom) === 1 && String(atom.shape) === String(outputs[0]!.shape))
        inner.add(atom.id);
    }
  }
  return inner;
}

function termsOf(
  { inputs }: EquationOf<'add'>,
  inner: ReadonlySet<number>,
  definitions: Definitions,
): Term[] {
  return inputs.flatMap((atom) => {
    const sum = !isLiteral(atom) && inner.has(atom.id) ? definitions.of(atom, 'add') : null;
    return sum === null ? [termOf(atom, definitions)] : termsOf(sum, inner, definitions);
  });
}

function termOf(atom: Atom, definitions: Definitions): Term {
  const moves: Move[] = [];
  let at = atom;
  for (;;) {
    if (isLiteral(at) || definitions.uses(at) !== 1) return { atom, form: null };
    const move = definitions.of(at, 'reshape') ?? definitions.of(at, 'transpose');
    if (move === null) break;
    moves.unshift(move);
    at = move.inputs[0]!;
  }
  const dot = definitions.of(at, 'dot');
  if (dot === null) return { atom, form: null };
  const sides = dot.inputs.map((side) => operandOf(side, definitions));
  const [left, right] = sides;
  if (left == null || right == null) return { atom, form: null };
  const moved = moves.map(({ primitive, params }) => [primitive, params]);
  const form = JSON.stringify([formOf(left), formOf(right), moved]);
  return { atom, form, dot, sides: [left, right], moves };
}

function operandOf(atom: Atom, definitions: Definitions): Operand | null {
  const transpose = definitions.of(atom, 'transpose');
  const perm = transpose?.params.perm ?? null;
  const inside = transpose?.inputs[0] ?? atom;
  const place = perm === null ? atom.shape.length - 1 : perm.at(-1)!;
  const spread = definitions.of(inside, 'broadcast');
  const source = spread?.inputs[0] ?? inside;
  if (isLiteral(source) || source.dtype !== 'float32') return null;
  const lacking = spread?.params.axis ?? [];
  if (lacking.includes(place)) return null;
  const axis = place - lacking.filter((other) => other < place).length;
  if (source.shape[axis] !== inside.shape[place]) return null;
  return { source, axis, broadcast: spread?.params ?? null, perm };
}

/** All of an operand but how long its summed axis is. */
function formOf({ source, axis, broadcast, perm }: Operand): unknown {
  const place = broadcastPlace({ axis, broadcast });
  return [
    source.shape.with(axis, 0),
    axis,
    broadcast === null ? null : [broadcast.axis, broadcast.shape.with(place, 0)],
    perm,
  ];
}

/** Where an axis of the source lies after its broadcast. */
function broadcastPlace({ axis, broadcast }: Pick<Operand, 'axis' | 'broadcast'>): number {
  if (broadcast === null) return axis;
  const kept = broadcast.shape.flatMap((_, i) => (broadcast.axis.includes(i) ? [] : [i]));
  return kept[axis]!;
}

/** Putting operands side by side copies them; in return the partial results need not be added up. */
function pays(group: readonly Product[], output: Variable): boolean {
  const size = ({ shape }: Variable): number => shape.reduce((a, b) => a * b, 1);
  const copied = group.reduce((sum, { sides: [a, b] }) => sum + size(a.source) + size(b.source), 0);
  return group.length > 2 && copied < group.length * size(output);
}

function joined(
  group: readonly Product[],
  fresh: (like: Omit<Variable, 'id'>) => Variable,
): { readonly equations: readonly Equation[]; readonly result: Variable } {
  const [first] = group as [Product];
  const equations: Equation[] = [];
  const like = (shape: readonly number[]): Variable =>
    fresh({ shape, dtype: 'float32', weak: false });
  const sideBySide = (side: 0 | 1): Variable => {
    const { axis, broadcast, perm, source } = first.sides[side];
    const sources = group.map(({ sides }) => sides[side].source);
    const length = sources.reduce((sum, { shape }) => sum + shape[axis]!, 0);
    let value = like(source.shape.with(axis, length));
    equations.push({
      primitive: 'concatenate',
      params: { axis },
      inputs: sources,
      outputs: [value],
    });
    if (broadcast !== null) {
      const shape = broadcast.shape.with(broadcastPlace({ axis, broadcast }), length);
      const spread = like(shape);
      equations.push({
        primitive: 'broadcast',
        params: { shape, axis: broadcast.axis },
        inputs: [value],
        outputs: [spread],
      });
      value = spread;
    }
    if (perm !== null) {
      const turned = like(perm.map((from) => value.shape[from]!));
      equations.push({
        primitive: 'transpose',
        params: { perm },
        inputs: [value],
        outputs: [turned],
      });
      value = turned;
    }
    return value;
  };
  const inputs = [sideBySide(0), sideBySide(1)];
  let result = like(first.dot.outputs[0]!.shape);
  equations.push({ primitive: 'dot', params: {}, inputs, outputs: [result] });
  for (const move of first.moves) {
    const moved = like(move.outputs[0]!.shape);
    equations.push({ ...move, inputs: [result], outputs: [moved] });
    result = moved;
  }
  return { equations, result };
}

/** A sum into the given variable. */
function added(
  terms: readonly Atom[],
  output: Variable,
  fresh: (like: Omit<Variable, 'id'>) => Variable,
): Equation[] {
  if (terms.length === 1)
    // The variable stays; what it is changes.
    return [
      { primitive: 'reshape', params: { shape: output.shape }, inputs: terms, outputs: [output] },
    ];
  const equations: Equation[] = [];
  terms.slice(1).reduce((sum: Atom, term, i) => {
    const next = i === terms.length - 2 ? output : fresh(output);
    equations.push({ primitive: 'add', params: {}, inputs: [sum, term], outputs: [next] });
    return next;
  }, terms[0]!);
  return equations;
}
