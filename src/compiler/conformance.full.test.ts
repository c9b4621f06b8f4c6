import fc from 'fast-check';
import { test } from 'vitest';
import { CASES, checkCall, drawing } from '../../test/helpers/conformance.ts';
import { checkGradient, GRADIENTS } from '../../test/helpers/gradient-conformance.ts';
import type { TracedParams } from './program.ts';

/** More calls of each operation than conformance.test.ts makes, and other ones. */
const RUNS = 150;
/** And of its gradient. */
const GRADIENT_RUNS = 30;

// The keys of the table are the operations.
const operations = Object.keys(CASES) as (keyof TracedParams)[];

test.each(operations)('%s does what jax-js does, often', async (primitive) => {
  await fc.assert(
    fc.asyncProperty(drawing(), (draw) => checkCall(primitive, draw)),
    { seed: 7, numRuns: RUNS, endOnFailure: true },
  );
});

const differentiable = operations.filter((primitive) => !('none' in GRADIENTS[primitive]));

test.each(differentiable)(
  '%s: the gradient is that of jax-js and of differences, often',
  async (primitive) => {
    await fc.assert(
      fc.asyncProperty(drawing(), (draw) => checkGradient(primitive, draw)),
      { seed: 8, numRuns: GRADIENT_RUNS, endOnFailure: true },
    );
  },
);
