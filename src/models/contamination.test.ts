import { expect, test } from 'vitest';
import { hashJson } from '../core/hash.ts';
import type { Clip } from '../datasets/clip.ts';
import { clipHashes, clipsHash, contamination, namedOverlaps } from './contamination.ts';
import type { Card } from './types.ts';

const clip = (id: string, split: 'train' | 'eval', hashed = true): Clip => ({
  id,
  path: `${id}.wav`,
  medium: 'audio',
  split,
  ...(hashed ? { sha256: hashJson(id) } : {}),
});

function cardOf(clips: readonly Clip[], listed: boolean): Card {
  return {
    name: 'test',
    version: '1',
    summary: '',
    licence: '',
    languages: [],
    trainedOn: [
      {
        corpus: 'mine',
        split: 'train',
        clips: clips.length,
        hash: clipsHash(clips),
        ...(listed ? clipHashes(clips) : {}),
      },
    ],
    recipe: '',
    operatingPoints: [],
    limits: [],
  };
}

const train = ['a', 'b', 'c'].map((id) => clip(id, 'train'));
const held = ['d', 'e'].map((id) => clip(id, 'eval'));

test('clips that were trained on are found, whatever their names and order', () => {
  const card = cardOf(train, true);
  const renamed = { ...train[1]!, id: 'another', split: 'eval' as const };
  expect(contamination(card, held)).toEqual({ overlaps: [], heard: new Set(), unlisted: [] });
  expect(contamination(card, [renamed, ...held])).toEqual({
    overlaps: [{ trainedOn: 'mine train', clips: 1 }],
    heard: new Set([renamed]),
    unlisted: [],
  });
  expect(contamination(card, [...held, ...[...train].reverse()]).overlaps).toEqual([
    { trainedOn: 'mine train', clips: 3 },
  ]);
});

test('a card without hashes of clips still knows its whole split', () => {
  const card = cardOf(train, false);
  expect(contamination(card, [...held, ...train])).toEqual({
    overlaps: [{ trainedOn: 'mine train', clips: 3 }],
    heard: new Set(train),
    unlisted: [],
  });
  expect(contamination(card, [...held, train[0]!])).toEqual({
    overlaps: [],
    heard: new Set(),
    unlisted: ['mine train'],
  });
});

test('each set is compared for itself, and a clip that is in two of them was heard once', () => {
  const listed = cardOf(train, true).trainedOn[0]!;
  const more = { ...cardOf(train.slice(1), true).trainedOn[0]!, corpus: 'more' };
  const silent = { ...cardOf(held, false).trainedOn[0]!, corpus: 'silent', hash: '' };
  const card = { ...cardOf([], true), trainedOn: [listed, more, silent] };
  expect(contamination(card, [...train.slice(0, 2), ...held])).toEqual({
    overlaps: [
      { trainedOn: 'mine train', clips: 2 },
      { trainedOn: 'more train', clips: 1 },
    ],
    heard: new Set(train.slice(0, 2)),
    unlisted: ['silent train'],
  });
});

test('clips without a hash of their file are not listed', () => {
  expect(clipHashes([...train, clip('x', 'train', false)])).toEqual({});
});

test('where content tells, the name of the corpus does not count; where it does not, it does', () => {
  const unhashed = held.map(({ sha256: _, ...rest }) => rest);
  const listed = cardOf(train, true);
  expect(namedOverlaps(listed, { corpus: 'mine', clips: held })).toEqual([]);
  expect(namedOverlaps(listed, { corpus: 'other', clips: unhashed })).toEqual([]);
  const told = [{ trainedOn: 'mine train', clips: 2 }];
  expect(namedOverlaps(listed, { corpus: 'Mine', clips: unhashed })).toEqual(told);
  expect(namedOverlaps(cardOf(train, false), { corpus: 'mine', clips: held })).toEqual(told);
});

test('another version of the split that was trained on may hold what was heard', () => {
  const card = cardOf(train, true);
  const named = (clips: readonly Clip[]) => namedOverlaps(card, { corpus: 'mine', clips });
  const newer = [clip('x', 'train'), clip('y', 'train')];
  expect(named(newer)).toEqual([{ trainedOn: 'mine train', clips: 2 }]);
  expect(named([...newer, ...held])).toEqual([{ trainedOn: 'mine train', clips: 2 }]);
  expect(named(held)).toEqual([]);
  expect(namedOverlaps(card, { corpus: 'other', clips: newer })).toEqual([]);
  // A shared hash shows that the hashes are of one form, so that they tell.
  expect(named([train[0]!, ...newer])).toEqual([]);
  expect(contamination(card, [train[0]!, ...newer]).overlaps).toHaveLength(1);
});

test('one clip without a hash leaves the others compared', () => {
  const card = cardOf(train, true);
  const named = (clips: readonly Clip[]) => namedOverlaps(card, { corpus: 'mine', clips });
  const unread = clip('x', 'eval', false);
  expect(named([...held, unread])).toEqual([{ trainedOn: 'mine train', clips: 1 }]);
  // Nor does it hide that the others may be another version of the split.
  expect(named([...held, unread, clip('y', 'train')])).toEqual([
    { trainedOn: 'mine train', clips: 2 },
  ]);
});

test('clips without a split, and cards that name no one split, may be of what was trained on', () => {
  const card = cardOf(train, true);
  const unsplit = held.map(({ split: _, ...rest }) => rest);
  expect(namedOverlaps(card, { corpus: 'mine', clips: unsplit })).toHaveLength(1);
  const all = { ...card, trainedOn: card.trainedOn.map((set) => ({ ...set, split: 'all' })) };
  expect(namedOverlaps(all, { corpus: 'mine', clips: held })).toHaveLength(1);
});

test('a collection that is in another corpus too may hold the same recordings in another form', () => {
  const card = cardOf(train, true);
  const [entry] = card.trainedOn;
  const trained = { ...card, trainedOn: [{ ...entry!, collections: ['Studio Prompts'] }] };
  const [a, b] = held;
  const test = {
    corpus: 'other',
    clips: [
      { ...a!, domain: 'studio-prompts' },
      { ...b!, domain: 'reading' },
    ],
  };
  expect(namedOverlaps(trained, test)).toEqual([
    { trainedOn: 'mine train: studio-prompts', clips: 1 },
  ]);
  expect(namedOverlaps(card, test)).toEqual([]);
});
