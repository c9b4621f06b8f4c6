import { expect, test } from 'vitest';
import { tiny } from '../../test/helpers/tiny-recipe.ts';
import { createRng } from '../core/rng.ts';
import { readSafetensors, writeSafetensors } from '../graph/safetensors.ts';
import { withSettings } from './recipe.ts';
import { packWeights, unpackWeights } from './weights.ts';

const network = withSettings(tiny.definition, tiny.definition.settings.parse({}));
const weights = (seed: number) => network.init(createRng(seed), [8, 51]);

test('weights come back as they were, by readable names', () => {
  const bytes = packWeights(weights(1), { recipe: 'tiny' });
  expect(unpackWeights(bytes, weights(2))).toEqual(weights(1));
  const { tensors, metadata } = readSafetensors(bytes);
  expect(metadata).toEqual({ recipe: 'tiny' });
  expect(Object.keys(tensors).sort()).toEqual([
    'parameters.first.bias',
    'parameters.first.weight',
    'parameters.second.bias',
    'parameters.second.weight',
    'state.norm.mean',
    'state.norm.variance',
  ]);
  expect(tensors['parameters.first.weight']?.dims).toEqual([6, 8]);
});

test('weights that do not fit are refused by name, with both shapes', () => {
  const { tensors } = readSafetensors(packWeights(weights(1), {}));
  const reading = (changed: typeof tensors) => () =>
    unpackWeights(writeSafetensors({ tensors: changed, metadata: {} }), weights(1));
  const { 'parameters.first.bias': bias, ...rest } = tensors;
  expect(reading(rest)).toThrow(/has no parameters\.first\.bias, float32\[6\]/);
  expect(reading({ ...tensors, other: bias! })).toThrow(/network has no array other/);
  const short = { dims: [5], data: new Float32Array(5) };
  expect(reading({ ...rest, 'parameters.first.bias': short })).toThrow(
    /parameters\.first\.bias is float32\[5\], expected float32\[6\]/,
  );
  const whole = { dims: [6], data: new Int32Array(6) };
  expect(reading({ ...rest, 'parameters.first.bias': whole })).toThrow(/int32\[6\]/);
});
