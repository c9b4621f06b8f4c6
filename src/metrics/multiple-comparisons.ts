/**
 * Care for many tests at once: who looks at twenty gaps finds one below 0.05 by chance.
 * @module
 */

/**
 * Holm's step-down adjustment (Holm 1979): the chance of any false find in the family stays below the
 * level, whatever the tests have to do with each other.
 * @returns adjusted p-values in the order given, each at least its p and at most 1
 */
export function holm(pValues: readonly number[]): number[] {
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  for (const [place, i] of ascending(pValues).entries()) {
    largest = Math.max(largest, Math.min(1, pValues[i]! * (pValues.length - place)));
    adjusted[i] = largest;
  }
  return adjusted;
}

/**
 * Benjamini and Hochberg's step-up adjustment (1995): the expected share of false finds among the finds
 * stays below the level, for tests that are independent or rise together.
 * @returns adjusted p-values in the order given, each at least its p and at most what {@link holm} gives
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const adjusted = new Array<number>(pValues.length);
  let least = 1;
  for (const [place, i] of [...ascending(pValues).entries()].reverse()) {
    least = Math.min(least, (pValues[i]! * pValues.length) / (place + 1));
    adjusted[i] = least;
  }
  return adjusted;
}

function ascending(values: readonly number[]): number[] {
  return values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
}
