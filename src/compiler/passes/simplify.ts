/**
 * Small algebra on programs: subtraction and division recognised, changes of nothing folded away.
 * @module
 */

import { type Atom, type Equation, isLiteral, type Program } from '../program.ts';
import {
  type Definitions,
  definitionsOf,
  type Pass,
  type Replacement,
  rewrite,
  sameShape,
} from './rewrite.ts';

/** Folds changes of nothing, then applies the rules, each in the order of the program. */
export const simplify: Pass = (program: Program) => recognise(foldZeros(program));

/** Uses of a change of nothing become what they are without it. */
function foldZeros(program: Program): Program {
  const definitions = definitionsOf(program);
  const zeros = new Set<number>();
  const isZero = (atom: Atom): boolean =>
    isLiteral(atom) ? atom.literal === 0 : zeros.has(atom.id);
  return rewrite(program, (equation) => {
    if (isKnownZero(equation, definitions, isZero)) zeros.add(equation.outputs[0]!.id);
    if (equation.primitive !== 'add') return null;
    const [a, b] = equation.inputs as [Atom, Atom];
    if (!isLiteral(b) && isZero(b) && isLike(a, equation)) return { aliases: [a] };
    if (!isLiteral(a) && isZero(a) && isLike(b, equation)) return { aliases: [b] };
    return null;
  });
}

/** True where a value has the shape and type of an equation's result. */
function isLike(atom: Atom, { outputs }: Equation): boolean {
  return atom.dtype === outputs[0]!.dtype && sameShape(atom, outputs[0]!);
}

function recognise(program: Program): Program {
  const definitions = definitionsOf(program);
  return rewrite(program, (equation) => recognised(equation, definitions));
}

/**
 * A change of nothing (x − stop(x), see `withTangent`) and what is linear in it. Products of zero are
 * folded only for these zeros: elsewhere 0 · ∞ has to stay NaN.
 */
function isKnownZero(
  { primitive, inputs }: Equation,
  definitions: Definitions,
  isZero: (atom: Atom) => boolean,
): boolean {
  const derived = (atom: Atom): boolean => !isLiteral(atom) && isZero(atom);
  switch (primitive) {
    case 'add': {
      const [a, b] = inputs as [Atom, Atom];
      const negated = definitions.of(b, 'neg')?.inputs[0];
      const stopped = negated === undefined ? null : definitions.of(negated, 'stop_gradient');
      return stopped?.inputs[0] === a || (derived(a) && derived(b));
    }
    case 'mul':
    case 'dot':
    case 'conv':
      return inputs.some(derived);
    case 'neg':
    case 'reduce':
    case 'transpose':
    case 'broadcast':
    case 'reshape':
    case 'flip':
    case 'shrink':
    case 'pad':
    case 'cast':
    case 'stop_gradient':
      return derived(inputs[0]!);
    case 'concatenate':
      return inputs.every(derived);
    case 'where':
      return inputs.slice(1).every((atom) => derived(atom) || isZero(atom));
    default:
      return false;
  }
}

function recognised(equation: Equation, definitions: Definitions): Replacement {
  const { primitive, inputs, outputs } = equation;
  if (primitive === 'stop_gradient' && !isLiteral(inputs[0]!)) return { aliases: [inputs[0]!] };
  const [a, b] = inputs as [Atom, Atom];
  const binary = (name: 'sub' | 'div', operands: readonly Atom[]): Equation[] => [
    { primitive: name, params: {}, inputs: operands, outputs },
  ];
  if (primitive === 'add') {
    const second = definitions.of(b, 'neg');
    if (second !== null) return binary('sub', [a, second.inputs[0]!]);
    const first = definitions.of(a, 'neg');
    if (first !== null) return binary('sub', [b, first.inputs[0]!]);
  }
  if (primitive === 'mul' && outputs[0]!.dtype.startsWith('float')) {
    const second = definitions.of(b, 'reciprocal');
    if (second !== null) return binary('div', [a, second.inputs[0]!]);
    const first = definitions.of(a, 'reciprocal');
    if (first !== null) return binary('div', [b, first.inputs[0]!]);
    if (isLiteral(b) && b.literal === -1)
      return [{ primitive: 'neg', params: {}, inputs: [a], outputs }];
  }
  return null;
}
