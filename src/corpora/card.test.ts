import { expect, test } from 'vitest';
import type { Clip } from '../datasets/clip.ts';
import { makeCard, renderCard } from './card.ts';
import { SPEECH_MINI } from './speech-mini.ts';

const clip = (id: string, more: Partial<Clip>): Clip => ({
  id,
  path: `audio/${id}.flac`,
  label: 'bonafide',
  medium: 'audio',
  split: 'train',
  speaker: 'ann',
  language: 'en',
  domain: 'prompts',
  licence: 'CC-BY-3.0',
  durationSec: 30,
  ...more,
});
const spoof = { label: 'spoof', generator: 'espeak', speaker: 'espeak', licence: 'GPL' } as const;

test('a card counts clips and minutes by every part, and tells what is lacking', () => {
  const card = makeCard({
    corpus: SPEECH_MINI,
    options: { limit: 2 },
    clips: [
      clip('a', {}),
      clip('b', { ...spoof, group: { family: 'formant', part: 'unseen-speaker' } }),
      clip('c', { ...spoof, language: 'fr', split: 'eval', durationSec: 90 }),
      // Without the fields that some rows lack.
      { ...clip('d', {}), licence: undefined, durationSec: undefined },
    ],
    failures: [
      { group: 'g1', code: 'audio/empty', message: 'no sound' },
      { group: 'g2', generator: 'espeak', code: 'corpora/generator-failed', message: 'mute' },
    ],
    shortages: ['ann: 1 of 2 recordings could be had'],
    packages: [{ file: 'x.deb', sha256: 'abc' }],
  });
  expect(card).toMatchObject({
    clips: 4,
    bonafide: 2,
    spoof: 2,
    minutes: 2.5,
    options: { limit: 2 },
  });
  expect(card.counts.split).toEqual({
    eval: { clips: 1, bonafide: 0, spoof: 1, minutes: 1.5 },
    train: { clips: 3, bonafide: 2, spoof: 1, minutes: 1 },
  });
  expect(card.counts.generator).toEqual({
    espeak: { clips: 2, bonafide: 0, spoof: 2, minutes: 2 },
  });
  expect(card.counts.speaker).toEqual({ ann: { clips: 2, bonafide: 2, spoof: 0, minutes: 0.5 } });
  const page = renderCard(card);
  for (const line of [
    '| fr | 1 | 0 | 1 | 1.5 |',
    '| unseen-speaker | 1 | 0 | 1 | 0.5 |',
    '| CC-BY-3.0 | 1 | 1 | 0 | 0.5 |',
    '- g1: audio/empty, no sound',
    '- g2, espeak: corpora/generator-failed, mute',
    '- ann: 1 of 2 recordings could be had',
    '- x.deb `abc`',
  ]) {
    expect(page.split('\n')).toContain(line);
  }
});
