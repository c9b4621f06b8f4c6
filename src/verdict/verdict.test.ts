import { describe, expect, test } from 'vitest';
import type { Card } from '../models/types.ts';
import { decide, type Evidence, evidenceOf } from './verdict.ts';

const evidence = (llr: number | null, id = 'd'): Evidence => ({
  id,
  score: 0,
  llr,
  threshold: null,
  thresholdFixedOn: null,
  heardIn: [],
});

describe('decide', () => {
  test('reaches a decision at the limit, on either side, and not below it', () => {
    expect(decide([evidence(Math.log(3))]).decision).toBe('spoof');
    expect(decide([evidence(-Math.log(3))]).decision).toBe('bonafide');
    expect(decide([evidence(Math.log(2.9))]).decision).toBe('undetermined');
  });

  test('contradicting detectors are undetermined even where the mean is strong', () => {
    const verdict = decide([evidence(6), evidence(-1.2)]);
    expect(verdict.llr).toBeGreaterThan(Math.log(3));
    expect(verdict.decision).toBe('undetermined');
    expect(verdict.reasons).toEqual(['the detectors contradict each other']);
  });

  test('without calibration there is no verdict', () => {
    expect(decide([evidence(null)])).toMatchObject({ decision: 'undetermined', llr: null });
  });

  test('a detector that was trained on the recording does not count, and is named', () => {
    const heard = { ...evidence(5, 'parrot'), heardIn: ['mine train'] };
    const alone = decide([heard]);
    expect(alone).toMatchObject({ decision: 'undetermined', llr: null });
    expect(alone.reasons).toEqual([
      'parrot was trained on this very recording (mine train): it does not count',
    ]);
    const both = decide([heard, evidence(-2)]);
    expect(both).toMatchObject({ decision: 'bonafide', llr: -2 });
    expect(both.reasons).toHaveLength(1);
  });

  test('a detector that nobody can compare with counts, and it is said', () => {
    const verdict = decide([{ ...evidence(5), uncompared: 'its card lists no hashes of clips' }]);
    expect(verdict).toMatchObject({ decision: 'spoof', llr: 5 });
    expect(verdict.reasons).toEqual([
      'whether d was trained on this recording is not known: its card lists no hashes of clips',
    ]);
  });

  test('the wording names the ratio and the direction, never a probability of fakeness', () => {
    expect(decide([evidence(Math.log(22.87))]).wording).toBe(
      'The findings are 23 times more probable if the recording is synthetic or manipulated than if it is genuine: moderate support.',
    );
    expect(decide([evidence(0.1)]).wording).toMatch(/do not support one explanation/);
  });
});

test('evidence says why nobody can tell whether the recording was trained on', () => {
  const sha256 = 'ab'.repeat(32);
  const uncompared = (trainedOn: Card['trainedOn'], hash?: string) => {
    const card: Card = {
      ...{ name: 'x', version: '1', summary: '', licence: '', recipe: '' },
      ...{ languages: [], operatingPoints: [], limits: [], trainedOn },
    };
    return evidenceOf({ name: 'x', card }, 0, hash).uncompared;
  };
  const named = { corpus: 'mine', split: 'train', clips: 1, hash: '' };
  expect(uncompared([], sha256)).toBe('its card does not say what it was trained on');
  expect(uncompared([named], sha256)).toBe('its card lists no hashes of clips of mine train');
  const listed = { ...named, corpus: 'listed', clipHashes: [sha256.slice(0, 16)] };
  expect(uncompared([listed, named], 'cd'.repeat(32))).toBe(
    'its card lists no hashes of clips of mine train',
  );
  expect(uncompared([listed], sha256)).toBeUndefined();
  expect(uncompared([listed], 'cd'.repeat(32))).toBeUndefined();
  expect(uncompared([listed])).toBe('the recording came without its SHA-256');
});
