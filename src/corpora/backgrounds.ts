/**
 * The corpus `backgrounds`: real speech, music, ambience and impulse responses that the corruptions
 * `background-*` and `reverb-measured` put behind and around a clip. Nothing of it is shipped.
 * @module
 */

import { readdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { unzip } from '../archives/zip.ts';
import { toMono } from '../audio/audio.ts';
import { peak } from '../audio/dsp/level.ts';
import { resample } from '../audio/dsp/resample.ts';
import { decode } from '../audio/io/decode.ts';
import { writeWav } from '../audio/io/wav.ts';
import { RingtrueError } from '../core/errors.ts';
import { hashBytes } from '../core/hash.ts';
import { cacheFolder, hashFile, writeFileAtomic } from '../core/node/files.ts';
import { throwIfAborted, type WorkContext } from '../core/progress.ts';
import { createRng } from '../core/rng.ts';
import type { Clip } from '../datasets/clip.ts';
import { CORPUS_RATE, highPass, trimSilence } from './equalise.ts';
import { fetchPackages, type PackageList } from './packages.ts';
import { UFOAI, UFOAI_AMBIENCE, ufoaiPath } from './sources/ufoai.ts';

/** Changes whenever the same build gives other bytes. */
export const BACKGROUNDS_VERSION = '1';

/** What is downloaded, about 57 MB. */
export const BACKGROUNDS_PACKAGES: PackageList = {
  data: [
    'asterisk-prompt-es-co',
    'asterisk-prompt-fr-armelle',
    'pocketsphinx-testdata',
    'asterisk-moh-opsound-g722',
    'ufoai-sound',
    'jconvolver-config-files',
    'guitarix-common',
  ],
  programs: [],
  npm: [],
};

/** What a recording of `backgrounds` is used for; the manifest says it as `group.kind`. */
export type BackgroundKind = 'speech' | 'music' | 'ambience' | 'impulse-response';

/** A recording before it is stored: one channel at 16 kHz. */
export interface BackgroundTake {
  readonly id: string;
  readonly kind: BackgroundKind;
  /** Debian package that it comes from. */
  readonly package: string;
  /** What the package calls it. */
  readonly source: string;
  readonly licence: string;
  readonly speaker?: string;
  readonly language?: string;
  readonly samples: Float32Array;
}

/** Speakers of whom no other corpus and no detector of ours has heard anything. */
const SPEAKERS = [
  {
    package: 'asterisk-prompt-es-co',
    folder: 'usr/share/asterisk/sounds/es',
    files: /\.gsm$/,
    speaker: 'july',
    language: 'es',
    licence: 'GPL-2.0',
  },
  {
    package: 'asterisk-prompt-fr-armelle',
    folder: 'usr/share/asterisk/sounds/fr',
    files: /\.gsm$/,
    speaker: 'armelle',
    language: 'fr',
    licence: 'BSD-style, see the package',
  },
  {
    package: 'pocketsphinx-testdata',
    folder: 'usr/share/pocketsphinx/test/data/librivox',
    files: /\.wav$/,
    speaker: 'librivox-austen',
    language: 'en',
    licence: 'BSD-2-Clause',
  },
] as const;

/** Utterances of a speaker are joined to reels of this length, so that a bed does not repeat after a second. */
const REEL_SEC = 20;
const REELS_A_SPEAKER = 9;
const MIN_UTTERANCE_SEC = 1;

const MUSIC = {
  package: 'asterisk-moh-opsound-g722',
  folder: 'usr/share/asterisk/moh',
  licence: 'CC-BY-SA-3.0',
};
const PIECE_SEC = 30;
const MUSIC_PIECES = 4;

const AMBIENCE_PIECES = 2;
const MIN_PIECE_SEC = 2;
/** Two places with two microphones each. */
const RESPONSES = [
  {
    package: 'jconvolver-config-files',
    path: 'usr/share/jconvolver/config-files/demo-reverbs/street2-L.wav',
    id: 'street-left',
    channel: 0,
  },
  {
    package: 'jconvolver-config-files',
    path: 'usr/share/jconvolver/config-files/demo-reverbs/street2-R.wav',
    id: 'street-right',
    channel: 0,
  },
  {
    package: 'guitarix-common',
    path: 'usr/share/gx_head/sounds/greathall.wav',
    id: 'hall-left',
    channel: 0,
  },
  {
    package: 'guitarix-common',
    path: 'usr/share/gx_head/sounds/greathall.wav',
    id: 'hall-right',
    channel: 1,
  },
] as const;

/**
 * Builds the corpus, or continues a build: `manifest.jsonl`, `audio/*.wav` (16 bits, 16 kHz, one channel;
 * impulse responses in 32-bit floats), `corpus.json`.
 * @throws RingtrueError `corpora/package-unavailable`, `corpora/incomplete`, `core/cancelled`
 */
export async function buildBackgrounds(out: string, work: WorkContext): Promise<void> {
  const root = await fetchPackages(
    BACKGROUNDS_PACKAGES,
    cacheFolder('packages', 'backgrounds'),
    work,
  );
  const task = 'recordings';
  const shelves = [
    ...SPEAKERS.map((shelf) => () => takeSpeech(root.debian, shelf)),
    () => takeMusic(root.debian),
    () => takeAmbience(root.debian),
    () => takeResponses(root.debian),
  ];
  work.onProgress?.({ type: 'start', task, total: shelves.length, unit: 'sources' });
  const clips: Clip[] = [];
  for (const [i, take] of shelves.entries()) {
    throwIfAborted(work.signal);
    for (const each of await take()) clips.push(await storeTake(each, out));
    work.onProgress?.({ type: 'advance', task, done: i + 1 });
  }
  await writeManifest(clips, out, root.downloads);
  work.onProgress?.({ type: 'end', task, note: `${clips.length} recordings` });
}

/** Stores a recording and returns its manifest row; a file that a stopped build left is kept if it is the same. */
export async function storeTake(take: BackgroundTake, out: string): Promise<Clip> {
  const { id, kind, samples } = take;
  const loudest = peak(samples);
  if (!(loudest > 0)) throw new RingtrueError('corpora/incomplete', `${id} is silent`);
  const plane = samples.map((value) => (value * PEAK) / loudest);
  const format = kind === 'impulse-response' ? 'float32' : 'pcm16';
  const bytes = writeWav({ samples: [plane], sampleRate: CORPUS_RATE }, { format });
  const sha256 = hashBytes(bytes);
  const path = `audio/${id}.wav`;
  const file = join(out, path);
  if ((await hashFile(file).catch(() => null)) !== sha256) await writeFileAtomic(file, bytes);
  return {
    id,
    path,
    medium: 'audio',
    ...(take.speaker === undefined ? {} : { speaker: take.speaker }),
    ...(take.language === undefined ? {} : { language: take.language }),
    source: take.source,
    sha256,
    licence: take.licence,
    durationSec: samples.length / CORPUS_RATE,
    group: { kind, package: take.package },
  };
}

const PEAK = 0.9;

/** Writes `manifest.jsonl` and `corpus.json` for recordings that are stored. */
export async function writeManifest(
  clips: readonly Clip[],
  out: string,
  packages: readonly { readonly file: string; readonly sha256: string }[],
): Promise<void> {
  const kinds = [...new Set(clips.map(({ group }) => group?.kind ?? ''))];
  const minutesOf = (some: readonly Clip[]): number =>
    some.reduce((sum, { durationSec = 0 }) => sum + durationSec, 0) / 60;
  const card = {
    name: 'backgrounds',
    version: BACKGROUNDS_VERSION,
    clips: clips.length,
    minutes: minutesOf(clips),
    kinds: Object.fromEntries(
      kinds.map((kind) => {
        const some = clips.filter(({ group }) => group?.kind === kind);
        return [kind, { clips: some.length, minutes: minutesOf(some) }];
      }),
    ),
    licences: [...new Set(clips.map(({ licence = '' }) => licence))].sort(),
    packages,
  };
  await writeFileAtomic(join(out, 'corpus.json'), `${JSON.stringify(card, null, 2)}\n`);
  await writeFileAtomic(
    join(out, 'manifest.jsonl'),
    `${clips.map((clip) => JSON.stringify(clip)).join('\n')}\n`,
  );
}

async function takeSpeech(
  root: string,
  shelf: (typeof SPEAKERS)[number],
): Promise<BackgroundTake[]> {
  const folder = join(root, shelf.folder);
  const names = (await readdir(folder, { recursive: true }))
    .filter((name) => shelf.files.test(name) && !/silence|beep|digits|letters|phonetic/.test(name))
    .sort();
  const rng = createRng(`backgrounds ${BACKGROUNDS_VERSION}`).split(shelf.speaker);
  const reel = new Float32Array(REEL_SEC * CORPUS_RATE);
  const takes: BackgroundTake[] = [];
  let filled = 0;
  for (const name of rng.shuffle(names)) {
    const spoken = trimSilence(await monoOf(join(folder, name)));
    if (spoken.length < MIN_UTTERANCE_SEC * CORPUS_RATE) continue;
    const loudest = peak(spoken);
    for (const value of spoken) {
      if (filled < reel.length) reel[filled] = value / loudest;
      filled += 1;
    }
    if (filled < reel.length) continue;
    takes.push({
      id: `speech-${shelf.speaker}-${takes.length + 1}`,
      kind: 'speech',
      package: shelf.package,
      source: shelf.speaker,
      licence: shelf.licence,
      speaker: shelf.speaker,
      language: shelf.language,
      samples: reel.slice(),
    });
    filled = 0;
    if (takes.length === REELS_A_SPEAKER) break;
  }
  return takes;
}

async function takeMusic(root: string): Promise<BackgroundTake[]> {
  const folder = join(root, MUSIC.folder);
  const takes: BackgroundTake[] = [];
  for (const name of (await readdir(folder)).filter((file) => file.endsWith('.g722')).sort()) {
    const source = basename(name, extname(name));
    const pieces = cut(await monoOf(join(folder, name)), MUSIC_PIECES);
    for (const [i, samples] of pieces.entries()) {
      const id = `music-${source.replaceAll('_', '-')}-${i + 1}`;
      const { package: from, licence } = MUSIC;
      takes.push({ id, kind: 'music', package: from, source, licence, samples });
    }
  }
  return takes;
}

async function takeAmbience(root: string): Promise<BackgroundTake[]> {
  const names = Object.values(UFOAI_AMBIENCE).flat();
  const files = await unzip(join(root, UFOAI.archive), (path) =>
    names.some((name) => ufoaiPath(name) === path),
  );
  const takes: BackgroundTake[] = [];
  for (const [licence, some] of Object.entries(UFOAI_AMBIENCE)) {
    for (const name of some) {
      const source = basename(name);
      const bytes = files.get(ufoaiPath(name));
      if (bytes === undefined) {
        throw new RingtrueError(
          'corpora/incomplete',
          `${UFOAI.package} holds no ${source}: another version of the package?`,
        );
      }
      for (const [i, samples] of cut(await monoOf(bytes), AMBIENCE_PIECES).entries()) {
        const id = `ambience-${source.replaceAll('_', '-')}-${i + 1}`;
        takes.push({ id, kind: 'ambience', package: UFOAI.package, source, licence, samples });
      }
    }
  }
  return takes;
}

async function takeResponses(root: string): Promise<BackgroundTake[]> {
  const takes: BackgroundTake[] = [];
  for (const { package: from, path, id, channel } of RESPONSES) {
    const { audio } = await decode(join(root, path));
    takes.push({
      id: `impulse-response-${id}`,
      kind: 'impulse-response',
      package: from,
      source: `${basename(dirname(path))}/${basename(path)}`,
      licence: 'GPL-2.0-or-later',
      samples: resample(audio.samples[channel]!, audio.sampleRate, CORPUS_RATE),
    });
  }
  return takes;
}

/** A recording without the silence at its ends, in pieces of at most 30 s. */
function cut(x: Float32Array, most: number): Float32Array[] {
  const sound = trimSilence(x);
  const size = PIECE_SEC * CORPUS_RATE;
  return Array.from({ length: most }, (_, i) => sound.slice(i * size, (i + 1) * size)).filter(
    ({ length }) => length >= MIN_PIECE_SEC * CORPUS_RATE,
  );
}

/** One channel at 16 kHz without DC and rumble: a background must not spend its energy where nobody hears it. */
async function monoOf(source: string | Uint8Array): Promise<Float32Array> {
  const { audio } = await decode(source);
  return highPass(resample(toMono(audio), audio.sampleRate, CORPUS_RATE));
}
