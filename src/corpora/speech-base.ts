/**
 * The composition of speech-base: four domains of real speech in thirteen languages, spoken and copied fakes of
 * the same sentences, split by speaker, generator and language.
 * @module
 */

import { createRng } from '../core/rng.ts';
import { type Cast, planCasts, type Slot } from './casting.ts';
import type { Composition, Split } from './composition.ts';
import { CORPUS_RATE } from './equalise.ts';
import { EQUALISE_STEPS } from './equalise-group.ts';
import { isMinorCharacter } from './sources/fillets.ts';
import { SOURCES, type SourceId, voicesOf } from './sources/index.ts';
import { SPEECH_MINI_PACKAGES } from './speech-mini.ts';

const SEED = 'speech-base 1';

/*
 * Copies by engine, so that no engine is in two splits: Griffin–Lim, linear prediction and SPTK's filter are
 * trained on, the phase vocoder is new in dev, WORLD-like, LPCNet and PSOLA are for eval.
 */
const TRAIN_COPIES: Slot = { griflim: 1, mlsa: 1, lpc: 1, 'lpc-codec': 1, 'mlsa-vc': 2 };
const DEV_COPIES: Slot = { 'phase-vocoder': 1, 'pitch-shift': 1 };
const EVAL_COPIES: Slot = { world: 3, psola: 3, 'lpcnet-f': 1, 'lpcnet-q': 1 };

/** One in so many recordings also comes through a harsh codec, as itself. */
const CONTROLS = 0.05;

const TRAIN_SPOKEN: Readonly<Record<string, Slot>> = {
  en: {
    espeak: 1,
    mespeak: 1,
    gnuspeech: 2,
    'flite-slt': 2,
    'flite-awb': 2,
    'flite-rms': 2,
    'flite-kal16': 2,
    'fest-kal': 2,
    'fest-ked': 2,
    'fest-slthts': 2,
  },
  cs: { espeak: 1, mespeak: 1, 'fest-dita': 2, 'fest-machac': 2 },
};

/** Where nothing but formant synthesis speaks a language, a third of the groups has a second copy in its place. */
const WITHOUT_VOICES: readonly Slot[] = [
  { espeak: 1, mespeak: 1, 'mlsa-vc': 1 },
  { griflim: 1, mlsa: 1, lpc: 1, 'lpc-codec': 1 },
];

/** SPTK's filter is not stable on the Dutch recordings, which have nothing above some kilohertz. */
const DUTCH: readonly Slot[] = [
  { espeak: 1, mespeak: 1, griflim: 1 },
  { lpc: 1, 'lpc-codec': 1 },
];
/** Where nothing but copies is made. */
const DUTCH_TRAIN_COPIES: Slot = { griflim: 1, lpc: 1, 'lpc-codec': 1 };

const seenFakes = (language: string): readonly Slot[] => {
  if (language === 'nl') return DUTCH;
  const spoken = TRAIN_SPOKEN[language];
  return spoken === undefined ? WITHOUT_VOICES : [spoken, TRAIN_COPIES];
};

/** meSpeak has no voice for the languages that the train split lacks. */
const SEEN_IN_FOREIGN: readonly Slot[] = [{ espeak: 2, 'mlsa-vc': 1 }, WITHOUT_VOICES[1]!];

/** Klatt's synthesis and the neural vocoder behind eSpeak, where a language has no other unseen voice. */
const UNSEEN_SPOKEN: Slot = { klatt: 2, 'espeak+lpcnet': 1 };

const train = (language: string, groups: number): Cast['parts'] => [
  { split: 'train', groups, fakes: seenFakes(language), controls: CONTROLS },
];

/** What copies recordings of a source in a split. */
function copiesOf(split: Split, source: SourceId): Slot {
  if (split === 'dev') return DEV_COPIES;
  if (split === 'eval') return EVAL_COPIES;
  return source === 'fillets-nl' ? DUTCH_TRAIN_COPIES : TRAIN_COPIES;
}

/** The same speakers and language, first with generators of the train split, then with others. */
const evalSeen = (language: string, unseen: Slot, groups: number): Cast['parts'] => [
  {
    split: 'eval',
    part: 'unseen-speaker',
    groups,
    fakes: seenFakes(language),
    controls: CONTROLS,
  },
  {
    split: 'eval',
    part: 'unseen-generator',
    groups,
    fakes: [unseen, EVAL_COPIES],
    controls: CONTROLS,
  },
];

/** A language of which the train split has nothing, first with its generators, then with others. */
const evalForeign = (unseen: Slot, groups: number): Cast['parts'] => [
  {
    split: 'eval',
    part: 'unseen-language',
    groups,
    fakes: SEEN_IN_FOREIGN,
    controls: CONTROLS,
  },
  {
    split: 'eval',
    part: 'unseen-all',
    groups,
    fakes: [unseen, EVAL_COPIES],
    controls: CONTROLS,
  },
];

/**
 * A language and a speaker of its own, half of it with generators of the train split: with none of them, what is
 * chosen on dev would be chosen on another task than eval.
 */
const dev = (language: string, unseen: Slot, groups: number): Cast['parts'] => [
  { split: 'dev', part: 'unseen-language', groups, fakes: seenFakes(language) },
  { split: 'dev', part: 'unseen-all', groups, fakes: [unseen, DEV_COPIES] },
];

/** Who speaks, in the order in which sentences are given out. */
export const SPEECH_BASE_CASTS: readonly Cast[] = [
  { id: 'allison-en', source: 'asterisk-en', minText: 20, maxText: 130, parts: train('en', 240) },
  { id: 'allison-es', source: 'asterisk-es', minText: 20, maxText: 130, parts: train('es', 100) },
  { id: 'june', source: 'asterisk-fr', minText: 20, maxText: 130, parts: train('fr', 140) },
  {
    id: 'cs-small',
    source: 'fillets-cs',
    of: ({ speaker }) => speaker === 'cs-small',
    minText: 15,
    maxText: 110,
    parts: train('cs', 160),
  },
  {
    id: 'cs-minor',
    source: 'fillets-cs',
    of: isMinorCharacter,
    minText: 12,
    maxText: 110,
    parts: train('cs', 70),
  },
  {
    id: 'nl-small',
    source: 'fillets-nl',
    of: ({ speaker }) => speaker === 'nl-small',
    minText: 15,
    maxText: 110,
    parts: train('nl', 120),
  },
  { id: 'tux-es', source: 'tux-es', minText: 14, maxText: 110, parts: train('es', 120) },
  { id: 'tux-ro', source: 'tux-ro', minText: 14, maxText: 110, parts: train('ro', 110) },
  {
    id: 'carlo',
    source: 'asterisk-it',
    minText: 20,
    maxText: 130,
    parts: dev('it', { 'fest-lp': 1, 'fest-pc': 1 }, 70),
  },
  {
    id: 'tux-ca',
    source: 'tux-ca',
    minText: 14,
    maxText: 110,
    parts: dev('ca', { 'fest-onahts': 1 }, 55),
  },
  {
    id: 'cs-big',
    source: 'fillets-cs',
    of: ({ speaker }) => speaker === 'cs-big',
    minText: 15,
    maxText: 110,
    parts: evalSeen('cs', { 'fest-krb': 2, 'fest-ph': 2, klatt: 1, 'espeak+lpcnet': 1 }, 70),
  },
  {
    id: 'nl-big',
    source: 'fillets-nl',
    of: ({ speaker }) => speaker === 'nl-big',
    minText: 15,
    maxText: 110,
    parts: evalSeen('nl', UNSEEN_SPOKEN, 50),
  },
  {
    id: 'tux-fr',
    source: 'tux-fr',
    minText: 14,
    maxText: 110,
    parts: evalSeen('fr', UNSEEN_SPOKEN, 50),
  },
  {
    id: 'ivr-ru',
    source: 'asterisk-ru',
    minText: 20,
    maxText: 130,
    parts: evalForeign({ klatt: 1, 'espeak+lpcnet': 1, 'fest-nshcl': 2 }, 50),
  },
  {
    id: 'nsh',
    source: 'festvox-ru',
    minText: 30,
    maxText: 110,
    parts: evalForeign(UNSEEN_SPOKEN, 70),
  },
  {
    id: 'tux-ru',
    source: 'tux-ru',
    minText: 14,
    maxText: 110,
    parts: evalForeign({ klatt: 1, 'espeak+lpcnet': 1, 'fest-nshcl': 2 }, 35),
  },
  {
    id: 'tux-be',
    source: 'tux-be',
    minText: 14,
    maxText: 110,
    parts: evalForeign(UNSEEN_SPOKEN, 25),
  },
  {
    id: 'tux-bg',
    source: 'tux-bg',
    minText: 14,
    maxText: 110,
    parts: evalForeign(UNSEEN_SPOKEN, 30),
  },
  {
    id: 'tux-el',
    source: 'tux-el',
    minText: 14,
    maxText: 110,
    parts: evalForeign(UNSEEN_SPOKEN, 30),
  },
  {
    id: 'tux-da',
    source: 'tux-da',
    minText: 10,
    maxText: 110,
    parts: evalForeign(UNSEEN_SPOKEN, 20),
  },
];

/** Recordings of speech-base for another corpus. */
export interface TakenCasts {
  /** Recordings by id of the cast; others are left out. */
  readonly counts: Readonly<Record<string, number>>;
  readonly minActiveSec: number;
  /** True deals each recording a copy by a generator of its split. */
  readonly copied: boolean;
}

/** Casts of speech-base, each in its split; of several parts the last, where all is new. */
export function takeCasts({ counts, minActiveSec, copied }: TakenCasts): Cast[] {
  return SPEECH_BASE_CASTS.flatMap((cast) => {
    const groups = counts[cast.id];
    const last = cast.parts.at(-1);
    if (groups === undefined || last === undefined) return [];
    const { split, part } = last;
    const fakes = copied ? [copiesOf(split, cast.source)] : [];
    const taken = { split, groups, fakes, ...(split === 'eval' ? { part } : {}) };
    return [{ ...cast, minActiveSec, parts: [taken] }];
  });
}

/** The `speech-base` corpus. */
export const SPEECH_BASE: Composition = {
  name: 'speech-base',
  version: '4',
  sampleRate: CORPUS_RATE,
  seed: SEED,
  steps: EQUALISE_STEPS,
  packages: {
    data: [
      ...new Set(Object.values(SOURCES).flatMap(({ packages }) => packages)),
      'espeak-ng-data',
      'festlex-cmu',
      'festlex-poslex',
      'festlex-ifd',
      'festvox-kallpc16k',
      'festvox-kdlpc16k',
      'festvox-us-slt-hts',
      'festvox-italp16k',
      'festvox-itapc16k',
      'festival-czech',
      'festvox-czech-dita',
      'festvox-czech-krb',
      'festvox-czech-machac',
      'festvox-czech-ph',
      'festival-ca',
      'festvox-ca-ona-hts',
    ],
    programs: SPEECH_MINI_PACKAGES.programs,
    npm: SPEECH_MINI_PACKAGES.npm,
  },
  disjoint: [
    'speaker',
    'text',
    'source',
    { field: 'generator', parts: ['unseen-generator', 'unseen-all'] },
    { field: 'language', parts: ['unseen-language', 'unseen-all'] },
  ],
  voices: voicesOf(SPEECH_BASE_CASTS.map(({ source }) => source)),
  limits: [
    'a speaker label is what the package says: a named person, a recorder of most of a language, or a character of a game; nobody listened',
    'English has one real speaker, in train: no figure on eval is about English',
    'reading and Russian prompts are in eval only; reading has one speaker',
    'no end-to-end neural text to speech: neural fakes are LPCNet copies and synthesisers with LPCNet behind them',
    'klatt shares the front end of espeak, fest-krb and fest-ph the engine of fest-dita and fest-machac: unseen in sound, not in design',
    'Asterisk voices at 8 kHz (Menardi, Armelle, es-co) are left out',
  ],
  plan: (root, options) => planCasts(SPEECH_BASE_CASTS, createRng(SEED), root, options),
};
