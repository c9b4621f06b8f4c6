/**
 * Recipes by name, from a module, or from a YAML file that changes settings of another.
 * @module
 */

import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { dirname, extname, isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { RingtrueError, toRingtrueError } from '../core/errors.ts';
import { hashBytes } from '../core/hash.ts';
import { builtUrl, packageUrl } from '../core/node/modules.ts';
import { parseOptions } from '../core/schema.ts';
import { parseYaml } from '../core/yaml.ts';
import type { CorpusSpec } from '../datasets/open.ts';
import type { Recipe } from './recipe.ts';
import { RECIPES } from './recipes/index.ts';

/** Content of a YAML recipe. */
export const recipeFileSchema = z.strictObject({
  recipe: z
    .string()
    .min(1)
    .describe('name of a recipe, or a .ts, .js or .yaml file, relative to this one'),
  corpus: z
    .union([z.string().min(1), z.looseObject({ reader: z.string(), root: z.string() })])
    .optional()
    .describe('what to train on; --corpus says otherwise'),
  seed: z.int().min(0).optional().describe('of everything random; --seed says otherwise'),
  settings: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('settings of the recipe that differ from its defaults'),
});

/** A recipe with the settings that were given. */
export interface LoadedRecipe {
  /** What is trained. */
  readonly recipe: Recipe;
  /** Not yet parsed by the recipe's schema. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What to train on, if it was given. */
  readonly corpus?: CorpusSpec;
  /** Seed of the training, if it was given. */
  readonly seed?: number;
  /** Name, with a hash of its file if it has one: what a run folder is compared by. */
  readonly identity: string;
  /** Name or file, as a command line would give it. */
  readonly ref: string;
}

/**
 * Loads a recipe.
 * @param ref a name of {@link RECIPES}, or a `.ts`, `.mts`, `.js`, `.mjs`, `.yaml` or `.yml` file
 * @throws RingtrueError `training/bad-recipe`, `core/io-not-found`
 */
export async function loadRecipe(ref: string, cwd = process.cwd()): Promise<LoadedRecipe> {
  const named = RECIPES.find(({ name }) => name === ref);
  if (named !== undefined) return namedRecipe(named);
  const kind = extname(ref).toLowerCase();
  const path = isAbsolute(ref) ? ref : resolve(cwd, ref);
  if (kind === '.yaml' || kind === '.yml') return { ...(await loadYaml(path)), ref };
  if (['.ts', '.mts', '.js', '.mjs'].includes(kind)) return { ...(await loadModule(path)), ref };
  throw new RingtrueError(
    'training/bad-recipe',
    `there is no recipe ${ref}; there are ${RECIPES.map(({ name }) => name).join(', ')}, and files that end in .ts, .js or .yaml`,
  );
}

/** One of {@link RECIPES}, as it is. */
export function namedRecipe(recipe: Recipe): LoadedRecipe {
  return { recipe, settings: {}, identity: recipe.name, ref: recipe.name };
}

async function loadYaml(path: string): Promise<LoadedRecipe> {
  const text = (await readBytes(path)).toString('utf8');
  const where = { where: path, code: 'training/bad-recipe' } as const;
  const { recipe, corpus, seed, settings } = parseOptions(
    recipeFileSchema,
    parseYaml(text, where),
    where,
  );
  const base = await loadRecipe(recipe, dirname(path));
  return {
    ...base,
    ...(corpus === undefined ? {} : { corpus }),
    ...(seed === undefined ? {} : { seed }),
    settings: { ...base.settings, ...settings },
  };
}

async function loadModule(path: string): Promise<LoadedRecipe> {
  const bytes = await readBytes(path);
  registerHooks();
  let exports: unknown;
  try {
    exports = await import(pathToFileURL(path).href);
  } catch (error) {
    throw new RingtrueError(
      'training/bad-recipe',
      `${path} does not load: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
  const recipe =
    typeof exports === 'object' && exports !== null && 'default' in exports
      ? exports.default
      : undefined;
  if (!isRecipe(recipe)) {
    throw new RingtrueError(
      'training/bad-recipe',
      `${path}: expected \`export default defineRecipe({…})\``,
    );
  }
  return { recipe, settings: {}, identity: `${recipe.name} ${hashBytes(bytes)}`, ref: path };
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw toRingtrueError(error, 'core/io-failed');
  }
}

function isRecipe(value: unknown): value is Recipe {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    'fit' in value &&
    typeof value.fit === 'function' &&
    'settings' in value &&
    value.settings instanceof z.ZodObject
  );
}

let registered = false;

/** From now on modules may be TypeScript, and `ringtrue` is this very package. */
export function registerHooks(): void {
  if (registered) return;
  registered = true;
  register(builtUrl(import.meta.url, './typescript-hooks.ts'), {
    data: { root: packageUrl('').href },
  });
}
