/**
 * Probes of what a detector listens to: parts of a clip covered with its own noise floor, by band, by time, by level.
 * @module
 */

import * as z from 'zod';
import { type OccludeOptions, occlude, quietest } from '../audio/dsp/occlude.ts';
import { createRng } from '../core/rng.ts';
import { defineCorruption, mapChannels } from './define.ts';
import type { CorruptionPage } from './types.ts';

const CITATION = 'Zeiler and Fergus 2014 (occlusion); covering with the clip’s own floor is ours';
const FLOOR =
  'what is covered becomes Gaussian noise with the power that the clip’s quietest tenth of 32-ms frames has, bin by bin';
const LIMITS = [
  'a probe, no channel: a fall of the error when a part is covered says that the part misleads',
  'a clip without pauses has a loud floor, and is covered with it; one with a tenth of digital silence is covered with silence',
  'level and colour of the floor stay as they are: a detector that listens to them alone is not found out',
];

/** Band edges in Hz: about as wide as the ear's, coarse enough for a table. */
const EDGES = [0, 300, 700, 1200, 2000, 3000, 4500, 6000, 8000];
const TENTHS = 10;
const SHARES = [0.1, 0.2, 0.3, 0.4, 0.5];

function page(formula: string, measure: CorruptionPage['measure']): CorruptionPage {
  return { formula, grid: 'ours', measure, limits: LIMITS, citation: CITATION };
}

/** Covers each channel with noise of its own. */
function covered(
  audio: Parameters<typeof mapChannels>[0],
  seed: number,
  choose: OccludeOptions['choose'],
): ReturnType<typeof mapChannels> {
  const { sampleRate } = audio;
  const rng = createRng(seed);
  let channel = 0;
  return mapChannels(audio, (x) => {
    channel += 1;
    return occlude(x, { sampleRate, rng: rng.split(channel), choose });
  });
}

/** Covers a band of frequencies. */
export const occludeBand = defineCorruption({
  name: 'occlude-band',
  family: 'occlusion',
  summary:
    'a band of frequencies covered with the clip’s own noise floor; levels are bands, not strengths',
  page: page(`cells from lowHz up to highHz: ${FLOOR}`, null),
  schema: z
    .strictObject({
      lowHz: z.number().min(0).default(0).describe('lower edge of the band').meta({ unit: 'Hz' }),
      highHz: z.number().positive().default(300).describe('upper edge').meta({ unit: 'Hz' }),
    })
    .refine(({ lowHz, highHz }) => highHz > lowHz, 'highHz must be above lowHz'),
  unit: 'Hz and up',
  grid: EDGES.slice(0, -1).map((lowHz, i) => ({
    value: lowHz,
    params: { lowHz, highHz: EDGES[i + 1]! },
  })),
  draw: (band, rng) => ({ ...band, seed: rng.uint32() }),
  apply(audio, { lowHz, highHz, seed }) {
    const nyquist = audio.sampleRate / 2;
    return covered(audio, seed, (_, bins) => {
      const toBin = (bins - 1) / nyquist;
      // The topmost band takes the last bin along.
      const end = highHz >= nyquist ? bins : highHz * toBin;
      return (_frame, k) => k >= lowHz * toBin && k < end;
    });
  },
});

/** Covers a stretch of time. */
export const occludeTime = defineCorruption({
  name: 'occlude-time',
  family: 'occlusion',
  summary: 'a tenth of the clip covered with its own noise floor; levels are places, not strengths',
  page: page(
    `all cells of the frames from \`from\` up to \`to\`, as shares of the clip: ${FLOOR}`,
    null,
  ),
  schema: z
    .strictObject({
      from: z.number().min(0).max(1).default(0).describe('begin, as a share of the clip'),
      to: z.number().min(0).max(1).default(0.1).describe('end, as a share of the clip'),
    })
    .refine(({ from, to }) => to > from, 'to must be after from'),
  unit: '% of the clip and on',
  grid: Array.from({ length: TENTHS }, (_, i) => ({
    value: (100 * i) / TENTHS,
    params: { from: i / TENTHS, to: (i + 1) / TENTHS },
  })),
  draw: (stretch, rng) => ({ ...stretch, seed: rng.uint32() }),
  apply: (audio, { from, to, seed }) =>
    covered(audio, seed, ({ length }) => {
      const last = length - 1;
      return (t) => t >= from * last && (t < to * last || (to === 1 && t === last));
    }),
});

/** Covers the quietest or the loudest frames. */
function occludeByLevel(which: 'quiet' | 'loud') {
  return defineCorruption({
    name: `occlude-${which}`,
    family: 'occlusion',
    summary: `the ${which}est frames covered with the clip’s own noise floor: what is left is the ${which === 'quiet' ? 'louder' : 'quieter'} part`,
    page: page(
      `all cells of the ${which}est frames, a share of them by power: ${FLOOR}`,
      which === 'loud' ? 'snrDb' : null,
    ),
    schema: z.strictObject({
      share: z.number().gt(0).max(1).default(0.1).describe('share of the frames'),
    }),
    unit: '% of the frames',
    grid: SHARES.map((share) => ({ value: 100 * share, params: { share } })),
    draw: ({ share }, rng) => ({ share, seed: rng.uint32() }),
    apply: (audio, { share, seed }) =>
      covered(audio, seed, (powers) => {
        const ranks = which === 'quiet' ? powers : powers.map((power) => -power);
        const chosen = new Set(quietest(ranks, share));
        return (t) => chosen.has(t);
      }),
  });
}

/** Covers pauses and what is as quiet: says whether a detector listens to the noise floor. */
export const occludeQuiet = occludeByLevel('quiet');
/** Covers the loudest sounds, mostly vowels. */
export const occludeLoud = occludeByLevel('loud');
