/**
 * Jobs of corpora that are no speech: windows of one sound, machine-made versions of each, equalised together.
 * @module
 */

import { toMono } from '../../audio/audio.ts';
import { power } from '../../audio/dsp/level.ts';
import { type CodecOptions, roundTrip } from '../../audio/io/codec.ts';
import { RingtrueError } from '../../core/errors.ts';
import type { Rng } from '../../core/rng.ts';
import type { Clip } from '../../datasets/clip.ts';
import type { AssemblyJob, MakeContext } from '../assembly.ts';
import type { Piece, PieceFailure } from '../build-jobs.ts';
import type { Split } from '../composition.ts';
import { type BandProfile, CORPUS_RATE, profile } from '../equalise.ts';
import {
  EQUALISE_STEPS,
  type EqualiseStep,
  equaliseMembers,
  prepareMember,
} from '../equalise-group.ts';
import { checkSound, failureOf } from '../piece-failure.ts';
import type { SourceCoding } from '../source-codec.ts';
import { storeClip } from '../store-clip.ts';
import type { Material, SoundGenerator } from './generator.ts';
import { joinParts, readSound, type SoundRef } from './sound.ts';

/** Windows of one sound, as the plan knows them. */
export interface SoundJob extends AssemblyJob {
  readonly split: Split;
  readonly sound: SoundRef;
  readonly windowSec: number;
  /** At most this many windows. */
  readonly most: number;
  /** Generators of its split. */
  readonly generators: readonly string[];
  /** Every so many windows, the recording through a codec goes along as a genuine control. */
  readonly controlEvery?: number;
  readonly domain: string;
  readonly licence: string;
  /** For the rows of the manifest. */
  readonly group: Readonly<Record<string, string>>;
}

/** What a corpus makes of all its sounds. */
export interface WindowMaker {
  /** Name of the corpus. */
  readonly corpus: string;
  readonly generators: Readonly<Record<string, SoundGenerator>>;
}

/** Machine-made versions of a window. */
const FAKES = 2;
const MIN_SEC = 0.65;
/** Windows this far below the loudest one are silence. */
const SILENCE_RATIO = 1e-5;
/** Sounds keep their pauses: what is silent in a window is part of it. */
const STEPS: readonly EqualiseStep[] = EQUALISE_STEPS.filter((step) => step !== 'trim');
const CONTROL_CODEC: CodecOptions = { codec: 'opus', bitRate: 12000 };
const CONTROL = 'codec';

/**
 * Where windows of a sound begin: none overlap, and they lie evenly over the sound.
 * @param length samples
 * @param size of a window in samples; a shorter sound is one window
 * @returns first samples and one past the last ones; none for what is too short
 */
export function placeWindows(
  length: number,
  size: number,
  most: number,
): readonly (readonly [number, number])[] {
  if (length < MIN_SEC * CORPUS_RATE) return [];
  if (length <= size) return [[0, length]];
  const count = Math.min(most, Math.floor(length / size));
  const step = count === 1 ? 0 : Math.floor((length - size) / (count - 1));
  return Array.from({ length: count }, (_, i) => [i * step, i * step + size]);
}

/**
 * Makes the clips of a sound.
 * @throws RingtrueError if it cannot be read, is silent or too short
 */
export async function makeWindows(
  job: SoundJob,
  context: MakeContext,
  maker: WindowMaker,
): Promise<Piece> {
  const { parts, coding } = await readSound(context.root.debian, job.sound);
  const whole = joinParts(parts, job.sound.isMix);
  const places = placeWindows(whole.length, job.windowSec * CORPUS_RATE, job.most);
  const powers = places.map(([from, to]) => power(whole.subarray(from, to)));
  const loudest = Math.max(0, ...powers);
  if (!(loudest > 0)) {
    throw new RingtrueError('corpora/incomplete', `${job.id} is silent or shorter than 0.65 s`);
  }
  const donor = profile(await prepareMember({ x: whole, sampleRate: CORPUS_RATE }, STEPS));
  const clips: Clip[] = [];
  const failures: PieceFailure[] = [];
  for (const [index, [from, to]] of places.entries()) {
    if (powers[index]! < SILENCE_RATIO * loudest) continue;
    const material: Material = {
      x: whole.slice(from, to),
      stems: job.sound.isMix ? parts.map((part) => padTo(part.slice(from, to), to - from)) : [],
      rest: [whole.subarray(0, from), whole.subarray(to)],
      tags: job.group,
    };
    const made = await makeWindow({ job, context, maker, material, index, coding, donor });
    clips.push(...made.clips);
    failures.push(...made.failures);
  }
  return { clips, failures };
}

function padTo(x: Float32Array, length: number): Float32Array {
  if (x.length === length) return x;
  const out = new Float32Array(length);
  out.set(x);
  return out;
}

interface OneWindow {
  readonly job: SoundJob;
  readonly context: MakeContext;
  readonly maker: WindowMaker;
  readonly material: Material;
  readonly index: number;
  readonly coding: SourceCoding | undefined;
  readonly donor: BandProfile;
}

async function makeWindow(window: OneWindow): Promise<Piece> {
  const { job, context, material, index, coding, donor } = window;
  const rng = context.rng.split(index);
  const failures: PieceFailure[] = [];
  const raw = [{ by: undefined as string | undefined, x: material.x }];
  for (const { id, make } of chooseGenerators(window, rng.split('generators'))) {
    try {
      const x = await make(material, context.root, rng.split(id));
      checkSound(x, id);
      raw.push({ by: id, x });
    } catch (error) {
      failures.push(failureOf(error, { group: job.id, generator: id }));
    }
  }
  if (job.controlEvery !== undefined && index % job.controlEvery === 0) {
    const audio = { samples: [material.x], sampleRate: CORPUS_RATE };
    raw.push({ by: CONTROL, x: toMono((await roundTrip(audio, CONTROL_CODEC)).audio) });
  }
  if (raw.every(({ by }) => by === undefined || by === CONTROL)) return { clips: [], failures };
  const members = [];
  for (const { by, x } of raw) {
    const through = by === undefined ? undefined : coding;
    members.push(await prepareMember({ x, sampleRate: CORPUS_RATE, coding: through }, STEPS));
  }
  const clips: Clip[] = [];
  const equalised = await equaliseMembers(members, { donor, rng, steps: STEPS });
  for (const [i, x] of (equalised ?? []).entries()) {
    clips.push(await storeWindow(window, raw[i]!.by, x));
  }
  return { clips, failures };
}

function chooseGenerators({ job, maker, material }: OneWindow, rng: Rng): SoundGenerator[] {
  const suitable = job.generators
    .map((id) => maker.generators[id]!)
    .filter((generator) => generator.suits(material));
  const order = rng.shuffle(suitable);
  const rare = order.filter(({ isRare }) => isRare);
  return [...rare, ...order.filter(({ isRare }) => !isRare)].slice(0, FAKES);
}

async function storeWindow(
  { job, context, maker, index }: OneWindow,
  by: string | undefined,
  x: Float32Array,
): Promise<Clip> {
  const stored = await storeClip({
    key: [maker.corpus, job.id, index, by ?? 'real'],
    audio: { samples: [x], sampleRate: CORPUS_RATE },
    folder: context.folder,
  });
  const generator = by === undefined ? undefined : maker.generators[by];
  return {
    ...stored,
    label: generator === undefined ? 'bonafide' : 'spoof',
    split: job.split,
    ...(generator === undefined ? {} : { generator: generator.id }),
    source: job.id,
    domain: job.domain,
    licence: job.licence,
    group: {
      ...job.group,
      window: String(index),
      ...(generator === undefined ? {} : { family: generator.family }),
      ...(by === CONTROL ? { family: 'codec-control', kind: 'codec' } : {}),
    },
  };
}
