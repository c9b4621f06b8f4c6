import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import type { TrialRow } from '../../store/trial.ts';
import type { ConditionResult, Summary } from '../summary.ts';
import { renderPage } from './page.ts';

const DETECTORS = ['lfcc-gmm', '<script>alert(1)</script>'];
const LEVELS = [
  { corruption: 'mp3', unit: 'kbit/s', values: [40, 32, 24, 16, 8] },
  { corruption: 'gaussian-noise', unit: 'dB', values: [40, 30, 20, 10, 5] },
];

function makeSummary(): Summary {
  const results: ConditionResult[] = [];
  for (const [d, detector] of DETECTORS.entries()) {
    const add = (
      condition: string,
      corruption: string | null,
      level: number | null,
      value: number | null,
      unit: string | null,
    ) => {
      const error = 0.1 + 0.07 * (level ?? 0) + 0.03 * d;
      const figure = { value: error, low: error - 0.05, high: error + 0.08, rule: 'interpolated' };
      results.push({
        detector,
        condition,
        corruption,
        level,
        value,
        unit,
        n: { bonafide: 20, spoof: 40 },
        eer: figure,
        auc: { value: 1 - error, low: null, high: null },
        atThreshold: {
          threshold: 0.2,
          fixedOn: 'toy dev',
          fpr: figure,
          fnr: figure,
          error: figure,
        },
        failed: 0,
        refused: 0,
      });
    };
    add('clean', null, null, null, null);
    for (const { corruption, unit, values } of LEVELS) {
      for (const [i, value] of values.entries())
        add(`${corruption}@${i + 1}`, corruption, i + 1, value, unit);
    }
  }
  return {
    schema: 1,
    name: 'toy & test',
    corpus: { name: 'toy', version: '4', split: 'eval', n: { bonafide: 20, spoof: 40 } },
    confound: { value: 0.6, low: 0.5, high: 0.7 },
    detectors: DETECTORS.map((name, i) => ({
      name,
      id: 'a'.repeat(64),
      summary: 'a detector',
      heard: i === 0 ? { clips: 7, of: 60, trainedOn: ['toy train'] } : null,
      threshold:
        i === 0
          ? { from: 'card', value: 0.2, fixedOn: 'toy dev' }
          : { from: 'none', why: 'the corpus has no dev split' },
    })),
    conditions: results
      .filter((r) => r.detector === DETECTORS[0])
      .map((r) => ({ id: r.condition, family: null })),
    interval: { level: 0.95, replicates: 1000, seed: 1, unit: 'source', note: 'One speaker.' },
    results,
    groups: [
      {
        detector: 'lfcc-gmm',
        condition: 'clean',
        by: 'generator',
        group: 'espeak',
        n: { bonafide: 20, spoof: 8 },
        eer: { value: 0.1, low: 0, high: 0.2 },
      },
    ],
    robustness: [],
    families: DETECTORS.map((detector) => ({
      detector,
      family: 'noise',
      conditions: 5,
      meanEer: { value: 0.25, low: 0.2, high: 0.3 },
      n: { bonafide: 20, spoof: 39 },
    })),
    contrasts: [],
    corruptionErrors: DETECTORS.map((detector, i) => ({
      detector,
      base: DETECTORS[0]!,
      n: { bonafide: 20, spoof: 38 },
      mce: { value: 1 + i / 4, low: 1, high: 1 + i / 2 },
      relativeMce: null,
      note: i === 0 ? null : 'the study has no clean condition',
    })),
    assertions: [{ text: 'eer(lfcc-gmm, clean) < 0.05', value: 0.1, bound: 0.05, ok: false }],
    failures: [],
  };
}

function makeTrials(): TrialRow[] {
  const rng = createRng('page');
  return DETECTORS.flatMap((detector) =>
    ['clean', 'mp3@5', 'gaussian-noise@5'].flatMap((condition) =>
      Array.from({ length: 60 }, (_, i) => {
        const label = i < 20 ? ('bonafide' as const) : ('spoof' as const);
        return {
          run: 'r',
          detector,
          corpus: 'toy',
          split: 'eval',
          clip: `clip-${i}`,
          condition,
          corruption: null,
          level: null,
          value: null,
          seed: 1,
          score: rng.normal() + (label === 'spoof' ? 1.5 : 0),
          llr: null,
          refused: null,
          sha256: null,
          failed: null,
          durationSec: 2,
          encodedBytes: null,
          label,
          speaker: 's',
          language: 'en',
          generator: label === 'spoof' ? 'espeak' : null,
          source: `${i % 20}`,
          group: null,
        };
      }),
    ),
  );
}

describe('the report page', () => {
  const trials = makeTrials();
  const page = renderPage({
    summary: makeSummary(),
    trials,
    worst: [
      {
        trial: trials[0]!,
        margin: 1,
        sound: 'data:audio/flac;base64,AA==',
        spectrogram: 'data:image/png;base64,AA==',
      },
    ],
    studyText: 'corpus: <toy>',
    environmentText: '{}',
  });
  const { document } = parseHTML(page);

  test('is one file: nothing is loaded from elsewhere', () => {
    const urls = [...document.querySelectorAll('[src],[href]')].map(
      (element) => element.getAttribute('src') ?? element.getAttribute('href') ?? '',
    );
    expect(urls.filter((url) => !url.startsWith('#') && !url.startsWith('data:'))).toEqual([]);
  });

  test('says in which version of which corpus the clips are', () => {
    expect(document.querySelector('header p')?.textContent).toMatch(/^toy 4, eval split: 20 bona/);
  });

  test('escapes names', () => {
    expect(document.querySelectorAll('script').length).toBe(0);
    expect(page).toContain('&lt;script&gt;alert(1)');
    expect(page).toContain('corpus: &lt;toy&gt;');
  });

  test('has a heat cell for every figure, reachable by keyboard, with interval and n', () => {
    const cells = [...document.querySelectorAll('td.cell[tabindex="0"]')];
    // Two detectors × (two corruptions × (clean + five levels)).
    expect(cells.length).toBe(24);
    expect(cells[1]?.getAttribute('aria-label')).toMatch(
      /mp3@1: EER 17\.0 % \[12\.0–25\.0\], error at the fixed threshold 17\.0 % \[12\.0–25\.0\], n = 20 bona fide \+ 40 spoof/,
    );
  });

  test('says which detector has heard the clips, and of which nobody knows', () => {
    const note = document.querySelector('.note strong.bad')?.parentElement?.textContent ?? '';
    expect(note).toContain(`${DETECTORS[0]}‡ was trained on 7 of these clips (toy train)`);
    expect(note).toContain(`${DETECTORS[1]}: its card does not say`);
    const [first, second] = [...document.querySelectorAll('.card b')];
    expect(first?.textContent).toMatch(/ %‡$/);
    expect(second?.textContent).toMatch(/ %$/);
  });

  test('says how many clips could not be compared, and marks the figures', () => {
    const summary = makeSummary();
    const detectors = summary.detectors.map((detector) => ({
      ...detector,
      heard: { clips: 0, of: 20, trainedOn: [], uncompared: { clips: 40, why: 'too large' } },
    }));
    const told = renderPage({
      ...{ summary: { ...summary, detectors }, trials, worst: [] },
      ...{ studyText: '', environmentText: '' },
    });
    expect(told).toContain(
      `40 of 60 clips could not be compared with what ${DETECTORS[0]}† was trained on: too large.`,
    );
    expect(parseHTML(told).document.querySelector('.card b')?.textContent).toMatch(/ %†$/);
  });

  test('puts the error at the fixed threshold beside the EER of every condition (C10)', () => {
    const table = [...document.querySelectorAll('#all ~ details table')].at(-1)!;
    const heads = [...table.querySelectorAll('th')].map((head) => head.textContent);
    const rows = [...table.querySelectorAll('tbody tr')];
    expect(rows).toHaveLength(22);
    for (const row of rows) {
      const cells = [...row.querySelectorAll('td')].map((cell) => cell.textContent);
      expect(cells[heads.indexOf('error at the fixed threshold')]).toMatch(/^\d+\.\d % \[/);
      expect(cells[heads.indexOf('spoof called bona fide')]).toMatch(/^\d+\.\d % \[/);
    }
    expect(document.querySelector('#threshold ~ p a')?.textContent).toBe('every figure');
  });

  test('two-sided levels stay on their sides of clean, variants are not joined and have their names', () => {
    const summary = makeSummary();
    const kinds = [
      { corruption: 'pitch-shift', values: [-0.5, 0.5, -1, 1], about: { neutral: 0 } },
      { corruption: 'time-stretch', values: [1.1, 0.9, 0.7], about: { neutral: 1 } },
      { corruption: 'autotune', values: [1, 2], about: {} },
    ];
    const results = kinds.flatMap(({ corruption, values }) =>
      DETECTORS.flatMap((detector) =>
        values.map((value, i) => {
          const condition = `${corruption}@${i + 1}`;
          const [like] = summary.results;
          return { ...like!, detector, condition, corruption, level: i + 1, value };
        }),
      ),
    );
    const conditions = kinds.flatMap(({ corruption, values, about }) =>
      values.map((_, i) => ({
        ...{ id: `${corruption}@${i + 1}`, family: 'modification', ordered: false, ...about },
        ...(corruption === 'autotune' ? { variant: 'AB'[i]! } : {}),
      })),
    );
    const told = renderPage({
      summary: {
        ...summary,
        results: [...summary.results, ...results],
        conditions: [...summary.conditions, ...conditions],
      },
      ...{ trials, worst: [], studyText: '', environmentText: '' },
    });
    const { document: drawn } = parseHTML(told);
    const chart = (name: string) => {
      const svg = drawn.querySelector(`svg[aria-label="EER against the level of ${name}"]`)!;
      const ticks = [...svg.querySelectorAll('[aria-label="x-axis tick label"] text')];
      return {
        ticks: ticks.map((tick) => tick.textContent),
        lines: svg.querySelectorAll('[aria-label="line"] path').length,
      };
    };
    expect(chart('pitch-shift')).toEqual({
      ticks: ['-1', '-0.5', 'clean', '0.5', '1'],
      lines: 2,
    });
    expect(chart('time-stretch')).toEqual({ ticks: ['0.7', '0.9', 'clean', '1.1'], lines: 2 });
    expect(chart('autotune')).toEqual({ ticks: ['clean', 'A', 'B'], lines: 0 });
    expect(chart('mp3')).toEqual({ ticks: ['clean', '40', '32', '24', '16', '8'], lines: 2 });
    const captions = [...drawn.querySelectorAll('table.heat small')].map((s) => s.textContent);
    expect(captions).toContain('A');
  });

  test('shows family means and mCE with interval and n, and why one is missing', () => {
    const [families, errors] = [...document.querySelectorAll('#means ~ div table tbody')];
    expect(families?.textContent).toContain('25.0 % [20.0–30.0] n = 20 + 39');
    const cells = [...(errors?.querySelectorAll('tr:nth-child(2) td') ?? [])];
    expect(cells.map((cell) => cell.textContent)).toEqual([
      ...[DETECTORS[1], '1.250 [1.000–1.500]', '–', '20 + 38', 'the study has no clean condition'],
    ]);
  });

  test('says where each threshold came from', () => {
    expect(document.querySelector('#threshold + p')?.textContent).toBe(
      `Thresholds: lfcc-gmm 0.2000 by its card (toy dev); ${DETECTORS[1]} has none (the corpus has no dev split).`,
    );
  });

  test('shows charts, threshold drift, groups, players, assertions', () => {
    expect(document.querySelectorAll('svg[role="img"]').length).toBe(2 + 2 + 4);
    expect(document.querySelector('#threshold')).not.toBeNull();
    expect(document.querySelectorAll('audio[controls]').length).toBe(1);
    expect(document.querySelector('li.bad')?.textContent).toContain('eer(lfcc-gmm, clean) < 0.05');
    expect(page).toContain('espeak');
  });
});
