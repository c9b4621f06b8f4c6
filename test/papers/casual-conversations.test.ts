import { describe, expect, test } from 'vitest';
import { exampleClaim } from '../../papers/22-casual-conversations/example.ts';
import { plantedClaim } from '../../papers/22-casual-conversations/planted.ts';
import { madeDetector } from '../helpers/made-detector.ts';

describe('the claims of card 22', () => {
  test('the worked example', () => {
    expect(exampleClaim()).toMatchObject({ id: 'table', status: 'reproduced' });
  });

  test('planted bias needs a hundred genuine clips a half', () => {
    expect(plantedClaim([madeDetector(800)], 1).status).toBe('reproduced');
    expect(plantedClaim([madeDetector(200)], 1).status).toBe('not-testable');
  });

  test('a detector that is blind to the planted bias fails the claim', () => {
    const { rows, ...rest } = madeDetector(800);
    // With everything far above the threshold nothing that is added changes a decision.
    const blind = { ...rest, rows: rows.map((row) => ({ ...row, score: row.score + 1000 })) };
    expect(plantedClaim([blind], 1).status).toBe('not-reproduced');
  });
});
