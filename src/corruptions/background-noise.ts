/**
 * Recorded babble at a signal-to-noise ratio (card 01 §2.2, 2).
 * @module
 */

import * as z from 'zod';
import { resample } from '../audio/dsp/resample.ts';
import { loadBabble } from './babble.ts';
import { addAtSnr, defineCorruption, mapChannels } from './define.ts';

/** One fixed babble recording from its first sample, tiled to the clip's length. */
export const backgroundNoise = defineCorruption({
  name: 'background-noise',
  family: 'noise',
  summary:
    'recorded babble (eight lines of two speakers) at a signal-to-noise ratio, from its start, tiled',
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
    const babble = await loadBabble();
    const bed = resample(
      babble.samples[0]!,
      babble.sampleRate * (speed === 'double' ? 2 : 1),
      audio.sampleRate,
    );
    return mapChannels(audio, (x) =>
      addAtSnr(
        x,
        Float32Array.from(x, (_, i) => bed[i % bed.length]!),
        snrDb,
      ),
    );
  },
});
