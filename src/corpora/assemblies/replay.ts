/**
 * Recordings as a microphone in a room hears their talker, and as it hears a loudspeaker that replays them.
 * @module
 */

import { join } from 'node:path';
import { toMono } from '../../audio/audio.ts';
import { fftConvolve } from '../../audio/dsp/filters.ts';
import { gaussianNoise } from '../../audio/dsp/noise.ts';
import { imageSourceResponse, type Place, sabineAbsorption } from '../../audio/dsp/room.ts';
import { decode } from '../../audio/io/decode.ts';
import { createRng, type Rng } from '../../core/rng.ts';
import type { Clip, Label } from '../../datasets/clip.ts';
import { type AssemblyJob, defineAssembly, type MakeContext } from '../assembly.ts';
import type { Piece } from '../build-jobs.ts';
import { planCasts } from '../casting.ts';
import type { Group, Split } from '../composition.ts';
import { CORPUS_RATE, finish, highPass, setLevel } from '../equalise.ts';
import { prepareMember } from '../equalise-group.ts';
import type { PlacedRecording } from '../recording-row.ts';
import { recordingRow } from '../recording-row.ts';
import { SOURCES, voicesOf } from '../sources/index.ts';
import { takeCasts } from '../speech-base.ts';
import { storeClip } from '../store-clip.ts';
import { drawBand, throughDevice } from './devices.ts';
import { dealSetups, drawPlaces, type ReplaySetup, type Room } from './replay-setup.ts';

const SEED = 'replay 1';
const SPLITS: readonly Split[] = ['train', 'dev', 'eval'];
const MIN_SEC = 1;
const MAX_SEC = 6;
/** dBFS of the microphone's own noise, drawn for the pair; speech is at −26. */
const NOISE_DB = [-75, -50] as const;

/** A recording and what happens to it. */
export interface ReplayJob extends AssemblyJob, PlacedRecording {
  readonly setup: ReplaySetup;
}

const CASTS = takeCasts({
  counts: {
    'allison-en': 110,
    'allison-es': 60,
    june: 80,
    'cs-small': 100,
    'cs-minor': 40,
    'nl-small': 70,
    carlo: 110,
    'cs-big': 80,
    'nl-big': 70,
    'ivr-ru': 80,
  },
  minActiveSec: MIN_SEC,
  copied: false,
});
const USED = [...new Set(CASTS.map(({ source }) => source))];

/** The `replay` corpus. */
export const REPLAY = defineAssembly<ReplayJob>({
  name: 'replay',
  version: '2',
  sampleRate: CORPUS_RATE,
  seed: SEED,
  unit: 'pairs',
  packages: {
    data: [...new Set(USED.flatMap((source) => SOURCES[source].packages))],
    programs: [],
    npm: [],
  },
  disjoint: ['speaker', 'text', 'source'],
  voices: voicesOf(USED),
  limits: [
    'simulated: no room, microphone or loudspeaker was measured; figures on it say nothing of real devices',
    'rooms are empty boxes with walls that absorb alike at all frequencies; nothing in them turns or moves',
    'a loudspeaker is a memoryless odd curve and a few filters, at 16 kHz; it does not rattle, and has no noise',
    'the attacker’s recording has no noise of its own: the noise of a clip is that of the one microphone',
    'recordings are studio prompts and acted dialogue, which came through codecs and rooms of their own',
    'dev has one speaker, and English one, in train',
  ],
  async plan(root, options) {
    const rng = createRng(SEED);
    const { groups, shortages } = await planCasts(CASTS, rng, root, options);
    return { jobs: SPLITS.flatMap((split) => planSplit(split, groups, rng)), shortages };
  },
  make: makeReplay,
});

function planSplit(split: Split, groups: readonly Group[], rng: Rng): ReplayJob[] {
  const own = groups.filter((group) => group.split === split);
  const setups = dealSetups(split, own.length, rng.split('setups'));
  return own.map(({ id, part, real }, i) => ({
    id,
    split,
    ...(part === undefined ? {} : { part }),
    real,
    setup: setups[i]!,
  }));
}

/** Records the talker and the loudspeaker. */
async function makeReplay(job: ReplayJob, { root, folder, rng }: MakeContext): Promise<Piece> {
  const { audio } = await decode(join(root.debian, job.real.path));
  const prepared = await prepareMember({ x: toMono(audio), sampleRate: audio.sampleRate });
  const said = prepared.slice(0, MAX_SEC * CORPUS_RATE);
  const sounds = replayPair(said, job.setup, rng);
  const clips: Clip[] = [];
  for (const label of ['bonafide', 'spoof'] as const) {
    clips.push(await storeReplay(job, { label, x: sounds[label] }, folder));
  }
  return { clips, failures: [] };
}

/**
 * Both ways of a recording to the microphone of a pair. Level, length, noise and band of the microphone are the same.
 * @param said at 16 kHz, active level −26 dBFS
 * @returns `[said.length]` each
 */
export function replayPair(
  said: Float32Array,
  setup: ReplaySetup,
  rng: Rng,
): Readonly<Record<Label, Float32Array>> {
  const { room, microphone, devices } = setup;
  const places = drawPlaces(setup, rng.split('places'));
  const stolen = carry(said, room, [places.talker, places.recorder]);
  const held = devices === undefined ? stolen : throughDevice(stolen, devices.recorder.device);
  const level = setLevel(held);
  const played = devices === undefined ? level : throughDevice(level, devices.loudspeaker.device);
  const band = drawBand(rng.split('band'));
  const noiseDb = rng.split('noise').between(...NOISE_DB);
  const record = (label: Label, sound: Float32Array): Float32Array => {
    const heard = setLevel(throughDevice(throughDevice(sound, microphone.device), band));
    const own = rng.split(label);
    const noise = gaussianNoise(new Float32Array(heard.length), own.split('noise'));
    const gain = 10 ** (noiseDb / 20);
    return finish(highPass(heard.map((value, i) => value + gain * noise[i]!)), own.split('finish'));
  };
  return {
    bonafide: record('bonafide', carry(said, room, [places.talker, places.microphone])),
    spoof: record('spoof', carry(played, room, [places.loudspeaker, places.microphone])),
  };
}

/** Sound at one place of a room as it is at another. */
function carry(
  x: Float32Array,
  { size, rt60Sec }: Room,
  [source, microphone]: readonly [Place, Place],
): Float32Array {
  const response = imageSourceResponse({
    size,
    source,
    microphone,
    absorption: sabineAbsorption(size, rt60Sec),
    durationSec: 1.2 * rt60Sec,
    sampleRate: CORPUS_RATE,
  });
  return fftConvolve(x, response).slice(0, x.length);
}

async function storeReplay(
  job: ReplayJob,
  { label, x }: { readonly label: Label; readonly x: Float32Array },
  folder: string,
): Promise<Clip> {
  const stored = await storeClip({
    key: ['replay', job.id, label],
    audio: { samples: [x], sampleRate: CORPUS_RATE },
    folder,
  });
  const { room, environment, attack, microphone, devices } = job.setup;
  const row = recordingRow(job);
  return {
    ...stored,
    ...row,
    label,
    ...(label === 'spoof' ? { generator: attack } : {}),
    group: {
      ...row.group,
      environment,
      room: room.id,
      microphone: microphone.id,
      ...(label === 'spoof' && devices !== undefined
        ? { recorder: devices.recorder.id, loudspeaker: devices.loudspeaker.id }
        : {}),
    },
  };
}
