/**
 * Recorded babble at a signal-to-noise ratio (card 01 §2.2, 2).
 * @module
 */

import * as z from 'zod';
import { resample } from '../audio/dsp/resample.ts';
import { loadBabble } from './babble.ts';
import { addAtSnr, defineCorruption, mapChannels } from './define.ts';

/** The babble at the rates that were asked for. */
const beds = new Map<string, Float32Array>();

/** One fixed babble recording from its first sample, tiled to the clip's length. */
export const backgroundNoise = defineCorruption({
  name: 'background-noise',
  family: 'noise',
  summary:
    'recorded babble (eight lines of two speakers) at a signal-to-noise ratio, from its start, tiled',
  page: {
    formula:
      'y = x + g·n, g = √(P(x) / (10^(SNR/10)·P(n))); n is the babble from its first sample, tiled',
    grid: 'the study’s own',
    measure: 'snrDb',
    limits: [
      'one fixed recording of 14 s that ships with the package (assets/babble.md); the study’s own is not free to ship',
      '`speed: double` is a quirk of the reference code: it loads an 8-kHz file as if it were at 16 kHz',
    ],
    citation: 'Li, Chen and Wei 2025, arXiv 2503.17577',
  },
  schema: z.strictObject({
    snrDb: z.number().default(20).describe('signal-to-noise ratio').meta({ unit: 'dB' }),
    speed: z
      .enum(['true', 'double'])
      .default('true')
      .describe(
        '`double` plays the babble at twice its speed, as the reference code does by mistake',
      ),
  }),
  unit: 'dB',
  grid: [40, 30, 20, 10, 5].map((snrDb) => ({ value: snrDb, params: { snrDb } })),
  draw: ({ snrDb, speed }) => ({ snrDb, speed }),
  async apply(audio, { snrDb, speed }) {
    const { audio: babble } = await loadBabble();
    const playedAt = babble.sampleRate * (speed === 'double' ? 2 : 1);
    const key = `${playedAt}/${audio.sampleRate}`;
    const bed = beds.get(key) ?? resample(babble.samples[0]!, playedAt, audio.sampleRate);
    beds.set(key, bed);
    return mapChannels(audio, (x) => addAtSnr(x, bed, snrDb));
  },
  assetHash: async () => (await loadBabble()).hash,
});
