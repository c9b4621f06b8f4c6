import { expect, test } from 'vitest';
import { STATISTICS_FRONT_END } from './statistics.ts';

test('statistics of 25 minutes are finite: so many frames must not go over the call stack', () => {
  const x = new Float32Array(25 * 60 * STATISTICS_FRONT_END.sampleRate);
  for (let i = 0; i < x.length; i += 1) {
    const burst = (i >> 12) & 1;
    x[i] = 0.1 * burst * Math.sin(i / 20) + 1e-5 * (((i * 7919) % 101) - 50);
  }
  expect([...STATISTICS_FRONT_END.compute(x)].every(Number.isFinite)).toBe(true);
});
