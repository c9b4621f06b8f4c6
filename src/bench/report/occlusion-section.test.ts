import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import type { Summary } from '../summary.ts';
import { occlusionSection } from './occlusion-section.ts';

const figure = (value: number, half = 0.02) => ({ value, low: value - half, high: value + half });

/** A detector that needs 1200 Hz and up most, is misled below 300 Hz, and one that nothing harms. */
function summaryOf(): Summary {
  const changes: Readonly<Record<string, readonly number[]>> = {
    narrow: [-0.05, 0.03, 0.01, 0.2],
    deaf: [0, 0.01, -0.01, 0],
  };
  const places = [0, 300, 700, 1200];
  const results = Object.entries(changes).flatMap(([detector, list]) =>
    list.map((change, i) => ({
      detector,
      condition: `occlude-band@${i + 1}`,
      corruption: 'occlude-band',
      level: i + 1,
      value: places[i]!,
      unit: 'Hz and up',
      n: { bonafide: 20, spoof: 40 },
      eerMinusClean: { ...figure(change), p: 0.01 },
      scoreShift: { bonafide: figure(0.5), spoof: figure(-0.7) },
      failed: 0,
      refused: 0,
    })),
  );
  return {
    detectors: Object.keys(changes).map((name) => ({ name, id: '', summary: '', heard: null })),
    conditions: [
      { id: 'clean', family: null },
      ...places.map((_, i) => ({ id: `occlude-band@${i + 1}`, family: 'occlusion' })),
    ],
    results,
    // The section reads nothing else of a summary.
  } as unknown as Summary;
}

describe('what detectors listen to', () => {
  test('only what its interval bears out is told, the largest first', () => {
    const { document } = parseHTML(`<main>${occlusionSection(summaryOf())?.text}</main>`);
    const [narrow, deaf] = [...document.querySelectorAll('ul > li')].map((li) => li.textContent);
    expect(narrow).toContain(
      'narrow: loses most without occlude-band@4 (1200 Hz and up), occlude-band@2 (300 Hz and up); is better without occlude-band@1 (0 Hz and up)',
    );
    expect(deaf).toContain('deaf: no part alone is shown to carry its decisions');
    // One chart a detector, one row a place and detector, with the shift of each class.
    expect(document.querySelectorAll('figure svg').length).toBe(2);
    const rows = [...document.querySelectorAll('tbody tr')].map((row) => row.textContent);
    expect(rows.length).toBe(8);
    expect(rows[0]).toContain('-0.70');
  });

  test('a run without probes has no such section', () => {
    const { detectors } = summaryOf();
    const plain = { detectors, conditions: [{ id: 'clean', family: null }], results: [] };
    expect(occlusionSection(plain as unknown as Summary)).toBeNull();
  });
});
