/**
 * Codec round trips in memory: encode, decode, align, same rate and length.
 * @module
 */

import { RingtrueError } from '../../core/errors.ts';
import type { Audio } from '../audio.ts';
import { resample } from '../dsp/resample.ts';
import { codeInMemory, type EncoderSpec } from './codec-engine.ts';
import { loadFfmpeg } from './ffmpeg.ts';

/** Codecs of {@link roundTrip}. */
export type CodecName =
  | 'opus'
  | 'mp3'
  | 'aac'
  | 'vorbis'
  | 'g711-mulaw'
  | 'g711-alaw'
  | 'g722'
  | 'g726'
  | 'g723-1'
  | 'ac3'
  | 'sbc'
  | 'flac';

/** A codec with its settings; what a codec does not know is ignored by it. */
export interface CodecOptions {
  readonly codec: CodecName;
  /** Bits a second. */
  readonly bitRate?: number;
  /** Opus 0…10 (default 10), LAME 0…9 (its `compression_level`, default 5 here as in the program). */
  readonly complexity?: number;
  /** Opus only: what the encoder is told the sound is. @default 'audio' */
  readonly application?: 'voip' | 'audio' | 'lowdelay';
}

/** What came back of a round trip. */
export interface RoundTrip {
  readonly audio: Audio;
  /** Bytes of all packets, without a container. */
  readonly encodedBytes: number;
}

interface CodecSpec extends EncoderSpec {
  readonly defaultBitRate?: number;
  /** Lowest and highest bit rate that the encoder keeps. */
  readonly bitRates?: readonly [number, number];
  readonly privateOptions?: (options: CodecOptions) => Record<string, string>;
}

const MP3_RATES = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000];

/** Every codec by name: a total table. */
const CODECS: Readonly<Record<CodecName, CodecSpec>> = {
  opus: {
    encoder: 'libopus',
    decoder: 'libopus',
    format: 3,
    rates: [8000, 12000, 16000, 24000, 48000],
    defaultBitRate: 24000,
    privateOptions: ({ complexity = 10, application = 'audio' }) => ({
      compression_level: String(complexity),
      application,
      vbr: 'on',
    }),
  },
  mp3: {
    encoder: 'libmp3lame',
    format: 8,
    rates: MP3_RATES,
    defaultBitRate: 64000,
    privateOptions: ({ complexity = 5 }) => ({
      compression_level: String(complexity),
      reservoir: '1',
    }),
  },
  aac: {
    encoder: 'aac',
    format: 8,
    rates: [...MP3_RATES, 64000, 88200, 96000],
    defaultBitRate: 64000,
  },
  vorbis: { encoder: 'libvorbis', format: 8, defaultBitRate: 64000 },
  'g711-mulaw': { encoder: 'pcm_mulaw', format: 1, rates: [8000] },
  'g711-alaw': { encoder: 'pcm_alaw', format: 1, rates: [8000] },
  g722: { encoder: 'g722', format: 1, rates: [16000], frameSize: 320 },
  g726: {
    encoder: 'g726',
    format: 1,
    rates: [8000],
    defaultBitRate: 32000,
    privateOptions: ({ bitRate = 32000 }) => ({ code_size: String(Math.round(bitRate / 8000)) }),
  },
  'g723-1': { encoder: 'g723_1', format: 1, rates: [8000], defaultBitRate: 6300 },
  ac3: { encoder: 'ac3', format: 8, rates: [32000, 44100, 48000], defaultBitRate: 64000 },
  sbc: { encoder: 'sbc', format: 1, rates: [16000, 32000, 44100, 48000], defaultBitRate: 128000 },
  flac: { encoder: 'flac', format: 1 },
};

/** Names of all codecs that {@link roundTrip} knows. */
export const CODEC_NAMES: readonly CodecName[] = Object.keys(CODECS) as CodecName[];

/** The codecs whose encoder the media library has on this machine. */
export async function availableCodecs(): Promise<CodecName[]> {
  const { av } = await loadFfmpeg();
  return CODEC_NAMES.filter(
    (name) =>
      av.Codec.findEncoderByName(
        CODECS[name].encoder as Parameters<typeof av.Codec.findEncoderByName>[0],
      ) !== null,
  );
}

/**
 * Encodes and decodes each channel by itself; the result has the rate, the length and the alignment of the
 * input (the delay of each codec at each rate is measured once, on noise, and taken off).
 * @throws RingtrueError `audio/unsupported-encoder`, `core/missing-dependency`
 */
export async function roundTrip(audio: Audio, options: CodecOptions): Promise<RoundTrip> {
  const samples: Float32Array[] = [];
  let encodedBytes = 0;
  for (const plane of audio.samples) {
    const coded = await codePlane(plane, audio.sampleRate, options);
    samples.push(coded.plane);
    encodedBytes += coded.encodedBytes;
  }
  return { audio: { samples, sampleRate: audio.sampleRate }, encodedBytes };
}

async function codePlane(plane: Float32Array, sampleRate: number, options: CodecOptions) {
  const spec = CODECS[options.codec];
  const codecRate = nearestRate(spec.rates, sampleRate);
  const coded = await codeAtRate(
    resample(plane, sampleRate, codecRate, QUALITY),
    codecRate,
    options,
  );
  const delay = await delayOf(options, codecRate);
  const aligned = coded.samples.subarray(Math.max(0, delay));
  const back = resample(aligned.slice(), coded.sampleRate, sampleRate, QUALITY);
  const out = new Float32Array(plane.length);
  out.set(back.subarray(0, plane.length));
  return { plane: out, encodedBytes: coded.encodedBytes };
}

async function codeAtRate(plane: Float32Array, sampleRate: number, options: CodecOptions) {
  const spec = CODECS[options.codec];
  const bitRate = options.bitRate ?? spec.defaultBitRate;
  // The tail is pushed through the encoder's look-ahead, so that no sample of the input is lost.
  const padded = new Float32Array(plane.length + Math.ceil(TAIL_SEC * sampleRate));
  padded.set(plane);
  const coded = await codeInMemory(spec, padded, {
    sampleRate,
    bitRate,
    options: spec.privateOptions?.(options) ?? {},
  });
  if (coded.encodedBytes === 0) {
    throw new RingtrueError(
      'audio/unsupported-encoder',
      `the encoder of ${options.codec} wrote nothing`,
    );
  }
  const share = plane.length / padded.length;
  return { ...coded, encodedBytes: Math.round(coded.encodedBytes * share) };
}

/** −80 dB of alias lies far below what any lossy codec adds. */
const QUALITY = { quality: 'fast' } as const;
const TAIL_SEC = 0.12;
const PROBE_SEC = 0.6;
const MAX_DELAY_SEC = 0.15;
const delays = new Map<string, Promise<number>>();

/** Delay in samples of the decoder's rate, measured by cross-correlation on band-limited noise. */
function delayOf(options: CodecOptions, codecRate: number): Promise<number> {
  const key = `${options.codec} ${codecRate} ${options.application ?? ''}`;
  let delay = delays.get(key);
  if (delay === undefined) {
    delay = measureDelay(
      {
        ...options,
        ...(PROBE_RATES[options.codec] === undefined
          ? {}
          : { bitRate: PROBE_RATES[options.codec] }),
      },
      codecRate,
    );
    delays.set(key, delay);
  }
  return delay;
}

/** Bit rates at which the waveform survives well enough to be correlated. */
const PROBE_RATES: Partial<Record<CodecName, number>> = {
  opus: 48000,
  mp3: 64000,
  aac: 64000,
  vorbis: 64000,
  ac3: 128000,
};

async function measureDelay(options: CodecOptions, codecRate: number): Promise<number> {
  const length = Math.round(PROBE_SEC * codecRate);
  const noise = new Float32Array(length);
  let state = 1;
  let smooth = 0;
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    smooth = 0.8 * smooth + 0.2 * (state / 2147483648);
    noise[i] = 0.5 * smooth * (0.5 + 0.5 * Math.sin((2 * Math.PI * 5 * i) / codecRate));
  }
  const { samples, sampleRate } = await codeAtRate(noise, codecRate, options);
  const reference = resample(noise, codecRate, sampleRate);
  const maxDelay = Math.round(MAX_DELAY_SEC * sampleRate);
  const from = Math.round(0.1 * sampleRate);
  const to = Math.min(reference.length, samples.length - maxDelay);
  let best = 0;
  let bestSum = Number.NEGATIVE_INFINITY;
  for (let lag = 0; lag <= maxDelay; lag += 1) {
    let sum = 0;
    for (let i = from; i < to; i += 3) sum += reference[i]! * (samples[i + lag] ?? 0);
    if (sum > bestSum) {
      bestSum = sum;
      best = lag;
    }
  }
  return best;
}

function nearestRate(rates: readonly number[] | undefined, sampleRate: number): number {
  if (rates === undefined || rates.includes(sampleRate)) return sampleRate;
  return rates.find((rate) => rate >= sampleRate) ?? rates[rates.length - 1]!;
}
