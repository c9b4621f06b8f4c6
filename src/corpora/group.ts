/**
 * One text group of speech-mini from its recordings to equalised clips on disk.
 * @module
 */

import { join } from 'node:path';
import { toMono } from '../audio/audio.ts';
import { resample } from '../audio/dsp/resample.ts';
import { type CodecOptions, roundTrip } from '../audio/io/codec.ts';
import { decode } from '../audio/io/decode.ts';
import { encode } from '../audio/io/encode.ts';
import { readWav } from '../audio/io/wav.ts';
import { RingtrueError } from '../core/errors.ts';
import { hashBytes, hashJson } from '../core/hash.ts';
import { writeFileAtomic } from '../core/node/files.ts';
import { createRng } from '../core/rng.ts';
import type { Clip } from '../datasets/clip.ts';
import {
  applyAllPass,
  CORPUS_RATE,
  cropTogether,
  drawAllPass,
  finish,
  highPass,
  matchSpectrum,
  profile,
  raiseNoise,
  setLevel,
  trimSilence,
} from './equalise.ts';
import { readSpoken, SPEAKERS } from './generators/speak.ts';
import type { PackageRoot } from './packages.ts';
import { type CopyMethod, type Group, SPEECH_MINI_SEED } from './speech-mini.ts';
import { COPIES } from './vocoders/index.ts';

/** What a worker needs to build a group. */
export interface GroupJob {
  readonly group: Group;
  readonly root: PackageRoot;
  /** WAV that the text-to-speech engine wrote. */
  readonly spokenPath: string;
  /** Folder of the corpus: clips go into `audio/`. */
  readonly folder: string;
}

/** The common codec of a group, drawn for the group, never by class. */
const CODECS: readonly CodecOptions[] = [
  { codec: 'g722' },
  { codec: 'opus', bitRate: 24000 },
  { codec: 'mp3', bitRate: 48000 },
];

/** Builds the three clips of a group and returns their manifest rows. */
export async function buildGroup({ group, root, spokenPath, folder }: GroupJob): Promise<Clip[]> {
  const rng = createRng(SPEECH_MINI_SEED).split(group.id);
  const real = await readPrompt(group, group.prompt.name, root);
  const spokenAudio = readWav(await readSpoken(spokenPath, group.spokenBy));
  const spoken = resample(toMono(spokenAudio), spokenAudio.sampleRate, CORPUS_RATE);
  const copied = await COPIES[group.copiedBy]!.copy(real, root, rng.split('copy'));
  // Fakes go through their real partner's source codec before everything else.
  const members = [real, await throughSourceCodec(spoken), await throughSourceCodec(copied)].map(
    prepare,
  );
  const cropped = cropTogether(members);
  if (cropped === null) {
    throw new RingtrueError(
      'corpora/generator-failed',
      `${group.id}: ${group.spokenBy} or ${group.copiedBy} left less than 0.6 s`,
    );
  }
  const donor = profile(prepare(await readPrompt(group, group.donor.name, root)));
  const allPass = drawAllPass(rng.split('all-pass'));
  const matched = cropped.map((member) => applyAllPass(matchSpectrum(member, donor), allPass));
  const profiles = matched.map((member) => profile(member));
  const quiet = profiles.reduce(
    (top, own) => top.map((value, j) => Math.max(value, own.quiet[j]!)),
    donor.quiet,
  );
  const codec = rng.split('codec').pick(CODECS);
  const clips: Clip[] = [];
  for (const [i, member] of matched.entries()) {
    const noisy = raiseNoise(member, quiet, rng.split(`noise ${i}`), profiles[i]);
    const coded = await roundTrip({ samples: [noisy], sampleRate: CORPUS_RATE }, codec);
    const final = finish(toMono(coded.audio), rng.split(`finish ${i}`));
    clips.push(await writeClip(group, i, final, folder));
  }
  return clips;
}

function prepare(x: Float32Array): Float32Array {
  return setLevel(trimSilence(highPass(x)));
}

async function readPrompt(
  { voice }: Group,
  name: string,
  { debian }: PackageRoot,
): Promise<Float32Array> {
  const { audio } = await decode(
    join(debian, 'usr/share/asterisk/sounds', voice.folder, `${name}.g722`),
  );
  return resample(toMono(audio), audio.sampleRate, CORPUS_RATE);
}

async function throughSourceCodec(x: Float32Array): Promise<Float32Array> {
  return toMono(
    (await roundTrip({ samples: [setLevel(x)], sampleRate: CORPUS_RATE }, { codec: 'g722' })).audio,
  );
}

async function writeClip(
  group: Group,
  member: number,
  x: Float32Array,
  folder: string,
): Promise<Clip> {
  const { voice } = group;
  const generator = [undefined, group.spokenBy, group.copiedBy][member];
  const id = hashJson(['speech-mini', group.id, generator ?? 'real']).slice(0, 16);
  const path = `audio/${id}.flac`;
  const bytes = await encode({ samples: [x], sampleRate: CORPUS_RATE }, { container: 'flac' });
  await writeFileAtomic(join(folder, path), bytes);
  const speaker = SPEAKERS[group.spokenBy];
  return {
    id,
    path,
    label: generator === undefined ? 'bonafide' : 'spoof',
    medium: 'audio',
    split: voice.split,
    // A spoken fake has its engine's voice; a copy has the real speaker's.
    speaker: member === 1 ? group.spokenBy : voice.speaker,
    language: voice.language,
    ...(generator === undefined ? {} : { generator }),
    source: group.id,
    domain: 'asterisk prompts',
    transcript: group.prompt.text,
    sha256: hashBytes(bytes),
    licence:
      member === 1 ? `output of ${group.spokenBy} (${speaker?.licence ?? ''})` : voice.licence,
    durationSec: x.length / CORPUS_RATE,
    group:
      member === 1
        ? { family: speaker?.family ?? '' }
        : member === 2
          ? { family: COPY_FAMILIES[group.copiedBy] }
          : {},
  };
}

const COPY_FAMILIES: Readonly<Record<CopyMethod, string>> = {
  griflim: 'signal vocoder',
  mlsa: 'signal vocoder',
  'mlsa-vc': 'voice transformation',
  psola: 'voice transformation',
  'lpcnet-f': 'neural vocoder',
};
