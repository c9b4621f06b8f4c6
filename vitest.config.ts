import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const full = process.env.RINGTRUE_FULL === '1';

/** Starts the longer checks first: one that starts last would keep one core busy and leave the others idle. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => moduleId.includes('.full.test.');
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

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
    sequence: { sequencer: LongestFirst },
    // Vitest leaves a core free by default: on two cores that is half of them.
    maxWorkers: availableParallelism(),
  },
});
