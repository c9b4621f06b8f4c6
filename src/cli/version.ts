/**
 * The version of this package.
 * @module
 */

import { readFile } from 'node:fs/promises';
import { packageUrl } from '../core/node/modules.ts';

/** Version in package.json. */
export async function readPackageVersion(): Promise<string> {
  const parsed: unknown = JSON.parse(await readFile(packageUrl('package.json'), 'utf8'));
  const version =
    typeof parsed === 'object' && parsed !== null && 'version' in parsed
      ? parsed.version
      : undefined;
  return String(version);
}
