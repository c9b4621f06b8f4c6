/**
 * A line of scores over time as block characters.
 * @module
 */

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/**
 * Scores as blocks: the lowest block is `low` or less, the highest `high` or more.
 * @param values in order of time
 */
export function sparkline(values: readonly number[], low: number, high: number): string {
  const span = high - low || 1;
  return values
    .map((value) => {
      const share = Math.max(0, Math.min(1, (value - low) / span));
      return BLOCKS[Math.round(share * (BLOCKS.length - 1))];
    })
    .join('');
}
