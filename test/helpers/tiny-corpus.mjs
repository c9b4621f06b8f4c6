/**
 * Builds a tiny corpus from the packages of speech-mini: `node tiny-corpus.mjs OUT`. It has what speech-base has
 * (casts, parts of eval, several copies in a group, a synthesiser with a vocoder behind it, controls, a generator
 * of the user's own), and one generator that fails now and then.
 */

import { createRng } from '../../dist/core/rng.js';
import { buildSpeech } from '../../dist/corpora/build-speech.js';
import { planCasts } from '../../dist/corpora/casting.js';
import { EQUALISE_STEPS } from '../../dist/corpora/equalise-group.js';
import { checkPlugIns } from '../../dist/corpora/generators/plug-in.js';
import { SPEECH_MINI_PACKAGES } from '../../dist/corpora/speech-mini.js';

const cast = (id, source, parts) => ({ id, source, minText: 20, maxText: 60, parts });
const CASTS = [
  cast('june', 'asterisk-fr', [
    {
      split: 'train',
      groups: 4,
      fakes: [
        { espeak: 1, lpc: 1 },
        { griflim: 1, mlsa: 1 },
      ],
      controls: 0.5,
    },
  ]),
  cast('carlo', 'asterisk-it', [
    { split: 'eval', part: 'unseen-language', groups: 3, fakes: [{ espeak: 1 }, { lpc: 1 }] },
    {
      split: 'eval',
      part: 'unseen-all',
      groups: 4,
      fakes: [
        { 'fest-lp': 1, 'espeak+lpcnet': 1 },
        { psola: 1, world: 1 },
      ],
    },
  ]),
];

/** Hums the length of a text, and refuses every text with an even number of letters. */
function hum({ text }) {
  if (text.length % 2 === 0) throw new Error('an even text');
  const plane = new Float32Array(16000 * 2);
  for (let i = 0; i < plane.length; i += 1) {
    plane[i] = 0.3 * Math.sin(i / 20) * Math.sin((i * text.length) / 1e5);
  }
  return { samples: [plane], sampleRate: 16000 };
}

const seed = 'tiny 1';
await buildSpeech(
  {
    composition: {
      name: 'tiny',
      version: '1',
      seed,
      packages: SPEECH_MINI_PACKAGES,
      steps: EQUALISE_STEPS,
      voices: [],
      limits: [],
      plan: (root, options) => planCasts(CASTS, createRng(seed), root, options),
    },
    out: process.argv[2],
    workers: 2,
    plugIns: checkPlugIns([{ name: 'hum', family: 'humming', make: hum, share: 1 }], {
      where: 'generators',
      known: [],
    }),
    variant: {},
    force: false,
  },
  {},
);
