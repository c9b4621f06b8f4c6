/**
 * One text group of a corpus from its recordings to equalised clips on disk.
 * @module
 */

import { join } from 'node:path';
import { toMono } from '../audio/audio.ts';
import { resample } from '../audio/dsp/resample.ts';
import { decode } from '../audio/io/decode.ts';
import { readWav } from '../audio/io/wav.ts';
import { RingtrueError } from '../core/errors.ts';
import { createRng, type Rng } from '../core/rng.ts';
import type { Clip } from '../datasets/clip.ts';
import type { Piece, PieceFailure } from './build-jobs.ts';
import type { Fake, Group } from './composition.ts';
import { type BandProfile, CORPUS_RATE, cropTogether, profile } from './equalise.ts';
import {
  type EqualiseStep,
  equaliseMembers,
  prepareMember,
  type RawMember,
} from './equalise-group.ts';
import { cascadeOf } from './generators/cascade.ts';
import { readSpoken } from './generators/program.ts';
import type { PackageRoot } from './packages.ts';
import { checkSound, failureOf } from './piece-failure.ts';
import { sourceCodingOf } from './source-codec.ts';
import { storeClip } from './store-clip.ts';
import { COPIES } from './vocoders/index.ts';

/** What a worker needs to build a group. */
export interface GroupJob {
  readonly corpus: {
    readonly name: string;
    readonly seed: string;
    /** Of equalisation. */
    readonly steps: readonly EqualiseStep[];
  };
  readonly group: Group;
  readonly root: PackageRoot;
  /** WAV files that the generators wrote, by generator; those that failed are absent. */
  readonly spoken: Readonly<Record<string, string>>;
  /** Folder of the corpus: clips go into `audio/`. */
  readonly folder: string;
}

/**
 * Builds the clips of a group: none if the recording failed or every fake. What fails is left out and told.
 * @throws faults of the disk and of the program
 */
export async function buildGroup(job: GroupJob): Promise<Piece> {
  const { corpus, group, folder } = job;
  const failures: PieceFailure[] = [];
  const prepared: { readonly fake: Fake | undefined; readonly x: Float32Array }[] = [];
  let donor: BandProfile;
  try {
    const { members, donor: other, failures: missing } = await gatherGroup(job);
    failures.push(...missing);
    for (const { fake, raw } of members) {
      try {
        const x = await prepareMember(raw, corpus.steps);
        prepared.push({ fake, x: checkLength(x, fake?.generator ?? 'the recording') });
      } catch (error) {
        if (fake === undefined) throw error;
        failures.push(failureOf(error, { group: group.id, generator: fake.generator }));
      }
    }
    donor = profile(await prepareMember(other, corpus.steps));
  } catch (error) {
    failures.push(failureOf(error, { group: group.id }));
    return { clips: [], failures };
  }
  if (prepared.length < 2) return { clips: [], failures };
  const equalised = await equaliseMembers(
    prepared.map(({ x }) => x),
    { donor, rng: rngOf(job), steps: corpus.steps },
  );
  const clips: Clip[] = [];
  for (const [i, x] of (equalised ?? []).entries()) {
    clips.push(await writeClip({ corpus: corpus.name, group, fake: prepared[i]?.fake, x, folder }));
  }
  return { clips, failures };
}

/** The sounds of a group before equalisation. */
export interface GatheredGroup {
  /** The recording, which has no fake, then its fakes. */
  readonly members: readonly { readonly fake?: Fake; readonly raw: RawMember }[];
  readonly donor: RawMember;
  readonly failures: readonly PieceFailure[];
}

/**
 * Reads the recordings of a group and what was spoken, and makes the copies.
 * @throws RingtrueError if the recording or the donor cannot be read
 */
export async function gatherGroup(job: GroupJob): Promise<GatheredGroup> {
  const { group, root } = job;
  const rng = rngOf(job);
  const path = join(root.debian, group.real.path);
  const recording = await readRecording(path);
  const coding = await sourceCodingOf(group.real, path);
  const real = resample(recording.x, recording.sampleRate, CORPUS_RATE);
  const members: { fake?: Fake; raw: RawMember }[] = [{ raw: recording }];
  const failures: PieceFailure[] = [];
  for (const fake of group.fakes) {
    try {
      // Fakes go through their real partner's source codec before everything else.
      const made = await makeFake({ job, fake, real, rng });
      checkSound(made.x, fake.generator);
      members.push({ fake, raw: { ...made, coding } });
    } catch (error) {
      failures.push(failureOf(error, { group: group.id, generator: fake.generator }));
    }
  }
  const donor = await readRecording(join(root.debian, group.donor.path));
  return { members, donor, failures };
}

function rngOf({ corpus, group }: GroupJob): Rng {
  return createRng(corpus.seed).split(group.id);
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
  /** At 16 kHz. */
  readonly real: Float32Array;
  readonly rng: Rng;
}

async function makeFake({ job, fake, real, rng }: MakeFake): Promise<RawMember> {
  const { group, root, spoken } = job;
  const { generator, spokenBy } = fake;
  const method = COPIES[generator];
  if (method !== undefined) {
    const before = group.fakes.slice(0, group.fakes.indexOf(fake));
    const copies = before.filter((each) => COPIES[each.generator] !== undefined).length;
    const label = copies === 0 ? 'copy' : `copy ${copies}`;
    return { x: await method.copy(real, root, rng.split(label)), sampleRate: CORPUS_RATE };
  }
  const voice = spokenBy ?? generator;
  const audio = readWav(await readSpoken(spoken[voice] ?? voice, voice));
  const said = { x: toMono(audio), sampleRate: audio.sampleRate };
  const cascade = cascadeOf(generator);
  if (cascade === undefined) return said;
  const x = resample(said.x, said.sampleRate, CORPUS_RATE);
  return { x: await cascade.copy(x, root, rng.split('cascade')), sampleRate: CORPUS_RATE };
}

async function readRecording(path: string): Promise<RawMember> {
  const { audio } = await decode(path);
  return { x: toMono(audio), sampleRate: audio.sampleRate };
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
  const spoken = fake?.kind === 'tts';
  const isGenuine = fake === undefined || fake.genuine === true;
  const stored = await storeClip({
    key: [corpus, group.id, fake?.generator ?? 'real'],
    audio: { samples: [x], sampleRate: CORPUS_RATE },
    folder,
  });
  return {
    ...stored,
    label: isGenuine ? 'bonafide' : 'spoof',
    split: group.split,
    // A spoken fake has its engine's voice; a copy has the real speaker's.
    speaker: spoken ? fake.generator : real.speaker,
    language: real.language,
    ...(isGenuine ? {} : { generator: fake.generator }),
    source: group.id,
    domain: real.domain,
    transcript: real.text,
    licence: spoken ? `output of ${fake.generator} (${fake.licence ?? ''})` : real.licence,
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
