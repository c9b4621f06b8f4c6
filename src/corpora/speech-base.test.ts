import { expect, test } from 'vitest';
import { findLeaks } from '../bench/verify/leaks.ts';
import { createRng } from '../core/rng.ts';
import type { Clip } from '../datasets/clip.ts';
import { castGroups } from './casting.ts';
import type { Group } from './composition.ts';
import type { Domain, Recording } from './recording.ts';
import { SPEECH_BASE, SPEECH_BASE_CASTS } from './speech-base.ts';

const LANGUAGES: Readonly<Record<string, string>> = { festvox: 'ru' };
const DOMAINS: Readonly<Record<string, Domain>> = {
  asterisk: 'prompts',
  fillets: 'dialogue',
  tux: 'stamps',
  festvox: 'reading',
};

/** The plan, had every source as many recordings as are asked for. */
const groups: Group[] = SPEECH_BASE_CASTS.flatMap((cast) => {
  const [kind = '', language = ''] = cast.source.split('-');
  const count = cast.parts.reduce((sum, part) => sum + part.groups, 0);
  const speaker = cast.source.startsWith('asterisk-e') ? 'allison' : cast.id;
  const recordings = Array.from(
    { length: count },
    (_, n): Recording => ({
      id: `${cast.id} ${n}`,
      path: '',
      text: '',
      speaker,
      language: LANGUAGES[kind] ?? language,
      domain: DOMAINS[kind]!,
      package: '',
      licence: '',
      codec: 'pcm',
    }),
  );
  return castGroups(cast, recordings, createRng(cast.id));
});

const fakesOf = (some: readonly Group[]) =>
  some.flatMap(({ fakes }) => fakes).filter(({ genuine }) => genuine !== true);
const splitOf = (split: string): Group[] => groups.filter((group) => group.split === split);
const partOf = (split: string, ...parts: string[]): Group[] =>
  splitOf(split).filter(({ part }) => parts.includes(part ?? ''));
const valuesOf = <T>(some: readonly Group[], value: (group: Group) => T | T[]): Set<T> =>
  new Set(some.flatMap((group) => value(group)));
const generatorsOf = (some: readonly Group[]): Set<string> =>
  new Set(fakesOf(some).map(({ generator }) => generator));
const shared = <T>(a: ReadonlySet<T>, b: ReadonlySet<T>): T[] =>
  [...a].filter((each) => b.has(each));

test('it is as large and as varied as it says', () => {
  expect(groups.length).toBeGreaterThan(2000);
  expect(valuesOf(groups, ({ real }) => real.language).size).toBe(13);
  expect(valuesOf(groups, ({ real }) => real.domain).size).toBe(4);
  expect(valuesOf(groups, ({ real }) => real.speaker).size).toBeGreaterThanOrEqual(18);
  expect(generatorsOf(groups).size).toBeGreaterThanOrEqual(28);
});

test('no speaker, and no language of dev, is in two splits', () => {
  const splits = ['train', 'dev', 'eval'].map(splitOf);
  for (const [i, some] of splits.entries()) {
    for (const other of splits.slice(i + 1)) {
      expect(
        shared(
          valuesOf(some, ({ real }) => real.speaker),
          valuesOf(other, ({ real }) => real.speaker),
        ),
      ).toEqual([]);
    }
  }
  const [train, dev, evaluation] = splits.map((some) =>
    valuesOf(some, ({ real }) => real.language),
  );
  expect(shared(dev!, train!)).toEqual([]);
  expect(shared(dev!, evaluation!)).toEqual([]);
});

test('parts of eval differ from train in what their name says, and in nothing else that is named', () => {
  const trained = generatorsOf(splitOf('train'));
  const spoken = valuesOf(splitOf('train'), ({ real }) => real.language);
  const seen = partOf('eval', 'unseen-speaker', 'unseen-language');
  const unseen = partOf('eval', 'unseen-generator', 'unseen-all');
  expect([...generatorsOf(seen)].filter((generator) => !trained.has(generator))).toEqual([]);
  expect(shared(generatorsOf(unseen), trained)).toEqual([]);
  expect(shared(generatorsOf(unseen), generatorsOf(splitOf('dev')))).toEqual([]);
  const languagesOf = (some: readonly Group[]) => valuesOf(some, ({ real }) => real.language);
  const familiar = languagesOf(partOf('eval', 'unseen-speaker', 'unseen-generator'));
  expect([...familiar].filter((language) => !spoken.has(language))).toEqual([]);
  expect(shared(languagesOf(partOf('eval', 'unseen-language', 'unseen-all')), spoken)).toEqual([]);
});

test('what its card promises of parts is judged on every one of them, and the plan keeps it', () => {
  const clips = groups.flatMap(({ id, split, part, real, fakes }): Clip[] =>
    fakes.map(({ generator, genuine }) => ({
      id: `${id} ${generator}`,
      path: id,
      medium: 'audio',
      label: genuine === true ? 'bonafide' : 'spoof',
      split,
      language: real.language,
      generator,
      ...(part === undefined ? {} : { group: { part } }),
    })),
  );
  const leaks = findLeaks(clips, SPEECH_BASE.disjoint).filter(({ part }) => part !== undefined);
  expect(leaks.map(({ field, part, shared }) => [field, part, shared])).toEqual([
    ['generator', 'unseen-generator', []],
    ['generator', 'unseen-all', []],
    ['language', 'unseen-language', []],
    ['language', 'unseen-all', []],
  ]);
  for (const { known, of } of leaks) expect(known).toBe(of);
});

test('half of dev has generators of train, half has others; all of it a language of its own', () => {
  const trained = generatorsOf(splitOf('train'));
  const seen = partOf('dev', 'unseen-language');
  const unseen = partOf('dev', 'unseen-all');
  expect(seen.length).toBe(unseen.length);
  expect(seen.length + unseen.length).toBe(splitOf('dev').length);
  expect([...generatorsOf(seen)].filter((generator) => !trained.has(generator))).toEqual([]);
  expect(generatorsOf(seen).size).toBeGreaterThan(5);
  expect(shared(generatorsOf(unseen), trained)).toEqual([]);
});

test('engines with one voice database, and a voice with the speaker that it was cut from, share a split', () => {
  const splits = new Map<string, Set<string>>();
  for (const { split, real, fakes } of groups) {
    const databases = fakes.flatMap(({ database }) => database ?? []);
    for (const key of [...databases, real.speaker]) {
      splits.set(key, (splits.get(key) ?? new Set()).add(split));
    }
  }
  for (const [key, found] of splits) expect([key, found.size]).toEqual([key, 1]);
  expect(splits.has('kal') && splits.has('slt') && splits.has('nsh')).toBe(true);
});

test.each(['train', 'dev', 'eval'])(
  'in %s no family has more than half of the fakes, no generator a fifth of train',
  (split) => {
    const fakes = fakesOf(splitOf(split));
    const largest = (values: readonly string[]): number =>
      Math.max(
        ...[...new Set(values)].map((value) => values.filter((each) => each === value).length),
      );
    expect(largest(fakes.map(({ family }) => family)) / fakes.length).toBeLessThanOrEqual(0.5);
    if (split === 'train') {
      expect(largest(fakes.map(({ generator }) => generator)) / fakes.length).toBeLessThan(0.2);
    }
  },
);
