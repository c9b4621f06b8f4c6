import { describe, expect, test } from 'vitest';
import { activeLevelDb, rms } from '../../audio/dsp/level.ts';
import { powerSpectrogram } from '../../audio/dsp/stft.ts';
import { createRng } from '../../core/rng.ts';
import { ENVIRONMENT_MAKER, planEnvironment } from '../assemblies/environment.ts';
import { ALBUMS, MUSIC_MAKER, planAlbum } from '../assemblies/music.ts';
import { UFOAI_AMBIENCE, UFOAI_EFFECTS, ufoaiLicence, ufoaiPath } from '../sources/ufoai.ts';
import { ENVIRONMENT_SOUNDS } from './environment-sounds.ts';
import { type Note, writeMidi } from './midi.ts';
import { mosaic } from './mosaic.ts';
import { phaseRandom } from './phase-random.ts';
import { procedural } from './procedural.ts';
import { joinParts, readSound } from './sound.ts';
import { surrogate, texture } from './texture.ts';
import { transcribe } from './transcribe.ts';
import { placeWindows, type SoundJob, type WindowMaker } from './windows.ts';

const RATE = 16000;

/** Noise that swells twice a second, over a hum. */
function swells(seconds: number, seed: string): Float32Array {
  const rng = createRng(seed);
  return Float32Array.from({ length: seconds * RATE }, (_, i) => {
    const level = 0.02 + 0.2 * Math.max(0, Math.sin((4 * Math.PI * i) / RATE)) ** 2;
    return level * rng.normal() + 0.05 * Math.sin((2 * Math.PI * 300 * i) / RATE);
  });
}

/** Decibels of 20-ms frames. */
function levels(x: Float32Array): number[] {
  const size = RATE / 50;
  return Array.from({ length: Math.floor(x.length / size) }, (_, t) =>
    activeLevelDb(x.subarray(t * size, (t + 1) * size), RATE),
  );
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (v: readonly number[]): number => v.reduce((sum, x) => sum + x, 0) / v.length;
  const [ma, mb] = [mean(a), mean(b)];
  const dot = (f: (i: number) => number): number => a.reduce((sum, _, i) => sum + f(i), 0);
  const both = dot((i) => (a[i]! - ma) * (b[i]! - mb));
  return both / Math.sqrt(dot((i) => (a[i]! - ma) ** 2) * dot((i) => (b[i]! - mb) ** 2));
}

function splitsOf(jobs: readonly SoundJob[], key: (job: SoundJob) => readonly string[]) {
  const owners = new Map<string, Set<string>>();
  for (const job of jobs) {
    for (const value of key(job)) {
      owners.set(value, (owners.get(value) ?? new Set<string>()).add(job.split));
    }
  }
  return [...owners.values()].map(({ size }) => size);
}

const enginesOf =
  ({ generators }: WindowMaker) =>
  (job: SoundJob): string[] =>
    job.generators.map((id) => generators[id]!.engine);

describe('the plan of environment', () => {
  const jobs = planEnvironment(ENVIRONMENT_SOUNDS, createRng('plan'));

  test('has every sound once; no file, sound or engine is in two splits', () => {
    expect(jobs.length).toBe(ENVIRONMENT_SOUNDS.length);
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
    const files = jobs.flatMap(({ sound }) => sound.files);
    expect(new Set(files).size).toBe(files.length);
    for (const key of [
      (job: SoundJob) => [job.id],
      (job: SoundJob) => job.sound.files,
      enginesOf(ENVIRONMENT_MAKER),
    ]) {
      expect(new Set(splitsOf(jobs, key))).toEqual(new Set([1]));
    }
  });

  test('every sound has a class and the licence of its file', () => {
    for (const { licence, group } of jobs) {
      expect(licence).toMatch(/^(CC-BY|GPL)/);
      expect(group).toMatchObject({ verified: 'name only', class: expect.any(String) });
    }
  });

  test('files that are joined have one licence', () => {
    const names = [UFOAI_AMBIENCE, UFOAI_EFFECTS].flatMap((list) => Object.values(list).flat());
    for (const { sound, licence } of jobs) {
      for (const file of sound.archive === undefined ? [] : sound.files) {
        const name = names.find((each) => ufoaiPath(each) === file);
        expect(ufoaiLicence(name ?? ''), file).toBe(licence);
      }
    }
  });

  test('every class of three sounds or more is in every split', () => {
    for (const kind of new Set(jobs.map(({ group }) => group.class))) {
      const some = jobs.filter(({ group }) => group.class === kind);
      if (some.length > 2) expect(new Set(some.map(({ split }) => split)).size).toBe(3);
    }
  });

  test('a limit is of sounds of each class in each split', () => {
    const few = planEnvironment(ENVIRONMENT_SOUNDS, createRng('plan'), 1);
    expect(few.length).toBeLessThan(jobs.length / 2);
    expect(jobs.map(({ id }) => id)).toEqual(expect.arrayContaining(few.map(({ id }) => id)));
    expect(new Set(few.map(({ most }) => most))).toEqual(new Set([1]));
  });
});

test('the plan of music: albums, pieces and engines are in one split each, a limit bounds both', () => {
  const names = [
    'a.ogg',
    'b.ogg',
    'macroform-a.g722',
    'reno_project-b.g722',
    'one song',
    'note.txt',
  ];
  const jobs = ALBUMS.flatMap((album) => planAlbum(album, names));
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
  for (const key of [
    (job: SoundJob) => [job.domain],
    (job: SoundJob) => job.sound.files,
    enginesOf(MUSIC_MAKER),
  ]) {
    expect(new Set(splitsOf(jobs, key))).toEqual(new Set([1]));
  }
  const stems = jobs.filter(({ sound }) => sound.isMix);
  expect(stems.map(({ sound }) => sound.files.length)).toEqual([2, 2]);
  const few = ALBUMS.flatMap((album) => planAlbum(album, names, 1));
  expect(few.map(({ most }) => most)).toEqual(few.map(() => 2));
});

test('windows lie evenly, do not overlap and are no longer than the sound', () => {
  expect(placeWindows(8000, 80000, 6)).toEqual([]);
  expect(placeWindows(40000, 80000, 6)).toEqual([[0, 40000]]);
  expect(placeWindows(170000, 80000, 6)).toEqual([
    [0, 80000],
    [90000, 170000],
  ]);
  const many = placeWindows(2_000_000, 80000, 6);
  expect(many.length).toBe(6);
  for (const [i, [from]] of many.entries()) {
    expect(from).toBeGreaterThanOrEqual(many[i - 1]?.[1] ?? 0);
  }
  expect(many.at(-1)?.[1]).toBeLessThanOrEqual(2_000_000);
});

test('a file that the packages lack is told as such', async () => {
  await expect(readSound('/nowhere', { files: ['usr/a.ogg'] })).rejects.toMatchObject({
    code: 'corpora/incomplete',
    message: 'the packages hold no usr/a.ogg',
  });
});

test('parts are played one after the other or at once', () => {
  const [a, b] = [Float32Array.of(1, 2), Float32Array.of(3, 4, 5)];
  expect([...joinParts([a, b])]).toEqual([1, 2, 3, 4, 5]);
  expect([...joinParts([a, b], true)]).toEqual([4, 6, 5]);
});

describe('generators', () => {
  const x = swells(3, 'x');
  const rest = [swells(6, 'before'), swells(5, 'after')];
  const all = {
    'phase-random': () => phaseRandom(x, createRng('g')),
    texture: () => texture(x, createRng('g')),
    mosaic: () => mosaic({ x, rest }, createRng('g')),
    water: () => procedural('water', x.length, createRng('g')),
    fire: () => procedural('fire', x.length, createRng('g')),
    wind: () => procedural('wind', x.length, createRng('g')),
  };

  test.each(Object.entries(all))(
    '%s: the same bytes for a seed, finite, of the same length',
    (_, make) => {
      const y = make();
      expect(y.length).toBe(x.length);
      expect(y.every(Number.isFinite)).toBe(true);
      expect(rms(y)).toBeGreaterThan(1e-3);
      expect(make()).toEqual(y);
      expect(correlation([...y.slice(0, 8000)], [...x.slice(0, 8000)])).toBeLessThan(0.9);
    },
  );

  test('random phases and mosaics keep when the sound swells, a texture only that it does', () => {
    const own = levels(x);
    expect(correlation(levels(all['phase-random']()), own)).toBeGreaterThan(0.9);
    expect(correlation(levels(all.mosaic()), own)).toBeGreaterThan(0.7);
    const made = levels(all.texture());
    expect(Math.abs(correlation(made, own))).toBeLessThan(0.7);
    const spread = (values: readonly number[]): number => {
      const sorted = [...values].sort((a, b) => a - b);
      return sorted[Math.floor(0.9 * sorted.length)]! - sorted[Math.floor(0.1 * sorted.length)]!;
    };
    expect(spread(made) / spread(own)).toBeGreaterThan(0.7);
    expect(spread(made) / spread(own)).toBeLessThan(1.4);
  });

  test('a surrogate has the values of the course, and nearly its spectrum', () => {
    const rng = createRng('course');
    let last = 0;
    const course = Float64Array.from({ length: 400 }, () => {
      last = 0.9 * last + rng.normal();
      return last;
    });
    const angles = new Float64Array(400);
    for (let k = 1; k < 200; k += 1) {
      angles[k] = rng.between(0, 6);
      angles[400 - k] = -angles[k]!;
    }
    const made = surrogate(course, angles);
    expect([...made].sort((a, b) => a - b)).toEqual([...course].sort((a, b) => a - b));
    const step = (v: Float64Array): number => correlation([...v.slice(1)], [...v.slice(0, -1)]);
    expect(step(made)).toBeCloseTo(step(course), 1);
    expect([...surrogate(course, new Float64Array(400))]).toEqual([...course]);
  });

  test('drops lie higher than wind', () => {
    const low = (y: Float32Array): number => {
      const { frames, bins, power } = powerSpectrogram(y, { fftSize: 512, hop: 256 });
      let sum = 0;
      let all = 0;
      for (let i = 0; i < frames * bins; i += 1) {
        all += power[i]!;
        if (i % bins < 16) sum += power[i]!;
      }
      return sum / all;
    };
    expect(low(all.wind())).toBeGreaterThan(3 * low(all.water()));
  });
});

describe('transcription', () => {
  /** Two chords of harmonic tones, a second each. */
  const chords = [
    [57, 61, 64],
    [53, 57, 60],
  ];
  const x = Float32Array.from({ length: 2 * RATE }, (_, i) => {
    const within = i % RATE;
    const tones = chords[Math.floor(i / RATE)]!;
    return tones.reduce((sum, key) => {
      const hz = 440 * 2 ** ((key - 69) / 12);
      const harmonic = (h: number) => Math.sin((2 * Math.PI * h * hz * within) / RATE) / h ** 2;
      return sum + 0.1 * Math.exp(-within / RATE) * (harmonic(1) + harmonic(2) + harmonic(3));
    }, 0);
  });

  test('finds when chords begin and most of their notes', () => {
    const notes = transcribe(x).filter(({ isDrum }) => !isDrum);
    const starts = [...new Set(notes.map(({ startSec }) => startSec))];
    expect(starts.length).toBeLessThan(6);
    expect(starts.some((start) => Math.abs(start - 1) < 0.06)).toBe(true);
    for (const [i, chord] of chords.entries()) {
      const found = new Set(
        notes.filter(({ startSec }) => Math.abs(startSec - i) < 0.1).map(({ key }) => key),
      );
      expect(chord.filter((key) => found.has(key)).length).toBeGreaterThanOrEqual(2);
    }
  });
});

test('a MIDI file: header, delta times of several bytes, ends before beginnings, end of track', () => {
  const note = (startSec: number, endSec: number, key: number, isDrum = false): Note => ({
    startSec,
    endSec,
    key,
    velocity: 100,
    isDrum,
  });
  const bytes = [
    ...writeMidi([note(0, 0.5, 60), note(0.5, 0.7, 60), note(0.5, 0.6, 36, true)], 4, 2),
  ];
  expect(bytes.slice(0, 14)).toEqual([77, 84, 104, 100, 0, 0, 0, 6, 0, 0, 0, 1, 1, 244]);
  expect(bytes.slice(14, 18)).toEqual([77, 84, 114, 107]);
  const size = bytes[20]! * 256 + bytes[21]!;
  expect(bytes.length).toBe(22 + size);
  expect(bytes.slice(22)).toEqual([
    ...[0, 0xc0, 4],
    ...[0, 0x90, 60, 100],
    ...[0x83, 0x74, 0x80, 60, 0],
    ...[0, 0x90, 60, 100],
    ...[0, 0x99, 36, 100],
    ...[100, 0x89, 36, 0],
    ...[100, 0x80, 60, 0],
    ...[0x8a, 0x14, 0xff, 0x2f, 0],
  ]);
});
