import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const full = process.env.RINGTRUE_FULL === '1';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // `*.full.test.ts` are the longer checks: kill tests, real corpora, browsers.
    exclude: full ? [] : ['**/*.full.test.ts'],
    globalSetup: ['test/setup/build.ts'],
    reporters: ['default', './test/setup/tally-reporter.ts'],
    testTimeout: full ? 600_000 : 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Vitest leaves a core free by default: on two cores that is half of them.
    maxWorkers: availableParallelism(),
  },
});
