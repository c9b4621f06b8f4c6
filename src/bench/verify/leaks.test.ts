import { expect, test } from 'vitest';
import type { Clip, PartPromise } from '../../datasets/clip.ts';
import { type FieldLeak, findLeaks } from './leaks.ts';

const NEW_GENERATORS: PartPromise = {
  field: 'generator',
  parts: ['unseen-generator', 'unseen-all'],
};
const NEW_LANGUAGES: PartPromise = { field: 'language', parts: ['unseen-language', 'unseen-all'] };

function clip(
  split: 'train' | 'dev' | 'eval',
  part: string | undefined,
  more: Pick<Clip, 'label' | 'language' | 'generator'>,
): Clip {
  const id = JSON.stringify([split, part, more]);
  const group = part === undefined ? {} : { group: { part } };
  return { id, path: id, medium: 'audio', split, ...group, ...more };
}

/** Every part of both splits keeps what its name promises; the control of a codec is no spoof. */
const KEPT: readonly Clip[] = [
  clip('train', undefined, { label: 'bonafide', language: 'en' }),
  clip('train', undefined, { label: 'spoof', language: 'en', generator: 'old' }),
  clip('dev', 'unseen-language', { label: 'spoof', language: 'it', generator: 'old' }),
  clip('dev', 'unseen-all', { label: 'spoof', language: 'it', generator: 'newer' }),
  clip('eval', 'unseen-generator', { label: 'spoof', language: 'en', generator: 'new' }),
  clip('eval', 'unseen-generator', { label: 'bonafide', language: 'en', generator: 'old' }),
  clip('eval', 'unseen-language', { label: 'spoof', language: 'ru', generator: 'old' }),
  clip('eval', 'unseen-all', { label: 'spoof', language: 'ru', generator: 'new' }),
];

const ofParts = (clips: readonly Clip[], ...promises: PartPromise[]): FieldLeak[] =>
  findLeaks(clips, promises).filter(({ part }) => part !== undefined);

/** What breaks a promise: field, part and shared values. */
const broken = (clips: readonly Clip[]): unknown[] =>
  ofParts(clips, NEW_GENERATORS, NEW_LANGUAGES).flatMap(({ field, part, shared }) =>
    shared.map(({ value, splits }) => [field, part, value, splits.join('+')]),
  );

test('each part is held against train, and against nothing else', () => {
  expect(
    ofParts(KEPT, NEW_GENERATORS, NEW_LANGUAGES).map(({ field, part, known, of, values }) => [
      field,
      part,
      known,
      of,
      values,
    ]),
  ).toEqual([
    ['generator', 'unseen-generator', 2, 2, 1],
    ['generator', 'unseen-all', 3, 3, 2],
    ['language', 'unseen-language', 4, 4, 2],
    ['language', 'unseen-all', 4, 4, 2],
  ]);
  expect(broken(KEPT)).toEqual([]);
});

test.each([
  [
    'a generator of train in eval',
    clip('eval', 'unseen-all', { label: 'spoof', language: 'ru', generator: 'old' }),
    [['generator', 'unseen-all', 'old', 'eval+train']],
  ],
  [
    'a language of train in dev, spoken by a person',
    clip('dev', 'unseen-language', { label: 'bonafide', language: 'en' }),
    [['language', 'unseen-language', 'en', 'dev+train']],
  ],
  [
    'a generator of dev in train',
    clip('train', undefined, { label: 'spoof', language: 'en', generator: 'newer' }),
    [['generator', 'unseen-all', 'newer', 'dev+train']],
  ],
  [
    'a clip of a part in train itself',
    clip('train', 'unseen-generator', { label: 'spoof', language: 'en', generator: 'third' }),
    [['generator', 'unseen-generator', 'third', 'train']],
  ],
])('%s breaks the promise', (_, polluted, expected) => {
  expect(broken([...KEPT, polluted])).toEqual(expected);
});

test('a part that no clip has, or a side that does not say, is unknown, and it is said which', () => {
  const misspelt: PartPromise = { field: 'language', parts: ['unseen-langage'] };
  expect(ofParts(KEPT, misspelt)).toMatchObject([
    { known: 0, of: 2, values: 0, shared: [], unchecked: 'no clip is in that part' },
  ]);
  const without = (field: 'language' | 'generator', silent: (clip: Clip) => boolean) =>
    KEPT.map((clip) => (silent(clip) ? { ...clip, [field]: undefined } : clip));
  const told = (clips: readonly Clip[], promise: PartPromise) =>
    ofParts(clips, promise).map(({ known, unchecked }) => [known, unchecked]);
  const train = without('language', ({ split }) => split === 'train');
  const silent = [0, 'no clip of train says its language'];
  expect(told(train, NEW_LANGUAGES)).toEqual([silent, silent]);
  const part = without('generator', ({ group }) => group?.part === 'unseen-all');
  expect(told(part, NEW_GENERATORS)).toEqual([
    [2, undefined],
    [0, 'no spoof of that part says its generator'],
  ]);
});
