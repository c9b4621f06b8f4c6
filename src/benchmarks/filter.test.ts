import { describe, expect, test } from 'vitest';
import { type CorpusClip, checkFilter, matches, splitFilter, valuesOf } from './filter.ts';

const real: CorpusClip = {
  id: 'r',
  path: '/r.wav',
  label: 'bonafide',
  medium: 'audio',
  language: 'en',
  domain: 'prompts',
  group: { codec: 'g722' },
};
const fake: CorpusClip = {
  ...real,
  id: 'f',
  label: 'spoof',
  generator: 'espeak',
  group: { family: 'formant', codec: 'g722' },
};

describe('filters', () => {
  test('all fields must fit, one of the values each; group fields count', () => {
    expect(matches(fake, { domain: 'prompts', generator: ['flite', 'espeak'] })).toBe(true);
    expect(matches(fake, { domain: 'prompts', generator: 'flite' })).toBe(false);
    expect(matches(fake, { family: 'formant', codec: 'g722' })).toBe(true);
    expect(matches(fake, { speaker: 'x' })).toBe(false);
    expect(matches(fake, {})).toBe(true);
  });

  test('a bona fide clip is not filtered by what is asked of fakes', () => {
    expect(matches(real, { domain: 'prompts', generator: 'flite', family: 'neural' })).toBe(true);
    expect(matches(real, { domain: 'stamps', generator: 'flite' })).toBe(false);
  });

  test('parts into what is asked of recordings and of fakes', () => {
    expect(splitFilter({ domain: 'a', generator: 'g', kind: 'tts' })).toEqual({
      source: { domain: 'a' },
      spoof: { generator: 'g', kind: 'tts' },
    });
  });

  test('an unknown value lists the known ones, an unknown field the known fields', () => {
    const given = { clips: [real, fake], where: 'domains.a' };
    expect(() => checkFilter({ language: ['en', 'xx'] }, given)).toThrow(
      expect.objectContaining({
        code: 'benchmarks/unknown-value',
        message: 'domains.a.language: no clip has "xx"; there are en',
      }),
    );
    expect(() => checkFilter({ colour: 'red' }, given)).toThrow(/there are codec, domain, family/);
    expect(() => checkFilter({ family: 'formant' }, given)).not.toThrow();
    expect(valuesOf([real, fake], 'generator')).toEqual(['espeak']);
  });
});
