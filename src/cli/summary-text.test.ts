import { expect, test } from 'vitest';
import { stressLines } from './summary-text.ts';

test('a contrast is told with its interval and its n', () => {
  const contrast = {
    detector: 'lcnn',
    conditions: { strong: 4, mildNoise: 3 },
    difference: { value: 0.031, low: -0.012, high: 0.074 },
    n: { bonafide: 20, spoof: 38 },
  };
  expect(stressLines({ results: [], robustness: [], contrasts: [contrast] })).toBe(
    'Compression and strong modification cost lcnn 3.1 points of EER more than noise of 20 dB and more [-1.2 to 7.4], n = 20 + 38.',
  );
});
