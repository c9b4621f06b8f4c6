/**
 * The report's charts, drawn to SVG text by Observable Plot without a browser.
 * @module
 */

import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { probit } from '../metrics/normal.ts';
import { type Html, trusted } from './html.ts';
import { DETECTOR_COLOURS } from './style.ts';

/** One point of an error-against-level curve. */
export interface LevelPoint {
  readonly detector: string;
  /** How the level is written on the axis: `clean`, its raw value, or its name. */
  readonly label: string;
  /** Where it lies: its level, or its raw value on a signed axis. */
  readonly at: number;
  readonly eer: number;
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * How the levels of a corruption lie: `rising` from clean on, `signed` on both sides of clean (in the middle), or
 * `variants` without an order, which no line may join.
 */
export type LevelAxis = 'rising' | 'signed' | 'variants';

/** One point of a DET curve, as rates. */
export interface DetPoint {
  readonly series: string;
  readonly fpr: number;
  readonly fnr: number;
}

/** One scored clip for a histogram. */
export interface ScorePoint {
  readonly label: string;
  readonly score: number;
}

const WIDTH = 320;
const HEIGHT = 210;

/** Draws a plot to SVG. @param description for those who do not see it */
export function draw(options: Plot.PlotOptions, description: string): Html {
  // linkedom's document has what Plot uses of a DOM; its type is its own.
  const document = parseHTML('<!doctype html><html><body></body></html>')
    .document as unknown as Document;
  const svg = Plot.plot({
    document,
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 44,
    marginBottom: 40,
    style: { background: 'transparent', fontSize: '11px', overflow: 'visible' },
    ...options,
  });
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', description);
  return trusted(svg.outerHTML);
}

/** One colour a series, in order. */
export function coloursOf(detectors: readonly string[]): Plot.ScaleOptions {
  return {
    domain: [...detectors],
    range: detectors.map((_, i) => DETECTOR_COLOURS[i % DETECTOR_COLOURS.length]!),
  };
}

/**
 * Error against level, one colour a detector: a line with its interval as a band, or points with whiskers for
 * variants.
 * @param options.detectors fixes the colours
 */
export function levelChart(
  points: readonly LevelPoint[],
  {
    axis,
    detectors,
    description,
  }: {
    readonly axis: LevelAxis;
    readonly detectors: readonly string[];
    readonly description: string;
  },
): Html {
  const sorted = [...points].sort((a, b) => a.at - b.at);
  const labels = [...new Set(sorted.map(({ label }) => label))];
  const banded = sorted.filter((point) => point.low !== null && point.high !== null);
  const x = axis === 'signed' ? 'at' : 'label';
  return draw(
    {
      x:
        axis === 'signed'
          ? signedScale(sorted)
          : {
              type: 'point',
              domain: labels,
              label: null,
              tickRotate: labels.some((label) => label.length > 6) ? -30 : 0,
            },
      y: {
        domain: [0, Math.max(60, ...points.map((p) => 100 * Math.min(1, p.high ?? p.eer)))],
        percent: true,
        label: 'EER (%)',
        grid: true,
      },
      color: coloursOf(detectors),
      marks: [
        Plot.ruleY([0.5], { stroke: 'currentColor', strokeOpacity: 0.4, strokeDasharray: '3,3' }),
        ...(axis === 'variants'
          ? detectors.flatMap((detector, i) => {
              const dx = WHISKER_GAP * (i - (detectors.length - 1) / 2);
              const own = (point: LevelPoint): boolean => point.detector === detector;
              return [
                Plot.ruleX(banded.filter(own), {
                  ...{ x, y1: 'low', y2: 'high', stroke: 'detector', strokeOpacity: 0.5, dx },
                }),
                Plot.dot(sorted.filter(own), { x, y: 'eer', fill: 'detector', r: 3, dx }),
              ];
            })
          : [
              Plot.areaY(banded, { x, y1: 'low', y2: 'high', fill: 'detector', fillOpacity: 0.15 }),
              Plot.lineY(sorted, { x, y: 'eer', stroke: 'detector', strokeWidth: 2 }),
              Plot.dot(sorted, { x, y: 'eer', fill: 'detector', r: 3 }),
            ]),
      ],
    },
    description,
  );
}

/** Pixels between the points of two detectors at one variant. */
const WHISKER_GAP = 7;

/** Raw values to scale, each with its own tick: what lies on two sides of clean is not folded onto one. */
function signedScale(points: readonly LevelPoint[]): Plot.ScaleOptions {
  const names = new Map(points.map(({ at, label }) => [at, label]));
  return {
    type: 'linear',
    ticks: [...names.keys()],
    tickFormat: (at: number) => names.get(at) ?? '',
    label: null,
    inset: 8,
  };
}

/** Change of the error with one place of a clip covered. */
export interface PlacePoint {
  /** The place as written on the axis. */
  readonly label: string;
  readonly order: number;
  /** Difference of rates. */
  readonly change: number;
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * Change of the error by place, a bar each with its interval.
 * @param colour index of the detector
 */
export function bandChart(
  points: readonly PlacePoint[],
  colour: number,
  description: string,
): Html {
  const ordered = [...points].sort((a, b) => a.order - b.order);
  const fill = DETECTOR_COLOURS[colour % DETECTOR_COLOURS.length]!;
  return draw(
    {
      x: { type: 'band', domain: ordered.map(({ label }) => label), label: null },
      y: { percent: true, label: 'change of EER (points)', grid: true },
      marks: [
        Plot.barY(ordered, { x: 'label', y: 'change', fill, fillOpacity: 0.6 }),
        Plot.ruleX(
          ordered.filter(({ low, high }) => low !== null && high !== null),
          { x: 'label', y1: 'low', y2: 'high', stroke: 'currentColor' },
        ),
        Plot.ruleY([0], { stroke: 'currentColor' }),
      ],
    },
    description,
  );
}

const DET_TICKS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8];
const DET_EDGE = 0.005;
const DET_LAST = 0.9;

/** DET curves on normal-deviate axes (Martin et al. 1997). */
export function detChart(
  points: readonly DetPoint[],
  series: readonly string[],
  description: string,
): Html {
  const clipped = points.map((point) => ({
    series: point.series,
    x: normalDeviate(point.fpr),
    y: normalDeviate(point.fnr),
  }));
  const axis = {
    domain: [normalDeviate(DET_EDGE), normalDeviate(DET_LAST)],
    ticks: DET_TICKS.map(normalDeviate),
    tickFormat: (deviate: number) => String(Math.round(100 * normalShare(deviate))),
    grid: true,
  };
  return draw(
    {
      height: WIDTH,
      x: { ...axis, label: 'bona fide called spoof (%)' },
      y: { ...axis, label: 'spoof called bona fide (%)' },
      color: coloursOf(series),
      marks: [
        Plot.line(
          [axis.domain, axis.domain].map((d, i) => ({ x: d[i], y: d[i] })),
          { x: 'x', y: 'y', strokeOpacity: 0.3 },
        ),
        Plot.line(clipped, {
          x: 'x',
          y: 'y',
          stroke: 'series',
          strokeWidth: 2,
          z: 'series',
          curve: 'step-after',
        }),
      ],
    },
    description,
  );
}

/** Score histograms of both classes, with the threshold that clean dev data fixed. */
export function histogramChart(
  points: readonly ScorePoint[],
  threshold: number | null,
  description: string,
): Html {
  return draw(
    {
      height: 180,
      x: { label: 'score (higher: more likely spoof)', nice: true },
      y: { label: 'clips', grid: true },
      color: { domain: ['bonafide', 'spoof'], range: ['#128a5f', '#c8442f'] },
      marks: [
        Plot.rectY(
          points,
          Plot.binX<Plot.RectYOptions>(
            { y2: 'count' },
            {
              x: 'score',
              fill: 'label',
              fillOpacity: 0.55,

              thresholds: 24,
            },
          ),
        ),
        Plot.ruleY([0]),
        ...(threshold === null
          ? []
          : [
              Plot.ruleX([threshold], {
                stroke: 'currentColor',
                strokeWidth: 2,
                strokeDasharray: '4,3',
              }),
            ]),
      ],
    },
    description,
  );
}

/** Normal deviate of a share, kept inside the plot. */
function normalDeviate(share: number): number {
  return probit(Math.max(DET_EDGE, Math.min(DET_LAST, share)));
}

/** Standard normal distribution at one of the tick deviates. */
function normalShare(deviate: number): number {
  return DET_TICKS.reduce((best, tick) =>
    Math.abs(normalDeviate(tick) - deviate) < Math.abs(normalDeviate(best) - deviate) ? tick : best,
  );
}
