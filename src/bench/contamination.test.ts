import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ProgressEvent } from '../core/progress.ts';
import type { Card } from '../models/types.ts';
import {
  findHeardClips,
  type HeardQuestion,
  heardMark,
  heardOnDev,
  uncomparedSentence,
} from './contamination.ts';
import type { PlannedClip } from './plan.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringtrue-heard-'));
});
afterAll(() => rm(folder, { recursive: true }));

const planned = (id: string, sha256?: string): PlannedClip => ({
  id,
  path: join(folder, id),
  medium: 'audio',
  label: 'spoof',
  split: 'eval',
  file: null,
  ...(sha256 === undefined ? {} : { sha256 }),
});

const cardOf = (clipHashes?: string[]): Card => ({
  ...{ name: 'd', version: '1', summary: '', licence: '', recipe: '' },
  ...{ languages: [], operatingPoints: [], limits: [] },
  trainedOn: [
    {
      ...{ corpus: 'theirs', split: 'train', clips: 1, hash: '' },
      ...(clipHashes === undefined ? {} : { clipHashes }),
    },
  ],
});

async function find(
  clips: readonly PlannedClip[],
  card: Card,
  use: HeardQuestion['use'] = 'judged',
) {
  const warnings: ProgressEvent[] = [];
  const found = await findHeardClips(
    { corpus: 'mine', clips, detectors: [{ name: 'd', card }], use },
    { onProgress: (event) => event.type === 'warning' && warnings.push(event) },
  );
  return { heard: found.get('d')!, warnings };
}

test('clips that are too large to be read are not silently unheard', async () => {
  const file = await open(join(folder, 'large.wav'), 'w');
  await file.truncate(3 * 2 ** 30);
  await file.close();
  const clips = [planned('listed.wav', 'ab'.repeat(32)), planned('large.wav')];
  const { heard, warnings } = await find(clips, cardOf(['cd'.repeat(8)]));
  expect(heard).toMatchObject({ clips: 0, of: 1, uncompared: { clips: 1 } });
  expect(heardMark(heard)).toBe('†');
  const sentence = uncomparedSentence('d', heard);
  expect(sentence).toMatch(
    /^1 of 2 clips could not be compared with what d was trained on: .*3\.0 GiB/,
  );
  expect(warnings).toMatchObject([{ code: 'bench/maybe-contaminated', message: sentence }]);
});

test('nor are those of a card without hashes; where all can be compared nothing is said', async () => {
  const clips = [planned('a.wav', 'ab'.repeat(32))];
  const { heard } = await find(clips, cardOf());
  expect(uncomparedSentence('d', heard)).toBe(
    '1 of 1 clips could not be compared with what d was trained on: its card lists no hashes of clips of theirs train',
  );
  expect(heardMark(heard)).toBe('†');
  const { heard: compared, warnings } = await find(clips, cardOf(['cd'.repeat(8)]));
  expect(compared).toEqual({ clips: 0, of: 1, trainedOn: [] });
  expect(heardMark(compared)).toBe('');
  expect(warnings).toEqual([]);
});

test('a set without hashes leaves open what the others do not tell', async () => {
  const clips = ['ab', 'cd', 'ef'].map((hex) => planned(`${hex}.wav`, hex.repeat(32)));
  const [listed] = cardOf(['ab'.repeat(8)]).trainedOn;
  const silent = { ...cardOf().trainedOn[0]!, corpus: 'silent' };
  const card = { ...cardOf(), trainedOn: [listed!, silent] };
  const why = 'its card lists no hashes of clips of silent train';
  const { heard, warnings } = await find(clips, card);
  expect(heard).toEqual({
    ...{ clips: 1, of: 1, trainedOn: ['theirs train'] },
    uncompared: { clips: 2, why },
  });
  expect(warnings).toMatchObject([
    { code: 'bench/contaminated' },
    {
      code: 'bench/maybe-contaminated',
      message: `2 of 3 clips could not be compared with what d was trained on: ${why}`,
    },
  ]);
  const unheard = await find(clips.slice(1), card);
  expect(unheard.heard).toEqual({
    ...{ clips: 0, of: 0, trainedOn: [] },
    uncompared: { clips: 2, why },
  });
  // Where the one set holds all, it does not matter what is in the other.
  expect((await find(clips.slice(0, 1), card)).heard).not.toHaveProperty('uncompared');
});

test('of clips that fix a threshold it is told what the detector has heard of them', async () => {
  const clips = ['ab', 'cd', 'ef'].map((hex) => planned(`${hex}.wav`, hex.repeat(32)));
  const { heard, warnings } = await find(clips, cardOf(['ab'.repeat(8)]), 'threshold');
  expect(heardOnDev(heard)).toBe('it was trained on 1 of the 3 (theirs train)');
  expect(warnings).toMatchObject([
    {
      code: 'bench/contaminated',
      message: `clean dev clips fix the threshold of d: ${heardOnDev(heard)}`,
    },
  ]);
  const unheard = await find(clips, cardOf(['12'.repeat(8)]), 'threshold');
  expect(heardOnDev(unheard.heard)).toBe('');
  expect(unheard.warnings).toEqual([]);
  const open = await find(clips, cardOf(), 'threshold');
  expect(heardOnDev(open.heard)).toBe(
    '3 of the 3 could not be compared with what it was trained on (its card lists no hashes of clips of theirs train)',
  );
  expect(open.warnings).toMatchObject([{ code: 'bench/maybe-contaminated' }]);
  expect(heardOnDev(null)).toBe('its card does not say whether it was trained on them');
});
