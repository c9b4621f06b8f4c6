/**
 * The corpus `keystrokes`: typing with the key and the time of every stroke, and single keys. No clip has a label:
 * every clip is put together from one take of each key, so none is a genuine recording and none a fake of one.
 * @module
 */

import type { Rng } from '../../core/rng.ts';
import type { Clip } from '../../datasets/clip.ts';
import { type AssemblyJob, defineAssembly, type MakeContext } from '../assembly.ts';
import type { Piece } from '../build-jobs.ts';
import type { Split } from '../composition.ts';
import { KEY_CODES, KEYBOARD_RATE, readTakes, type Takes } from '../keystrokes/keyboard.ts';
import { drawPlace, hear, type Place } from '../keystrokes/place.ts';
import {
  drawStrokes,
  drawText,
  type Pace,
  playStrokes,
  type Stroke,
} from '../keystrokes/typing.ts';
import { storeClip } from '../store-clip.ts';

const NAME = 'keystrokes';
const PACKAGE = 'bucklespring-data';

/** Rooms of each split. */
const ROOMS: Readonly<Record<Split, number>> = { train: 8, dev: 3, eval: 5 };
/** Texts, and clips of each key, in a room. */
const TEXTS = 12;
const KEY_CLIPS = 2;

/** A room with all that is typed in it. */
export interface RoomJob extends AssemblyJob {
  readonly split: Split;
}

/**
 * The rooms of every split.
 * @param limit of rooms of each split
 */
export function planRooms(limit = Number.POSITIVE_INFINITY): RoomJob[] {
  const splits: readonly Split[] = ['train', 'dev', 'eval'];
  return splits.flatMap((split) =>
    Array.from({ length: Math.min(limit, ROOMS[split]) }, (_, i) => ({
      id: `room-${split}-${i + 1}`,
      split,
    })),
  );
}

async function makeRoom(job: RoomJob, context: MakeContext): Promise<Piece> {
  const { rng } = context;
  const takes = await readTakes(context.root.debian);
  const place = drawPlace(rng.split('place'));
  const clips: Clip[] = [];
  for (let i = 0; i < TEXTS; i += 1) {
    const own = rng.split(`text ${i}`);
    const text = drawText(own.split('words'));
    const strokes = drawStrokes(text, drawPace(own.split('pace')), own.split('times'));
    const made = { job, context, takes, place, strokes, rng: own, key: `typing ${i}` };
    clips.push({ ...(await store(made)), transcript: text, group: groupOf(job, 'typing') });
  }
  for (const key of KEY_CODES.keys()) {
    for (let i = 0; i < KEY_CLIPS; i += 1) {
      const own = rng.split(`key ${key} ${i}`);
      const pace = drawPace(own.split('pace'));
      const strokes = drawStrokes(key === 'space' ? ' ' : key, pace, own.split('times'));
      const made = { job, context, takes, place, strokes, rng: own, key: `${key} ${i}` };
      clips.push({ ...(await store(made)), group: { ...groupOf(job, 'key'), key } });
    }
  }
  return { clips, failures: [] };
}

function drawPace(rng: Rng): Pace {
  return { stepSec: rng.between(0.12, 0.3), holdSec: rng.between(0.07, 0.12) };
}

function groupOf({ id }: RoomJob, kind: 'typing' | 'key'): Record<string, string> {
  return { kind, room: id, keyboard: 'model-m', takes: 'one of each key', package: PACKAGE };
}

interface NewTyping {
  readonly job: RoomJob;
  readonly context: MakeContext;
  readonly takes: Takes;
  readonly place: Place;
  readonly strokes: readonly Stroke[];
  readonly rng: Rng;
  /** What it is in the room. */
  readonly key: string;
}

async function store(made: NewTyping): Promise<Clip> {
  const { job, context, takes, place, strokes, rng, key } = made;
  const dry = playStrokes(strokes, takes, rng.split('jitter'));
  const loudness = rng.split('loudness');
  const x = hear(
    dry,
    place,
    { snrDb: loudness.between(5, 40), peakDb: loudness.between(-24, -3) },
    rng.split('noise'),
  );
  const stored = await storeClip({
    key: [NAME, job.id, key],
    audio: { samples: [x], sampleRate: KEYBOARD_RATE },
    folder: context.folder,
  });
  return {
    ...stored,
    split: job.split,
    source: job.id,
    domain: PACKAGE,
    licence: 'GPL-2.0-or-later',
    events: strokes.map(({ startSec, key: name, action }) => ({
      startSec,
      name: `${action}:${name}`,
    })),
  };
}

/** Typing on one keyboard, as an assembly. */
export const KEYSTROKES = defineAssembly<RoomJob>({
  name: NAME,
  version: '1',
  sampleRate: KEYBOARD_RATE,
  seed: 'keystrokes 1',
  packages: { data: [PACKAGE], programs: [], npm: [] },
  isLabelled: false,
  unit: 'rooms',
  disjoint: [],
  voices: ['No voices: the keys of one IBM Model M, as the package says.'],
  limits: [
    'One keyboard, one take of each press and release: say so beside every figure. A classifier learns the takes; nothing here says how it does on another keyboard, or on another press of the same key.',
    'Takes are resampled by up to 3 % and scaled, rooms are simulated, noise is coloured Gaussian noise: typing by rule, of words at random.',
    'No clip is genuine or fake, and none is labelled: every one is put together from the same takes, which is what pasting keystrokes would be.',
    'It serves an audit of what recordings of typing give away, and its counter-measures.',
  ],
  plan: async (_, { limit }) => ({ jobs: planRooms(limit), shortages: [] }),
  make: makeRoom,
});
