/**
 * Claims as people read them on a terminal.
 * @module
 */

import type { Claim, ClaimFigure, ClaimStatus } from '../benchmarks/claim.ts';

const MARKS: Readonly<Record<ClaimStatus, string>> = {
  reproduced: '✓ reproduced',
  'not-reproduced': '✗ not reproduced',
  'not-testable': '– not testable',
};

/** Every claim with its figures, intervals and n. */
export function describeClaims(claims: readonly Claim[]): string {
  return claims
    .map(({ claim, expected, status, figures, note }) =>
      [
        `${MARKS[status]}: ${claim}`,
        `    expected: ${expected}`,
        ...figures.map((figure) => `    ${figureText(figure)}`),
        ...(note === undefined ? [] : [`    ${note}`]),
      ].join('\n'),
    )
    .join('\n');
}

function figureText({ name, value, low, high, n }: ClaimFigure): string {
  const digits = (number: number): string =>
    Number.isInteger(number) ? String(number) : number.toFixed(3);
  const interval = low === null || high === null ? '' : ` [${digits(low)}, ${digits(high)}]`;
  return `${name}: ${digits(value)}${interval}, n = ${n}`;
}
