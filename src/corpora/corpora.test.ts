import { describe, expect, test } from 'vitest';
import { activeLevelDb, rms } from '../audio/dsp/level.ts';
import { trackPitch } from '../audio/dsp/pitch.ts';
import { createRng } from '../core/rng.ts';
import {
  applyAllPass,
  CORPUS_RATE,
  cropTogether,
  drawAllPass,
  highPass,
  matchSpectrum,
  profile,
  raiseNoise,
  setLevel,
  trimSilence,
} from './equalise.ts';
import type { Recording } from './recording.ts';
import { planGroups, VOICES, type Voice } from './speech-mini.ts';
import { parseTranscripts } from './transcripts.ts';
import { griffinLim } from './vocoders/griffin-lim.ts';
import { psola } from './vocoders/psola.ts';

/** Pulses at a pitch through a slow swell: enough of a voice to measure with. */
function voice(seconds: number, hz: number): Float32Array {
  const rng = createRng(`voice ${hz}`);
  const out = new Float32Array(Math.round(seconds * CORPUS_RATE));
  let phase = 0;
  let smooth = 0;
  for (let i = 0; i < out.length; i += 1) {
    phase += hz / CORPUS_RATE;
    const pulse = phase >= 1 ? 1 : 0;
    if (phase >= 1) phase -= 1;
    smooth = 0.9 * smooth + pulse + 0.01 * rng.normal();
    out[i] = 0.1 * smooth * (0.6 + 0.4 * Math.sin((2 * Math.PI * 3 * i) / CORPUS_RATE));
  }
  return highPass(out);
}

test('transcripts: comments, sound descriptions, notes and the byte order mark are left out', () => {
  const text =
    '\uFEFF; comment\nactivated: Activated.\nbeep: [a beep]\niax: IAX (note: odd)\ndir/a: One: two.\n\nno colon\n';
  expect(parseTranscripts(text)).toEqual([
    { name: 'activated', text: 'Activated.' },
    { name: 'dir/a', text: 'One: two.' },
  ]);
});

describe('the plan of speech-mini', () => {
  const recordingsOf = ({ speaker, language }: Voice): Recording[] =>
    Array.from({ length: 90 }, (_, i) => ({
      id: `p${i}`,
      path: `p${i}.g722`,
      text: `this is sentence number ${i} of the test`,
      speaker,
      language,
      domain: 'prompts',
      package: 'none',
      licence: 'none',
      codec: 'g722',
    }));
  const groups = VOICES.flatMap((v) =>
    planGroups(v, recordingsOf(v), createRng('plan').split(v.speaker)),
  );

  test('has 80 groups in the stated numbers', () => {
    expect(groups.length).toBe(80);
    const fakes = groups.flatMap((group) => group.fakes);
    expect(fakes.filter(({ generator }) => generator === 'lpcnet-f').length).toBe(14);
    for (const v of VOICES) {
      expect(groups.filter(({ real }) => real.speaker === v.speaker).length).toBe(v.clips);
    }
  });

  test('no generator or speaker is in two splits, no clip is its own donor, no sentence twice', () => {
    const owners = new Map<string, Set<string>>();
    for (const { split, real, fakes, donor } of groups) {
      expect(donor.id).not.toBe(real.id);
      for (const key of [...fakes.map(({ generator }) => generator), real.speaker])
        owners.set(key, (owners.get(key) ?? new Set()).add(split));
    }
    for (const splits of owners.values()) expect(splits.size).toBe(1);
    expect(new Set(groups.map(({ real }) => `${real.speaker} ${real.id}`)).size).toBe(80);
  });

  test('the same seed plans the same, in any order of recordings', () => {
    const again = VOICES.flatMap((v) =>
      planGroups(v, recordingsOf(v).reverse(), createRng('plan').split(v.speaker)),
    );
    expect(again).toEqual(groups);
  });

  test('too few sentences are an error, not a smaller corpus', () => {
    const [first] = VOICES;
    expect(() => planGroups(first!, recordingsOf(first!).slice(0, 10), createRng(1))).toThrow(
      /41 are needed/,
    );
  });
});

describe('equalisation', () => {
  const x = voice(2, 120);

  test('silence at the ends goes, level comes to −26 dBFS', () => {
    const padded = new Float32Array(x.length + 16000);
    padded.set(x, 8000);
    const trimmed = trimSilence(padded);
    expect(Math.abs(trimmed.length - x.length)).toBeLessThan(1600);
    expect(activeLevelDb(setLevel(trimmed), CORPUS_RATE)).toBeCloseTo(-26, 3);
  });

  test('members are cropped to the shortest, too short ones are refused', () => {
    expect(cropTogether([x, x.slice(0, 20000)])?.map((m) => m.length)).toEqual([20000, 20000]);
    expect(cropTogether([x, x.slice(0, 4000)])).toBeNull();
  });

  test('the spectrum of a donor is taken on within 1 dB where the limits allow it', () => {
    const donor = profile(setLevel(voice(2, 180)));
    const matched = profile(matchSpectrum(setLevel(x), donor));
    const errors = [...donor.active].map((target, j) =>
      Math.abs(10 * Math.log10(matched.active[j]! / target)),
    );
    errors.sort((a, b) => a - b);
    expect(errors[Math.floor(errors.length / 2)]).toBeLessThan(1);
  });

  test('the all-pass keeps energy and lowers the crest of pulses', () => {
    const spread = applyAllPass(x, drawAllPass(createRng('ap')));
    const crest = (y: Float32Array): number => Math.max(...y.map(Math.abs)) / rms(y);
    expect(rms(spread) / rms(x)).toBeGreaterThan(0.95);
    expect(rms(spread) / rms(x)).toBeLessThan(1.05);
    expect(crest(spread)).toBeLessThan(0.75 * crest(x));
  });

  test('quiet bands are raised to the target floor', () => {
    const quietVoice = setLevel(x);
    const target = profile(quietVoice).quiet.map((value) => value * 10);
    const raised = profile(raiseNoise(quietVoice, target, createRng('n'))).quiet;
    const gained = [...raised].map((value, j) => value / target[j]!);
    gained.sort((a, b) => a - b);
    expect(gained[14]).toBeGreaterThan(0.3);
    expect(gained[14]).toBeLessThan(3);
  });
});

test('Griffin–Lim keeps length and pitch', () => {
  const x = voice(1, 150);
  const y = griffinLim(x, CORPUS_RATE);
  expect(y.length).toBe(x.length);
  const { f0 } = trackPitch(y, CORPUS_RATE);
  const voiced = [...f0].filter((hz) => hz > 0).sort((a, b) => a - b);
  expect(voiced[voiced.length >> 1]).toBeGreaterThan(145);
  expect(voiced[voiced.length >> 1]).toBeLessThan(155);
});

test.each([0.8, 1.25])('PSOLA moves pitch by %f and keeps length', (factor) => {
  const x = voice(1, 150);
  const y = psola(x, CORPUS_RATE, factor);
  expect(y.length).toBe(x.length);
  const voiced = [...trackPitch(y, CORPUS_RATE).f0].filter((hz) => hz > 0).sort((a, b) => a - b);
  const median = voiced[voiced.length >> 1]!;
  expect(median / (150 * factor)).toBeGreaterThan(0.95);
  expect(median / (150 * factor)).toBeLessThan(1.05);
});
