/**
 * One text group of a corpus from its recordings to equalised clips on disk.
 * @module
 */

import { join } from 'node:path';
import { toMono } from '../audio/audio.ts';
import { resample } from '../audio/dsp/resample.ts';
import { type CodecOptions, roundTrip } from '../audio/io/codec.ts';
import { decode } from '../audio/io/decode.ts';
import { encode } from '../audio/io/encode.ts';
import { readWav } from '../audio/io/wav.ts';
import { RingtrueError, toRingtrueError } from '../core/errors.ts';
import { hashBytes, hashJson } from '../core/hash.ts';
import { writeFileAtomic } from '../core/node/files.ts';
import { createRng, type Rng } from '../core/rng.ts';
import type { Clip } from '../datasets/clip.ts';
import type { Fake, Group } from './composition.ts';
import {
  applyAllPass,
  type BandProfile,
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
import { readSpoken } from './generators/program.ts';
import type { PackageRoot } from './packages.ts';
import type { Recording } from './recording.ts';
import { COPIES } from './vocoders/index.ts';

/** What a worker needs to build a group. */
export interface GroupJob {
  /** Name and seed of the composition. */
  readonly corpus: { readonly name: string; readonly seed: string };
  readonly group: Group;
  readonly root: PackageRoot;
  /** WAV files that the generators wrote, by generator; those that failed are absent. */
  readonly spoken: Readonly<Record<string, string>>;
  /** Folder of the corpus: clips go into `audio/`. */
  readonly folder: string;
}

/** Something that a group lacks. */
export interface GroupFailure {
  readonly group: string;
  /** Absent where the recording itself failed. */
  readonly generator?: string;
  readonly code: string;
  readonly message: string;
}

/** Clips of a group, and what failed; no clips if the recording failed or every fake. */
export interface GroupResult {
  readonly clips: readonly Clip[];
  readonly failures: readonly GroupFailure[];
}

/** The common codec of a group, drawn for the group, never by class. */
const CODECS: readonly CodecOptions[] = [
  { codec: 'g722' },
  { codec: 'opus', bitRate: 24000 },
  { codec: 'mp3', bitRate: 48000 },
];

/** Builds the clips of a group. What fails is left out and told; it throws only for faults of the disk. */
export async function buildGroup(job: GroupJob): Promise<GroupResult> {
  const { corpus, group, root, folder } = job;
  const rng = createRng(corpus.seed).split(group.id);
  const failures: GroupFailure[] = [];
  const fail = (error: unknown, generator?: string): void => {
    const { code, message } = toRingtrueError(error);
    failures.push({
      group: group.id,
      ...(generator === undefined ? {} : { generator }),
      code,
      message,
    });
  };
  const members: { readonly fake?: Fake; readonly x: Float32Array }[] = [];
  let donor: BandProfile;
  try {
    const real = await readRecording(group.real, root);
    members.push({ x: checkLength(prepare(real), 'the recording') });
    for (const fake of group.fakes) {
      try {
        const made = await makeFake({ job, fake, real, rng });
        // Fakes go through their real partner's source codec before everything else.
        const coded = prepare(await throughSourceCodec(made, group.real.codec));
        members.push({ fake, x: checkLength(coded, fake.generator) });
      } catch (error) {
        fail(error, fake.generator);
      }
    }
    donor = profile(prepare(await readRecording(group.donor, root)));
  } catch (error) {
    fail(error);
    return { clips: [], failures };
  }
  const cropped = cropTogether(members.map(({ x }) => x));
  if (cropped === null || members.length < 2) return { clips: [], failures };
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
    const x = finish(toMono(coded.audio), rng.split(`finish ${i}`));
    clips.push(await writeClip({ corpus: corpus.name, group, fake: members[i]?.fake, x, folder }));
  }
  return { clips, failures };
}

/** @throws RingtrueError `corpora/generator-failed` if a member lasts less than the shortest clip */
function checkLength(x: Float32Array, what: string): Float32Array {
  if (cropTogether([x]) !== null) return x;
  throw new RingtrueError('corpora/generator-failed', `${what} left less than 0.6 s`);
}

/** What a fake is made of. */
interface MakeFake {
  readonly job: GroupJob;
  readonly fake: Fake;
  readonly real: Float32Array;
  readonly rng: Rng;
}

async function makeFake({ job, fake, real, rng }: MakeFake): Promise<Float32Array> {
  const { group, root, spoken } = job;
  const { generator } = fake;
  if (Object.hasOwn(COPIES, generator)) {
    const before = group.fakes.slice(0, group.fakes.indexOf(fake));
    const copies = before.filter((each) => Object.hasOwn(COPIES, each.generator)).length;
    const label = copies === 0 ? 'copy' : `copy ${copies}`;
    return await COPIES[generator]!.copy(real, root, rng.split(label));
  }
  const audio = readWav(await readSpoken(spoken[generator] ?? '', generator));
  return resample(toMono(audio), audio.sampleRate, CORPUS_RATE);
}

function prepare(x: Float32Array): Float32Array {
  return setLevel(trimSilence(highPass(x)));
}

async function readRecording({ path }: Recording, { debian }: PackageRoot): Promise<Float32Array> {
  const { audio } = await decode(join(debian, path));
  return resample(toMono(audio), audio.sampleRate, CORPUS_RATE);
}

async function throughSourceCodec(
  x: Float32Array,
  codec: Recording['codec'],
): Promise<Float32Array> {
  if (codec === 'pcm') return x;
  return toMono(
    (await roundTrip({ samples: [setLevel(x)], sampleRate: CORPUS_RATE }, { codec })).audio,
  );
}

/** A clip to be written. */
interface NewClip {
  readonly corpus: string;
  readonly group: Group;
  /** Absent for the recording itself. */
  readonly fake: Fake | undefined;
  readonly x: Float32Array;
  readonly folder: string;
}

async function writeClip({ corpus, group, fake, x, folder }: NewClip): Promise<Clip> {
  const { real } = group;
  const id = hashJson([corpus, group.id, fake?.generator ?? 'real']).slice(0, 16);
  const path = `audio/${id}.flac`;
  const bytes = await encode({ samples: [x], sampleRate: CORPUS_RATE }, { container: 'flac' });
  await writeFileAtomic(join(folder, path), bytes);
  const spoken = fake?.kind === 'tts';
  return {
    id,
    path,
    label: fake === undefined ? 'bonafide' : 'spoof',
    medium: 'audio',
    split: group.split,
    // A spoken fake has its engine's voice; a copy has the real speaker's.
    speaker: spoken ? fake.generator : real.speaker,
    language: real.language,
    ...(fake === undefined ? {} : { generator: fake.generator }),
    source: group.id,
    domain: real.domain,
    transcript: real.text,
    sha256: hashBytes(bytes),
    licence: spoken ? `output of ${fake.generator} (${fake.licence ?? ''})` : real.licence,
    durationSec: x.length / CORPUS_RATE,
    group: {
      ...(fake === undefined ? {} : { family: fake.family, kind: fake.kind }),
      ...(fake?.database === undefined ? {} : { database: fake.database }),
      ...(group.part === undefined ? {} : { part: group.part }),
      ...(spoken || fake?.kind === 'conversion' || real.sex === undefined ? {} : { sex: real.sex }),
      codec: real.codec,
      package: real.package,
    },
  };
}
