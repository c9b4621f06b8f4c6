import { expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import { loadDetector } from '../registry.ts';
import { DetectorInput } from '../types.ts';

test('the shipped detector is the one that was shipped first: its id, and its scores to the last digits', async () => {
  const rng = createRng('golden');
  const samples = Float32Array.from({ length: 24000 }, (_, i) =>
    Math.fround(0.05 * rng.normal() * ((i >> 10) % 3)),
  );
  const detector = await loadDetector('lfcc-gmm');
  expect(detector.id).toBe('ec0117c51d37d27cb5a49c727c394219c082c9e93b94a3aa4051c0aba35a7a3b');
  const [scored] = await detector.score([
    new DetectorInput({ samples: [samples], sampleRate: 16000 }),
  ]);
  expect(scored!.score).toBeCloseTo(3.392408235903833, 12);
  expect(scored!.windows).toMatchObject([
    { startSec: 0, endSec: 1, score: expect.closeTo(4.4238565195566935, 12) },
    { startSec: 0.5, endSec: 1.5, score: expect.closeTo(2.4075273828255597, 12) },
  ]);
});
