/**
 * The corpus `music`: recorded music against re-synthesised and sequenced versions of it. No neural generator of
 * music is in it.
 * @module
 */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defineAssembly } from '../assembly.ts';
import type { Split } from '../composition.ts';
import { CORPUS_RATE } from '../equalise.ts';
import { copyOf, generatorTable, SOUND_GENERATORS } from '../sounds/generator.ts';
import { sequencedBy, stemCopy } from '../sounds/music-generators.ts';
import { makeWindows, type SoundJob } from '../sounds/windows.ts';

const NAME = 'music';
const SEED = 'music 1';
const WINDOW_SEC = 6;
const MOST_WINDOWS = 6;
const CONTROL_EVERY = 4;

/** Pieces of one hand. */
export interface Album {
  readonly id: string;
  readonly split: Split;
  readonly package: string;
  /** Relative to the root of the unpacked packages. */
  readonly folder: string;
  /** Names of its pieces. */
  readonly files: RegExp;
  readonly licence: string;
  /** Files in each piece's folder that sound together; absent where a piece is a file. */
  readonly stems?: readonly string[];
}

const FRETS = 'usr/share/games/fretsonfire/data/songs';
const ON_HOLD = {
  package: 'asterisk-moh-opsound-g722',
  folder: 'usr/share/asterisk/moh',
  licence: 'CC-BY-SA-3.0',
};

/** Every album; no two splits share a hand. */
export const ALBUMS: readonly Album[] = [
  {
    id: 'fillets',
    split: 'train',
    package: 'fillets-ng-data',
    folder: 'usr/share/games/fillets-ng/music',
    files: /\.ogg$/,
    licence: 'GPL-2.0',
  },
  {
    id: 'sectoid',
    split: 'train',
    package: 'fretsonfire-songs-sectoid',
    folder: `${FRETS}/sectoid`,
    files: /^[^.]+$/,
    licence: 'MIT',
    stems: ['song.ogg', 'guitar.ogg'],
  },
  { id: 'macroform', split: 'dev', files: /^macroform-.*\.g722$/, ...ON_HOLD },
  {
    id: 'muldjord',
    split: 'eval',
    package: 'fretsonfire-songs-muldjord',
    folder: `${FRETS}/muldjord`,
    files: /^[^.]+$/,
    licence: 'CC-BY-SA-3.0',
    stems: ['song.ogg', 'guitar.ogg'],
  },
  { id: 'manolo-camp', split: 'eval', files: /^manolo_camp-.*\.g722$/, ...ON_HOLD },
  { id: 'reno-project', split: 'eval', files: /^reno_project-.*\.g722$/, ...ON_HOLD },
];

/** No engine is in two splits. */
const GENERATORS: Readonly<Record<Split, readonly string[]>> = {
  train: ['griflim', 'lpc-codec', 'mosaic', 'stem-lpc'],
  dev: ['phase-random', 'world'],
  eval: ['phase-vocoder', 'sequenced-fluidr3mono', 'sequenced-timgm6mb', 'stem-lpcnet-f'],
};

/** What the jobs of the corpus are made by. */
export const MUSIC_MAKER = {
  corpus: NAME,
  generators: generatorTable([
    ...SOUND_GENERATORS,
    ...['griflim', 'lpc-codec', 'phase-vocoder', 'world'].map(copyOf),
    ...['lpc', 'lpcnet-f'].map(stemCopy),
    sequencedBy('sequenced-timgm6mb', 'usr/share/sounds/sf2/TimGM6mb.sf2'),
    sequencedBy('sequenced-fluidr3mono', 'usr/share/sounds/sf3/FluidR3Mono_GM.sf3'),
  ]),
};

/**
 * A job for each piece of an album.
 * @param names what is in its folder
 * @param limit of pieces; a piece then has at most twice as many windows
 */
export function planAlbum(album: Album, names: readonly string[], limit?: number): SoundJob[] {
  const { id, split, folder, files, stems, licence } = album;
  const pieces = names.filter((name) => files.test(name)).sort();
  return pieces.slice(0, limit).map((name) => ({
    id: `${id}-${name.replace(/\.\w+$/, '').replace(/[^A-Za-z0-9]+/g, '-')}`,
    split,
    sound:
      stems === undefined
        ? { files: [`${folder}/${name}`] }
        : { files: stems.map((stem) => `${folder}/${name}/${stem}`), isMix: true },
    windowSec: WINDOW_SEC,
    most: limit === undefined ? MOST_WINDOWS : Math.min(MOST_WINDOWS, 2 * limit),
    generators: GENERATORS[split],
    controlEvery: CONTROL_EVERY,
    domain: id,
    licence,
    group: { album: id, package: album.package },
  }));
}

/** Recorded and re-synthesised music, as an assembly. */
export const MUSIC = defineAssembly<SoundJob>({
  name: NAME,
  version: '2',
  sampleRate: CORPUS_RATE,
  seed: SEED,
  packages: {
    data: [
      ...new Set(ALBUMS.map((album) => album.package)),
      'timgm6mb-soundfont',
      'fluidr3mono-gm-soundfont',
      'libcodec2-1.0',
    ],
    programs: ['fluidsynth'],
    npm: [],
  },
  unit: 'pieces',
  disjoint: ['source', 'generator'],
  voices: [
    'Metal of two bands (Sectoid, Muldjord; with the guitar as a stem), game music of Fillets NG, music on hold of Macroform, Manolo Camp and Reno Project, by the documents of the packages.',
  ],
  limits: [
    'Re-synthesised or sequenced versus recorded: no neural generator of music is in it, so no figure here speaks of AI music.',
    'What counts as recorded was made by people, and part of it with electronic instruments and sample libraries.',
    'A sequenced fake is a rough transcription: it plays the harmony and rhythm of the window, not its notes.',
    'Six hands in all, one of them in dev and three in eval: no figure says how a detector does on music in general.',
    '16 kHz, one channel.',
  ],
  async plan({ debian }, { limit }) {
    const jobs: SoundJob[] = [];
    for (const album of ALBUMS) {
      jobs.push(...planAlbum(album, await readdir(join(debian, album.folder)), limit));
    }
    return { jobs, shortages: [] };
  },
  make: (job, context) => makeWindows(job, context, MUSIC_MAKER),
});
