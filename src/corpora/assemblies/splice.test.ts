import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { largestStep } from '../../../scripts/largest-step.mjs';
import { peak, power, rms } from '../../audio/dsp/level.ts';
import { gaussianNoise } from '../../audio/dsp/noise.ts';
import { createRng } from '../../core/rng.ts';
import { CORPUS_RATE } from '../equalise.ts';
import { vowel } from '../vocoders/vowel.fixture.ts';
import { segmentsOf } from './partial-spoof-pair.ts';
import {
  drawCuts,
  energyMinima,
  JOINS,
  type Join,
  type Span,
  settleCuts,
  splice,
} from './splice.ts';

const rng = createRng('splice');
const SECONDS = 4;

/** A vowel with a dip of level every half second; every other dip is a pause. */
function speech(hz: number): Float32Array {
  const x = vowel({ seconds: SECONDS, hz, rng: rng.split(`speech ${hz}`) });
  return x.map((value, i) => {
    const at = (i / CORPUS_RATE) % 1;
    if (Math.abs(at - 0.5) < 0.05) return 0.003 * value;
    return at < 0.05 || at > 0.95 ? 0.2 * value : value;
  });
}

const host = speech(120);
const other = speech(170);
const noise = (label: string): Float32Array =>
  gaussianNoise(new Float32Array(4 * CORPUS_RATE), rng.split(label));
const steps = (x: Float32Array, from = 1, to = x.length): number => {
  let most = 0;
  for (let i = from; i < to; i += 1) most = Math.max(most, Math.abs(x[i]! - x[i - 1]!));
  return most;
};
const edgesOf = (spans: readonly Span[]): number[] =>
  spans.flatMap(({ start, end }) => [start, end]);
const SPANS: readonly Span[] = [
  { start: 9000, end: 20_000 },
  { start: 30_000, end: 41_000 },
];

test('minima lie in the dips, and those in silence are pauses', () => {
  const minima = energyMinima(host);
  for (const dip of [0.5, 1, 1.5, 2, 2.5, 3, 3.5]) {
    const near = minima.filter(({ at }) => Math.abs(at / CORPUS_RATE - dip) < 0.06);
    expect(near.length, `at ${dip} s`).toBeGreaterThan(0);
    expect(near.some(({ pause }) => pause)).toBe(dip % 1 === 0.5);
  }
  expect(energyMinima(new Float32Array(10))).toEqual([]);
});

test('cuts keep their bounds, whatever is drawn, and are drawn alike from one seed', () => {
  fc.assert(
    fc.property(fc.integer(), fc.boolean(), (seed, words) => {
      const edges = words ? [8000, 14_000, 24_000, 30_000, 47_000, 53_000] : undefined;
      const cuts = drawCuts(host, createRng(seed), edges);
      expect(cuts).toEqual(drawCuts(host, createRng(seed), edges));
      const { join, spans } = cuts!;
      expect(spans.length).toBeGreaterThan(0);
      expect(spans.length).toBeLessThanOrEqual(3);
      let last = 0;
      let total = 0;
      for (const { start, end } of spans) {
        expect(end - start).toBeGreaterThanOrEqual(0.3 * CORPUS_RATE);
        if (last > 0) expect(start - last).toBeGreaterThanOrEqual(0.2 * CORPUS_RATE);
        if (words) {
          expect(edges).toContain(start);
          expect(edges).toContain(end);
          expect(join).not.toBe('silence');
        }
        total += end - start;
        last = end;
      }
      expect(total).toBeLessThanOrEqual(0.6 * host.length);
    }),
    { seed: 1, numRuns: 60 },
  );
  expect(drawCuts(host.subarray(0, 4000), createRng(1))).toBeNull();
});

test('every way of joining is drawn', () => {
  const drawn = new Set(
    Array.from({ length: 40 }, (_, seed) => drawCuts(host, createRng(seed))?.join),
  );
  expect([...drawn].sort()).toEqual([...JOINS].sort());
});

describe.each(JOINS)('%s', (join: Join) => {
  const cuts = settleCuts({ join, spans: SPANS }, [host, other]);

  test('a recording that is joined to itself stays as it was', () => {
    const joined = splice(host, host, cuts);
    expect(peak(joined.map((value, i) => value - host[i]!))).toBeLessThan(1e-5);
  });

  test('the spans are those of the other sound, at the level of the recording; the rest is untouched', () => {
    const joined = splice(host, other, cuts);
    expect(joined.length).toBe(host.length);
    for (const { start, end } of cuts.spans) {
      const ratio = rms(joined.subarray(start, end)) / rms(host.subarray(start, end));
      expect(20 * Math.abs(Math.log10(ratio))).toBeLessThan(0.5);
      const inner = joined.subarray(start + 300, end - 300);
      expect(inner).not.toEqual(host.subarray(start + 300, end - 300));
    }
    expect(joined.subarray(0, 8500)).toEqual(host.subarray(0, 8500));
    expect(joined.subarray(42_000)).toEqual(host.subarray(42_000));
  });

  test('no click: no larger step at a cut than there is in the two sounds', () => {
    const joined = splice(host, other, cuts);
    const gain = rms(host) / rms(other);
    // Weights of a cross-fade add up to more than 1 where the sounds are not alike.
    const most = Math.max(steps(host), 1.3 * gain * steps(other));
    expect(largestStep(joined, edgesOf(cuts.spans), CORPUS_RATE)).toBeLessThanOrEqual(most);
    expect(largestStep(joined, edgesOf(cuts.spans), CORPUS_RATE)).toBeGreaterThan(0);
  });
});

test('a hard cut is where both sounds are near zero, within 8 ms of where it was', () => {
  const { spans } = settleCuts({ join: 'hard', spans: SPANS }, [host, other]);
  for (const [s, { start, end }] of spans.entries()) {
    for (const [cut, before] of [
      [start, SPANS[s]!.start],
      [end, SPANS[s]!.end],
    ] as const) {
      expect(Math.abs(cut - before)).toBeLessThanOrEqual(128);
      expect(Math.abs(host[cut]!)).toBeLessThan(0.3 * rms(host));
      expect(Math.abs(other[cut]!)).toBeLessThan(0.3 * rms(other));
    }
  }
});

test('a cross-fade of sounds that are not alike keeps their power', () => {
  const [a, b] = [noise('a'), noise('b')];
  // 60 fades: the mean power in them is known to a few per cent.
  const spans = Array.from({ length: 30 }, (_, i) => ({
    start: 1000 + 2000 * i,
    end: 2000 + 2000 * i,
  }));
  const joined = splice(a, b, { join: 'crossfade', spans });
  const fades = spans.flatMap(({ start, end }) =>
    [start, end].map((cut) => power(joined.subarray(cut - 120, cut + 120))),
  );
  const mean = fades.reduce((sum, value) => sum + value, 0) / fades.length;
  expect(mean).toBeGreaterThan(0.93);
  expect(mean).toBeLessThan(1.07);
});

test('similarity finds a copy that comes late', () => {
  const late = Float32Array.from(host, (_, i) => host[Math.max(0, i - 40)]!);
  const spans = SPANS.slice(0, 1);
  const joined = splice(host, late, { join: 'similarity', spans });
  const plain = splice(host, late, { join: 'crossfade', spans });
  const error = (x: Float32Array): number => rms(x.map((value, i) => value - host[i]!));
  expect(error(joined)).toBeLessThan(0.1 * error(plain));
});

test('the largest step is found at cuts inside the clip only', () => {
  const x = new Float32Array(1000);
  x.fill(0.5, 500);
  expect(largestStep(x, [500, 1000], CORPUS_RATE)).toBe(0.5);
  expect(largestStep(x, [0, 400], CORPUS_RATE)).toBe(0);
  expect(largestStep(x, [0, 1000], CORPUS_RATE)).toBe(0);
});

test('segments tile the clip, with the label in the spans only', () => {
  const spans = [
    { start: 0, end: 8000 },
    { start: 16_000, end: 32_000 },
  ];
  expect(segmentsOf(spans, 40_000, 'spoof')).toEqual([
    { startSec: 0, endSec: 0.5, label: 'spoof' },
    { startSec: 0.5, endSec: 1, label: 'bonafide' },
    { startSec: 1, endSec: 2, label: 'spoof' },
    { startSec: 2, endSec: 2.5, label: 'bonafide' },
  ]);
  expect(segmentsOf(spans, 32_000, 'bonafide').every(({ label }) => label === 'bonafide')).toBe(
    true,
  );
  expect(segmentsOf(spans, 32_000, 'spoof').at(-1)?.endSec).toBe(2);
});
