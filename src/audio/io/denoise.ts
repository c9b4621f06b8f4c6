/**
 * Noise suppression by RNNoise (J.-M. Valin, "A Hybrid DSP/Deep Learning Approach to Real-Time
 * Full-Band Speech Enhancement", MMSP 2018): what conference software does to speech.
 * @module
 */

import type { Rnnoise } from '@echogarden/rnnoise-wasm';
import { importOptional } from '../../core/node/modules.ts';
import { type Audio, checkAudio } from '../audio.ts';
import { resample } from '../dsp/resample.ts';

/** What the suppressor made of the sound. */
export interface Denoised {
  /** Rate, length and alignment of the input. */
  readonly audio: Audio;
  /** Mean over 10 ms frames and channels of the network's probability of voice, 0 to 1. */
  readonly voiceProbability: number;
}

/** The network is made for this rate, in Hz, and for 10 ms frames of 16-bit scaled samples. */
const RATE = 48000;
const FULL_SCALE = 32768;

let loaded: Promise<Rnnoise> | undefined;

function loadRnnoise(): Promise<Rnnoise> {
  loaded ??= importOptional('@echogarden/rnnoise-wasm', '0.2.0', async () => {
    const { default: load } = await import('@echogarden/rnnoise-wasm');
    return load();
  });
  return loaded;
}

/**
 * Suppresses noise in each channel by itself, at 48 kHz inside.
 * @throws RingtrueError `audio/bad-shape`, `audio/no-samples`, `audio/not-finite`, `core/missing-dependency`
 */
export async function denoise(audio: Audio): Promise<Denoised> {
  checkAudio(audio);
  const rnnoise = await loadRnnoise();
  const { sampleRate } = audio;
  let voice = 0;
  const samples = audio.samples.map((plane) => {
    const out = suppress(rnnoise, resample(plane, sampleRate, RATE));
    voice += out.voice / audio.samples.length;
    const back = resample(out.plane, RATE, sampleRate);
    if (back.length === plane.length) return back;
    // Two roundings of the length may differ by a sample.
    const fitted = new Float32Array(plane.length);
    fitted.set(back.subarray(0, plane.length));
    return fitted;
  });
  return { audio: { samples, sampleRate }, voiceProbability: voice };
}

function suppress(rnnoise: Rnnoise, x: Float32Array): { plane: Float32Array; voice: number } {
  const size = rnnoise._rnnoise_get_frame_size();
  const state = rnnoise._rnnoise_create(0);
  const pointer = rnnoise._malloc(4 * size);
  const plane = new Float32Array(x.length);
  let voice = 0;
  // Output is one frame late (overlap-add), so one more frame is pushed through and the first is dropped.
  const frames = Math.ceil(x.length / size) + 1;
  for (let f = 0; f < frames; f += 1) {
    // Taken anew each time: the heap moves if the module grows it.
    const heap = rnnoise.HEAPF32.subarray(pointer / 4, pointer / 4 + size);
    for (let i = 0; i < size; i += 1) heap[i] = (x[f * size + i] ?? 0) * FULL_SCALE;
    const probability = rnnoise._rnnoise_process_frame(state, pointer, pointer);
    if (f === 0) continue;
    voice += probability / (frames - 1);
    const from = (f - 1) * size;
    const count = Math.min(size, x.length - from);
    for (let i = 0; i < count; i += 1) plane[from + i] = heap[i]! / FULL_SCALE;
  }
  rnnoise._free(pointer);
  rnnoise._rnnoise_destroy(state);
  return { plane, voice };
}
