import { describe, expect, test } from 'vitest';
import { createRng } from '../core/rng.ts';
import { contingency, cramersV, type StratifiedClip, stratifiedGap } from './fairness-confounds.ts';

describe('contingency (card 22 §6, check 5)', () => {
  test('counts clips by all attributes', () => {
    const rows = [
      { label: 'spoof' as const, language: 'de', generator: 'tts', codec: 'mp3' },
      { label: 'spoof' as const, language: 'de', generator: 'tts', codec: 'mp3' },
      { label: 'bonafide' as const, language: 'de', generator: '–', codec: 'mp3' },
      { label: 'spoof' as const, language: 'fr', generator: 'tts', codec: 'wav' },
    ];
    expect(
      contingency(rows, ({ language, generator, codec }) => [language, generator, codec]),
    ).toEqual([
      { values: ['de', 'tts', 'mp3'], n: { bonafide: 0, spoof: 2 } },
      { values: ['de', '–', 'mp3'], n: { bonafide: 1, spoof: 0 } },
      { values: ['fr', 'tts', 'wav'], n: { bonafide: 0, spoof: 1 } },
    ]);
  });

  test('Cramér V as scipy.stats.contingency.association gives it', () => {
    const table = [
      [12, 5, 3],
      [4, 14, 9],
    ];
    const pairs = table.flatMap((row, i) =>
      row.flatMap((n, j) => Array.from({ length: n }, () => [`${i}`, `${j}`] as const)),
    );
    expect(cramersV(pairs)).toBeCloseTo(0.4715853979125801, 12);
  });

  test('Cramér V is 1 where one tells the other, 0 where it tells nothing', () => {
    const crossed = ['a', 'b'].flatMap((x) => ['p', 'q', 'r'].map((y) => [x, y] as const));
    expect(cramersV(crossed)).toBeCloseTo(0, 12);
    expect(
      cramersV([
        ['a', 'p'],
        ['b', 'q'],
        ['b', 'q'],
      ]),
    ).toBeCloseTo(1, 12);
    expect(
      cramersV([
        ['a', 'p'],
        ['a', 'q'],
      ]),
    ).toBeNaN();
  });
});

/** Genuine clips whose scores a codec raises; one language is mostly on the telephone. */
function confounded(planted: number, telephone: Record<string, number>): StratifiedClip[] {
  const rng = createRng(7);
  return Array.from({ length: 160 }).flatMap((_, s) => {
    const group = s % 2 === 0 ? 'de' : 'fr';
    const stratum = rng.uniform() < telephone[group]! ? 'telephone' : 'studio';
    return Array.from({ length: 4 }, (__, c) => ({
      clip: `${s} ${c}`,
      label: 'bonafide' as const,
      score:
        0.3 * rng.normal() + (stratum === 'telephone' ? 0.6 : 0) + (group === 'fr' ? planted : 0),
      group,
      stratum,
      cluster: `speaker ${s}`,
    }));
  });
}

describe('gaps within strata', () => {
  const options = { rate: 'fpr', threshold: 0.4, replicates: 400 } as const;

  test('a gap that is the codec vanishes within codecs', () => {
    const found = stratifiedGap(confounded(0, { de: 0.2, fr: 0.8 }), options);
    expect(found?.raw.low).toBeGreaterThan(0.2);
    expect(found?.stratified?.value).toBeLessThan(0.1);
    expect(found?.test?.p).toBeGreaterThan(0.05);
    expect(found).toMatchObject({ strata: ['studio', 'telephone'], coverage: 1 });
  });

  test('a gap that is the language stays', () => {
    const found = stratifiedGap(confounded(0.3, { de: 0.5, fr: 0.5 }), options);
    expect(found?.stratified?.value).toBeGreaterThan(found?.test?.chance.high ?? 1);
    expect(found?.test?.p).toBeLessThan(0.05);
  });

  test('where no codec has both languages nobody can tell', () => {
    const found = stratifiedGap(confounded(0, { de: 0, fr: 1 }), options);
    expect(found).toMatchObject({ stratified: null, test: null, strata: [], coverage: 0 });
    expect(found?.raw.value).toBeGreaterThan(0.2);
  });

  test('is the weighted mean of the strata by hand', () => {
    const make = (group: string, stratum: string, errors: number, n: number): StratifiedClip[] =>
      Array.from({ length: n }, (_, i) => ({
        clip: `${group} ${stratum} ${i}`,
        label: 'bonafide',
        score: i < errors ? 1 : 0,
        group,
        stratum,
      }));
    const clips = [
      ...make('a', 's', 2, 10),
      ...make('b', 's', 6, 20),
      ...make('a', 't', 9, 30),
      ...make('b', 't', 5, 10),
      ...make('a', 'u', 7, 10),
    ];
    const found = stratifiedGap(clips, { rate: 'fpr', threshold: 0.5, replicates: 100 });
    // a: (30·0.2 + 40·0.3)/70, b: (30·0.3 + 40·0.5)/70; u has clips of a only.
    expect(found?.stratified?.value).toBeCloseTo(29 / 70 - 18 / 70, 12);
    expect(found?.raw.value).toBeCloseTo(Math.abs(18 / 50 - 11 / 30), 12);
    expect(found?.coverage).toBeCloseTo(70 / 80, 12);
    expect(stratifiedGap(make('a', 's', 1, 9), { rate: 'fpr', threshold: 0.5 })).toBeUndefined();
  });
});
