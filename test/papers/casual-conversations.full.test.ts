import { describe, expect, test } from 'vitest';
import {
  type PitchedClip,
  pitchClaim,
  randomGroupsClaim,
} from '../../papers/22-casual-conversations/planted.ts';
import { createRng } from '../../src/core/rng.ts';
import { madeDetector } from '../helpers/made-detector.ts';

describe('the claims of card 22 that take hundreds of draws', () => {
  test('random groups', () => {
    expect(randomGroupsClaim([madeDetector(160)], 1).status).toBe('reproduced');
  });

  test('a detector that hears pitch, and one that does not', () => {
    const rng = createRng(5);
    const voices = (spread: number): PitchedClip[] =>
      Array.from({ length: 12 }).flatMap((_, s) =>
        Array.from({ length: 20 }, (__, i) => {
          const meanF0 = 160 + spread * (s - 5.5) + 15 * rng.normal();
          return {
            clip: `${s} ${i}`,
            label: i % 2 === 0 ? 'bonafide' : 'spoof',
            cluster: `speaker ${s}`,
            score: meanF0,
            meanF0,
          };
        }),
      );
    const elsewhere = Float64Array.from({ length: 100 }, () => 160 + 30 * rng.normal());
    expect(pitchClaim(voices(12), elsewhere, 1).status).toBe('reproduced');
    expect(pitchClaim(voices(0), elsewhere, 1).status).toBe('not-reproduced');
  });
});
