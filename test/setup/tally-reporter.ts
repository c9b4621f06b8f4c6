import type { Reporter, TestModule } from 'vitest/node';

/**
 * What came of a run: a line for each reason why tests were skipped, and `N passed, N failed` alone on the last
 * line, the closing line of `.ci/run`.
 */
export function tally(modules: readonly TestModule[], errors: readonly unknown[]): string {
  let passed = 0;
  // A file that does not load, or an error outside a test, counts as a failure.
  let failed = errors.length;
  const skipped = new Map<string, number>();
  for (const module of modules) {
    if (module.errors().length > 0) failed += 1;
    for (const test of module.children.allTests()) {
      const result = test.result();
      if (result.state === 'passed') passed += 1;
      else if (result.state === 'failed') failed += 1;
      else if (result.state === 'skipped') {
        const reason = result.note ?? 'no reason given, or not chosen';
        skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
      }
    }
  }
  const reasons = [...skipped].map(([reason, count]) => `${count} skipped: ${reason}\n`);
  return `\n${reasons.join('')}${passed} passed, ${failed} failed\n`;
}

/** Prints the tally after everything else. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    process.stdout.write(tally(modules, errors));
  }
}
