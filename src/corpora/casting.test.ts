import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../core/rng.ts';
import { type Cast, castGroups, dealSlot, describeFake } from './casting.ts';
import type { Recording } from './recording.ts';

const recording = (n: number, more: Partial<Recording> = {}): Recording => ({
  id: `r${n}`,
  path: `r${n}.ogg`,
  text: `sentence number ${n}`,
  speaker: 'someone',
  language: 'cs',
  domain: 'dialogue',
  package: 'none',
  licence: 'none',
  codec: 'vorbis',
  ...more,
});

test('a slot is dealt by weight to within one, whatever the weights', () => {
  const weights = fc.dictionary(
    fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    fc.integer({ min: 1, max: 9 }),
    { minKeys: 1 },
  );
  fc.assert(
    fc.property(weights, fc.nat(60), fc.nat(), (slot, count, seed) => {
      const dealt = dealSlot(slot, count, createRng(seed));
      expect(dealt.length).toBe(count);
      const total = Object.values(slot).reduce((sum, weight) => sum + weight, 0);
      for (const [generator, weight] of Object.entries(slot)) {
        const got = dealt.filter((name) => name === generator).length;
        expect(Math.abs(got - (count * weight) / total)).toBeLessThan(1);
      }
    }),
    { seed: 1 },
  );
});

describe('groups of a cast', () => {
  const cast: Cast = {
    id: 'x',
    source: 'fillets-cs',
    minText: 1,
    maxText: 100,
    parts: [
      {
        split: 'eval',
        part: 'one',
        groups: 20,
        fakes: [{ espeak: 1 }, { griflim: 1 }],
        controls: 0.1,
      },
      { split: 'eval', part: 'two', groups: 10, fakes: [{ 'fest-krb': 1 }, { psola: 1 }] },
    ],
  };
  const recordings = Array.from({ length: 30 }, (_, n) => recording(n));
  const groups = castGroups(cast, recordings, createRng(1));

  test('each recording is in one group; parts have their numbers and generators', () => {
    expect(new Set(groups.map(({ real }) => real.id)).size).toBe(30);
    expect(new Set(groups.map(({ id }) => id)).size).toBe(30);
    const one = groups.filter(({ part }) => part === 'one');
    expect(one.length).toBe(20);
    for (const { fakes } of one) {
      expect(fakes.slice(0, 2).map(({ generator }) => generator)).toEqual(['espeak', 'griflim']);
    }
    expect(one.filter(({ fakes }) => fakes[2]?.genuine === true).length).toBe(2);
  });

  test('no recording is its own donor, and donors have the same speaker', () => {
    const mixed = recordings.map((each, n) => ({ ...each, speaker: n % 2 === 0 ? 'even' : 'odd' }));
    for (const { real, donor } of castGroups(cast, mixed, createRng(2))) {
      expect(donor.id).not.toBe(real.id);
      expect(donor.speaker).toBe(real.speaker);
    }
  });

  test('fewer recordings than asked for fill the first part first', () => {
    const few = castGroups(cast, recordings.slice(0, 22), createRng(1));
    expect(few.map(({ part }) => part).filter((part) => part === 'two').length).toBe(2);
  });
});

test('a fake is described by its generator, and refused where it cannot be', () => {
  expect(describeFake('lpcnet-f', recording(1))).toEqual({
    generator: 'lpcnet-f',
    kind: 'copy',
    family: 'neural-vocoder',
  });
  expect(describeFake('espeak+lpcnet', recording(1))).toMatchObject({
    spokenBy: 'espeak',
    kind: 'tts',
    family: 'neural-vocoder',
  });
  expect(describeFake('codec-control', recording(1)).genuine).toBe(true);
  const refused = (generator: string, more: Partial<Recording> = {}): unknown => {
    try {
      return describeFake(generator, recording(1, more));
    } catch (error) {
      return error;
    }
  };
  const unknown = { code: 'corpora/unknown-generator' };
  expect(refused('no-such')).toMatchObject(unknown);
  expect(refused('espeak+no-such')).toMatchObject(unknown);
  expect(refused('fest-kal')).toMatchObject(unknown);
  // The unit-selection voice would replay the recording that it was cut from.
  expect(refused('fest-nshcl', { language: 'ru', speaker: 'nsh' })).toMatchObject(unknown);
  expect(refused('fest-nshcl', { language: 'ru', speaker: 'tux-ru' })).toMatchObject({
    family: 'unit-selection',
  });
});
