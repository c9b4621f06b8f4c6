import { readFileSync } from 'node:fs';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { caught, lineHere } from '../../../test/helpers/caught.ts';
import { CASES, type Draw } from '../../../test/helpers/conformance.ts';
import { hostArray } from '../arrays.ts';
import { compileFunction } from '../compile.ts';
import { np, type Traced, valueAndGrad } from '../jax.ts';
import type { OwnParams, Primitive, PrimitiveParams, TracedParams } from '../program.ts';
import type { Rule } from './rule.ts';
import { RULES } from './table.ts';

/** What the pinned jax-js can trace, from the enum that it declares; nested calls are inlined. */
const declarations = readFileSync(
  new URL('../../../node_modules/@jax-js/jax/dist/index.d.ts', import.meta.url),
  'utf8',
);
const body = /declare enum Primitive \{([\s\S]*?)\n\}/.exec(declarations)?.[1] ?? '';
const traced = [...body.matchAll(/^\s*\w+ = "(\w+)",?$/gm)]
  .map((match) => match[1]!)
  .filter((name) => name !== 'jit');

describe('the table of rules is total', () => {
  test('over every operation that the pinned jax-js can trace', () => {
    expect(traced.length).toBeGreaterThan(40);
    const listed = Object.keys(RULES);
    expect(traced.filter((name) => !listed.includes(name))).toEqual([]);
  });

  test('and every one of them is tried against jax-js', () => {
    expect(Object.keys(CASES).sort()).toEqual([...traced].sort());
  });

  test('as a type: an operation without a rule does not compile', () => {
    expectTypeOf<keyof typeof RULES>().toEqualTypeOf<Primitive>();
    expectTypeOf<Primitive>().toEqualTypeOf<keyof TracedParams | keyof OwnParams>();
    expectTypeOf<keyof TracedParams & keyof OwnParams>().toEqualTypeOf<never>();
    expectTypeOf<typeof RULES>().toEqualTypeOf<{ readonly [P in Primitive]: Rule<P> }>();
    expectTypeOf<PrimitiveParams['gather']>().toEqualTypeOf<TracedParams['gather']>();
    type Missing = Omit<typeof RULES, 'gather'>;
    expectTypeOf<Missing>().not.toExtend<{ readonly [P in Primitive]: Rule<P> }>();
  });

  test('the parameters of operations are those that jax-js declares', () => {
    const block = /interface PrimitiveParamsImpl [\s\S]*?\n\}/.exec(declarations)?.[0] ?? '';
    const names = new Map(
      [...body.matchAll(/^\s*(\w+) = "(\w+)"/gm)].map((match) => [match[1]!, match[2]!]),
    );
    const declared = [...block.matchAll(/\[Primitive\.(\w+)\]: \{([\s\S]*?)\n {2}\}/g)].map(
      (match) => ({
        name: names.get(match[1]!)!,
        keys: [...match[2]!.matchAll(/^\s*(\w+)\??:/gm)].map((key) => key[1]!),
      }),
    );
    expect(declared.length).toBeGreaterThan(15);
    const draw: Draw = {
      int: (min, max) => Math.min(max, Math.max(min, 1)),
      bool: () => true,
      of: (values) => values[0]!,
    };
    for (const { name, keys } of declared) {
      if (name === 'jit') continue;
      // The names are those of the enum, which CASES has all.
      const { params } = CASES[name as keyof TracedParams](draw);
      expect(Object.keys(params).sort(), name).toEqual(keys.sort());
    }
  });
});

describe('what cannot be lowered', () => {
  test('names the operation and the line of user code', () => {
    const x = hostArray([3], Int32Array.of(1, 4, 9));
    let line = 0;
    const f = (a: Traced): Traced => {
      line = lineHere() + 1;
      return np.sqrt(a);
    };
    expect(caught(() => compileFunction(f, [x] as const))).toMatchObject({
      code: 'compiler/unsupported',
      message: expect.stringMatching(/: sqrt\(int32\[3\]\) cannot be lowered: .* not of int32/),
      details: { primitive: 'sqrt', line: expect.stringContaining(`table.test.ts:${line}:`) },
    });
  });

  test('also inside a gradient', () => {
    const y = hostArray([3], Float32Array.of(1, 4, 9));
    let line = 0;
    const f = (a: Traced): Traced => {
      line = lineHere() + 1;
      const whole = np.sqrt(a.astype(np.int32));
      return np.sum(a.mul(whole.astype(np.float32)));
    };
    const error = caught(() => compileFunction((a) => valueAndGrad(f)(a), [y] as const));
    expect(error).toMatchObject({
      code: 'compiler/unsupported',
      details: { primitive: 'sqrt', line: expect.stringContaining(`table.test.ts:${line}:`) },
    });
  });
});
