/**
 * Robust replay-spoofing detection by traditional and learned features with GMM-UBM (arXiv 1905.12439; card 08).
 * @module
 */

import { readFile, writeFile } from 'node:fs/promises';
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
import { renderTable } from './table.ts';

/** Ends the names of what is scored by adapted means of one mixture of both classes. */
const UBM = '-ubm';
const LEARNED = AUTOENCODERS.map(({ name }) => name);
const ALL = [...FEATURE_FAMILIES, ...LEARNED];
const FUSIONS: Fusions = {
  handcrafted: { members: FEATURE_FAMILIES, method: 'logistic' },
  learned: { members: LEARNED, method: 'logistic' },
  hybrid: { members: ALL, method: 'logistic' },
  'hybrid-mlp': { members: ALL, method: 'mlp' },
};

/** Its claims are checks 6 to 8 of the card; checks 1 to 5 are fixtures and properties among the tests. */
export const paper: Paper = {
  id: '08-gmm-ubm-features',
  title: 'Replay-spoofing detection by traditional and learned features (arXiv 1905.12439)',
  corpora: ['speech-mini', 'speech-base', 'replay'],
  minutes: 20,
  async run({ folder, out, onProgress, signal }) {
    const work = { onProgress, signal };
    const study = await readFile(join(folder, 'study.yaml'), 'utf8');
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
    const tables = new Map<string, ScoreTable>();
    const table = await scoreSystems(
      cutCorpus(await openCorpus('replay', {}, work)),
      {
        systems: [
          ...families(''),
          ...families(UBM, { scoring: 'ubm-map' }),
          ...families('-cmvn', { normalise: 'cmvn' }),
          ...families('-vad', { vad: 'energy-2gauss' }),
          ...AUTOENCODERS,
        ],
        fusions: FUSIONS,
        out: join(out, 'replay'),
        study,
      },
      work,
    );
    tables.set('replay', table);
    claims.push(
      replayClaim(table, ''),
      replayClaim(table, UBM),
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
          study,
        },
        work,
      );
      tables.set(corpus.name, scored);
      claims.push(...fusionClaims(scored, corpus.name));
    }
    await writeFile(join(out, 'table.md'), renderTable(tables));
    return claims;
  },
};
