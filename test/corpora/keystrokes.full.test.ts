import { join } from 'node:path';
import { expect, test } from 'vitest';
import { melBank } from '../../src/audio/dsp/filter-banks.ts';
import { powerSpectrogram } from '../../src/audio/dsp/stft.ts';
import { decode } from '../../src/audio/io/decode.ts';
import type { Clip } from '../../src/datasets/clip.ts';
import { buildTwice, tally } from '../helpers/build-twice.ts';

const bank = melBank({ filters: 64, fftSize: 1024, sampleRate: 44100 });
const KEYS = 37;

/** Decibels by mel band in four stretches of 40 ms from a time on, without their mean. */
async function picture(path: string, startSec: number): Promise<Float64Array> {
  const { audio } = await decode(path);
  const from = Math.round(startSec * audio.sampleRate);
  const x = audio.samples[0]!.slice(from, from + 7056);
  const { frames, bins, power } = powerSpectrogram(x, { fftSize: 1024, hop: 441, center: false });
  const out = new Float64Array(4 * 64);
  for (let t = 0; t < frames; t += 1) {
    for (let j = 0; j < 64; j += 1) {
      for (let k = 0; k < bins; k += 1) {
        out[64 * Math.min(3, t >> 2) + j]! += bank.weights[j * bins + k]! * power[t * bins + k]!;
      }
    }
  }
  const levels = out.map((value) => 10 * Math.log10(value + 1e-9));
  const mean = levels.reduce((sum, value) => sum + value, 0) / levels.length;
  return levels.map((value) => value - mean);
}

const pressOf = ({ events = [] }: Clip): number =>
  events.find(({ name }) => name.startsWith('press:'))!.startSec;

test('keystrokes builds from packages: no labels, times that hold, keys that can be told in a new room', () =>
  buildTwice('keystrokes', async ({ clips, failures, folder }) => {
    expect(failures).toEqual([]);
    expect(clips.every(({ label }) => label === undefined)).toBe(true);
    expect(tally(clips, ({ split, group }) => `${split} ${group?.kind}`)).toEqual({
      'train typing': 12,
      'train key': 2 * KEYS,
      'dev typing': 12,
      'dev key': 2 * KEYS,
      'eval typing': 12,
      'eval key': 2 * KEYS,
    });
    for (const { transcript, events = [], durationSec = 0 } of clips) {
      expect(events.every(({ startSec }) => startSec < durationSec)).toBe(true);
      if (transcript === undefined) continue;
      const typed = events
        .filter(({ name }) => name.startsWith('press:'))
        .map(({ name }) => name.slice('press:'.length).replace('space', ' '));
      expect(typed.join('')).toBe(transcript);
    }
    // Nearest clip of another room, chance 1 in 37: an upper bound of what a keyboard gives away, with one take.
    const keys = clips.filter(({ group }) => group?.kind === 'key');
    const seen = await Promise.all(
      keys
        .filter(({ split }) => split === 'train')
        .map(async (clip) => ({ clip, at: await picture(join(folder, clip.path), pressOf(clip)) })),
    );
    const asked = keys.filter(({ split }) => split === 'eval');
    let right = 0;
    for (const clip of asked) {
      const at = await picture(join(folder, clip.path), pressOf(clip));
      const distance = (other: Float64Array): number =>
        other.reduce((sum, value, i) => sum + (value - at[i]!) ** 2, 0);
      const nearest = seen.reduce((a, b) => (distance(b.at) < distance(a.at) ? b : a));
      if (nearest.clip.group?.key === clip.group?.key) right += 1;
    }
    expect(right / asked.length).toBeGreaterThan(5 / KEYS);
  }));
