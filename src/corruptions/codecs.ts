/**
 * Lossy codecs (card 01 §2.2, 11 and 12, and what calls and players use).
 * @module
 */

import * as z from 'zod';
import type { Audio } from '../audio/audio.ts';
import { peak, rms } from '../audio/dsp/level.ts';
import { type CodecName, type CodecOptions, codecOptionsSchema } from '../audio/io/codec.ts';
import { fromDb } from '../core/portable-math.ts';
import { defineCorruption, inTandem, throughCodec } from './define.ts';
import type { Corrupted, CorruptionFamily, CorruptionPage } from './types.ts';

/** The same sound with another gain. */
function turned(audio: Audio, gain: number): Audio {
  if (gain === 1) return audio;
  return { ...audio, samples: audio.samples.map((x) => x.map((value) => value * gain)) };
}

/** Codes sound after a gain that is undone afterwards. */
async function codedAt(
  audio: Audio,
  gain: number,
  code: (audio: Audio) => Promise<Corrupted>,
): Promise<Corrupted> {
  const coded = await code(turned(audio, gain));
  return { ...coded, audio: turned(coded.audio, 1 / gain) };
}

/** 16-bit encoders clip: louder sound is turned down and up again. */
function safeGain(audio: Audio): number {
  return 1 / Math.max(1, ...audio.samples.map(peak));
}

interface BitRateCodec {
  readonly name: string;
  readonly codec: CodecName;
  readonly family: CorruptionFamily;
  readonly summary: string;
  /** kbit/s from the mildest. */
  readonly kbps: readonly number[];
  /** kbit/s that the format has; any if absent. */
  readonly rates?: readonly number[];
  /** What the encoder is told besides, by the names of {@link CodecOptions}; each has a default. */
  readonly settings?: Readonly<Record<string, z.ZodType<string | number | boolean>>>;
  readonly page: Omit<CorruptionPage, 'formula' | 'measure'>;
}

function bitRateCodec(declared: BitRateCodec) {
  const { name, codec, family, summary, kbps, rates, settings = {}, page } = declared;
  return defineCorruption({
    name,
    family,
    summary,
    page: {
      ...page,
      formula:
        'y = decode(encode(x)) at the bit rate, aligned, at the rate and length of x; x above full scale is turned down and up again',
      measure: 'bytesPerSec',
    },
    schema: z.strictObject({
      kbps: (rates === undefined ? z.number().positive() : z.literal(rates))
        .default(kbps[Math.floor(kbps.length / 2)]!)
        .describe('bit rate asked of the encoder')
        .meta({ unit: 'kbit/s' }),
      ...settings,
    }),
    unit: 'kbit/s',
    grid: kbps.map((rate) => ({ value: rate, params: { kbps: rate } })),
    draw: (params) => params,
    apply: (audio, { kbps: rate, ...rest }) => {
      // Checked by `roundTrip`, whose options they are.
      const options = { ...rest, codec, bitRate: 1000 * rate } as CodecOptions;
      return codedAt(audio, safeGain(audio), (safe) => throughCodec(safe, options));
    },
  });
}

const { complexity, application, frameMs, vbr, coder } = codecOptionsSchema.shape;

/** Opus, by default of complexity 10 and VBR; the encoder has a floor near 5 kbit/s, so levels 4 to 6 are the same sound. */
export const opus = bitRateCodec({
  name: 'opus',
  codec: 'opus',
  family: 'compression',
  summary: 'Opus (libopus, complexity 10); 4, 2 and 1 kbit/s are the same bytes',
  kbps: [31, 16, 8, 4, 2, 1],
  settings: {
    complexity: complexity.unwrap().default(10).describe('effort of the encoder, 0 to 10'),
    application: application
      .unwrap()
      .default('audio')
      .describe('what the encoder is told the sound is'),
    frameMs: frameMs.unwrap().default(20).describe('sound in a packet').meta({ unit: 'ms' }),
    vbr: vbr.unwrap().default(true).describe('`false` asks for packets of one size'),
  },
  page: {
    grid: 'the study’s own',
    limits: [
      'libopus has a floor near 5 kbit/s: levels 4, 5 and 6 are byte-identical, and a test that expects differences is wrong',
      'wide band begins at 16 kbit/s',
      'the bit rate asked for is not the one written (VBR): see the table',
    ],
    citation: 'RFC 6716; Li, Chen and Wei 2025, arXiv 2503.17577',
  },
});
/** MP3 by LAME. */
export const mp3 = bitRateCodec({
  name: 'mp3',
  codec: 'mp3',
  family: 'compression',
  summary: 'MP3 (LAME); 16 and 8 kbit/s are mostly low-pass filters',
  kbps: [40, 32, 24, 16, 8],
  // Of MPEG-1 and MPEG-2: for 36, say, LAME takes 32 and says nothing.
  rates: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 192, 224, 256, 320],
  settings: {
    complexity: complexity
      .unwrap()
      .max(9)
      .default(5)
      .describe('LAME’s effort, from 0 (best, slow) to 9'),
  },
  page: {
    grid: 'the study’s own',
    limits: ['at 16 kHz this is MPEG-2 Layer III', 'encoder delay is taken out'],
    citation: 'ISO/IEC 13818-3; Li, Chen and Wei 2025, arXiv 2503.17577',
  },
});
/** AAC by FFmpeg's own encoder. */
export const aac = bitRateCodec({
  name: 'aac',
  codec: 'aac',
  family: 'compression',
  summary: 'AAC-LC (FFmpeg’s encoder)',
  kbps: [64, 48, 32, 24, 16],
  settings: {
    coder: coder.unwrap().default('twoloop').describe('how coefficients are quantised'),
  },
  page: {
    grid: 'ours: what messengers and video sites use for speech',
    limits: ['one encoder of many: others sound different at the same rate'],
    citation: 'ISO/IEC 14496-3',
  },
});
/** Vorbis. */
export const vorbis = bitRateCodec({
  name: 'vorbis',
  codec: 'vorbis',
  family: 'compression',
  summary: 'Vorbis (libvorbis)',
  kbps: [64, 48, 40, 32, 24],
  page: {
    grid: 'ours: from what libvorbis allows at 16 kHz and one channel',
    limits: ['variable bit rate: the rate asked for is a mean over long recordings'],
    citation: 'Vorbis I specification (Xiph.Org)',
  },
});

/** G.726 ADPCM at 8 kHz. */
export const g726 = defineCorruption({
  name: 'g726',
  family: 'channel',
  summary: 'G.726 ADPCM at 8 kHz, as in cordless telephones; at last twice in a row',
  page: {
    formula: 'y = decode(encode(x)) at 8 kHz, `passes` times in a row, back at the rate of x',
    grid: 'the four rates of the recommendation, then the lowest twice (two cordless ends)',
    measure: 'snrDb',
    limits: [
      'nothing above 4 kHz is left at any level',
      'the value of level 5 is its rate over its two passes; bytes count both',
    ],
    citation: 'ITU-T G.726',
  },
  schema: z.strictObject({
    kbps: z.literal([16, 24, 32, 40]).default(32).describe('bit rate').meta({ unit: 'kbit/s' }),
    passes: z.number().int().min(1).max(8).default(1).describe('times in a row (tandem coding)'),
  }),
  unit: 'kbit/s over passes',
  grid: [
    { value: 40, params: { kbps: 40 } },
    { value: 32, params: { kbps: 32 } },
    { value: 24, params: { kbps: 24 } },
    { value: 16, params: { kbps: 16 } },
    { value: 8, params: { kbps: 16, passes: 2 } },
  ],
  draw: ({ kbps, passes }) => ({ kbps, passes }),
  apply: (audio, { kbps, passes }) =>
    codedAt(audio, safeGain(audio), (safe) =>
      inTandem(safe, passes, { codec: 'g726', bitRate: 1000 * kbps }),
    ),
});

interface TelephoneCodec {
  readonly name: string;
  readonly codec: CodecName;
  readonly summary: string;
  readonly levelsDb: readonly number[];
  readonly page: Pick<CorruptionPage, 'limits' | 'citation'>;
}

/** Codecs with one rate: levels are how quietly the line is spoken into, which is what lays their noise bare. */
function telephoneCodec({ name, codec, summary, levelsDb, page }: TelephoneCodec) {
  return defineCorruption({
    name,
    family: 'channel',
    summary,
    page: {
      ...page,
      formula:
        'y = decode(encode(g·x)) / g, `passes` times in a row; g brings the RMS of the loudest channel to the input level',
      grid: 'ours, and artificial from level 2 on: the codec has one rate, so that only the level lays its noise bare',
      limits: [
        ...page.limits,
        `level 1 is the codec as lines use it; from level 2 on the sound is 30 dB and more quieter, which no line is set up for: what the code does to sound that is far too quiet, not what calls are like. For calls take level 1, with \`passes\` (\`${name}@1~passes=3\`), \`narrow-band-call\` or \`packet-loss\``,
      ],
      measure: 'snrDb',
    },
    schema: z.strictObject({
      inputLevelDb: z
        .number()
        .min(-90)
        .max(-10)
        .default(levelsDb[1]!)
        .describe('RMS of the sound as the encoder gets it; undone afterwards')
        .meta({ unit: 'dBFS' }),
      passes: z.number().int().min(1).max(16).default(1).describe('times in a row (tandem coding)'),
    }),
    unit: 'dBFS in',
    grid: levelsDb.map((inputLevelDb) => ({ value: inputLevelDb, params: { inputLevelDb } })),
    draw: ({ inputLevelDb, passes }) => ({ inputLevelDb, passes }),
    apply: (audio, { inputLevelDb, passes }) => {
      const loudest = Math.max(...audio.samples.map(rms));
      const gain = loudest > 0 ? Math.sqrt(fromDb(inputLevelDb)) / loudest : 1;
      return codedAt(audio, gain, (quiet) => inTandem(quiet, passes, { codec }));
    },
  });
}

/** G.711 µ-law at 8 kHz. */
export const g711Mulaw = telephoneCodec({
  name: 'g711-mulaw',
  codec: 'g711-mulaw',
  summary:
    'G.711 µ-law at 8 kHz, of North American and Japanese lines; by input level, from level 2 on quieter than any line',
  levelsDb: [-20, -50, -58, -64, -70],
  page: {
    limits: [
      'nothing above 4 kHz is left at any level',
      'further passes add little: what comes back is nearly on the grid of the code already',
    ],
    citation: 'ITU-T G.711',
  },
});
/** G.711 A-law at 8 kHz. */
export const g711Alaw = telephoneCodec({
  name: 'g711-alaw',
  codec: 'g711-alaw',
  summary:
    'G.711 A-law at 8 kHz, of telephone lines elsewhere; by input level, from level 2 on quieter than any line',
  levelsDb: [-20, -50, -58, -64, -70],
  page: {
    limits: [
      'nothing above 4 kHz is left at any level',
      'further passes add little: what comes back is nearly on the grid of the code already',
    ],
    citation: 'ITU-T G.711',
  },
});
/** G.722 at 16 kHz. */
export const g722 = telephoneCodec({
  name: 'g722',
  codec: 'g722',
  summary:
    'G.722 at 64 kbit/s, of wide-band telephony; by input level, from level 2 on quieter than any line',
  levelsDb: [-20, -50, -58, -64, -70],
  page: {
    limits: ['the encoder has the 64 kbit/s mode only, not those of 56 and 48'],
    citation: 'ITU-T G.722',
  },
});
