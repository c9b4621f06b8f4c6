/**
 * What call software does to speech: packet loss with concealment, noise suppression.
 * @module
 */

import * as z from 'zod';
import { denoise } from '../audio/io/denoise.ts';
import { opusPacketCount, opusWithLoss } from '../audio/io/opus-loss.ts';
import { RingtrueError } from '../core/errors.ts';
import { createRng, type Rng } from '../core/rng.ts';
import { defineCorruption } from './define.ts';

/** Opus packets lost in bursts (Gilbert's two-state model) and concealed by the decoder. */
export const packetLoss = defineCorruption({
  name: 'packet-loss',
  family: 'channel',
  summary: 'Opus call at 24 kbit/s whose packets are lost in bursts and concealed by the decoder',
  page: {
    formula:
      'Opus voip at 24 kbit/s in packets of 20 ms; a packet is lost in the bad state of Gilbert’s two-state chain; lost ones are concealed by libopus',
    grid: 'ours',
    measure: 'stoi',
    limits: [
      'at least one packet is lost, however short the clip: on short clips the share is above the mild levels’',
      'all channels lose the same packets',
    ],
    citation: 'Gilbert 1960, Bell Syst. Tech. J. 39(5); RFC 6716',
  },
  schema: z.strictObject({
    lossPercent: z
      .number()
      .min(0)
      .max(90)
      .default(10)
      .describe('share of packets lost')
      .meta({ unit: '%' }),
    burst: z
      .number()
      .min(1)
      .default(2)
      .describe('mean length of a loss')
      .meta({ unit: 'packets of 20 ms' }),
  }),
  unit: '% lost',
  grid: [1, 3, 5, 10, 20, 30].map((lossPercent) => ({
    value: lossPercent,
    params: { lossPercent },
  })),
  draw: ({ lossPercent, burst }, rng) => ({ lossPercent, burst, seed: rng.uint32() }),
  async apply(audio, { lossPercent, burst, seed }) {
    const rng = createRng(seed);
    const lost = drawLosses(opusPacketCount(audio), lossPercent / 100, burst, rng);
    // On a short clip a mild level may lose nothing: then one packet is lost, or there is no level.
    if (lossPercent > 0 && !lost.includes(true)) lost[rng.int(lost.length)] = true;
    const heard = await opusWithLoss(audio, { lost, bitRate: 24000 });
    if (lossPercent > 0 && heard.lostPackets === 0) {
      throw new RingtrueError(
        'corruptions/no-effect',
        `none of ${heard.packets} packets was lost at ${lossPercent} %`,
      );
    }
    return { audio: heard.audio, encodedBytes: heard.encodedBytes };
  },
});

/**
 * Losses of a Gilbert channel: a good and a bad state, everything is lost in the bad one.
 * @param share long-run share of lost packets
 * @param burst mean packets of a loss
 */
export function drawLosses(packets: number, share: number, burst: number, rng: Rng): boolean[] {
  const leave = 1 / burst;
  const enter = share >= 1 ? 1 : Math.min(1, (leave * share) / (1 - share));
  let bad = rng.uniform() < share;
  return Array.from({ length: packets }, () => {
    const lost = bad;
    bad = bad ? rng.uniform() >= leave : rng.uniform() < enter;
    return lost;
  });
}

/** RNNoise (Valin 2018), as call software runs it on every microphone; mixed with the original below full strength. */
export const noiseSuppression = defineCorruption({
  name: 'noise-suppression',
  family: 'channel',
  summary:
    'RNNoise noise suppression, mixed with the original or run twice: neural, but honest speech',
  page: {
    formula: 'y = (1 − a)·x + a·RNNoise(x) for each whole or part pass',
    grid: 'ours',
    measure: 'snrDb',
    limits: [
      'neural, but honest speech: a detector that calls it fake is wrong',
      'RNNoise works at 48 kHz in frames of 10 ms; its delay is taken out',
    ],
    citation: 'Valin 2018, arXiv 1709.08243',
  },
  schema: z.strictObject({
    strength: z
      .number()
      .gt(0)
      .max(3)
      .default(1)
      .describe('share of the suppressed sound; above 1, further whole passes')
      .meta({ unit: 'passes' }),
  }),
  unit: 'passes',
  grid: [0.25, 0.5, 0.75, 1, 2].map((strength) => ({ value: strength, params: { strength } })),
  draw: ({ strength }) => ({ strength }),
  async apply(audio, { strength }) {
    let current = audio;
    for (let left = strength; left > 0; left -= 1) {
      const share = Math.min(1, left);
      const clean = (await denoise(current)).audio;
      const before = current;
      current = {
        sampleRate: audio.sampleRate,
        samples: clean.samples.map((plane, c) =>
          plane.map((value, i) => share * value + (1 - share) * before.samples[c]![i]!),
        ),
      };
    }
    return { audio: current };
  },
});
