/**
 * The composition of speech-mini: 80 real sentences of three speakers, 160 fakes of the same sentences,
 * split by speaker and by generator.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { createRng, type Rng } from '../core/rng.ts';
import { describeFake } from './casting.ts';
import type { Composition, Group } from './composition.ts';
import { CORPUS_RATE } from './equalise.ts';
import { EQUALISE_STEPS } from './equalise-group.ts';
import type { PackageList } from './packages.ts';
import type { Recording } from './recording.ts';
import { SOURCES, type SourceId, voicesOf } from './sources/index.ts';

/** Changes whenever the same build gives other bytes. */
const VERSION = '4';
/** What is drawn stays drawn when only bytes change. */
const SEED = 'speech-mini 1';

/** What is downloaded, about 75 MB. */
export const SPEECH_MINI_PACKAGES: PackageList = {
  data: [
    'asterisk-core-sounds-en',
    'asterisk-core-sounds-en-g722',
    'asterisk-core-sounds-it',
    'asterisk-core-sounds-it-g722',
    'asterisk-core-sounds-fr',
    'asterisk-core-sounds-fr-g722',
    'espeak-ng-data',
    'festlex-cmu',
    'festlex-poslex',
    'festlex-ifd',
    'festvox-kallpc16k',
    'festvox-italp16k',
    'festvox-itapc16k',
  ],
  programs: [
    'espeak-ng',
    'libespeak-ng1',
    'flite',
    'libflite1',
    'festival',
    'libestools2.5',
    'libcodec2-1.0',
    'sptk',
  ],
  npm: [
    {
      name: 'mespeak',
      version: '2.0.2',
      sha512:
        'beb4aa8a52bf2175e980fab21508ee24bab03ba4d88155ddf388468fbe85d6343f0c40676b8c234a7b724f3ff395a1ffea8266f1c463e74024a4a70bcd08aec5',
    },
    {
      name: '@echogarden/gnuspeech-wasm',
      version: '0.3.0',
      sha512:
        '657a20000b91c54f7c272260eff55e6da0dccbdc892a0226961a7720729432f91cb4a62023ec436ad2fe417103758efc324df2a375bfbcc4eae388d32d08a5ce',
    },
    {
      name: 'wasm-heap-manager',
      version: '0.4.0',
      sha512:
        'a90e817df5e46b2bf85a71e6c56dbeb912089909ddbe083be660e664486f27daa42555948b90f6f325b5b634f06610766deb52e881e2bec444193326608b6f5a',
    },
  ],
};

/** A real voice and what its split hears: each clip gets one spoken fake and one copy. */
export interface Voice {
  readonly speaker: string;
  readonly language: string;
  readonly split: 'train' | 'dev' | 'eval';
  readonly clips: number;
  readonly source: SourceId;
  /** Text-to-speech generators with the number of clips each. */
  readonly spoken: readonly (readonly [string, number])[];
  readonly copied: readonly (readonly [string, number])[];
}

/**
 * Three speakers, one a split: no speaker, sentence or generator is in two splits. Formant synthesis is the
 * one family that recurs (espeak, klatt, mespeak): nothing else here speaks French.
 */
export const VOICES: readonly Voice[] = [
  {
    speaker: 'allison',
    language: 'en',
    split: 'train',
    clips: 40,
    source: 'asterisk-en',
    spoken: [
      ['espeak', 8],
      ['flite-slt', 8],
      ['flite-kal16', 8],
      ['fest-kal', 8],
      ['gnuspeech', 8],
    ],
    copied: [
      ['mlsa', 20],
      ['griflim', 20],
    ],
  },
  {
    speaker: 'june',
    language: 'fr',
    split: 'dev',
    clips: 20,
    source: 'asterisk-fr',
    spoken: [['klatt', 20]],
    copied: [['mlsa-vc', 20]],
  },
  {
    speaker: 'carlo',
    language: 'it',
    split: 'eval',
    clips: 20,
    source: 'asterisk-it',
    spoken: [
      ['fest-lp', 7],
      ['fest-pc', 7],
      ['mespeak', 6],
    ],
    copied: [
      ['lpcnet-f', 14],
      ['psola', 6],
    ],
  },
];

const MIN_TEXT = 25;
const MAX_TEXT = 110;

/**
 * Chooses sentences, generators and donors.
 * @param recordings of the voice, in any order
 * @throws RingtrueError `corpora/incomplete` if a voice has too few usable sentences
 */
export function planGroups(voice: Voice, recordings: readonly Recording[], rng: Rng): Group[] {
  const seen = new Set<string>();
  const usable = [...recordings]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .filter(({ text }) => {
      // Letters with marks count as spaces here: another key would choose other sentences than version 1.
      const key = text.toLowerCase().replace(/\W+/gu, ' ').trim();
      if (text.length < MIN_TEXT || text.length > MAX_TEXT || seen.has(key)) return false;
      seen.add(key);
      return true;
    });
  if (usable.length <= voice.clips) {
    throw new RingtrueError(
      'corpora/incomplete',
      `${voice.speaker} has ${usable.length} usable sentences, ${voice.clips + 1} are needed`,
    );
  }
  const chosen = rng.split('sentences').shuffle(usable).slice(0, voice.clips);
  const deal = (name: string, list: Voice['spoken']): string[] =>
    rng.split(name).shuffle(list.flatMap(([id, count]) => new Array<string>(count).fill(id)));
  const spoken = deal('spoken', voice.spoken);
  const copied = deal('copied', voice.copied);
  return chosen.map((real, i) => ({
    id: `${voice.language}-${String(i + 1).padStart(3, '0')}`,
    split: voice.split,
    real,
    fakes: [describeFake(spoken[i]!, real), describeFake(copied[i]!, real)],
    donor: rng.split(`donor ${i}`).pick(chosen.filter((other) => other !== real)),
  }));
}

/** The `speech-mini` corpus. */
export const SPEECH_MINI: Composition = {
  name: 'speech-mini',
  version: VERSION,
  sampleRate: CORPUS_RATE,
  seed: SEED,
  steps: EQUALISE_STEPS.filter((step) => step !== 'peaks'),
  packages: SPEECH_MINI_PACKAGES,
  disjoint: ['speaker', 'text', 'source', 'generator'],
  voices: voicesOf(VOICES.map(({ source }) => source)),
  limits: [
    'three real speakers, one a split: no figure on it says how a detector does on new speakers in general',
    'real speech is studio prompts',
  ],
  async plan({ debian }, { limit = Number.POSITIVE_INFINITY }) {
    const groups: Group[] = [];
    for (const voice of VOICES) {
      const recordings = await SOURCES[voice.source].read(debian);
      const all = planGroups(voice, recordings, createRng(SEED).split(voice.speaker));
      groups.push(...all.slice(0, limit));
    }
    return { groups, shortages: [] };
  },
};
