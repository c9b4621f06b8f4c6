/**
 * Recordings of which a part is synthetic, each beside itself with the same cuts and nothing synthetic in it.
 * @module
 */

import { createRng } from '../../core/rng.ts';
import { type AssemblyJob, defineAssembly } from '../assembly.ts';
import { planCasts } from '../casting.ts';
import type { Fake } from '../composition.ts';
import { CORPUS_RATE } from '../equalise.ts';
import type { PlacedRecording } from '../recording-row.ts';
import { SOURCES, voicesOf } from '../sources/index.ts';
import { takeCasts } from '../speech-base.ts';
import { MIN_SEC, makePair } from './partial-spoof-pair.ts';

const SEED = 'partial-spoof 1';

/** A recording, and what makes the spans that are joined into it. */
export interface PairJob extends AssemblyJob, PlacedRecording {
  readonly fake: Fake;
  /** `word` cuts between words, by labels; `phrase` at minima of energy. */
  readonly unit: 'phrase' | 'word';
}

const CASTS = takeCasts({
  counts: {
    'allison-en': 70,
    'allison-es': 40,
    june: 50,
    'cs-small': 60,
    'cs-minor': 30,
    'nl-small': 50,
    carlo: 70,
    'cs-big': 50,
    'nl-big': 40,
    'ivr-ru': 40,
    nsh: 100,
  },
  minActiveSec: MIN_SEC,
  copied: true,
});
const USED = [...new Set(CASTS.map(({ source }) => source))];

/** The `partial-spoof` corpus. */
export const PARTIAL_SPOOF = defineAssembly<PairJob>({
  name: 'partial-spoof',
  version: '2',
  sampleRate: CORPUS_RATE,
  seed: SEED,
  unit: 'pairs',
  packages: {
    data: [...new Set(USED.flatMap((source) => SOURCES[source].packages))],
    programs: ['libcodec2-1.0', 'sptk'],
    npm: [],
  },
  disjoint: ['speaker', 'text', 'source', 'generator'],
  voices: voicesOf(USED),
  limits: [
    'what is joined in is a copy of the same words by the same speaker: no word was changed',
    'a control is the recording with spans of itself joined in after a codec, labelled bona fide: nobody edits so',
    'word-level cuts are of one speaker, in eval only, at edges that were aligned by vowels and consonants',
    'psola, pitch-shift and mlsa-vc move the pitch, so that it jumps at their cuts; other copies keep it',
    'English has one real speaker, in train',
  ],
  async plan(root, options) {
    const { groups, shortages } = await planCasts(CASTS, createRng(SEED), root, options);
    const jobs = groups.flatMap(({ id, split, part, real, fakes }, i): PairJob[] => {
      const [fake] = fakes;
      if (fake === undefined) return [];
      const unit = real.package === 'festvox-ru' && i % 2 === 0 ? 'word' : 'phrase';
      return [{ id, split, ...(part === undefined ? {} : { part }), real, fake, unit }];
    });
    return { jobs, shortages };
  },
  make: makePair,
});
