/**
 * Reverberation of measured places, from the corpus `backgrounds`.
 * @module
 */

import * as z from 'zod';
import { peak } from '../audio/dsp/level.ts';
import { resample } from '../audio/dsp/resample.ts';
import { fromDb } from '../core/portable-math.ts';
import { defineCorruption, mapChannels, reverberated } from './define.ts';
import { openShelf } from './open-shelf.ts';

/** Sound that arrives this soon counts as direct: the dry sound stands for it. */
const DIRECT_SEC = 0.0025;
/** ISO 3382-1: a response begins where it first comes within 20 dB of its maximum. */
const ONSET = 0.1;

/** Measured reverberation of a street or a hall; levels move the microphone away from the speaker. */
export const reverbMeasured = defineCorruption({
  name: 'reverb-measured',
  family: 'channel',
  summary:
    'reverberation measured in a real street and a real hall, by the ratio of direct to reverberant sound',
  page: {
    formula:
      'y = s·(x + g·(x ∗ r)): r is the measured response later than 2.5 ms after its onset, g² = 1 / (10^(DRR/10)·E(r)), s keeps the RMS of x',
    grid: 'ours: from a close microphone to one far from the speaker',
    measure: 'stoi',
    limits: [
      'needs the corpus `backgrounds`: `ringtrue corpus build backgrounds`',
      'two places with two microphones each: this is no study of rooms',
      'the measured responses have no clear direct path: the dry sound stands for it, which stays in place',
      'responses are stored at 16 kHz: reverberation has nothing above 8 kHz',
      'the tail beyond the end of the clip is cut',
    ],
    citation:
      'ISO 3382-1 (onset of a response); [backgrounds](../corpora/backgrounds.md) (whose responses they are)',
  },
  schema: z.strictObject({
    drrDb: z
      .number()
      .min(-40)
      .max(60)
      .default(5)
      .describe('direct to reverberant energy of the response')
      .meta({ unit: 'dB' }),
  }),
  unit: 'dB',
  grid: [15, 10, 5, 0, -5].map((drrDb) => ({ value: drrDb, params: { drrDb } })),
  draw: ({ drrDb }, rng) => ({ drrDb, recording: rng.uniform() }),
  async apply(audio, { drrDb, recording }) {
    const shelf = await openShelf('impulse-response');
    const measured = await shelf.read(Math.floor(recording * shelf.count));
    const plane = resample(measured.samples[0]!, measured.sampleRate, audio.sampleRate);
    const response = withDirectPath(plane, audio.sampleRate, drrDb);
    return mapChannels(audio, (x) => reverberated(x, response));
  },
  assetHash: async () => (await openShelf('impulse-response')).hash,
});

/**
 * A unit impulse followed by the reverberation of a measured response.
 * @param drrDb energy of the impulse over that of the reverberation
 * @returns `[measured.length − onset]`, the impulse at sample 0
 */
export function withDirectPath(
  measured: Float32Array,
  sampleRate: number,
  drrDb: number,
): Float32Array {
  const floor = ONSET * peak(measured);
  const onset = measured.findIndex((value) => Math.abs(value) >= floor);
  const response = measured.slice(onset);
  response.fill(0, 0, Math.round(DIRECT_SEC * sampleRate));
  const energy = response.reduce((sum, value) => sum + value * value, 0);
  const gain = energy > 0 ? 1 / Math.sqrt(fromDb(drrDb) * energy) : 0;
  for (let i = 0; i < response.length; i += 1) response[i]! *= gain;
  response[0] = 1;
  return response;
}
