/**
 * The encoders of the media library that {@link file://./codec.ts} and {@link file://./encode.ts} share.
 * @module
 */

import type { EncoderSpec } from './codec-engine.ts';

const MPEG_RATES = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000];

/** libopus. */
export const OPUS: EncoderSpec = {
  encoder: 'libopus',
  decoder: 'libopus',
  layout: 'flt',
  rates: [8000, 12000, 16000, 24000, 48000],
};

/** LAME. */
export const MP3: EncoderSpec = { encoder: 'libmp3lame', layout: 'fltp', rates: MPEG_RATES };

/** Rates of AAC in Hz. */
export const AAC_RATES: readonly number[] = [...MPEG_RATES, 64000, 88200, 96000];

/** FFmpeg's own AAC-LC. */
export const AAC: EncoderSpec = { encoder: 'aac', layout: 'fltp', rates: AAC_RATES };

/** libvorbis. */
export const VORBIS: EncoderSpec = { encoder: 'libvorbis', layout: 'fltp' };

/** FLAC of 16 bits. */
export const FLAC: EncoderSpec = { encoder: 'flac', layout: 's16' };
