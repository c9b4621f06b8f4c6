import { expect, test } from 'vitest';
import { isHostArray } from '../../compiler/arrays.ts';
import { leavesOf } from '../../compiler/tree.ts';
import { createRng } from '../../core/rng.ts';
import { frontEndSchema } from '../../models/network/front-end.ts';
import { exampleDims } from '../data/example.ts';
import { countParameters, withSettings } from '../recipe.ts';
import { firstState, shownWeights } from '../step.ts';
import { branch } from '../trees.ts';
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
