/**
 * The composition of speech-mini: 80 real sentences of three speakers, 160 fakes of the same sentences,
 * split by speaker and by generator.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { PackageList } from './packages.ts';
import type { Prompt } from './transcripts.ts';

/** Changes whenever the same build gives other bytes. */
export const SPEECH_MINI_VERSION = '2';
/** What is drawn stays drawn when only bytes change. */
export const SPEECH_MINI_SEED = 'speech-mini 1';

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

/** How a copy of the real recording itself is made. */
export type CopyMethod = 'lpcnet-f' | 'mlsa' | 'mlsa-vc' | 'griflim' | 'psola';

/** A real voice and what its split hears: each clip gets one spoken fake and one copy. */
export interface Voice {
  readonly speaker: string;
  readonly language: string;
  readonly split: 'train' | 'dev' | 'eval';
  readonly clips: number;
  /** Folder of the voice below `usr/share/asterisk/sounds`. */
  readonly folder: string;
  /** Transcript file below `usr/share/doc`. */
  readonly transcripts: string;
  readonly licence: string;
  /** Text-to-speech generators with the number of clips each. */
  readonly spoken: readonly (readonly [string, number])[];
  readonly copied: readonly (readonly [CopyMethod, number])[];
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
    folder: 'en_US_f_Allison',
    transcripts: 'asterisk-core-sounds-en/core-sounds-en.txt.gz',
    licence: 'CC-BY-SA-3.0',
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
    folder: 'fr_CA_f_June',
    transcripts: 'asterisk-core-sounds-fr/core-sounds-fr.txt.gz',
    licence: 'CC-BY-SA-3.0',
    spoken: [['klatt', 20]],
    copied: [['mlsa-vc', 20]],
  },
  {
    speaker: 'carlo',
    language: 'it',
    split: 'eval',
    clips: 20,
    folder: 'it_IT_m_Carlo',
    transcripts: 'asterisk-core-sounds-it/core-sounds-it.txt.gz',
    licence: 'CC-BY-3.0',
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

/** A real clip with the two fakes that will say the same. */
export interface Group {
  /** `en-012`: also the `source` of its clips. */
  readonly id: string;
  readonly voice: Voice;
  readonly prompt: Prompt;
  readonly spokenBy: string;
  readonly copiedBy: CopyMethod;
  /** Prompt of the recording whose spectrum and noise the group takes on. */
  readonly donor: Prompt;
}

const MIN_TEXT = 25;
const MAX_TEXT = 110;

/**
 * Chooses sentences, generators and donors.
 * @param prompts what a voice says, in any order; only prompts that have a recording
 * @throws RingtrueError `corpora/incomplete` if a voice has too few usable sentences
 */
export function planGroups(voice: Voice, prompts: readonly Prompt[], rng: Rng): Group[] {
  const seen = new Set<string>();
  const usable = [...prompts]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .filter(({ text }) => {
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
  const spoken = rng
    .split('spoken')
    .shuffle(voice.spoken.flatMap(([id, count]) => new Array<string>(count).fill(id)));
  const copied = rng
    .split('copied')
    .shuffle(voice.copied.flatMap(([id, count]) => new Array<CopyMethod>(count).fill(id)));
  return chosen.map((prompt, i) => ({
    id: `${voice.language}-${String(i + 1).padStart(3, '0')}`,
    voice,
    prompt,
    spokenBy: spoken[i]!,
    copiedBy: copied[i]!,
    donor: rng.split(`donor ${i}`).pick(chosen.filter((other) => other !== prompt)),
  }));
}
