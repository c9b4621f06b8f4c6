/**
 * Module hooks for recipes: TypeScript loses its types, `ringtrue` means the running package. Node runs
 * this file on a thread of its own.
 *
 * Node 20 imports no TypeScript. sucrase takes the types away line by line (no type checks), in plain
 * JavaScript of 2 MB; the compiler itself has 23 MB, esbuild is a native program.
 * @module
 */

import { readFile } from 'node:fs/promises';
import type { InitializeHook, LoadHook, ResolveHook } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transform } from 'sucrase';

let root = '';

/** Told once where the package lies. */
export const initialize: InitializeHook<{ root: string }> = (data) => {
  root = data.root;
};

/** `ringtrue` and `ringtrue/…` are looked up in the package that runs. */
export const resolve: ResolveHook = (specifier, context, next) => {
  if (specifier !== 'ringtrue' && !specifier.startsWith('ringtrue/'))
    return next(specifier, context);
  // Its own package.json has the exports.
  return next(specifier, { ...context, parentURL: new URL('package.json', root).href });
};

/** Takes the types away. */
export const load: LoadHook = async (url, context, next) => {
  if (!/^file:.*\.m?ts$/.test(url)) return next(url, context);
  const path = fileURLToPath(url);
  const { code } = transform(await readFile(path, 'utf8'), {
    transforms: ['typescript'],
    filePath: path,
    disableESTransforms: true,
    preserveDynamicImport: true,
  });
  return { format: 'module', source: code, shortCircuit: true };
};
