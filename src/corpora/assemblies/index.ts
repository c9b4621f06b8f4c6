/**
 * Every corpus that is built job by job.
 * @module
 */

import type { AnyAssembly } from '../assembly.ts';
import { ENVIRONMENT } from './environment.ts';
import { KEYSTROKES } from './keystrokes.ts';
import { MUSIC } from './music.ts';
import { PARTIAL_SPOOF } from './partial-spoof.ts';
import { REPLAY } from './replay.ts';

/** Assemblies by name of the corpus. */
export const ASSEMBLIES: Readonly<Record<string, AnyAssembly>> = byName([
  ENVIRONMENT,
  KEYSTROKES,
  MUSIC,
  PARTIAL_SPOOF,
  REPLAY,
]);

function byName(assemblies: readonly AnyAssembly[]): Record<string, AnyAssembly> {
  return Object.fromEntries(assemblies.map((each) => [each.name, each]));
}
