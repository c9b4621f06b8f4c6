import fc from 'fast-check';
import { test } from 'vitest';
import { CASES, checkCall, drawing } from '../../test/helpers/conformance.ts';
import type { TracedParams } from './program.ts';

/** More calls of each operation than conformance.test.ts makes, and other ones. */
const RUNS = 150;

// The keys of the table are the operations.
const operations = Object.keys(CASES) as (keyof TracedParams)[];

test.each(operations)('%s does what jax-js does, often', async (primitive) => {
  await fc.assert(
    fc.asyncProperty(drawing(), (draw) => checkCall(primitive, draw)),
    { seed: 7, numRuns: RUNS, endOnFailure: true },
  );
});
