import { describe, expect, test } from 'vitest';
import {
  babbling,
  lagOf,
  shareAbove,
  snrOf,
  swellingNoise,
} from '../../../test/helpers/signals.ts';
import { availableCodecs, CODEC_NAMES, type CodecName, encoderOf, roundTrip } from './codec.ts';
import { soundEncoders } from './codec-engine.ts';

const RATE = 16000;
const noise = swellingNoise(32001);
const speech = { samples: [babbling(4 * RATE, RATE)], sampleRate: RATE };

/**
 * Waveform codecs keep at least this many dB of the noise at their default rates, those of 8 kHz less, as
 * 6 % of its power is above 4 kHz; parametric ones none.
 */
const LEAST_SNR: Readonly<Record<CodecName, number>> = {
  opus: 6,
  mp3: 9,
  mp2: 12,
  aac: 12,
  vorbis: 9,
  ac3: 15,
  flac: 60,
  'g711-mulaw': 11,
  'g711-alaw': 11,
  g722: 15,
  g726: 11,
  'g723-1': -3,
  sbc: 18,
  nellymoser: 8,
  'adpcm-ms': 18,
  'adpcm-ima': 18,
  'adpcm-ima-qt': 18,
  'adpcm-yamaha': 18,
  'adpcm-swf': 18,
  'adpcm-adx': 18,
  'wma-1': 9,
  'wma-2': 9,
  eac3: 15,
  'aac-fdk': 12,
  'ra-144': 3,
  alac: 60,
  wavpack: 60,
};

/** Encoders of the media library that no round trip takes, with the reason. */
const NOT_TAKEN: readonly (readonly [RegExp, string])[] = [
  [/^pcm_(?!alaw|mulaw)/, 'samples as they are'],
  [/^anull$/, 'writes nothing'],
  [/^(ac3_fixed|mp2fixed|g726le)$/, 'the bits of another encoder that is taken'],
  [/^(dca|mlp|opus|s302m|truehd|vorbis)$/, 'an experiment, as the library says'],
  [/^aptx(_hd)?$/, 'needs two channels, and ours are coded one by one'],
  [/^tta$/, 'its decoder wants the header of a file'],
  [/^comfortnoise$/, 'noise in place of silence, no sound'],
  [/^(adpcm_argo|adpcm_ima_(alp|amv|apm|ssi|ws)|dfpwm|roq_dpcm)$/, 'formats of games and toys'],
];

describe('codec round trips', () => {
  test('every codec of the table has its encoder in the media library', async () => {
    expect(await availableCodecs()).toEqual(CODEC_NAMES);
  });

  test('every encoder of the media library is taken, or there is a reason', async () => {
    const taken = CODEC_NAMES.map(encoderOf);
    const all = await soundEncoders();
    expect(taken.filter((name) => !all.includes(name))).toEqual([]);
    const left = all.filter((name) => !taken.includes(name));
    expect(left.filter((name) => !NOT_TAKEN.some(([names]) => names.test(name)))).toEqual([]);
    // A reason that fits nothing, or something that is taken, is no longer one.
    for (const [names, reason] of NOT_TAKEN) {
      expect(
        left.some((name) => names.test(name)),
        reason,
      ).toBe(true);
      expect(
        taken.filter((name) => names.test(name)),
        reason,
      ).toEqual([]);
    }
  });

  test.each([8000, 22050, 32000, 44100])('WMA is aligned at %i Hz', async (sampleRate) => {
    const x = swellingNoise(sampleRate);
    for (const codec of ['wma-1', 'wma-2'] as const) {
      const { audio } = await roundTrip({ samples: [x], sampleRate }, { codec });
      expect(Math.abs(lagOf(x, audio.samples[0]!, 3000)), codec).toBeLessThanOrEqual(1);
      // The start is there, too.
      expect(audio.samples[0]!.subarray(0, 64).some((value) => value !== 0)).toBe(true);
    }
  });

  test.each(CODEC_NAMES)('%s keeps rate, length, alignment and sound', async (codec) => {
    const { audio, encodedBytes } = await roundTrip(
      { samples: [noise], sampleRate: RATE },
      { codec },
    );
    const [plane] = audio.samples;
    expect(audio.sampleRate).toBe(RATE);
    expect(plane!.length).toBe(noise.length);
    expect(encodedBytes).toBeGreaterThan(1000);
    expect(encodedBytes).toBeLessThan(2 * noise.length);
    // The pitch model of G.723.1 wanders by a few samples.
    expect(Math.abs(lagOf(noise, plane!, 200))).toBeLessThanOrEqual(codec === 'g723-1' ? 4 : 1);
    expect(snrOf(noise, plane!)).toBeGreaterThan(LEAST_SNR[codec]);
    // The last samples come out, too.
    expect(plane!.subarray(-64).some((value) => value !== 0)).toBe(true);
  });

  test.each([8000, 22050, 44100, 48000, 96000])(
    'MP3, AAC, Opus and Vorbis are aligned at %i Hz',
    async (sampleRate) => {
      const x = swellingNoise(sampleRate);
      for (const codec of ['mp3', 'aac', 'opus', 'vorbis'] as const) {
        if (codec === 'vorbis' && sampleRate > 48000) continue;
        const bitRate = codec === 'vorbis' && sampleRate === 8000 ? 16000 : 64000;
        const { audio } = await roundTrip({ samples: [x], sampleRate }, { codec, bitRate });
        expect(audio.samples[0]!.length).toBe(x.length);
        // libopus shifts the lowest octaves of what it codes with its hybrid mode by up to 2.5 samples of 48 kHz.
        const allowed = codec === 'opus' ? Math.ceil((2.5 * sampleRate) / 48000) : 1;
        expect(Math.abs(lagOf(x, audio.samples[0]!, 100))).toBeLessThanOrEqual(allowed);
      }
    },
  );

  test('flac is exact to its 16 bits', async () => {
    const { audio } = await roundTrip({ samples: [noise], sampleRate: RATE }, { codec: 'flac' });
    for (let i = 0; i < noise.length; i += 1) {
      expect(Math.abs(audio.samples[0]![i]! - noise[i]!)).toBeLessThanOrEqual(0.5 / 32768);
    }
  });

  test('channels are coded one by one', async () => {
    const left = noise.subarray(0, 8000);
    const right = noise.subarray(8000, 16000);
    const both = await roundTrip({ samples: [left, right], sampleRate: RATE }, { codec: 'mp3' });
    const one = await roundTrip({ samples: [right], sampleRate: RATE }, { codec: 'mp3' });
    expect(both.audio.samples[1]).toEqual(one.audio.samples[0]);
  });

  test('the same sound gives the same bytes again', async () => {
    const once = await roundTrip(speech, { codec: 'aac', bitRate: 32000 });
    const again = await roundTrip(speech, { codec: 'aac', bitRate: 32000 });
    expect(again.audio.samples[0]).toEqual(once.audio.samples[0]);
  });

  test('a single sample and silence go through', async () => {
    for (const codec of CODEC_NAMES) {
      const one = await roundTrip({ samples: [Float32Array.of(0.5)], sampleRate: RATE }, { codec });
      expect(one.audio.samples[0]!.length).toBe(1);
    }
    const silence = { samples: [new Float32Array(1600)], sampleRate: RATE };
    const { audio } = await roundTrip(silence, { codec: 'opus' });
    expect(Math.max(...audio.samples[0]!.map(Math.abs))).toBeLessThan(1e-3);
  });
});

describe('settings', () => {
  test('an encoder that is told otherwise makes other sound', async () => {
    const plain = await roundTrip(speech, { codec: 'opus' });
    for (const options of [
      { complexity: 1 },
      { application: 'voip' as const },
      { frameMs: 60 as const },
      { vbr: false },
      { bitRate: 12000 },
    ]) {
      const other = await roundTrip(speech, { codec: 'opus', ...options });
      expect(other.audio.samples[0]).not.toEqual(plain.audio.samples[0]);
    }
    const twoLoop = await roundTrip(speech, { codec: 'aac', bitRate: 24000 });
    const fast = await roundTrip(speech, { codec: 'aac', bitRate: 24000, coder: 'fast' });
    expect(fast.audio.samples[0]).not.toEqual(twoLoop.audio.samples[0]);
    const level5 = await roundTrip(speech, { codec: 'mp3', bitRate: 32000 });
    const level9 = await roundTrip(speech, { codec: 'mp3', bitRate: 32000, complexity: 9 });
    expect(level9.audio.samples[0]).not.toEqual(level5.audio.samples[0]);
  });

  test('packets of one size where the rate is constant', async () => {
    const { encodedBytes } = await roundTrip(speech, { codec: 'opus', vbr: false, bitRate: 16000 });
    // 4 s and the look-ahead: 201 packets of 20 ms, 40 bytes each.
    expect(encodedBytes).toBe(201 * 40);
    const mp3 = await roundTrip(speech, { codec: 'mp3', bitRate: 32000 });
    expect((mp3.encodedBytes * 8) / 4).toBeGreaterThan(31500);
    expect((mp3.encodedBytes * 8) / 4).toBeLessThan(33500);
  });

  test.each([16000, 24000, 32000, 40000])('G.726 at %i bit/s', async (bitRate) => {
    const { encodedBytes } = await roundTrip(speech, { codec: 'g726', bitRate });
    expect((encodedBytes * 8) / 4 / bitRate).toBeCloseTo(1, 1);
  });

  test.each([
    [{ codec: 'g726', bitRate: 20000 }, 'core/invalid-options'],
    [{ codec: 'g722', bitRate: 48000 }, 'core/invalid-options'],
    [{ codec: 'mp3', coder: 'fast' }, 'core/invalid-options'],
    [{ codec: 'opus', complexity: 11 }, 'core/invalid-options'],
    [{ codec: 'opus', bitRate: -1 }, 'core/invalid-options'],
    [{ codec: 'vorbis', bitRate: 1 }, 'audio/unsupported-encoder'],
  ] as const)('%j is refused', async (options, code) => {
    await expect(roundTrip(speech, options)).rejects.toMatchObject({ code });
  });

  test('sound that is none is refused', async () => {
    const options = { codec: 'mp3' } as const;
    const broken = [Float32Array.of(0, Number.NaN)];
    await expect(roundTrip({ samples: broken, sampleRate: RATE }, options)).rejects.toMatchObject({
      code: 'audio/not-finite',
    });
    await expect(roundTrip({ samples: [], sampleRate: RATE }, options)).rejects.toMatchObject({
      code: 'audio/no-samples',
    });
  });
});

describe('the ladders of card 01 §2.3', () => {
  test('Opus has its floor near 5 kbit/s: 1, 2 and 4 kbit/s are the same sound', async () => {
    const kbps = [1, 2, 4, 8, 16, 31];
    const coded = await Promise.all(
      kbps.map((rate) => roundTrip(speech, { codec: 'opus', bitRate: 1000 * rate })),
    );
    expect(coded[1]).toEqual(coded[0]);
    expect(coded[2]).toEqual(coded[0]);
    const effective = coded.map(({ encodedBytes }) => (encodedBytes * 8) / 4 / 1000);
    // The card's files had 5.3, 5.3, 5.3, 7.3, 13.0 and 29.1 kbit/s with a container, for another signal.
    for (const [i, expected] of [5.3, 5.3, 5.3, 7.3, 13, 29.1].entries()) {
      expect(effective[i]! / expected).toBeGreaterThan(0.7);
      expect(effective[i]! / expected).toBeLessThan(1.35);
    }
    const kept = coded.map(({ audio }) => shareAbove(audio.samples[0]!, RATE, 4000));
    const before = shareAbove(speech.samples[0]!, RATE, 4000);
    // 16 kbit/s is where wide-band coding starts.
    expect(kept[0]! / before).toBeLessThan(0.1);
    expect(kept[3]! / before).toBeLessThan(0.1);
    expect(kept[4]! / before).toBeGreaterThan(0.2);
    expect(kept[5]! / before).toBeGreaterThan(0.2);
  });

  test('MP3 at 8 and 16 kbit/s is mostly a low-pass filter', async () => {
    const before = shareAbove(speech.samples[0]!, RATE, 4000);
    const kept: number[] = [];
    for (const rate of [8, 16, 24, 32, 40]) {
      const { audio } = await roundTrip(speech, { codec: 'mp3', bitRate: 1000 * rate });
      kept.push(shareAbove(audio.samples[0]!, RATE, 4000) / before);
    }
    // The card, for a signal with less hiss: 0.00006, 0.04, 0.42, 0.88, 0.83.
    expect(kept[0]).toBeLessThan(0.01);
    expect(kept[1]).toBeLessThan(0.5);
    expect(kept[2]).toBeGreaterThan(0.2);
    expect(kept[3]).toBeGreaterThan(0.6);
    expect(kept[4]).toBeGreaterThan(0.6);
  });
});
