/**
 * What only music can be made by: sequencing with a SoundFont, and copies of one stem of a mixture.
 * @module
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toMono } from '../../audio/audio.ts';
import { rms } from '../../audio/dsp/level.ts';
import { resample } from '../../audio/dsp/resample.ts';
import { readWav } from '../../audio/io/wav.ts';
import type { Rng } from '../../core/rng.ts';
import { CORPUS_RATE } from '../equalise.ts';
import { readSpoken, runProgram } from '../generators/program.ts';
import type { PackageRoot } from '../packages.ts';
import { COPIES } from '../vocoders/index.ts';
import type { SoundGenerator } from './generator.ts';
import { writeMidi } from './midi.ts';
import { joinParts } from './sound.ts';
import { transcribe } from './transcribe.ts';

/** General MIDI: electric piano, organ, clean and distorted guitar, strings, square lead. */
const PROGRAMS = [4, 16, 27, 30, 48, 80];
const RENDER_RATE = 44100;
/** Only the samples of the instruments that play are unpacked. */
const LOADING = ['-o', 'synth.dynamic-sample-loading=1'];

/**
 * The window transcribed and played by FluidSynth.
 * @param soundFont file, relative to the root of the unpacked packages
 */
export function sequencedBy(id: string, soundFont: string): SoundGenerator {
  return {
    id,
    engine: 'sequenced',
    family: 'sequenced',
    suits: () => true,
    make: ({ x }, root, rng) => playNotes(x, join(root.debian, soundFont), root, rng),
  };
}

async function playNotes(
  x: Float32Array,
  soundFont: string,
  root: PackageRoot,
  rng: Rng,
): Promise<Float32Array> {
  const midi = writeMidi(transcribe(x), rng.pick(PROGRAMS), x.length / CORPUS_RATE);
  const folder = await mkdtemp(join(tmpdir(), 'ringtrue-midi-'));
  try {
    const score = join(folder, 'score.mid');
    const sound = join(folder, 'sound.wav');
    await writeFile(score, midi);
    const program = join(root.debian, 'usr/bin/fluidsynth');
    const format = ['-T', 'wav', '-r', String(RENDER_RATE)];
    await runProgram(program, ['-niq', ...LOADING, '-F', sound, ...format, soundFont, score], {
      env: root.env,
    });
    const audio = readWav(await readSpoken(sound, 'fluidsynth'));
    const played = resample(toMono(audio), audio.sampleRate, CORPUS_RATE);
    // The program plays until the last note has died away.
    const out = new Float32Array(x.length);
    out.set(played.subarray(0, x.length));
    return out;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The last stem copied by a vocoder and mixed with the others, which stay as they are. */
export function stemCopy(id: string): SoundGenerator {
  const method = COPIES[id]!;
  return {
    id: `stem-${id}`,
    engine: method.engine,
    family: `stem-${method.family}`,
    isRare: true,
    suits: ({ stems, x }) => stems.length > 1 && rms(stems.at(-1)!) > LEAST_STEM * rms(x),
    async make({ stems }, root, rng) {
      const stem = stems.at(-1)!;
      const late = await method.copy(stem, root, rng);
      const copy = new Float32Array(stem.length);
      copy.set(late.subarray(method.delaySamples));
      const gain = rms(stem) / (rms(copy) + 1e-9);
      return joinParts([...stems.slice(0, -1), copy.map((value) => gain * value)], true);
    },
  };
}

/** A stem that plays next to nothing in a window makes no fake of it. */
const LEAST_STEM = 0.1;
