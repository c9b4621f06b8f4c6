/**
 * The corpus `environment`: sounds that are neither speech nor music, and machine-made versions of them.
 * @module
 */

import { createRng, type Rng } from '../../core/rng.ts';
import { defineAssembly } from '../assembly.ts';
import type { Split } from '../composition.ts';
import { CORPUS_RATE } from '../equalise.ts';
import { ENVIRONMENT_SOUNDS, type EnvironmentSound } from '../sounds/environment-sounds.ts';
import { copyOf, generatorTable, SOUND_GENERATORS } from '../sounds/generator.ts';
import { makeWindows, type SoundJob } from '../sounds/windows.ts';

const NAME = 'environment';
const SEED = 'environment 1';
const WINDOW_SEC = 5;
const MOST_WINDOWS = 6;

/** No engine is in two splits. */
const GENERATORS: Readonly<Record<Split, readonly string[]>> = {
  train: ['griflim', 'lpc', 'mosaic'],
  dev: ['phase-random', 'phase-vocoder'],
  eval: ['texture', 'world', 'procedural'],
};

/** What the jobs of the corpus are made by. */
export const ENVIRONMENT_MAKER = {
  corpus: NAME,
  generators: generatorTable([
    ...SOUND_GENERATORS,
    ...['griflim', 'lpc', 'phase-vocoder', 'world'].map(copyOf),
  ]),
};

/** Of the sounds of a class: the rest trains. A class of two has one in eval and none in dev, a class of one is in train. */
const EVAL_SHARE = 0.3;
const DEV_SHARE = 0.2;

/**
 * Deals sounds into splits, class by class; no sound is in two.
 * @param limit of sounds of each class in each split, and of windows of each
 */
export function planEnvironment(
  sounds: readonly EnvironmentSound[],
  rng: Rng,
  limit = Number.POSITIVE_INFINITY,
): SoundJob[] {
  const classes = [...new Set(sounds.map((sound) => sound.class))].sort();
  return classes.flatMap((kind) => {
    const own = rng.split(kind).shuffle(sounds.filter((sound) => sound.class === kind));
    const forEval = own.length > 1 ? Math.max(1, Math.round(EVAL_SHARE * own.length)) : 0;
    const forDev = own.length > 2 ? Math.max(1, Math.round(DEV_SHARE * own.length)) : 0;
    const dealt: readonly (readonly [Split, EnvironmentSound[]])[] = [
      ['eval', own.slice(0, forEval)],
      ['dev', own.slice(forEval, forEval + forDev)],
      ['train', own.slice(forEval + forDev)],
    ];
    return dealt.flatMap(([split, some]) =>
      some.slice(0, limit).map((each) => jobOf(each, split, Math.min(MOST_WINDOWS, limit))),
    );
  });
}

function jobOf(each: EnvironmentSound, split: Split, most: number): SoundJob {
  const { id, class: kind, package: from, licence, sound } = each;
  return {
    id,
    split,
    sound,
    windowSec: WINDOW_SEC,
    most,
    generators: GENERATORS[split],
    domain: from,
    licence,
    group: { class: kind, verified: 'name only', package: from },
  };
}

/** Sounds of the environment, as an assembly. */
export const ENVIRONMENT = defineAssembly<SoundJob>({
  name: NAME,
  version: '2',
  sampleRate: CORPUS_RATE,
  seed: SEED,
  packages: {
    data: [...new Set(ENVIRONMENT_SOUNDS.map((sound) => sound.package))].sort(),
    programs: [],
    npm: [],
  },
  unit: 'sounds',
  disjoint: ['source', 'generator'],
  voices: [
    'No voices: sounds of three games and of a painting program for children, by the names of their files.',
  ],
  limits: [
    'Nobody has listened to all of it: classes are told from file names (group.verified), and games layer or synthesise sounds, also those that count as real here.',
    'Takes of one thing (four steps on gravel) are played one after the other and count as one sound; no sound is in two splits, but packages are: their recording habits can be known.',
    'The generators are signal processing; none is a neural model of sounds.',
    'Eight of 14 classes have fewer than ten sounds: enough to show a method, not to rank classifiers.',
  ],
  async plan(_, { limit }) {
    return {
      jobs: planEnvironment(ENVIRONMENT_SOUNDS, createRng(SEED).split('plan'), limit),
      shortages: [],
    };
  },
  make: (job, context) => makeWindows(job, context, ENVIRONMENT_MAKER),
});
