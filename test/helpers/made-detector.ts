/**
 * A detector that was never trained: scores of two classes over speakers.
 * @module
 */

import type { DetectorScores } from '../../papers/22-casual-conversations/planted.ts';
import { createRng } from '../../src/core/rng.ts';

/** A detector whose classes are two deviations apart, over forty speakers. */
export function madeDetector(clips: number): DetectorScores {
  const rng = createRng(4);
  return {
    detector: 'made',
    threshold: 0,
    rows: Array.from({ length: clips }, (_, i) => {
      const spoof = i % 2 === 1;
      return {
        clip: `clip ${i}`,
        label: spoof ? 'spoof' : 'bonafide',
        score: (spoof ? 1 : -1) + rng.normal(),
        cluster: `speaker ${i % 40}`,
      };
    }),
  };
}
