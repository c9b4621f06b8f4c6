/**
 * Values with intervals, one row each.
 * @module
 */

import * as Plot from '@observablehq/plot';
import { draw } from './charts.ts';
import type { Html } from './html.ts';

/** One row of an {@link intervalChart}. */
export interface IntervalRow {
  readonly name: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** True sets it in the colour of faults. */
  readonly bad: boolean;
}

/** How an {@link intervalChart} is drawn. */
export interface IntervalOptions {
  readonly x: string;
  readonly domain: readonly [number, number];
  /** Values that get a dashed line. */
  readonly marks: readonly number[];
  readonly description: string;
}

const ROW_HEIGHT = 14;

/** Dots with whiskers, in the order given from the top. */
export function intervalChart(rows: readonly IntervalRow[], options: IntervalOptions): Html {
  const colour = (row: IntervalRow): string => (row.bad ? '#c8442f' : '#0b7bd1');
  return draw(
    {
      height: 60 + ROW_HEIGHT * rows.length,
      marginLeft: 110,
      x: { domain: [...options.domain], label: options.x, grid: true },
      y: { type: 'band', domain: rows.map(({ name }) => name), label: null },
      marks: [
        Plot.ruleX([...options.marks], { strokeOpacity: 0.6, strokeDasharray: '4,3' }),
        Plot.ruleY(rows, { y: 'name', x1: 'low', x2: 'high', stroke: colour, strokeWidth: 2 }),
        Plot.dot(rows, { y: 'name', x: 'value', fill: colour, r: 3 }),
      ],
    },
    options.description,
  );
}
