/**
 * Building corpora on the user's machine.
 * @module
 */

import { readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Json, RingtrueError } from '../core/errors.ts';
import { canonicalJson, hashJson } from '../core/hash.ts';
import { cacheFolder } from '../core/node/files.ts';
import type { WorkContext } from '../core/progress.ts';
import { ASSEMBLIES } from './assemblies/index.ts';
import { BACKGROUNDS_VERSION, buildBackgrounds } from './backgrounds.ts';
import { buildAssembly } from './build-assembly.ts';
import { buildSpeech } from './build-speech.ts';
import type { Composition } from './composition.ts';
import { SPEAKERS } from './generators/index.ts';
import { checkPlugIns, describePlugIn, type PlugInOptions } from './generators/plug-in.ts';
import { exists } from './packages.ts';
import { SPEECH_BASE } from './speech-base.ts';
import { SPEECH_MINI } from './speech-mini.ts';
import { buildToyCorpus } from './toy.ts';
import { COPIES } from './vocoders/index.ts';

/** A corpus that can be built. */
export interface CorpusEntry {
  readonly name: string;
  readonly summary: string;
  /** Megabytes that are downloaded first. */
  readonly downloadMb: number;
  /** Command that makes sense once it is built. */
  readonly next: string;
}

/** Every corpus that {@link buildCorpus} knows. */
export const CORPORA: readonly CorpusEntry[] = [
  {
    name: 'speech-mini',
    summary:
      '80 real sentences of 3 speakers in 3 languages, 160 fakes by 13 generators, equalised',
    downloadMb: 75,
    next: 'ringtrue corpus verify speech-mini',
  },
  {
    name: 'speech-base',
    summary:
      'about 2000 real sentences of 40 speakers in 13 languages and 4 domains, 4000 fakes by 31 generators, equalised',
    downloadMb: 600,
    next: 'ringtrue corpus verify speech-base',
  },
  {
    name: 'partial-spoof',
    summary:
      'about 600 recordings with synthetic spans joined in, each beside a control with the same cuts and no synthesis',
    downloadMb: 385,
    next: 'ringtrue corpus verify partial-spoof',
  },
  {
    name: 'replay',
    summary:
      'about 800 recordings as a microphone hears the talker, and as it hears a loudspeaker, in simulated rooms',
    downloadMb: 198,
    next: 'ringtrue corpus verify replay',
  },
  {
    name: 'backgrounds',
    summary:
      'real speech, music, ambience and impulse responses that the background-* and reverb-measured corruptions use',
    downloadMb: 57,
    next: 'ringtrue corruptions background-speech',
  },
  {
    name: 'environment',
    summary:
      'sounds of animals, water, fire, wind, machines, steps from games, and versions of them by 8 generators, equalised',
    downloadMb: 261,
    next: 'ringtrue corpus verify environment',
  },
  {
    name: 'music',
    summary:
      'music of six hands, and re-synthesised and sequenced versions of it by 10 generators, equalised; no AI music',
    downloadMb: 172,
    next: 'ringtrue corpus verify music',
  },
  {
    name: 'keystrokes',
    summary:
      'typing with the key and time of every stroke, and single keys: one keyboard, one take a key',
    downloadMb: 3,
    next: 'ringtrue datasets check keystrokes',
  },
  {
    name: 'toy',
    summary: 'seeded signals of our own; needs nothing; for tests, says nothing about speech',
    downloadMb: 0,
    next: 'ringtrue corpus verify toy',
  },
];

const GENERATOR_IDS = [...Object.keys(SPEAKERS), ...Object.keys(COPIES)];

/** The corpora that the engine of compositions builds. */
const COMPOSITIONS: Readonly<Record<string, Composition>> = {
  'speech-mini': SPEECH_MINI,
  'speech-base': SPEECH_BASE,
};

/** Where and how a corpus is built. */
export interface BuildOptions {
  /** @default the cache folder `corpora/NAME` */
  readonly out?: string;
  /** Threads. @default all cores */
  readonly workers?: number;
  /** True builds again what is built. @default false */
  readonly force?: boolean;
  /** At most this many groups of each speaker (sounds of a class, pieces of an album, …): a small variant, in a folder of its own. */
  readonly limit?: number;
  /** Generators of your own, which make further fakes: a variant, in a folder of its own. */
  readonly generators?: readonly PlugInOptions[];
}

/**
 * Builds a corpus, or continues a build that was stopped.
 * @returns its folder
 * @throws RingtrueError `corpora/unknown`, `corpora/bad-generators`, `corpora/package-unavailable`,
 * `corpora/generator-failed`, `core/cancelled`
 */
export async function buildCorpus(
  name: string,
  options: BuildOptions = {},
  work: WorkContext = {},
): Promise<string> {
  if (!CORPORA.some((entry) => entry.name === name)) {
    throw new RingtrueError('corpora/unknown', `there is no corpus ${name}`, {
      details: { known: CORPORA.map((entry) => entry.name) },
    });
  }
  const { workers = availableParallelism(), force = false, limit, generators = [] } = options;
  const composition = COMPOSITIONS[name];
  const assembly = ASSEMBLIES[name];
  const plugIns =
    generators.length === 0
      ? []
      : checkPlugIns(generators, { where: 'generators', known: GENERATOR_IDS });
  const variant: Readonly<Record<string, Json>> = {
    ...(limit === undefined ? {} : { limit }),
    ...(plugIns.length === 0 ? {} : { generators: plugIns.map(describePlugIn) }),
  };
  const isPlain = Object.keys(variant).length === 0;
  if (limit !== undefined && composition === undefined && assembly === undefined) {
    throw new RingtrueError(
      'core/invalid-options',
      `${name} has no small variant: leave out limit`,
    );
  }
  if (plugIns.length > 0 && composition === undefined) {
    throw new RingtrueError('core/invalid-options', `${name} takes no generators of your own`);
  }
  const suffix = isPlain ? '' : `-${hashJson(variant).slice(0, 8)}`;
  const out = options.out ?? cacheFolder('corpora', `${name}${suffix}`);
  if (force) await rm(out, { recursive: true, force: true });
  else if (await isBuilt(out, name, variant)) return out;
  if (composition !== undefined) {
    await buildSpeech({ composition, out, workers, limit, plugIns, variant, force }, work);
  } else if (assembly !== undefined) {
    await buildAssembly({ assembly, out, workers, limit, variant, force }, work);
  } else if (name === 'toy') await buildToyCorpus(out, {}, work);
  else await buildBackgrounds(out, work);
  return out;
}

/** Version of a corpus that is built here; undefined for the toy corpus, which is made anew each time. */
export function corpusVersion(name: string): string | undefined {
  if (name === 'backgrounds') return BACKGROUNDS_VERSION;
  return (COMPOSITIONS[name] ?? ASSEMBLIES[name])?.version;
}

/** Whether a folder holds this version and variant of a corpus, with the promises of today. */
async function isBuilt(out: string, name: string, variant: Json): Promise<boolean> {
  if (!(await exists(join(out, 'manifest.jsonl')))) return false;
  const same = (a: Json | undefined, b: Json | undefined): boolean =>
    canonicalJson(a ?? null) === canonicalJson(b ?? null);
  try {
    const card = JSON.parse(await readFile(join(out, 'corpus.json'), 'utf8'));
    // Promises are plain data of our own.
    const promised = (COMPOSITIONS[name] ?? ASSEMBLIES[name])?.disjoint as Json | undefined;
    return (
      card.version === corpusVersion(name) &&
      same(card.options ?? {}, variant) &&
      (promised === undefined || same(card.disjoint, promised))
    );
  } catch {
    return false;
  }
}
