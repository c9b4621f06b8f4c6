/**
 * Rank correlation.
 * @module
 */

/**
 * Spearman's ρ: the correlation of ranks, ties at their mean rank.
 * @returns −1 to 1; null for fewer than three pairs or where one side is constant
 */
export function spearman(x: readonly number[], y: readonly number[]): number | null {
  if (x.length !== y.length || x.length < 3) return null;
  const a = ranksOf(x);
  const b = ranksOf(y);
  const middle = (x.length + 1) / 2;
  let both = 0;
  let ofA = 0;
  let ofB = 0;
  for (const [i, rank] of a.entries()) {
    both += (rank - middle) * (b[i]! - middle);
    ofA += (rank - middle) ** 2;
    ofB += (b[i]! - middle) ** 2;
  }
  return ofA === 0 || ofB === 0 ? null : both / Math.sqrt(ofA * ofB);
}

function ranksOf(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const same = values.filter((other) => other === value).length;
    return below + (same + 1) / 2;
  });
}
