import { parseHTML } from 'linkedom';
import { beforeAll, describe, expect, test } from 'vitest';
import { createRng } from '../core/rng.ts';
import type { TrialRow } from '../store/trial.ts';
import { aggregate } from './aggregate.ts';
import { type Plan, planStudy } from './plan.ts';
import { renderPage } from './report/page.ts';
import { checkStudy } from './study.ts';
import type { Summary } from './summary.ts';

const SPEAKERS = 160;

function makePlan(groups: readonly string[] | undefined): Plan {
  const study = checkStudy({
    corpus: 'toy',
    detectors: ['a', 'b', 'mute'],
    interval: { replicates: 200 },
    ...(groups === undefined ? {} : { groups }),
  });
  const clips = Array.from({ length: SPEAKERS }).flatMap((_, s) =>
    (['bonafide', 'spoof'] as const).map((label) => ({
      id: `${label}-${s}`,
      path: `/data/${label}-${s}.wav`,
      label,
      medium: 'audio' as const,
      speaker: `speaker-${s}`,
      ...(s % 10 === 9 ? {} : { language: s % 2 === 0 ? 'de' : 'fr' }),
      ...(label === 'spoof' ? { generator: s % 3 === 0 ? 'vocoder' : 'tts' } : {}),
      group: {
        codec: s % 4 < 2 ? 'wav' : 'mp3',
        ...(s % 5 === 0 ? { sex: 'female' } : s % 5 < 3 ? { sex: 'male' } : {}),
      },
      file: null,
    })),
  );
  return planStudy({
    name: 'toy',
    study,
    corpus: { name: 'toy', root: '/data' },
    split: 'eval',
    clips,
    conditions: [
      {
        id: 'clean',
        steps: [],
        corruption: null,
        family: null,
        level: null,
        value: null,
        unit: null,
      },
    ],
    detectors: ['a', 'b', 'mute'].map((name) => ({
      ref: name,
      name,
      id: `id-${name}`,
      needs: { sampleRate: 16000, minSec: 0 },
      card: {
        name,
        version: '1',
        summary: `detector ${name}`,
        licence: 'Apache-2.0',
        languages: [],
        trainedOn: [],
        recipe: '',
        operatingPoints:
          name === 'mute' ? [] : [{ name: 'eer', threshold: 0, fixedOn: 'other corpus, dev' }],
        limits: [],
      },
    })),
    code: 'code',
  });
}

/** Detector `a` raises genuine French; `b` treats all alike. */
function makeRows(plan: Plan): TrialRow[] {
  return plan.clips.flatMap((clip) =>
    plan.detectors.map(({ name }): TrialRow => {
      const rng = createRng(3).split(clip.id).split(name);
      const planted = name === 'a' && clip.label === 'bonafide' && clip.language === 'fr' ? 1.2 : 0;
      return {
        run: plan.run.slice(0, 16),
        detector: name,
        corpus: 'toy',
        split: 'eval',
        clip: clip.id,
        condition: 'clean',
        corruption: null,
        level: null,
        value: null,
        seed: 1,
        score: (clip.label === 'spoof' ? 1 : -1) + 0.8 * rng.normal() + planted,
        llr: null,
        refused: null,
        sha256: null,
        failed: null,
        durationSec: 2,
        encodedBytes: null,
        label: clip.label,
        speaker: clip.speaker ?? null,
        language: clip.language ?? null,
        generator: clip.generator ?? null,
        source: null,
        group: clip.group ?? null,
      };
    }),
  );
}

const plan = makePlan(['language', 'sex', 'codec', 'speaker', 'generator']);
const rows = makeRows(plan);
let summary: Summary;
beforeAll(async () => {
  summary = await aggregate(plan, rows);
});

describe('fairness in a study', () => {
  test('is told per detector and attribute, at the threshold of the card', () => {
    const { fairness } = summary;
    expect(fairness?.results.map(({ detector, attribute }) => `${detector} ${attribute}`)).toEqual(
      ['a', 'b'].flatMap((d) => ['language', 'sex', 'codec', 'generator'].map((g) => `${d} ${g}`)),
    );
    const [language] = fairness?.results ?? [];
    expect(language).toMatchObject({
      threshold: 0,
      fixedOn: 'other corpus, dev',
      condition: 'clean',
      design: 'between',
      worst: 'fr',
    });
    const french = language?.groups.find(({ group }) => group === 'fr');
    const flagged = rows.filter(
      (row) =>
        row.detector === 'a' &&
        row.label === 'bonafide' &&
        row.language === 'fr' &&
        row.score! >= 0,
    );
    expect(french?.figures.fpr?.value).toBeCloseTo(flagged.length / french!.n.bonafide, 12);
  });

  test('clips whose value is not known are a group of their own', () => {
    const { fairness, groups } = summary;
    const names = (attribute: string) =>
      fairness?.results
        .find((result) => result.attribute === attribute)
        ?.groups.map(({ group }) => group);
    expect(names('language')).toEqual(['de', 'fr', 'unknown']);
    expect(names('sex')).toEqual(['female', 'male', 'unknown']);
    expect(names('generator')).toEqual(['tts', 'vocoder']);
    expect(groups.some(({ by, group }) => by === 'sex' && group === 'unknown')).toBe(true);
  });

  test('only what survives the correction over all attributes differs', () => {
    const { fairness } = summary;
    const gaps = fairness?.results.flatMap(({ detector, gaps: tests }) =>
      tests.map((gap) => ({ detector, ...gap })),
    );
    // Generators have no bona fide clips of their own: only what passes is compared.
    expect(
      gaps
        ?.filter(({ detector }) => detector === 'a')
        .map(({ attribute, rate }) => `${attribute} ${rate}`),
    ).toEqual([
      'language fpr',
      'language fnr',
      'language eer',
      'sex fpr',
      'sex fnr',
      'sex eer',
      'codec fpr',
      'codec fnr',
      'codec eer',
      'generator fnr',
    ]);
    expect(gaps?.every(({ tests }) => tests === 10)).toBe(true);
    const differing = gaps?.filter(({ differs }) => differs);
    expect(
      new Set(differing?.map(({ detector, attribute }) => `${detector} ${attribute}`)),
    ).toEqual(new Set(['a language']));
    expect(differing?.map(({ rate }) => rate)).toContain('fpr');
  });

  test('within codecs the planted gap stays; two attributes at once are hidden below 30 speakers', () => {
    const { fairness } = summary;
    const [language] = fairness?.results ?? [];
    const within = language?.within.find(({ by, rate }) => by === 'codec' && rate === 'fpr');
    expect(within?.strata).toEqual(['mp3', 'wav']);
    expect(within?.test?.p).toBeLessThan(0.05);
    const crossed = fairness?.intersections.find(
      ({ detector, attributes }) => detector === 'a' && attributes.join() === 'language,sex',
    );
    const cell = (name: string) => crossed?.groups.find(({ group }) => group === name);
    // 160 speakers: 2 in 5 male, 9 in 10 of known language.
    expect(cell('unknown × male')).toBeUndefined();
    expect(cell('unknown × unknown')).toMatchObject({ n: { bonafide: 16 }, figures: {} });
    expect(cell('de × male')?.speakers.bonafide).toBeGreaterThanOrEqual(30);
    expect(cell('de × male')?.figures.fpr).toBeDefined();
  });

  test('the corpus shows how attributes are mixed', () => {
    const { fairness } = summary;
    const mixture = fairness?.mixtures.find(({ attributes }) => attributes[0] === 'language');
    expect(mixture?.attributes).toEqual(['language', 'generator', 'codec']);
    const count = mixture?.cells.reduce((sum, { n }) => sum + n.bonafide + n.spoof, 0);
    expect(count).toBe(2 * SPEAKERS);
    expect(mixture?.association.map((entry) => entry.with)).toEqual(['generator', 'codec']);
  });

  test('the page says "differs" only where it was shown', () => {
    const page = renderPage({
      summary,
      trials: rows,
      worst: [],
      studyText: '',
      environmentText: '',
    });
    const { document } = parseHTML(page);
    const section = document.querySelector('#fairness')?.parentElement;
    const lines = [...(section?.querySelectorAll('li') ?? [])].map((li) => li.textContent ?? '');
    const said = lines.filter((line) => line.includes(' differs by '));
    const shown = summary.fairness?.results.flatMap(({ gaps }) =>
      gaps.filter((gap) => gap.differs),
    );
    expect(said).toHaveLength(shown?.length ?? -1);
    expect(lines.some((line) => line.startsWith('no difference shown in '))).toBe(true);
    expect(section?.textContent).toContain('No operating point on the card of mute');
    // Sixteen speakers of unknown language are grey.
    const unknown = [...(section?.querySelectorAll('tr') ?? [])].find((row) =>
      row.textContent?.startsWith('unknown'),
    );
    expect(unknown?.querySelectorAll('td.soft')).toHaveLength(3);
  });

  test('without attributes in the clips there is nothing to tell', async () => {
    const bare = makePlan([]);
    const empty = await aggregate(bare, rows);
    expect(empty.fairness).toMatchObject({ results: [], intersections: [], mixtures: [] });
    expect(empty.groups).toEqual([]);
  });
});

describe('the attributes of a study', () => {
  test('are generator, speaker and language if it does not say', () => {
    expect(makePlan(undefined).study.groups).toEqual(['generator', 'speaker', 'language']);
  });

  test('must be there', () => {
    expect(() => makePlan(['accent'])).toThrow(
      expect.objectContaining({
        code: 'bench/bad-study',
        message: expect.stringContaining(
          'no clip has "accent"; there are generator, speaker, language, medium, codec, sex',
        ),
      }),
    );
    expect(() => makePlan(['language', 'language'])).toThrow(
      expect.objectContaining({ code: 'bench/bad-study' }),
    );
  });
});
