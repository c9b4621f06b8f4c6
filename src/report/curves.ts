/**
 * Curves over steps.
 * @module
 */

import * as Plot from '@observablehq/plot';
import { coloursOf, draw } from './charts.ts';
import type { Html } from './html.ts';

/** One point of a curve, with its interval where there is one. */
export interface CurvePoint {
  readonly series: string;
  readonly x: number;
  readonly y: number;
  readonly low?: number | null;
  readonly high?: number | null;
}

/** How a chart of curves is drawn. */
export interface CurveOptions {
  /** In the order of the colours. */
  readonly series: readonly string[];
  readonly x: string;
  readonly y: string;
  readonly description: string;
  /** Marked on the x axis: the weights that were kept. */
  readonly mark?: number | undefined;
  readonly percent?: boolean;
  readonly log?: boolean;
}

/** Lines with interval bands. */
export function curveChart(points: readonly CurvePoint[], options: CurveOptions): Html {
  const banded = points.filter(
    ({ low, high }) => low !== null && low !== undefined && high !== null && high !== undefined,
  );
  return draw(
    {
      x: { label: options.x },
      y: {
        label: options.y,
        grid: true,
        percent: options.percent === true,
        type: options.log === true ? 'log' : 'linear',
        ...(options.log === true ? {} : { zero: true }),
      },
      color: coloursOf(options.series),
      marks: [
        ...(options.mark === undefined
          ? []
          : [Plot.ruleX([options.mark], { strokeDasharray: '4,3', strokeOpacity: 0.6 })]),
        Plot.areaY(banded, { x: 'x', y1: 'low', y2: 'high', fill: 'series', fillOpacity: 0.15 }),
        Plot.lineY(points, { x: 'x', y: 'y', stroke: 'series', z: 'series', strokeWidth: 2 }),
      ],
    },
    options.description,
  );
}
