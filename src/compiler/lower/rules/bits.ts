/**
 * Bits read as another type, and random bits.
 * @module
 */

import type { ValueName } from '../../../graph/build.ts';
import { DATA_TYPES } from '../../../graph/elements.ts';
import { sizeOf } from '../../arrays.ts';
import { type Emitter, STORAGE } from '../emitter.ts';
import { denseView, type Rule } from '../rule.ts';

import { cast } from './elementwise.ts';
import { emptyView } from './shape.ts';

/** The same bits as another type: between int32 and uint32 nothing, else ONNX's BitCast. */
export const bitcast: Rule<'bitcast'> = (emitter, { params }, [view]) => {
  const { dtype } = params;
  const { base, dims } = view!;
  const name =
    STORAGE[base.dtype] === STORAGE[dtype]
      ? base.name
      : emitter.node('BitCast', [base.name], { attributes: { to: DATA_TYPES[STORAGE[dtype]] } });
  return [{ base: { ...base, name, dtype }, dims }];
};

/** Rotations of the rounds, in turn four of the first and four of the second (Salmon et al., SC 2011, table 2). */
const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

const PARITY = 0x1bd11bda;

/**
 * Threefry-2×32 with 20 rounds of counters (0, i), i counting the elements that one key makes: jax-js's
 * generator, bit for bit.
 */
export const randomBits: Rule<'random_bits'> = (emitter, { params, outputs }, operands) => {
  const { shape } = outputs[0]!;
  if (shape.includes(0)) return [emptyView(emitter, shape, 'uint32')];
  const keyShape = shape.slice(0, operands[0]!.dims.length);
  const count = sizeOf(shape.slice(keyShape.length));
  const word = (value: number): ValueName => emitter.constant([], Uint32Array.of(value));
  const node = (name: string, ...names: ValueName[]): ValueName => emitter.node(name, names);
  const [first, second] = operands.map((view) =>
    cast(
      emitter,
      emitter.arrange(view, [...view.dims.map((_, axis) => [axis]), []], { expand: true }),
      'uint32',
    ),
  ) as [ValueName, ValueName];
  const third = node('BitwiseXor', node('BitwiseXor', first, second), word(PARITY));
  const schedule = [first, second, third];
  const number = (value: number): ValueName => emitter.scalar(value, 'int32');
  const counters = cast(emitter, node('Range', number(0), number(count), number(1)), 'uint32');
  let x = first;
  let y = node('Add', counters, second);
  for (let group = 0; group < 5; group += 1) {
    for (const rotation of ROTATIONS[group % 2]!) {
      x = node('Add', x, y);
      y = node('BitwiseXor', rotateLeft(emitter, y, { by: rotation, word }), x);
    }
    const injected = node('Add', schedule[(group + 2) % 3]!, word(group + 1));
    x = node('Add', x, schedule[(group + 1) % 3]!);
    y = node('Add', y, injected);
  }
  const { mode } = params;
  const bits = mode === 'xor' ? node('BitwiseXor', x, y) : mode === 0 ? x : y;
  const dims = [...keyShape, count];
  const view = denseView(cast(emitter, bits, 'int32'), dims, 'uint32');
  return [emitter.reshape(view, shape)];
};

function rotateLeft(
  emitter: Emitter,
  name: ValueName,
  { by, word }: { readonly by: number; readonly word: (value: number) => ValueName },
): ValueName {
  const shift = (amount: number, direction: 'LEFT' | 'RIGHT'): ValueName =>
    emitter.node('BitShift', [name, word(amount)], { attributes: { direction } });
  return emitter.node('BitwiseOr', [shift(by, 'LEFT'), shift(32 - by, 'RIGHT')]);
}
