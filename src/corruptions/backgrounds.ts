/**
 * Real speech, music and ambience behind a clip, from the corpus `backgrounds`.
 * @module
 */

import * as z from 'zod';
import type { Audio } from '../audio/audio.ts';
import { peak } from '../audio/dsp/level.ts';
import { resample } from '../audio/dsp/resample.ts';
import { RingtrueError } from '../core/errors.ts';
import type { BackgroundKind } from './assets.ts';
import { addAtSnr, defineCorruption, mapChannels } from './define.ts';
import { openShelf } from './open-shelf.ts';

function backgroundCorruption(kind: Exclude<BackgroundKind, 'impulse-response'>, summary: string) {
  return defineCorruption({
    name: `background-${kind}`,
    family: 'noise',
    summary,
    page: {
      formula:
        'y = x + g·n, g = √(P(x) / (10^(SNR/10)·P(n))); n is a drawn piece of a drawn recording, P the mean square over the clip',
      grid: 'ours; the study has 40 to 5 dB for its babble; here 0 dB, as loud as the clip, is the strongest',
      measure: 'snrDb',
      limits: [
        'needs the corpus `backgrounds`: `ringtrue corpus build backgrounds`',
        'a recording shorter than the clip starts again from its beginning',
        'backgrounds are stored at 16 kHz: nothing is added above 8 kHz',
      ],
      citation: '[backgrounds](../corpora/backgrounds.md) (whose recordings they are)',
    },
    grid: [20, 15, 10, 5, 0].map((snrDb) => ({ value: snrDb, params: { snrDb } })),
    schema: z.strictObject({
      snrDb: z.number().default(10).describe('signal-to-noise ratio').meta({ unit: 'dB' }),
    }),
    unit: 'dB',
    draw: ({ snrDb }, rng) => ({ snrDb, recording: rng.uniform(), start: rng.uniform() }),
    async apply(audio, { snrDb, recording, start }) {
      const shelf = await openShelf(kind);
      const index = Math.floor(recording * shelf.count);
      const bed = pieceOf(await shelf.read(index), audio, start);
      if (peak(bed) === 0) {
        throw new RingtrueError(
          'corruptions/no-effect',
          `the piece of ${kind} recording ${index} that was drawn is silent`,
        );
      }
      return mapChannels(audio, (x) => addAtSnr(x, bed, snrDb));
    },
    assetHash: async () => (await openShelf(kind)).hash,
  });
}

/** As much of a recording as a clip is long, from a share of what could come before its last beginning. */
function pieceOf(
  { samples: [plane], sampleRate }: Audio,
  clip: Audio,
  start: number,
): Float32Array {
  const length = clip.samples[0]!.length;
  const needed = Math.ceil((length * sampleRate) / clip.sampleRate);
  const whole = plane!.length;
  const from = Math.floor(start * (whole >= needed ? whole - needed + 1 : whole));
  const piece = new Float32Array(needed);
  for (let i = 0; i < needed; i += 1) piece[i] = plane![(from + i) % whole]!;
  const out = new Float32Array(length);
  out.set(resample(piece, sampleRate, clip.sampleRate).subarray(0, length));
  return out;
}

/** Another person talking. */
export const backgroundSpeech = backgroundCorruption(
  'speech',
  'another person talking behind the clip (real recordings of three speakers)',
);
/** Music as calls on hold play it. */
export const backgroundMusic = backgroundCorruption(
  'music',
  'music behind the clip (five real pieces)',
);
/** Wind, water, fire, thunder, a city, machines. */
export const backgroundAmbience = backgroundCorruption(
  'ambience',
  'wind, water, fire, thunder, a city or machines behind the clip (real recordings)',
);
