import { describe, expect, test } from 'vitest';
import { babbling, lagOf, snrOf, swellingNoise } from '../../../test/helpers/signals.ts';
import { roundTrip } from './codec.ts';
import { opusPacketCount, opusWithLoss } from './opus-loss.ts';

const RATE = 16000;
const audio = { samples: [babbling(2 * RATE, RATE)], sampleRate: RATE };
const [x] = audio.samples;

describe('Opus over a lossy network', () => {
  test('without a loss it is the plain round trip', async () => {
    const result = await opusWithLoss(audio, { lost: [] });
    const plain = await roundTrip(audio, { codec: 'opus', application: 'voip' });
    expect(result.lostPackets).toBe(0);
    expect(Math.abs(result.encodedBytes / plain.encodedBytes - 1)).toBeLessThan(0.02);
    // The other decoder gives 48 kHz by SILK's own interpolation, which loses the band edge at 8 kHz.
    expect(snrOf(plain.audio.samples[0]!, result.audio.samples[0]!)).toBeGreaterThan(12);
    expect(lagOf(plain.audio.samples[0]!, result.audio.samples[0]!, 50)).toBe(0);
  });

  test.each([8000, 16000, 22050, 44100, 48000])('aligned at %i Hz', async (sampleRate) => {
    const noise = swellingNoise(sampleRate);
    const result = await opusWithLoss(
      { samples: [noise], sampleRate },
      { lost: [], bitRate: 48000, application: 'audio' },
    );
    expect(result.audio.samples[0]!.length).toBe(noise.length);
    const allowed = Math.ceil((3 * sampleRate) / 48000);
    expect(Math.abs(lagOf(noise, result.audio.samples[0]!, 400))).toBeLessThanOrEqual(allowed);
  });

  test.each([10, 20, 40, 60] as const)(
    '%i ms packets are as many as announced',
    async (frameMs) => {
      const result = await opusWithLoss(audio, { lost: [], frameMs });
      expect(result.packets).toBe(opusPacketCount(audio, frameMs));
    },
  );

  test('sound before a loss is untouched, the gap is filled, and what follows comes back', async () => {
    const whole = (await opusWithLoss(audio, { lost: [] })).audio.samples[0]!;
    const lost = Array.from({ length: 60 }, (_, k) => k >= 50 && k < 53);
    const result = await opusWithLoss(audio, { lost });
    const [y] = result.audio.samples;
    expect(result.lostPackets).toBe(3);
    // Packet k covers 20·k − 6.5 ms.
    const from = Math.round(0.9935 * RATE);
    expect(y!.subarray(0, from)).toEqual(whole.subarray(0, from));
    const gap = y!.subarray(from, from + 960);
    expect(gap).not.toEqual(whole.subarray(from, from + 960));
    expect(gap.some((value) => Math.abs(value) > 0.005)).toBe(true);
    expect(snrOf(whole.subarray(from + 4800), y!.subarray(from + 4800), 100)).toBeGreaterThan(8);
  });

  test('concealment fades over a long gap', async () => {
    const lost = Array.from({ length: 101 }, (_, k) => k >= 20);
    const { audio: back } = await opusWithLoss(audio, { lost });
    const tail = back.samples[0]!.subarray(RATE);
    expect(tail.every((value) => Math.abs(value) < 0.01)).toBe(true);
  });

  test('LACE and NoLACE change wide-band speech', async () => {
    const plain = await opusWithLoss(audio, { lost: [], bitRate: 16000 });
    for (const enhancement of ['lace', 'nolace'] as const) {
      const other = await opusWithLoss(audio, { lost: [], bitRate: 16000, enhancement });
      const snr = snrOf(plain.audio.samples[0]!, other.audio.samples[0]!);
      expect(snr).toBeGreaterThan(5);
      expect(snr).toBeLessThan(40);
    }
  });

  test('everything may be lost', async () => {
    const result = await opusWithLoss(audio, { lost: new Array(200).fill(true) });
    expect(result.audio.samples[0]!.length).toBe(x!.length);
    expect(result.lostPackets).toBe(result.packets);
    expect(result.audio.samples[0]!.every((value) => Math.abs(value) < 1e-3)).toBe(true);
  });
});
