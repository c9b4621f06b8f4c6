/**
 * Lossy codecs (card 01 §2.2, 11 and 12, and what calls and players use).
 * @module
 */

import * as z from 'zod';
import { peak } from '../audio/dsp/level.ts';
import type { CodecName } from '../audio/io/codec.ts';
import { defineCorruption, throughCodec } from './define.ts';
import type { CorruptionFamily } from './types.ts';

interface BitRateCodec {
  readonly name: string;
  readonly codec: CodecName;
  readonly family: CorruptionFamily;
  readonly summary: string;
  /** kbit/s from the mildest. */
  readonly kbps: readonly number[];
}

function bitRateCodec({ name, codec, family, summary, kbps }: BitRateCodec) {
  return defineCorruption({
    name,
    family,
    summary,
    schema: z.strictObject({
      kbps: z
        .number()
        .positive()
        .default(kbps[Math.floor(kbps.length / 2)]!)
        .describe('bit rate asked of the encoder')
        .meta({ unit: 'kbit/s' }),
    }),
    unit: 'kbit/s',
    grid: kbps.map((rate) => ({ value: rate, params: { kbps: rate } })),
    draw: ({ kbps: rate }) => ({ kbps: rate }),
    async apply(audio, { kbps: rate }) {
      // 16-bit encoders clip: louder sound is turned down and up again.
      const loudest = Math.max(1, ...audio.samples.map(peak));
      const turned =
        loudest === 1
          ? audio
          : { ...audio, samples: audio.samples.map((x) => x.map((value) => value / loudest)) };
      const coded = await throughCodec(turned, { codec, bitRate: 1000 * rate });
      if (loudest === 1) return coded;
      return {
        ...coded,
        audio: {
          ...coded.audio,
          samples: coded.audio.samples.map((x) => x.map((value) => value * loudest)),
        },
      };
    },
  });
}

/** Opus, complexity 10, VBR; the encoder has a floor near 5 kbit/s, so levels 4 to 6 are the same sound. */
export const opus = bitRateCodec({
  name: 'opus',
  codec: 'opus',
  family: 'compression',
  summary: 'Opus (libopus, complexity 10); 4, 2 and 1 kbit/s are the same bytes',
  kbps: [31, 16, 8, 4, 2, 1],
});
/** MP3 by LAME. */
export const mp3 = bitRateCodec({
  name: 'mp3',
  codec: 'mp3',
  family: 'compression',
  summary: 'MP3 (LAME); 16 and 8 kbit/s are mostly low-pass filters',
  kbps: [40, 32, 24, 16, 8],
});
/** AAC by FFmpeg's own encoder. */
export const aac = bitRateCodec({
  name: 'aac',
  codec: 'aac',
  family: 'compression',
  summary: 'AAC-LC (FFmpeg’s encoder)',
  kbps: [64, 48, 32, 24, 16],
});
/** Vorbis. */
export const vorbis = bitRateCodec({
  name: 'vorbis',
  codec: 'vorbis',
  family: 'compression',
  summary: 'Vorbis (libvorbis)',
  kbps: [64, 48, 40, 32, 24],
});
/** G.726 ADPCM at 8 kHz. */
export const g726 = bitRateCodec({
  name: 'g726',
  codec: 'g726',
  family: 'channel',
  summary: 'G.726 ADPCM at 8 kHz, as in cordless telephones',
  kbps: [40, 32, 24, 16],
});

/** Codecs with one rate: levels are how many times the call is coded again on its way. */
function tandemCodec(name: string, codec: CodecName, summary: string) {
  return defineCorruption({
    name,
    family: 'channel',
    summary,
    schema: z.strictObject({
      passes: z.number().int().min(1).max(16).default(1).describe('times in a row (tandem coding)'),
    }),
    unit: 'passes',
    grid: [1, 2, 3, 4, 6].map((passes) => ({ value: passes, params: { passes } })),
    draw: ({ passes }) => ({ passes }),
    async apply(audio, { passes }) {
      let coded = await throughCodec(audio, { codec });
      let { encodedBytes } = coded;
      for (let pass = 1; pass < passes; pass += 1) {
        coded = await throughCodec(coded.audio, { codec }).catch((error: unknown) => {
          // A second pass of a memoryless codec may change nothing more: that is its nature, not a fault.
          if (error instanceof Error && 'code' in error && error.code === 'corruptions/no-effect')
            return coded;
          throw error;
        });
        encodedBytes += coded.encodedBytes;
      }
      return { audio: coded.audio, encodedBytes };
    },
  });
}

/** G.711 µ-law at 8 kHz. */
export const g711Mulaw = tandemCodec(
  'g711-mulaw',
  'g711-mulaw',
  'G.711 µ-law at 8 kHz: North American and Japanese telephone lines',
);
/** G.711 A-law at 8 kHz. */
export const g711Alaw = tandemCodec(
  'g711-alaw',
  'g711-alaw',
  'G.711 A-law at 8 kHz: telephone lines elsewhere',
);
/** G.722 at 16 kHz. */
export const g722 = tandemCodec('g722', 'g722', 'G.722 at 64 kbit/s: wide-band telephony');
