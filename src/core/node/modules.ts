/**
 * Where built files lie, and loading of optional packages.
 * @module
 */

import { RingtrueError } from '../errors.ts';

/**
 * URL of a sibling module to be run in a worker thread or another process. Workers run the built
 * files: when the caller runs from `src/` (under the test runner), the same file in `dist/` is named.
 * @param from `import.meta.url` of the caller
 * @param relative path of the module from the caller, ending in `.ts`
 */
export function builtUrl(from: string, relative: `./${string}.ts` | `../${string}.ts`): URL {
  const url = new URL(relative, from);
  url.pathname = url.pathname.replace(/\/src\/(?!.*\/src\/)/, '/dist/').replace(/\.ts$/, '.js');
  return url;
}

/** Path of a file at the root of the package, such as `models/lfcc-gmm/model.json`. */
export function packageUrl(path: string): URL {
  // This module is src/core/node/modules.ts or dist/core/node/modules.js: three folders down either way.
  return new URL(`../../../${path}`, import.meta.url);
}

/**
 * Loads an optional package.
 * @throws RingtrueError `core/missing-dependency`, with the command that installs it
 */
export async function importOptional<T>(
  name: string,
  version: string,
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw new RingtrueError(
      'core/missing-dependency',
      `the package ${name} is not installed or does not load`,
      {
        details: { package: name, version },
        hint: `npm install --ignore-scripts ${name}@${version}`,
        cause: error,
      },
    );
  }
}
