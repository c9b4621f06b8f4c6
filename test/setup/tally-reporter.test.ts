import { expect, test } from 'vitest';
import type { TestModule } from 'vitest/node';
import { tally } from './tally-reporter.ts';

type Result = { readonly state: string; readonly note?: string };

/** A file of tests as the runner hands it over, as far as the tally looks at it. */
function file(results: readonly Result[], errors: readonly unknown[] = []): TestModule {
  const tests = results.map((result) => ({ result: () => result }));
  // The tally reads these two methods and no others.
  return { errors: () => errors, children: { allTests: () => tests } } as unknown as TestModule;
}
const passed = { state: 'passed' };
const failed = { state: 'failed' };
const skipped = (note?: string): Result => ({
  state: 'skipped',
  ...(note === undefined ? {} : { note }),
});

test('the last line is the tally alone', () => {
  expect(tally([file([passed, passed]), file([failed])], [])).toBe('\n2 passed, 1 failed\n');
});

test('a file that does not load and an error outside a test are failures', () => {
  expect(tally([file([passed]), file([], [new Error('x')])], [new Error('y')])).toBe(
    '\n1 passed, 2 failed\n',
  );
});

test('what was skipped is said with its number and reason, before the last line', () => {
  const modules = [
    file([passed, skipped('no browser'), skipped()]),
    file([skipped('no mount'), skipped('no browser')]),
  ];
  expect(tally(modules, [])).toBe(
    '\n2 skipped: no browser\n1 skipped: no reason given, or not chosen\n1 skipped: no mount\n1 passed, 0 failed\n',
  );
});
