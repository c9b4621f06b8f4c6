/**
 * Codec round trips in memory: encode, decode, align, same rate and length.
 * @module
 */

import * as z from 'zod';
import { RingtrueError } from '../../core/errors.ts';
import { parseOptions } from '../../core/schema.ts';
import { type Audio, checkAudio } from '../audio.ts';
import { resample } from '../dsp/resample.ts';
import {
  decodePackets,
  type EncoderSpec,
  encodePackets,
  hasEncoder,
  nearestRate,
} from './codec-engine.ts';
import { AAC, AAC_RATES, FLAC, MP3, OPUS, VORBIS } from './encoders.ts';

/** Names of all codecs that {@link roundTrip} knows. */
export const CODEC_NAMES = [
  'opus',
  'mp3',
  'mp2',
  'aac',
  'vorbis',
  'ac3',
  'flac',
  'g711-mulaw',
  'g711-alaw',
  'g722',
  'g726',
  'g723-1',
  'sbc',
  'nellymoser',
  'adpcm-ms',
  'adpcm-ima',
  'adpcm-ima-qt',
  'adpcm-yamaha',
  'adpcm-swf',
  'adpcm-adx',
  'wma-1',
  'wma-2',
  'eac3',
  'aac-fdk',
  'ra-144',
  'alac',
  'wavpack',
] as const;

/** Codecs of {@link roundTrip}: those of the media library that code speech or music, each once. */
export type CodecName = (typeof CODEC_NAMES)[number];

/** Options of {@link roundTrip}: a codec and its settings. */
export const codecOptionsSchema = z.strictObject({
  codec: z.enum(CODEC_NAMES).describe('codec'),
  bitRate: z
    .number()
    .positive()
    .optional()
    .describe('bit rate asked of the encoder; by default the one that its table names')
    .meta({ unit: 'bit/s' }),
  complexity: z
    .number()
    .int()
    .min(0)
    .max(10)
    .optional()
    .describe('effort: Opus 0 to 10 (default 10), LAME level 0 (best, slow) to 9 (default 5)'),
  application: z
    .enum(['voip', 'audio', 'lowdelay'])
    .optional()
    .describe('Opus: what the encoder is told the sound is (default audio)'),
  frameMs: z
    .literal([2.5, 5, 10, 20, 40, 60])
    .optional()
    .describe('Opus: sound in a packet (default 20)')
    .meta({ unit: 'ms' }),
  vbr: z.boolean().optional().describe('Opus: false asks for packets of one size (default true)'),
  coder: z
    .enum(['twoloop', 'fast'])
    .optional()
    .describe('AAC: how coefficients are quantised (default twoloop)'),
});

/** A codec with its settings; an option that the codec does not have is refused. */
export type CodecOptions = z.input<typeof codecOptionsSchema>;

/** What came back of a round trip. */
export interface RoundTrip {
  /** With the rate, length and alignment of the input. */
  readonly audio: Audio;
  /** Bytes of the packets that carry the input, without a container. */
  readonly encodedBytes: number;
}

type Setting = Exclude<keyof CodecOptions, 'codec' | 'bitRate'>;

interface CodecSpec extends EncoderSpec {
  /** Bits a second; absent where the codec has one rate only. */
  readonly defaultBitRate?: number;
  /** Settings besides the bit rate. */
  readonly settings?: readonly Setting[];
  /** FFmpeg's private options. */
  readonly privateOptions?: (options: CodecOptions) => Record<string, string>;
  /**
   * Samples by which sound comes out late. Zero for most: the decoder drops the priming that the encoder
   * reports (LAME 1105, AAC 1024, Opus 6.5 ms, G.722 22, …).
   */
  readonly delay?: number;
  /** Samples that the decoder swallows at the start, by rate: as many zeros go before the input. */
  readonly lead?: (sampleRate: number) => number;
  /** Bit rates that the codec has, where they are few. */
  readonly bitRates?: readonly number[];
}

/** Windows Media Audio, whose decoder in the library drops the first frame. */
function wma(version: 1 | 2): Omit<CodecSpec, 'encoder'> {
  return {
    layout: 'fltp',
    rates: [8000, 11025, 16000, 22050, 32000, 44100, 48000],
    defaultBitRate: 64000,
    lead: (rate) => (rate <= 16000 ? 512 : rate <= (version === 1 ? 32000 : 22050) ? 1024 : 2048),
  };
}

/** Every codec by name: a total table. */
const CODECS: Readonly<Record<CodecName, CodecSpec>> = {
  opus: {
    ...OPUS,
    defaultBitRate: 24000,
    settings: ['complexity', 'application', 'frameMs', 'vbr'],
    privateOptions: ({ complexity = 10, application = 'audio', frameMs = 20, vbr = true }) => ({
      compression_level: String(complexity),
      application,
      frame_duration: String(frameMs),
      vbr: vbr ? 'on' : 'off',
    }),
  },
  mp3: {
    ...MP3,
    defaultBitRate: 64000,
    settings: ['complexity'],
    privateOptions: ({ complexity = 5 }) => ({
      compression_level: String(Math.min(9, complexity)),
      reservoir: '1',
    }),
  },
  mp2: {
    encoder: 'mp2',
    layout: 's16',
    rates: [16000, 22050, 24000, 32000, 44100, 48000],
    defaultBitRate: 64000,
  },
  aac: {
    ...AAC,
    defaultBitRate: 64000,
    settings: ['coder'],
    privateOptions: ({ coder = 'twoloop' }) => ({ aac_coder: coder }),
  },
  vorbis: { ...VORBIS, defaultBitRate: 64000 },
  ac3: { encoder: 'ac3', layout: 'fltp', rates: [32000, 44100, 48000], defaultBitRate: 64000 },
  flac: FLAC,
  'g711-mulaw': { encoder: 'pcm_mulaw', layout: 's16', rates: [8000] },
  'g711-alaw': { encoder: 'pcm_alaw', layout: 's16', rates: [8000] },
  g722: { encoder: 'g722', layout: 's16', rates: [16000], frameSize: 320 },
  g726: {
    encoder: 'g726',
    layout: 's16',
    rates: [8000],
    defaultBitRate: 32000,
    bitRates: [16000, 24000, 32000, 40000],
    privateOptions: ({ bitRate = 32000 }) => ({ code_size: String(bitRate / 8000) }),
  },
  // The library's encoder has the higher of the two rates of G.723.1 only.
  'g723-1': {
    encoder: 'g723_1',
    layout: 's16',
    rates: [8000],
    defaultBitRate: 6300,
    bitRates: [6300],
    delay: 60,
  },
  sbc: {
    encoder: 'sbc',
    layout: 's16',
    rates: [16000, 32000, 44100, 48000],
    defaultBitRate: 128000,
    delay: 73,
  },
  nellymoser: { encoder: 'nellymoser', layout: 'flt', rates: [8000, 11025, 16000, 22050, 44100] },
  'adpcm-ms': { encoder: 'adpcm_ms', layout: 's16' },
  'adpcm-ima': { encoder: 'adpcm_ima_wav', layout: 's16p' },
  'adpcm-ima-qt': { encoder: 'adpcm_ima_qt', layout: 's16p' },
  'adpcm-yamaha': { encoder: 'adpcm_yamaha', layout: 's16' },
  'adpcm-swf': { encoder: 'adpcm_swf', layout: 's16', rates: [11025, 22050, 44100] },
  'adpcm-adx': { encoder: 'adpcm_adx', layout: 's16' },
  'wma-1': { ...wma(1), encoder: 'wmav1' },
  'wma-2': { ...wma(2), encoder: 'wmav2' },
  eac3: { encoder: 'eac3', layout: 'fltp', rates: [32000, 44100, 48000], defaultBitRate: 64000 },
  'aac-fdk': { encoder: 'libfdk_aac', layout: 's16', rates: AAC_RATES, defaultBitRate: 64000 },
  'ra-144': { encoder: 'real_144', layout: 's16', rates: [8000] },
  alac: { encoder: 'alac', layout: 's16p' },
  wavpack: { encoder: 'wavpack', layout: 's16p' },
};

/** −80 dB of alias lies far below what any lossy codec adds. */
const QUALITY = { quality: 'fast' } as const;
/** Zeros that follow the input into the encoder, so that its last samples come out of every codec. */
const TAIL_SEC = 0.12;

/** The codecs whose encoder the media library has on this machine. */
export async function availableCodecs(): Promise<CodecName[]> {
  const here = await Promise.all(CODEC_NAMES.map((name) => hasEncoder(CODECS[name])));
  return CODEC_NAMES.filter((_, i) => here[i]);
}

/** FFmpeg's name of the encoder of a codec. */
export function encoderOf(codec: CodecName): string {
  return CODECS[codec].encoder;
}

/** The rate in Hz at which a codec takes sound of `sampleRate`: roundTrip converts to it and back. */
export function codecSampleRate(codec: CodecName, sampleRate: number): number {
  return nearestRate(CODECS[codec], sampleRate);
}

/**
 * Encodes and decodes each channel by itself; the result has the rate, the length and the alignment of the
 * input.
 * @throws RingtrueError `audio/unsupported-encoder`, `core/invalid-options`, `core/missing-dependency`,
 * `audio/bad-shape`, `audio/no-samples`, `audio/not-finite`
 */
export async function roundTrip(audio: Audio, options: CodecOptions): Promise<RoundTrip> {
  checkAudio(audio);
  checkOptions(options);
  const samples: Float32Array[] = [];
  let encodedBytes = 0;
  for (const plane of audio.samples) {
    const coded = await codePlane(plane, audio.sampleRate, options);
    samples.push(coded.plane);
    encodedBytes += coded.encodedBytes;
  }
  return { audio: { samples, sampleRate: audio.sampleRate }, encodedBytes };
}

function checkOptions(options: CodecOptions): void {
  const { codec, bitRate, ...settings } = parseOptions(codecOptionsSchema, options, {
    where: 'codec options',
  });
  const spec = CODECS[codec];
  const foreign = Object.keys(settings).find((key) => !spec.settings?.some((name) => name === key));
  if (foreign !== undefined) {
    throw new RingtrueError(
      'core/invalid-options',
      `codec options.${foreign}: ${codec} has no such setting`,
    );
  }
  if (bitRate === undefined) return;
  if (spec.defaultBitRate === undefined) {
    throw new RingtrueError(
      'core/invalid-options',
      `codec options.bitRate: ${codec} has one bit rate only`,
    );
  }
  if (spec.bitRates?.includes(bitRate) === false) {
    throw new RingtrueError(
      'core/invalid-options',
      `codec options.bitRate: ${codec} has ${spec.bitRates.join(', ')} bit/s, not ${bitRate}`,
    );
  }
}

async function codePlane(plane: Float32Array, sampleRate: number, options: CodecOptions) {
  const spec = CODECS[options.codec];
  const codecRate = nearestRate(spec, sampleRate);
  const atRate = resample(plane, sampleRate, codecRate, QUALITY);
  const lead = spec.lead?.(codecRate) ?? 0;
  const end = lead + atRate.length;
  const padded = new Float32Array(end + Math.ceil(TAIL_SEC * codecRate));
  padded.set(atRate, lead);
  const coded = await encodePackets(spec, [padded], {
    sampleRate: codecRate,
    bitRate: options.bitRate ?? spec.defaultBitRate,
    options: spec.privateOptions?.(options) ?? {},
  });
  try {
    const { planes, sampleRate: decodedRate } = await decodePackets(coded, spec.decoder);
    const aligned = planes[0]!.subarray(spec.delay ?? 0);
    const back = resample(aligned, decodedRate, sampleRate, QUALITY);
    const out = new Float32Array(plane.length);
    out.set(back.subarray(0, plane.length));
    const carrying = coded.packets.filter(({ start }) => start < end);
    return {
      plane: out,
      encodedBytes: carrying.reduce((sum, { data }) => sum + data.length, 0),
    };
  } finally {
    coded.close();
  }
}
