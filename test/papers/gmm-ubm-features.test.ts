import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  fusionClaims,
  normalisationClaims,
  replayClaim,
} from '../../papers/08-gmm-ubm-features/claims.ts';
import { buildReplay } from '../../papers/08-gmm-ubm-features/replay.ts';
import type { ScoreTable } from '../../papers/08-gmm-ubm-features/systems.ts';
import { decode } from '../../src/audio/io/decode.ts';
import { createRng } from '../../src/core/rng.ts';
import { buildToyCorpus } from '../../src/corpora/toy.ts';
import { openCorpus } from '../../src/datasets/open.ts';
import type { ScoredClip } from '../../src/metrics/evaluate.ts';
import { FEATURE_FAMILIES } from '../../src/models/features/settings.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-paper-'));
});
afterAll(() => rm(root, { recursive: true }));

test('each genuine clip is there twice, in one format and length; eval has set-ups of its own', async () => {
  await buildToyCorpus(join(root, 'toy'), { speakers: 3, clipsPerSpeaker: 2, durationSec: 1 });
  const toy = await openCorpus(join(root, 'toy', 'manifest.jsonl'));
  const genuine = toy.clips.filter(({ label }) => label === 'bonafide');
  const { clips } = await buildReplay({ clips: genuine }, join(root, 'replay'));
  expect(clips).toHaveLength(2 * genuine.length);
  const setups = (isEval: boolean) =>
    new Set(
      clips.flatMap(({ split, generator }) =>
        isEval === (split === 'eval') ? (generator ?? []) : [],
      ),
    );
  expect([...setups(true)].filter((name) => setups(false).has(name))).toEqual([]);
  for (const clip of genuine) {
    const pair = await Promise.all(
      clips
        .filter(({ source }) => source === (clip.source ?? clip.id))
        .map(async ({ path, label }) => ({ label, audio: (await decode(path)).audio })),
    );
    for (const { audio } of pair) {
      expect(audio.sampleRate).toBe(16000);
      expect(audio.samples[0]!.length).toBe(pair[0]!.audio.samples[0]!.length);
    }
    const [first, second] = pair.map(({ audio }) => audio.samples[0]!);
    expect(first).not.toEqual(second);
  }
});

/** Scores of a detector that parts the classes by `distance` deviations. */
function scores(name: string, distance: number): ScoredClip[] {
  const rng = createRng(name);
  return Array.from({ length: 200 }, (_, i) => ({
    clip: String(i),
    label: i % 2 === 0 ? 'bonafide' : 'spoof',
    score: rng.normal() + (i % 2) * distance,
  }));
}

function tableOf(distanceOf: (name: string) => number): ScoreTable {
  const names = [
    ...['', '-cmvn', '-vad'].flatMap((suffix) => FEATURE_FAMILIES.map((name) => name + suffix)),
    ...['autoencoder', 'autoencoder-cmvn', 'handcrafted', 'learned', 'hybrid'],
  ];
  return new Map(
    names.map((name) => {
      const rows = scores(name, distanceOf(name));
      return [name, { dev: rows, eval: rows }];
    }),
  );
}

test('claims hold where the scores say so, and fail where they do not', () => {
  const statuses = (table: ScoreTable): string[] =>
    [replayClaim(table), ...fusionClaims(table, 'x'), ...normalisationClaims(table)].map(
      ({ id, status }) => `${id} ${status}`,
    );
  const good = tableOf((name) => {
    if (['handcrafted', 'hybrid'].includes(name)) return 4;
    return name.endsWith('-cmvn') || name.endsWith('-vad') || name === 'lfcc' ? 2 : 1;
  });
  expect(statuses(good)).toEqual([
    'replay-linear reproduced',
    'x-fusion-dev reproduced',
    'x-fusion-eval reproduced',
    'x-hybrid reproduced',
    'normalisation reproduced',
    'voice-activity reproduced',
  ]);
  const bad = tableOf((name) => {
    if (['handcrafted', 'hybrid'].includes(name)) return 0.5;
    return name.startsWith('mfcc') ? 3 : 2;
  });
  expect(statuses(bad).every((status) => status.endsWith(' not-reproduced'))).toBe(true);
  for (const { figures } of fusionClaims(good, 'x'))
    for (const { value, low, high, n } of figures) {
      expect(n).toBe(200);
      expect(low!).toBeLessThanOrEqual(value);
      expect(high!).toBeGreaterThanOrEqual(value);
    }
});
