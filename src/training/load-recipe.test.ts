import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadRecipe } from './load-recipe.ts';
import { RECIPES } from './recipes/index.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-recipes-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const file = async (name: string, text: string): Promise<string> => {
  const path = join(root, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, text);
  return path;
};

test('every recipe is found by its name; its defaults are allowed settings', async () => {
  for (const recipe of RECIPES) {
    const loaded = await loadRecipe(recipe.name);
    expect(loaded).toEqual({ recipe, settings: {}, identity: recipe.name, ref: recipe.name });
    expect(() => recipe.settings.parse({})).not.toThrow();
    expect(recipe.settings.safeParse({ 'no-such-setting': 1 }).success).toBe(false);
  }
});

test('a YAML file changes settings of a recipe, and of another YAML file', async () => {
  await file('base.yaml', 'recipe: lcnn\nseed: 3\nsettings: {epochs: 5, batch: 8}\n');
  const path = await file(
    'sub/deep.yml',
    'recipe: ../base.yaml\ncorpus: {reader: labelled-folder, root: clips}\nsettings:\n  batch: 4\n',
  );
  expect(await loadRecipe('sub/deep.yml', root)).toMatchObject({
    recipe: { name: 'lcnn' },
    settings: { epochs: 5, batch: 4 },
    seed: 3,
    corpus: { reader: 'labelled-folder', root: 'clips' },
    ref: 'sub/deep.yml',
  });
  expect((await loadRecipe(path)).identity).toBe('lcnn');
});

describe('a recipe that cannot be read is told by its code and place', () => {
  test.each([
    ['unknown.yaml', 'recipe: lcnn\nsettigns: {}\n', /unknown\.yaml.*settigns/],
    ['nothing.yaml', 'settings: {}\n', /nothing\.yaml\.recipe/],
    ['twice.yaml', 'recipe: lcnn\nrecipe: lcnn\n', /twice\.yaml: Map keys must be unique/],
    ['other.yaml', 'recipe: no-such\n', /there is no recipe no-such; there are lfcc-gmm/],
    ['empty.mjs', 'export const recipe = 1;\n', /empty\.mjs: expected `export default/],
    ['broken.mjs', 'export default (;\n', /broken\.mjs does not load/],
  ])('%s', async (name, text, message) => {
    await expect(loadRecipe(await file(name, text))).rejects.toMatchObject({
      code: 'training/bad-recipe',
      message: expect.stringMatching(message),
    });
  });

  test('a file that is not there', async () => {
    await expect(loadRecipe(join(root, 'none.yaml'))).rejects.toMatchObject({
      code: 'core/io-not-found',
    });
  });
});
