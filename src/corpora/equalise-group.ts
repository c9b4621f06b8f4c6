/**
 * The chain that equalises a text group, step by step; each step can be left out to measure what it buys.
 * @module
 */

import { toMono } from '../audio/audio.ts';
import { peak } from '../audio/dsp/level.ts';
import { resample } from '../audio/dsp/resample.ts';
import { type CodecOptions, roundTrip } from '../audio/io/codec.ts';
import type { Rng } from '../core/rng.ts';
import {
  applyAllPass,
  type BandProfile,
  CORPUS_RATE,
  cropTogether,
  drawAllPass,
  finish,
  highPass,
  limitPeaks,
  matchSpectrum,
  profile,
  raiseNoise,
  setLevel,
  trimSilence,
} from './equalise.ts';
import { type SourceCoding, throughCoding } from './source-codec.ts';

/** Steps of the chain, in their order. */
export const EQUALISE_STEPS = [
  'source-codec',
  'high-pass',
  'trim',
  'level',
  'crop',
  'spectrum',
  'all-pass',
  'noise',
  'codec',
  'last-high-pass',
  'peaks',
  'floor',
] as const;

/** A step of the chain. */
export type EqualiseStep = (typeof EQUALISE_STEPS)[number];

/** The common codec of a group, drawn for the group, never by class. */
export const CODECS: readonly CodecOptions[] = [
  { codec: 'g722' },
  { codec: 'opus', bitRate: 24000 },
  { codec: 'mp3', bitRate: 48000 },
];

/** A sound before equalisation. */
export interface RawMember {
  readonly x: Float32Array;
  /** Hz, its own. */
  readonly sampleRate: number;
  /** Codec of its real partner; absent for the recording itself, which went through it before it came to us. */
  readonly coding?: SourceCoding | undefined;
}

/**
 * What is done to each member by itself: the partner's codec, 16 kHz, high-pass, trim, level.
 * @returns 16 kHz
 */
export async function prepareMember(
  { x, sampleRate, coding }: RawMember,
  steps: readonly EqualiseStep[] = EQUALISE_STEPS,
): Promise<Float32Array> {
  const does = new Set(steps);
  let sound = { x, sampleRate };
  if (coding !== undefined && does.has('source-codec')) {
    // A codec hears the levels that recordings have.
    const levelled = setLevel(resample(x, sampleRate, CORPUS_RATE));
    sound = await throughCoding(levelled, CORPUS_RATE, coding);
  }
  let out = resample(sound.x, sound.sampleRate, CORPUS_RATE);
  if (does.has('high-pass')) out = highPass(out);
  if (does.has('trim')) out = trimSilence(out);
  return does.has('level') ? setLevel(out) : out;
}

/** What {@link equaliseMembers} takes besides the members. */
export interface EqualiseOptions {
  /** Of the recording whose spectrum and noise the group takes on, prepared likewise. */
  readonly donor: BandProfile;
  /** Draws the all-pass, noise and codec. */
  readonly rng: Rng;
  /** @default all */
  readonly steps?: readonly EqualiseStep[];
}

/**
 * What is done to prepared members together.
 * @returns as many clips at 16 kHz, of one length unless `crop` is left out; null if the shortest is below 0.6 s
 */
export async function equaliseMembers(
  members: readonly Float32Array[],
  { donor, rng, steps = EQUALISE_STEPS }: EqualiseOptions,
): Promise<Float32Array[] | null> {
  const does = new Set(steps);
  const cropped = cropTogether(members);
  if (cropped === null) return null;
  let clips: Float32Array[] = does.has('crop') ? cropped : [...members];
  if (does.has('spectrum')) clips = clips.map((clip) => matchSpectrum(clip, donor));
  if (does.has('all-pass')) {
    const allPass = drawAllPass(rng.split('all-pass'));
    clips = clips.map((clip) => applyAllPass(clip, allPass));
  }
  if (does.has('noise')) {
    const profiles = clips.map((clip) => profile(clip));
    const quiet = profiles.reduce(
      (top, own) => top.map((value, j) => Math.max(value, own.quiet[j]!)),
      donor.quiet,
    );
    clips = clips.map((clip, i) => raiseNoise(clip, quiet, rng.split(`noise ${i}`), profiles[i]));
  }
  const codec = rng.split('codec').pick(CODECS);
  const coded: Float32Array[] = [];
  for (const clip of clips) {
    coded.push(
      does.has('codec')
        ? toMono((await roundTrip({ samples: [clip], sampleRate: CORPUS_RATE }, codec)).audio)
        : clip,
    );
  }
  clips = does.has('last-high-pass') ? coded.map((clip) => highPass(clip)) : coded;
  // After the codec, which moves peaks by a decibel or so, and each class its own way.
  if (does.has('peaks')) clips = levelPeaks(clips);
  return clips.map((clip, i) =>
    finish(clip, rng.split(`finish ${i}`), { level: does.has('level'), floor: does.has('floor') }),
  );
}

/**
 * Limits all members to the peak of the one that has the lowest, at one level of speech. A limiter also takes level
 * from what is peaky, and what is levelled again has higher peaks: so it is done until they agree.
 */
function levelPeaks(clips: readonly Float32Array[]): Float32Array[] {
  let levelled = clips.map((clip) => setLevel(clip));
  const lowest = Math.min(...levelled.map((clip) => peak(clip)));
  for (let pass = 0; pass < MOST_PASSES; pass += 1) {
    if (levelled.every((clip) => peak(clip) <= lowest * PEAKS_AGREE)) break;
    levelled = levelled.map((clip) => setLevel(limitPeaks(clip, lowest)));
  }
  return levelled;
}

const PEAKS_AGREE = 10 ** (0.1 / 20);
const MOST_PASSES = 8;
