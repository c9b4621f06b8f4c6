import { expect, test } from 'vitest';
import {
  fusionClaims,
  normalisationClaims,
  replayClaim,
} from '../../papers/08-gmm-ubm-features/claims.ts';
import type { ScoreTable } from '../../papers/08-gmm-ubm-features/systems.ts';
import { renderTable } from '../../papers/08-gmm-ubm-features/table.ts';
import { createRng } from '../../src/core/rng.ts';
import type { ScoredClip } from '../../src/metrics/evaluate.ts';
import { FEATURE_FAMILIES } from '../../src/models/features/settings.ts';

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
    ...['', '-ubm', '-cmvn', '-vad'].flatMap((suffix) =>
      FEATURE_FAMILIES.map((name) => name + suffix),
    ),
    ...['autoencoder', 'autoencoder-cmvn', 'handcrafted', 'learned', 'hybrid', 'hybrid-mlp'],
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
    [
      replayClaim(table, ''),
      replayClaim(table, '-ubm'),
      ...fusionClaims(table, 'x'),
      ...normalisationClaims(table),
    ].map(({ id, status }) => `${id} ${status}`);
  const good = tableOf((name) => {
    if (['handcrafted', 'hybrid'].includes(name)) return 4;
    return name.endsWith('-cmvn') || name.endsWith('-vad') || name.startsWith('lfcc') ? 2 : 1;
  });
  expect(statuses(good)).toEqual([
    'replay-linear reproduced',
    'replay-linear-ubm reproduced',
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

test('the table has a line a system and a column a split, with n', () => {
  const lines = renderTable(new Map([['x', tableOf(() => 1)]]))
    .trim()
    .split('\n');
  expect(lines[0]).toBe('| EER in % [95 %] | x dev (100 + 100) | x eval (100 + 100) |');
  expect(lines.length).toBe(2 + 4 * FEATURE_FAMILIES.length + 6);
  expect(lines[2]).toMatch(/^\| mfcc \| [\d.]+ \[[\d.]+–[\d.]+\] \| /);
});
