/**
 * What makes a machine's version of a window of sound.
 * @module
 */

import type { Rng } from '../../core/rng.ts';
import type { PackageRoot } from '../packages.ts';
import { COPIES } from '../vocoders/index.ts';
import { type Mosaic, mosaic } from './mosaic.ts';
import { phaseRandom } from './phase-random.ts';
import { isProcedural, procedural } from './procedural.ts';
import { texture } from './texture.ts';

/** A window and what is known of its surroundings, all one channel at 16 kHz. */
export interface Material {
  readonly x: Float32Array;
  /** What is played at once in the window, as long as it; none where there is but the mixture. */
  readonly stems: readonly Float32Array[];
  /** The same sound before and after the window. */
  readonly rest: Mosaic['rest'];
  /** Of the row in the manifest: `class` of the sound. */
  readonly tags: Readonly<Record<string, string>>;
}

/** A way to make a machine's version of a window. */
export interface SoundGenerator {
  readonly id: string;
  /** What does the work: no two splits share one. */
  readonly engine: string;
  /** Kind of synthesis, for leave-one-family-out protocols. */
  readonly family: string;
  /** True where few materials suit it: it is then never left out of those. @default false */
  readonly isRare?: boolean;
  /** True for material that it can be made of. */
  suits(material: Material): boolean;
  /**
   * @param rng draws all that is random
   * @returns `[x.length]` at 16 kHz
   * @throws RingtrueError `corpora/generator-failed`
   */
  make(material: Material, root: PackageRoot, rng: Rng): Float32Array | Promise<Float32Array>;
}

/** A vocoder of speech that is fed another sound. */
export function copyOf(id: string): SoundGenerator {
  const method = COPIES[id]!;
  return {
    id,
    engine: method.engine,
    family: method.family,
    suits: () => true,
    make: ({ x }, root, rng) => method.copy(x, root, rng),
  };
}

/** Seconds of other sound that pieces can be chosen from. */
const MIN_REST_SEC = 4;

/** Generators of our own that need no stems, by id. */
export const SOUND_GENERATORS: readonly SoundGenerator[] = [
  {
    id: 'phase-random',
    engine: 'phase-random',
    family: 'phase',
    suits: () => true,
    make: ({ x }, _, rng) => phaseRandom(x, rng),
  },
  {
    id: 'texture',
    engine: 'texture',
    family: 'texture',
    suits: () => true,
    make: ({ x }, _, rng) => texture(x, rng),
  },
  {
    id: 'mosaic',
    engine: 'mosaic',
    family: 'concatenative',
    suits: ({ rest }) => rest.some(({ length }) => length >= MIN_REST_SEC * 16000),
    make: ({ x, rest }, _, rng) => mosaic({ x, rest }, rng),
  },
  {
    id: 'procedural',
    engine: 'procedural',
    family: 'procedural',
    isRare: true,
    suits: ({ tags }) => isProcedural(tags.class),
    make: ({ x, tags }, _, rng) => procedural(tags.class, x.length, rng),
  },
];

/** A table of generators by id. */
export function generatorTable(
  generators: readonly SoundGenerator[],
): Readonly<Record<string, SoundGenerator>> {
  return Object.fromEntries(generators.map((each) => [each.id, each]));
}
