/**
 * Robust replay-spoofing detection by traditional and learned features with GMM-UBM (arXiv 1905.12439; card 08).
 * @module
 */

import { join } from 'node:path';
import { openCorpus } from 'ringtrue';
import { type Claim, notTestable, type Paper } from 'ringtrue/benchmarks';
import { FEATURE_FAMILIES } from 'ringtrue/dsp';
import { fusionClaims, normalisationClaims, replayClaim } from './claims.ts';
import {
  AUTOENCODERS,
  cutCorpus,
  type Fusions,
  families,
  type ScoreTable,
  scoreSystems,
} from './systems.ts';

const LEARNED = AUTOENCODERS.map(({ name }) => name);
const FUSIONS: Fusions = {
  handcrafted: FEATURE_FAMILIES,
  learned: LEARNED,
  hybrid: [...FEATURE_FAMILIES, ...LEARNED],
};

/** Its claims are checks 6 to 8 of the card; checks 1 to 5 are fixtures and properties among the tests. */
export const paper: Paper = {
  id: '08-gmm-ubm-features',
  title: 'Replay-spoofing detection by traditional and learned features (arXiv 1905.12439)',
  corpora: ['speech-mini', 'speech-base', 'replay'],
  minutes: 60,
  async run({ out, onProgress, signal }) {
    const work = { onProgress, signal };
    const claims: Claim[] = [
      notTestable(
        {
          id: 'asvspoof-2017',
          claim: 'Fused hand-crafted ≈ fused learned ≈ 12 % EER, both together 10.8 %',
          expected: 'EER on the eval part of ASVspoof 2017',
        },
        'ASVspoof 2017 is not to be had here, and the paper’s autoencoders are not described; the same comparison is made below on what is here.',
      ),
    ];
    const table = await scoreSystems(
      cutCorpus(await openCorpus('replay', {}, work)),
      {
        systems: [
          ...families(''),
          ...families('-cmvn', { normalise: 'cmvn' }),
          ...families('-vad', { vad: 'energy-2gauss' }),
          ...AUTOENCODERS,
        ],
        fusions: FUSIONS,
        out: join(out, 'replay'),
      },
      work,
    );
    claims.push(
      replayClaim(table),
      ...fusionClaims(table, 'replay'),
      ...normalisationClaims(table),
    );
    for (const name of ['speech-mini', 'speech-base']) {
      const corpus = await openCorpus(name, {}, work);
      const scored: ScoreTable = await scoreSystems(
        cutCorpus(corpus),
        {
          systems: [...families(''), ...AUTOENCODERS],
          fusions: FUSIONS,
          out: join(out, corpus.name),
        },
        work,
      );
      claims.push(...fusionClaims(scored, corpus.name));
    }
    return claims;
  },
};
