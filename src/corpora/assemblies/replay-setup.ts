/**
 * Rooms, devices and attacks of the replay corpus: which there are in a split, and where things stand.
 * @module
 */

import { distanceOf, type Place } from '../../audio/dsp/room.ts';
import { RingtrueError } from '../../core/errors.ts';
import type { Rng } from '../../core/rng.ts';
import type { Split } from '../composition.ts';
import { type Device, drawLoudspeaker, drawMicrophone, type Quality } from './devices.ts';

type Range = readonly [number, number];

/**
 * The classes of ASVspoof 2019 PA: floor in m², seconds of reverberation, m from talker to microphone. The floor begins
 * at 3 m², where 2 would leave no place to stand.
 */
const FLOORS: readonly Range[] = [
  [3, 5],
  [5, 10],
  [10, 20],
];
const REVERBERATIONS: readonly Range[] = [
  [0.05, 0.2],
  [0.2, 0.6],
  [0.6, 1],
];
const DISTANCES: readonly Range[] = [
  [0.1, 0.5],
  [0.5, 1],
  [1, 1.5],
];
const HEIGHTS: Range = [2.3, 3];
/** Longer side over shorter. */
const ASPECTS: Range = [1, 1.5];
/** What stands keeps so far from walls, in m. */
const MARGIN = 0.15;
/** A pair of places is drawn again at most so often. */
const TRIES = 2000;
/** Devices of a kind in a split. */
const DEVICES = 5;
const HEARD: readonly Quality[] = ['B', 'C'];

/** A room without what stands in it. */
export interface Room {
  /** `train-ac`: no other split has it. */
  readonly id: string;
  readonly size: Place;
  readonly rt60Sec: number;
}

/** A device by name. */
export interface Named {
  /** `eval-B3`: no other split has it. */
  readonly id: string;
  readonly device: Device;
}

/** Where and by what a pair is recorded and replayed. */
export interface ReplaySetup {
  readonly room: Room;
  /** Floor, reverberation and distance of talker and microphone, `aaa` to `ccc`. */
  readonly environment: string;
  /** Distance of the attacker's microphone and quality of the loudspeaker, `AA` to `CC`. */
  readonly attack: string;
  /** Records both clips. */
  readonly microphone: Named;
  /** The attacker's; absent with quality A, where only the room is passed twice. */
  readonly devices?: { readonly recorder: Named; readonly loudspeaker: Named };
}

/** Deals setups to the recordings of a split: all 27 environments and 9 attacks equally often. */
export function dealSetups(split: Split, count: number, rng: Rng): ReplaySetup[] {
  const own = rng.split(split);
  const environments = own
    .split('environments')
    .shuffle(repeat(codes(['abc', 'abc', 'abc']), count));
  const attacks = own.split('attacks').shuffle(repeat(codes(['ABC', 'ABC']), count));
  return Array.from({ length: count }, (_, i) => {
    const environment = environments[i]!;
    const attack = attacks[i]!;
    const pick = own.split(`devices ${i}`);
    return {
      room: roomOf(split, environment, own),
      environment,
      attack,
      microphone: nameDevice(`${split}-mic${pick.int(DEVICES)}`, own, drawMicrophone),
      ...devicesOf(split, attack, { own, pick }),
    };
  });
}

function nameDevice(id: string, rng: Rng, draw: (rng: Rng) => Device): Named {
  return { id, device: draw(rng.split(id)) };
}

function devicesOf(
  split: Split,
  attack: string,
  { own, pick }: { readonly own: Rng; readonly pick: Rng },
): Pick<ReplaySetup, 'devices'> {
  const quality = HEARD.find((each) => attack.endsWith(each));
  if (quality === undefined) return {};
  const recorder = nameDevice(`${split}-rec${pick.int(DEVICES)}`, own, drawMicrophone);
  const id = `${split}-${quality}${pick.int(DEVICES)}`;
  const loudspeaker = nameDevice(id, own, (rng) => drawLoudspeaker(quality, rng));
  return { devices: { recorder, loudspeaker } };
}

function roomOf(split: Split, environment: string, own: Rng): Room {
  const id = `${split}-${environment.slice(0, 2)}`;
  const rng = own.split(id);
  const floor = rng.between(...rangeOf(FLOORS, environment[0]));
  const aspect = rng.between(...ASPECTS);
  const width = Math.sqrt(floor / aspect);
  return {
    id,
    size: [width * aspect, width, rng.between(...HEIGHTS)],
    rt60Sec: rng.between(...rangeOf(REVERBERATIONS, environment[1])),
  };
}

/** The range of a letter from a to c, in either case. */
function rangeOf(ranges: readonly Range[], letter: string | undefined): Range {
  const found = ranges['abc'.indexOf((letter ?? '').toLowerCase())];
  if (found === undefined) throw new RingtrueError('core/internal', `no class ${letter}`);
  return found;
}

/** All words with one letter of each alphabet. */
function codes(alphabets: readonly string[]): string[] {
  return alphabets.reduce<string[]>(
    (words, letters) => words.flatMap((word) => [...letters].map((letter) => word + letter)),
    [''],
  );
}

function repeat(words: readonly string[], count: number): string[] {
  return Array.from({ length: count }, (_, i) => words[i % words.length]!);
}

/** Where talker, microphones and loudspeaker of a pair stand. */
export interface Places {
  readonly talker: Place;
  readonly microphone: Place;
  /** The attacker's microphone. */
  readonly recorder: Place;
  readonly loudspeaker: Place;
}

/**
 * Draws places: talker and loudspeaker at the distance of the environment from the microphone, the attacker's
 * microphone at that of the attack from the talker.
 * @throws RingtrueError `core/internal` if the room is too small for that
 */
export function drawPlaces({ room, environment, attack }: ReplaySetup, rng: Rng): Places {
  const reach = rangeOf(DISTANCES, environment[2]);
  const near = rangeOf(DISTANCES, attack[0]);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const microphone = anywhere(room, rng);
    const talker = drawAt(room, microphone, rng.between(...reach), rng);
    const loudspeaker = drawAt(room, microphone, rng.between(...reach), rng);
    const recorder = talker === null ? null : drawAt(room, talker, rng.between(...near), rng);
    if (talker === null || loudspeaker === null || recorder === null) continue;
    return { talker, microphone, recorder, loudspeaker };
  }
  throw new RingtrueError('core/internal', `${room.id} is too small for ${environment} ${attack}`);
}

function anywhere({ size }: Room, rng: Rng): Place {
  const along = (length: number): number => rng.between(MARGIN, length - MARGIN);
  return [along(size[0]), along(size[1]), along(size[2])];
}

/** A place in any direction, mostly level; null if that is outside the room. */
function drawAt({ size }: Room, from: Place, distance: number, rng: Rng): Place | null {
  const way: Place = [rng.normal(), rng.normal(), rng.normal() / 4];
  const scale = distance / distanceOf(way, [0, 0, 0]);
  const to: Place = [from[0] + scale * way[0], from[1] + scale * way[1], from[2] + scale * way[2]];
  return to.every((at, i) => at >= MARGIN && at <= size[i]! - MARGIN) ? to : null;
}
