/**
 * Calls over a lossy network: Opus packets, some of them lost, decoded with concealment.
 * Concealment and speech enhancement are libopus's own (RFC 6716; its neural parts since version 1.5).
 * @module
 */

import type { OpusMLDecoderSampleRate } from '@wasm-audio-decoders/opus-ml';
import { importOptional } from '../../core/node/modules.ts';
import { type Audio, checkAudio } from '../audio.ts';
import { resample } from '../dsp/resample.ts';
import { encodePackets, nearestRate } from './codec-engine.ts';
import { OPUS } from './encoders.ts';

/** How the call is coded and which packets are lost. */
export interface OpusLossOptions {
  /** True for each packet that is lost, in order; packets beyond the list arrive. */
  readonly lost: readonly boolean[];
  /** Bits a second. @default 24000 */
  readonly bitRate?: number;
  /** Sound in a packet. @default 20 */
  readonly frameMs?: 10 | 20 | 40 | 60;
  /** What the encoder is told the sound is. @default 'voip' */
  readonly application?: 'voip' | 'audio';
  /** 0 to 10. @default 10 */
  readonly complexity?: number;
  /** Speech enhancement in the decoder; acts on wide-band SILK packets only. @default 'none' */
  readonly enhancement?: 'none' | 'lace' | 'nolace';
}

/** What arrived. */
export interface OpusLossResult {
  /** Rate, length and alignment of the input. */
  readonly audio: Audio;
  /** Bytes of all packets of all channels, lost ones included. */
  readonly encodedBytes: number;
  /** Packets of a channel. */
  readonly packets: number;
  /** Those of them that were lost. */
  readonly lostPackets: number;
}

/** Packets that {@link opusWithLoss} makes of a clip: how long a mask of losses has to be. */
export function opusPacketCount(audio: Audio, frameMs = 20): number {
  const rate = nearestRate(OPUS, audio.sampleRate);
  const frames = Math.round(((audio.samples[0]?.length ?? 0) * rate) / audio.sampleRate);
  return Math.ceil((frames + LOOK_AHEAD_SEC * rate) / ((frameMs / 1000) * rate));
}

/** libopus looks 6.5 ms ahead in its voip and audio applications (4 ms more than its shortest frame). */
const LOOK_AHEAD_SEC = 0.0065;

/**
 * Encodes each channel by itself with Opus, loses packets, decodes and conceals.
 * @throws RingtrueError `audio/bad-shape`, `audio/no-samples`, `audio/not-finite`,
 * `audio/unsupported-encoder`, `core/missing-dependency`
 */
export async function opusWithLoss(
  audio: Audio,
  options: OpusLossOptions,
): Promise<OpusLossResult> {
  checkAudio(audio);
  const samples: Float32Array[] = [];
  let encodedBytes = 0;
  let packets = 0;
  for (const plane of audio.samples) {
    const coded = await codePlane(plane, audio.sampleRate, options);
    samples.push(coded.plane);
    encodedBytes += coded.encodedBytes;
    packets = coded.packets;
  }
  return {
    audio: { samples, sampleRate: audio.sampleRate },
    encodedBytes,
    packets,
    lostPackets: options.lost.slice(0, packets).filter(Boolean).length,
  };
}

async function codePlane(plane: Float32Array, sampleRate: number, options: OpusLossOptions) {
  const { bitRate = 24000, frameMs = 20, application = 'voip', complexity = 10 } = options;
  const rate = nearestRate(OPUS, sampleRate);
  const coded = await encodePackets(OPUS, [resample(plane, sampleRate, rate)], {
    sampleRate: rate,
    bitRate,
    options: {
      application,
      frame_duration: String(frameMs),
      compression_level: String(complexity),
      vbr: 'on',
    },
  });
  coded.close();
  const frameSize = Math.round((frameMs / 1000) * rate);
  const decoded = await decodeWithLoss(
    coded.packets.map(({ data }) => data),
    { lost: options.lost, frameSize, rate, enhancement: options.enhancement ?? 'none' },
  );
  const back = resample(decoded.slice(coded.initialPadding), rate, sampleRate);
  const out = new Float32Array(plane.length);
  out.set(back.subarray(0, plane.length));
  return {
    plane: out,
    packets: coded.packets.length,
    encodedBytes: coded.packets.reduce((sum, { data }) => sum + data.length, 0),
  };
}

async function decodeWithLoss(
  packets: readonly Uint8Array[],
  options: {
    lost: readonly boolean[];
    frameSize: number;
    rate: number;
    enhancement: 'none' | 'lace' | 'nolace';
  },
): Promise<Float32Array> {
  const { lost, frameSize } = options;
  const decoder = await openDecoder(options.rate, options.enhancement);
  const out = new Float32Array(packets.length * frameSize);
  try {
    for (let k = 0; k < packets.length; ) {
      let run = 0;
      while (k + run < packets.length && lost[k + run] === true) run += 1;
      if (run === 0) {
        write(out, decoder.decodeFrame(packets[k]!).channelData[0], k * frameSize, frameSize);
        k += 1;
        continue;
      }
      // An empty packet makes the decoder conceal 120 ms, however long a packet is: a run of losses is
      // filled from as few of them as it needs, so that the concealment fades as it does in a call.
      for (let done = 0; done < run * frameSize; ) {
        const [concealed] = decoder.decodeFrame(EMPTY).channelData;
        const count = Math.min(concealed?.length ?? 0, run * frameSize - done);
        if (count === 0) break;
        write(out, concealed, k * frameSize + done, count);
        done += count;
      }
      k += run;
    }
  } finally {
    decoder.free();
  }
  return out;
}

const EMPTY = new Uint8Array(0);

function write(
  out: Float32Array,
  piece: Float32Array | undefined,
  at: number,
  count: number,
): void {
  if (piece !== undefined) out.set(piece.subarray(0, count), at);
}

async function openDecoder(rate: number, enhancement: 'none' | 'lace' | 'nolace') {
  const { OpusMLDecoder: Decoder } = await importOptional(
    '@wasm-audio-decoders/opus-ml',
    '0.0.3',
    () => import('@wasm-audio-decoders/opus-ml'),
  );
  const decoder = new Decoder({
    channels: 1,
    streamCount: 1,
    coupledStreamCount: 0,
    channelMappingTable: [0],
    preSkip: 0,
    // A rate of the encoder, which has the same five as the decoder.
    sampleRate: rate as OpusMLDecoderSampleRate,
    speechQualityEnhancement: enhancement,
  });
  await decoder.ready;
  return decoder;
}
