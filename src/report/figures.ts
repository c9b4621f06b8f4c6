/**
 * How reports and the command line write numbers: always with interval, colour by size.
 * @module
 */

import type { Json } from '../core/errors.ts';
import type { Counts, Figure } from '../metrics/types.ts';

/** `12.5 %`. */
export function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}

/** `[8.1–17.0]`, or a dash without an interval. */
export function interval(figure: Figure): string {
  if (figure.low === null || figure.high === null) return '–';
  return range(100 * figure.low, 100 * figure.high, 1);
}

/** `12.5 % [8.1–17.0]`, or a dash where there is no figure. */
export function percentWithInterval(figure: Figure | undefined): string {
  if (figure === undefined) return '–';
  const { value, low, high } = figure;
  return low === null || high === null ? percent(value) : `${percent(value)} ${interval(figure)}`;
}

/** `0.123 [0.101–0.150]`, or a dash where there is no figure. */
export function decimalWithInterval(figure: Figure | undefined): string {
  if (figure === undefined) return '–';
  const value = figure.value.toFixed(3);
  if (figure.low === null || figure.high === null) return value;
  return `${value} ${range(figure.low, figure.high, 3)}`;
}

/** Bona fide and spoofed clips behind a figure, `20 + 40`, or a dash where there is none. */
export function clipCount(n: Counts | undefined): string {
  return n === undefined ? '–' : `${n.bonafide} + ${n.spoof}`;
}

/**
 * Background and ink of a heat-map cell: 0 is pale, 0.5 (chance) and more is dark red, so that print in
 * grey keeps the order.
 * @param error rate in [0, 1]
 */
export function heat(error: number): { background: string; ink: string } {
  const share = Math.max(0, Math.min(1, error / 0.5));
  const lightness = 94 - 54 * share;
  const hue = 60 - 50 * share;
  return {
    background: `hsl(${hue.toFixed(0)} ${(55 + 20 * share).toFixed(0)}% ${lightness.toFixed(0)}%)`,
    ink: lightness < 58 ? '#ffffff' : '#1a1d21',
  };
}

/** `[8.1–17.0]`, and `[-1.0 to 2.0]` where a dash would meet a minus. */
function range(low: number, high: number, digits: number): string {
  const between = low < 0 || high < 0 ? ' to ' : '–';
  return `[${low.toFixed(digits)}${between}${high.toFixed(digits)}]`;
}

/**
 * A corpus with the version of its build or the options of its reader: `speech-base 4`, `codecfake-wu (recoded:
 * exclude)`; its name alone where there are none.
 */
export function corpusTitle({
  name,
  version,
  options = {},
}: {
  readonly name: string;
  readonly version?: string;
  readonly options?: Readonly<Record<string, Json>>;
}): string {
  const title = version === undefined ? name : `${name} ${version}`;
  const said = Object.entries(options).map(([option, value]) => `${option}: ${asText(value)}`);
  return said.length === 0 ? title : `${title} (${said.join(', ')})`;
}

function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
