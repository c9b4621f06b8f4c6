/**
 * Sine, cosine, exponential and logarithm from +, −, × and ÷ alone: the `Math` ones may differ in the last bit
 * between engines, and signals that are promised bit for bit must not.
 * @module
 */

/** Taylor coefficients of sin x / x in x², to 1e-16 for |x| ≤ π/4. */
const SINE = [
  1,
  -1 / 6,
  1 / 120,
  -1 / 5040,
  1 / 362880,
  -1 / 39916800,
  1 / 6227020800,
  -1 / 1307674368000,
];
/** Taylor coefficients of cos x in x², to 1e-17 for |x| ≤ π/4. */
const COSINE = [
  1,
  -1 / 2,
  1 / 24,
  -1 / 720,
  1 / 40320,
  -1 / 3628800,
  1 / 479001600,
  -1 / 87178291200,
  1 / 20922789888000,
];

/** 1/23, 1/21 … 1: coefficients of artanh x / x in x², the highest first. */
const RECIPROCALS = Array.from({ length: 12 }, (_, i) => 1 / (23 - 2 * i));

/** sin(2π·turns), exact to about 1e-15, the same bits in every engine. */
export function sinTurns(turns: number): number {
  return quarterWave(turns, 0);
}

/** cos(2π·turns), exact to about 1e-15, the same bits in every engine. */
export function cosTurns(turns: number): number {
  return quarterWave(turns, 1);
}

/** tan(2π·turns), the same bits in every engine. */
export function tanTurns(turns: number): number {
  return sinTurns(turns) / cosTurns(turns);
}

/** e to the power of x, exact to about 1e-15 relative, the same bits in every engine. */
export function portableExp(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (x > 709.78) return Number.POSITIVE_INFINITY;
  if (x < -745.2) return 0;
  const power = Math.round(x / Math.LN2);
  // Cody–Waite: ln 2 in two parts, so that the remainder keeps its bits.
  const rest = x - power * 0.6931471803691238 - power * 1.9082149292705877e-10;
  let sum = 1;
  for (let k = 14; k >= 1; k -= 1) sum = 1 + (rest * sum) / k;
  // Powers of two in halves: 2^1024 alone would overflow.
  const half = Math.trunc(power / 2);
  return sum * 2 ** half * 2 ** (power - half);
}

/** Natural logarithm, exact to about 1e-15, the same bits in every engine; NaN below 0, −∞ at 0. */
export function portableLog(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  let power = 0;
  let mantissa = x;
  // Steps of 2^32 first, then of 2: division by powers of two is exact.
  while (mantissa >= 2 ** 32) {
    mantissa /= 2 ** 32;
    power += 32;
  }
  while (mantissa < 2 ** -32) {
    mantissa *= 2 ** 32;
    power -= 32;
  }
  while (mantissa > Math.SQRT2) {
    mantissa /= 2;
    power += 1;
  }
  while (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    power -= 1;
  }
  // ln m = 2 artanh((m − 1) / (m + 1)).
  const ratio = (mantissa - 1) / (mantissa + 1);
  const square = ratio * ratio;
  let sum = 0;
  for (let i = 0; i < RECIPROCALS.length; i += 1) sum = sum * square + RECIPROCALS[i]!;
  return power * 0.6931471803691238 + (power * 1.9082149292705877e-10 + 2 * ratio * sum);
}

/** x to the power of y for x > 0, the same bits in every engine. */
export function portablePow(x: number, y: number): number {
  return portableExp(y * portableLog(x));
}

/** 10^(dB / 10), a ratio of powers; of amplitudes with half the decibels. */
export function fromDb(db: number): number {
  return portableExp(db * (Math.LN10 / 10));
}

/** 10 log10 of a ratio of powers. */
export function toDb(ratio: number): number {
  return portableLog(ratio) * (10 / Math.LN10);
}

/** sin(2π·turns + quadrant·π/2): reduced to the nearest quarter turn, exact because turns are dyadic steps. */
function quarterWave(turns: number, quadrant: number): number {
  const whole = turns - Math.floor(turns);
  const nearest = Math.round(whole * 4);
  const angle = (whole - nearest / 4) * (2 * Math.PI);
  const square = angle * angle;
  const turn = (nearest + quadrant) & 3;
  const value = turn & 1 ? horner(COSINE, square) : angle * horner(SINE, square);
  return turn & 2 ? -value : value;
}

function horner(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i -= 1) sum = sum * x + coefficients[i]!;
  return sum;
}
