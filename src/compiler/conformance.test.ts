import fc from 'fast-check';
import { test } from 'vitest';
import { CASES, checkCall, drawing } from '../../test/helpers/conformance.ts';
import type { TracedParams } from './program.ts';

/** Random calls of each operation here; conformance.full.test.ts makes more. */
const RUNS = 6;

// The keys of the table are the operations.
const operations = Object.keys(CASES) as (keyof TracedParams)[];

test.each(operations)('%s does what jax-js does', async (primitive) => {
  await fc.assert(
    fc.asyncProperty(drawing(), (draw) => checkCall(primitive, draw)),
    { seed: 20_260_101, numRuns: RUNS, endOnFailure: true },
  );
});
