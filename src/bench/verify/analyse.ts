/**
 * What verification takes from one recording. Runs where the recording is decoded, so that samples need not
 * be sent anywhere.
 * @module
 */

import { createHash } from 'node:crypto';
import { type Audio, durationSec, toMono } from '../../audio/audio.ts';
import type { Decoded, Probe } from '../../audio/io/types.ts';
import { type AudioPrint, audioPrint } from './audio-print.ts';
import { measureTrivialFeatures } from './trivial-features.ts';

/** What is kept of a recording. */
export interface ClipAnalysis {
  /** `[TRIVIAL_FEATURES]` */
  readonly features: Float64Array;
  readonly probe: Probe;
  readonly seconds: number;
  /** Hash of the sound at 16 bits: the same recording in two containers is still one recording. */
  readonly sound: string;
  readonly print: AudioPrint;
}

/** Analyses decoded sound. */
export function analyse({ audio, probe }: Pick<Decoded, 'audio' | 'probe'>): ClipAnalysis {
  const mono = toMono(audio);
  return {
    features: measureTrivialFeatures(audio),
    probe,
    seconds: durationSec(audio),
    sound: soundHash(mono, audio),
    print: audioPrint(mono, audio.sampleRate),
  };
}

function soundHash(mono: Float32Array, { sampleRate }: Audio): string {
  const samples = new Int16Array(mono.length);
  for (let i = 0; i < mono.length; i += 1) {
    samples[i] = Math.max(-32768, Math.min(32767, Math.round(mono[i]! * 32768)));
  }
  return createHash('sha256')
    .update(`${sampleRate}:`)
    .update(new Uint8Array(samples.buffer))
    .digest('hex');
}
