import { describe, expect, test } from 'vitest';
import { scoreShift } from './score-shift.ts';

const clips = (scores: readonly number[], change: (score: number, i: number) => number) =>
  scores.map((score, i) => ({
    clip: `c${i}`,
    label: i % 2 === 0 ? ('bonafide' as const) : ('spoof' as const),
    score: change(score, i),
  }));

describe('score shift', () => {
  // Mean 0, SD 2.
  const before = [-2, 2, -2, 2, -2, 2];

  test('is in standard deviations, class by class', () => {
    const shift = scoreShift(
      clips(before, (score, i) => score + (i % 2 === 0 ? 1 : -3)),
      clips(before, (score) => score),
    );
    expect(shift?.bonafide).toMatchObject({ value: 0.5, low: 0.5, high: 0.5 });
    expect(shift?.spoof).toMatchObject({ value: -1.5, low: -1.5, high: -1.5 });
  });

  test('an interval holds the mean of unequal shifts; clips that one side lacks are dropped', () => {
    const after = clips(before, (score, i) => score + i).slice(0, 5);
    const shift = scoreShift(
      after,
      clips(before, (score) => score),
      { unmatched: 'drop' },
    );
    // Over the five clips left the SD is √3.84.
    expect(shift?.bonafide.value).toBeCloseTo(2 / Math.sqrt(3.84), 12);
    expect(shift?.bonafide.low).toBeLessThan(shift!.bonafide.value);
    expect(shift?.bonafide.high).toBeGreaterThan(shift!.bonafide.value);
  });

  test('scores that are all equal have no spread to count in', () => {
    const same = clips(before, () => 1);
    expect(scoreShift(same, same)).toBeNull();
  });
});
