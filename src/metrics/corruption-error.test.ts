import { expect, test } from 'vitest';
import { meanCorruptionError, relativeMeanCorruptionError } from './corruption-error.ts';

const reference = {
  clean: 0.08,
  corrupted: { noise: [0.1, 0.2, 0.3], codec: [0.12, 0.16, 0.32] },
};
const detector = { clean: 0.05, corrupted: { noise: [0.06, 0.1, 0.14], codec: [0.1, 0.2, 0.3] } };

test('worked example of metrics.md §11', () => {
  const mce = meanCorruptionError(detector, reference);
  expect(mce.perCorruption.noise).toBeCloseTo(0.5, 12);
  expect(mce.perCorruption.codec).toBeCloseTo(1, 12);
  expect(mce.value).toBeCloseTo(0.75, 12);
  const relative = relativeMeanCorruptionError(detector, reference);
  expect(relative.perCorruption.noise).toBeCloseTo(0.416666667, 9);
  expect(relative.perCorruption.codec).toBeCloseTo(1.25, 12);
  expect(relative.value).toBeCloseTo(0.833333333, 9);
});

test('a reference that hardly degrades, or other levels, are refused', () => {
  const flat = { clean: 0.1, corrupted: { noise: [0.1, 0.1, 0.11], codec: [0.12, 0.16, 0.32] } };
  expect(() => relativeMeanCorruptionError(detector, flat)).toThrow(
    expect.objectContaining({ code: 'metrics/base-flat' }),
  );
  const perfect = { clean: 0, corrupted: { noise: [0, 0, 0], codec: [0, 0, 0] } };
  expect(() => meanCorruptionError(detector, perfect)).toThrow(
    expect.objectContaining({ code: 'metrics/base-flat' }),
  );
  const fewer = { clean: 0.1, corrupted: { noise: [0.1, 0.2, 0.3] } };
  expect(() => meanCorruptionError(detector, fewer)).toThrow(
    expect.objectContaining({ code: 'core/invalid-options' }),
  );
});
