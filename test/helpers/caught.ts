/**
 * What is thrown, and the lines of test files that its message is to name.
 * @module
 */

/** What a function throws; what it returns, if it throws nothing. */
export function caught(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

/** Number of the line that calls this. */
export function lineHere(): number {
  const frame = new Error().stack?.split('\n')[2] ?? '';
  return Number(/:(\d+):\d+\)?$/.exec(frame)?.[1]);
}
