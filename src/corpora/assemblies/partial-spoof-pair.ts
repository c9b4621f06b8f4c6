/**
 * One pair of partial-spoof: a recording with spans of its copy, and the same recording with spans of itself.
 * @module
 */

import { join } from 'node:path';
import { toMono } from '../../audio/audio.ts';
import { resample } from '../../audio/dsp/resample.ts';
import { type CodecOptions, roundTrip } from '../../audio/io/codec.ts';
import { decode } from '../../audio/io/decode.ts';
import { RingtrueError } from '../../core/errors.ts';
import type { Clip, Label } from '../../datasets/clip.ts';
import type { MakeContext } from '../assembly.ts';
import type { Piece } from '../build-jobs.ts';
import { activeSpan, CORPUS_RATE, highPass, profile, setLevel } from '../equalise.ts';
import { CODECS, equaliseMembers, prepareMember } from '../equalise-group.ts';
import { checkSound, failureOf } from '../piece-failure.ts';
import { recordingRow } from '../recording-row.ts';
import { sourceCodingOf } from '../source-codec.ts';
import { readWordEdges } from '../sources/festvox-ru.ts';
import { storeClip } from '../store-clip.ts';
import { COPIES } from '../vocoders/index.ts';
import type { PairJob } from './partial-spoof.ts';
import { type Cuts, drawCuts, type Span, settleCuts, splice } from './splice.ts';

/** Shortest speech that is worth cutting. */
export const MIN_SEC = 1.5;
const MAX_SEC = 6;

/** The active part of a recording. */
interface Host {
  /** 16 kHz. */
  readonly host: Float32Array;
  /** Where its words meet, in samples of it, if they are to be known. */
  readonly edges?: readonly number[];
}

/**
 * Makes both clips of a pair; none, and a failure with the generator's name, if the copy failed.
 * @throws RingtrueError `corpora/incomplete` if the recording has no places to cut
 */
export async function makePair(job: PairJob, context: MakeContext): Promise<Piece> {
  const read = await readHost(job, context);
  let copy: Float32Array;
  try {
    copy = await copyOf(job, read.host, context);
  } catch (error) {
    const of = { group: job.id, generator: job.fake.generator };
    return { clips: [], failures: [failureOf(error, of)] };
  }
  return { clips: await joinPair(job, { ...read, copy }, context), failures: [] };
}

async function joinPair(
  job: PairJob,
  { host, edges, copy }: Host & { readonly copy: Float32Array },
  { rng, folder }: MakeContext,
): Promise<Clip[]> {
  // Both that are joined in went through one more codec than the recording: only one of them is synthetic.
  const codec = rng.split('insert codec').pick(CODECS);
  const members = [host, await through(host, codec), await through(copy, codec)];
  const donor = profile(host);
  const alike = await equaliseMembers(members, {
    donor,
    rng: rng.split('members'),
    steps: ['crop', 'spectrum', 'noise'],
  });
  const [whole, itself, other] = alike ?? [];
  const drawn = whole === undefined ? null : drawCuts(whole, rng.split('cuts'), edges);
  if (!whole || !itself || !other || drawn === null) {
    throw new RingtrueError('corpora/incomplete', `${job.id} has no two places to cut`);
  }
  const cuts = settleCuts(drawn, [whole, itself, other]);
  const pair = [splice(whole, itself, cuts), splice(whole, other, cuts)];
  const finished = await equaliseMembers(pair, {
    donor,
    rng: rng.split('pair'),
    steps: ['level', 'codec', 'last-high-pass', 'peaks', 'floor'],
  });
  if (finished === null) throw new RingtrueError('core/internal', `${job.id} was cut below 0.6 s`);
  const clips: Clip[] = [];
  for (const [i, x] of finished.entries()) {
    const label = i === 0 ? 'bonafide' : 'spoof';
    clips.push(await storePairMember(job, { label, x, cuts }, folder));
  }
  return clips;
}

async function readHost({ real, unit }: PairJob, { root }: MakeContext): Promise<Host> {
  const path = join(root.debian, real.path);
  const { audio } = await decode(path);
  const x = highPass(resample(toMono(audio), audio.sampleRate, CORPUS_RATE));
  const { start, end } = activeSpan(x);
  const host = setLevel(x.slice(start, Math.min(end, start + MAX_SEC * CORPUS_RATE)));
  if (unit !== 'word') return { host };
  const seconds = await readWordEdges(path, real.text);
  return { host, edges: seconds.map((at) => Math.round(at * CORPUS_RATE) - start) };
}

/** The copy in time with the recording, at its level, after its codec. */
async function copyOf(
  { real, fake }: PairJob,
  host: Float32Array,
  { root, rng }: MakeContext,
): Promise<Float32Array> {
  const method = COPIES[fake.generator];
  if (method === undefined) throw new RingtrueError('core/internal', `no copy ${fake.generator}`);
  const late = await method.copy(host, root, rng.split('copy'));
  const x = new Float32Array(host.length);
  x.set(late.subarray(method.delaySamples));
  checkSound(x, fake.generator);
  const coding = await sourceCodingOf(real, join(root.debian, real.path));
  return prepareMember({ x, sampleRate: CORPUS_RATE, coding }, [
    'source-codec',
    'high-pass',
    'level',
  ]);
}

async function through(x: Float32Array, codec: CodecOptions): Promise<Float32Array> {
  return toMono((await roundTrip({ samples: [x], sampleRate: CORPUS_RATE }, codec)).audio);
}

/** A finished clip. */
interface PairMember {
  readonly label: Label;
  readonly x: Float32Array;
  readonly cuts: Cuts;
}

async function storePairMember(
  job: PairJob,
  { label, x, cuts: { join: method, spans } }: PairMember,
  folder: string,
): Promise<Clip> {
  const stored = await storeClip({
    key: ['partial-spoof', job.id, label],
    audio: { samples: [x], sampleRate: CORPUS_RATE },
    folder,
  });
  const { generator, family, kind } = job.fake;
  const row = recordingRow(job);
  return {
    ...stored,
    ...row,
    label,
    ...(label === 'spoof' ? { generator } : {}),
    segments: segmentsOf(spans, x.length, label),
    group: {
      ...row.group,
      join: method,
      unit: job.unit,
      share: shareOf(spans, x.length),
      spans: String(spans.length),
      ...(label === 'spoof' ? { family, kind } : {}),
    },
  };
}

/** The whole clip in pieces, cut where it was joined. @param label of the spans; what is between them is bona fide */
export function segmentsOf(
  spans: readonly Span[],
  length: number,
  label: Label,
): NonNullable<Clip['segments']> {
  const cuts = [0, ...spans.flatMap(({ start, end }) => [start, end]), length];
  return cuts.slice(1).flatMap((end, i) => {
    const start = cuts[i]!;
    if (end <= start) return [];
    return [
      {
        startSec: start / CORPUS_RATE,
        endSec: end / CORPUS_RATE,
        label: i % 2 === 1 ? label : ('bonafide' as const),
      },
    ];
  });
}

/** How much of a clip was replaced, as a class. */
function shareOf(spans: readonly Span[], length: number): string {
  const share = spans.reduce((sum, { start, end }) => sum + end - start, 0) / length;
  if (share < 0.2) return 'below 20 %';
  return share < 0.4 ? '20 to 40 %' : '40 to 60 %';
}
