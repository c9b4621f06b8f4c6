import { describe, expect, test } from 'vitest';
import { createRng } from '../core/rng.ts';
import { spearman } from '../metrics/spearman.ts';
import type { TrialRow } from '../store/trial.ts';
import { aggregate } from './aggregate.ts';
import { type Plan, type PlannedCondition, planStudy } from './plan.ts';
import { monotonyOf, thresholdDrifts } from './robustness.ts';
import { checkStudy } from './study.ts';

function condition(corruption: string | null, level: number | null): PlannedCondition {
  const single = corruption !== null && level !== null;
  return {
    id: single ? `${corruption}@${level}` : 'clean',
    steps: single ? [{ corruption, level }] : [],
    corruption,
    family: single ? 'noise' : null,
    level,
    value: level,
    unit: single ? 'dB' : null,
  };
}

function makePlan(more: Record<string, unknown> = {}): Plan {
  const study = checkStudy({
    corpus: 'toy',
    detectors: ['a', 'b'],
    interval: { replicates: 400 },
    ...more,
  });
  return planStudy({
    name: 'toy',
    study,
    corpus: {
      ...{ name: 'toy', root: '/data', reader: 'a-reader', options: { recoded: 'exclude' } },
      ...{ fingerprint: 'abc', confound: { auc: 0.6, low: 0.5, high: 0.7 } },
    },
    split: 'eval',
    clips: Array.from({ length: 60 }, (_, i) => ({
      id: `clip-${i}`,
      path: `/data/${i}.wav`,
      label: i < 30 ? ('bonafide' as const) : ('spoof' as const),
      medium: 'audio' as const,
      speaker: `speaker-${i % 6}`,
      language: i % 2 === 0 ? 'de' : 'fr',
      ...(i < 30 ? {} : { generator: i % 3 === 0 ? 'vocoder' : 'tts' }),
      file: null,
    })),
    conditions: [condition(null, null), condition('hiss', 1), condition('hiss', 2)],
    detectors: ['a', 'b'].map((name) => ({
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
        operatingPoints: name === 'a' ? [{ name: 'eer', threshold: 0, fixedOn: 'dev' }] : [],
        ...(name === 'a' ? { calibration: { scale: 2, offset: 0.5, fixedOn: 'dev', n: 9 } } : {}),
        limits: [],
      },
    })),
    code: 'code',
  });
}

/** Scores that overlap more with each level, and more for detector b. */
function makeRows(plan: Plan): TrialRow[] {
  return plan.clips.flatMap((clip) =>
    plan.conditions.flatMap((each) =>
      plan.detectors.map(({ name }): TrialRow => {
        const rng = createRng(7).split(clip.id).split(each.id).split(name);
        const distance = (name === 'a' ? 2.5 : 1.5) / (1 + (each.level ?? 0));
        const score = (clip.label === 'spoof' ? distance : -distance) / 2 + rng.normal();
        return {
          run: plan.run.slice(0, 16),
          detector: name,
          corpus: 'toy',
          split: 'eval',
          clip: clip.id,
          condition: each.id,
          corruption: each.corruption,
          level: each.level,
          value: each.value,
          seed: 1,
          score,
          llr: name === 'a' ? 2 * score + 0.5 : null,
          refused: null,
          sha256: null,
          failed: null,
          durationSec: 1,
          encodedBytes: null,
          label: clip.label,
          speaker: clip.speaker ?? null,
          language: clip.language ?? null,
          generator: clip.generator ?? null,
          source: null,
          group: null,
        };
      }),
    ),
  );
}

/** EER by trying every threshold and walking the line between its neighbours: slow and plain. */
function slowEer(rows: readonly TrialRow[]): number {
  const scores = rows.map((row) => row.score ?? 0);
  const thresholds = [...new Set(scores)].sort((x, y) => x - y).concat(Number.POSITIVE_INFINITY);
  const share = (label: string, hit: (score: number) => boolean) => {
    const own = rows.filter((row) => row.label === label);
    return own.filter((row) => hit(row.score ?? 0)).length / own.length;
  };
  let last = { fpr: 1, fnr: 0 };
  for (const threshold of thresholds) {
    const fpr = share('bonafide', (score) => score >= threshold);
    const fnr = share('spoof', (score) => score < threshold);
    if (fnr >= fpr) {
      const before = last.fpr - last.fnr;
      const after = fnr - fpr;
      return last.fpr + ((fpr - last.fpr) * before) / (before + after);
    }
    last = { fpr, fnr };
  }
  throw new Error('no crossing');
}

/** The two walk the same line by different roads. */
const ROUNDING = 1e-12;

describe('aggregating trials', () => {
  const plan = makePlan({ assert: ['eer(a, clean) < eer(b, clean)', 'fpr(a, clean) > 1'] });
  const rows = makeRows(plan);

  test('EERs, rates, means and groups are those of a slow and plain computation', async () => {
    const summary = await aggregate(plan, rows);
    const of = (detector: string, id: string) =>
      rows.filter((row) => row.detector === detector && row.condition === id);
    for (const result of summary.results) {
      const own = of(result.detector, result.condition);
      expect(result.eer?.value).toBeCloseTo(slowEer(own), 12);
      expect(result.eer?.low).toBeLessThanOrEqual(result.eer?.value ?? 0);
      expect(result.eer?.high).toBeGreaterThanOrEqual(result.eer?.value ?? 1);
      expect(result.n).toEqual({ bonafide: 30, spoof: 30 });
    }
    const clean = summary.results[0];
    const missed = of('a', 'clean').filter((r) => r.label === 'spoof' && (r.score ?? 0) < 0).length;
    expect(clean?.atThreshold?.fnr.value).toBeCloseTo(missed / 30, 12);
    const hiss = summary.robustness.find(({ detector }) => detector === 'a');
    const levels = ['hiss@1', 'hiss@2'].map((id) => slowEer(of('a', id)));
    expect(hiss?.meanEer.value).toBeCloseTo((levels[0]! + levels[1]!) / 2, 12);
    expect(hiss?.worst.eer).toBeCloseTo(Math.max(...levels), 12);
    expect(summary.families.map(({ family, conditions }) => [family, conditions])).toEqual([
      ['noise', 2],
      ['noise', 2],
    ]);
    const [, b] = summary.corruptionErrors;
    const sum = (detector: string) =>
      slowEer(of(detector, 'hiss@1')) + slowEer(of(detector, 'hiss@2'));
    expect(Math.abs((b?.mce?.value ?? 0) - sum('b') / sum('a'))).toBeLessThan(ROUNDING);
    const n = { bonafide: 30, spoof: 30 };
    for (const mean of [...summary.families, ...summary.robustness, b]) expect(mean?.n).toEqual(n);
    const tts = summary.groups.find(
      (g) => g.detector === 'a' && g.condition === 'clean' && g.group === 'tts',
    );
    const against = of('a', 'clean').filter((r) => r.label === 'bonafide' || r.generator === 'tts');
    expect(tts?.n).toEqual({ bonafide: 30, spoof: 20 });
    expect(tts?.eer?.value).toBeCloseTo(slowEer(against), 12);
    const german = summary.groups.find((g) => g.condition === 'pooled' && g.group === 'de');
    expect(german?.n).toEqual({ bonafide: 45, spoof: 45 });
    expect(german?.fpr?.low).toBeLessThanOrEqual(german?.fpr?.value ?? 0);
  });

  test('speakers are resampled, Cllr needs a calibration, the floor is shown', async () => {
    const summary = await aggregate(plan, rows);
    expect(summary.interval).toMatchObject({ unit: 'speaker', replicates: 400, level: 0.95 });
    expect(summary.results.map(({ cllr }) => cllr !== undefined)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(summary.confound).toEqual({ value: 0.6, low: 0.5, high: 0.7 });
    // Of how it was opened only what says which clips these are.
    const n = { bonafide: 30, spoof: 30 };
    expect(summary.corpus).toEqual({
      ...{ name: 'toy', options: { recoded: 'exclude' }, fingerprint: 'abc', split: 'eval', n },
    });
    expect(summary.assertions.map(({ ok }) => ok)).toEqual([true, false]);
    const difference = summary.results[2]?.eerMinusClean;
    const value = (summary.results[2]?.eer?.value ?? 0) - (summary.results[0]?.eer?.value ?? 0);
    expect(difference?.value).toBeCloseTo(value, 12);
    expect(difference?.p).toBeGreaterThan(0);
  });

  test('the order of the rows changes nothing', async () => {
    const shuffled = createRng(3).shuffle(rows);
    expect(await aggregate(plan, shuffled)).toEqual(await aggregate(plan, rows));
  });

  test('failed and refused trials are counted and leave the rest in place', async () => {
    const some = rows.map((row, i): TrialRow => {
      if (row.condition !== 'hiss@2' || row.detector !== 'a') return row;
      if (row.label === 'spoof')
        return { ...row, score: null, llr: null, failed: 'audio/not-finite' };
      return i % 2 === 0 ? row : { ...row, score: null, llr: null, refused: 'verdict/silence' };
    });
    const summary = await aggregate(plan, some);
    const bad = summary.results.find((r) => r.detector === 'a' && r.condition === 'hiss@2');
    expect(bad?.failed).toBe(30);
    expect(bad?.n.spoof).toBe(0);
    expect(bad?.eer).toBeUndefined();
    expect(bad?.eerMinusClean).toBeUndefined();
    expect(bad?.problem).toContain('metrics/class-missing');
    expect(summary.failures[0]).toMatchObject({
      kind: 'failed',
      code: 'audio/not-finite',
      count: 30,
    });
    expect(summary.failures[0]?.clips).toHaveLength(20);
    expect(summary.corruptionErrors[0]?.mce).toBeNull();
    expect(summary.corruptionErrors[0]?.note).toContain('missing');
    expect(summary.results[0]?.eer).toBeDefined();
  });

  test('a saturated detector has a reason in place of figures', async () => {
    const flat = rows.map((row) => ({ ...row, score: row.label === 'spoof' ? 1 : 0, llr: null }));
    const summary = await aggregate(makePlan(), flat);
    expect(summary.results.at(-1)?.problem).toContain('metrics/too-few-values');
  });

  test('the study may say what is resampled', async () => {
    const byClip = makePlan({ interval: { replicates: 100, unit: 'clip' } });
    expect((await aggregate(byClip, rows)).interval.unit).toBe('clip');
    const bySource = makePlan({ interval: { replicates: 100, unit: 'source' } });
    const summary = await aggregate(bySource, rows);
    expect(summary.results[0]?.eer?.low).not.toBeNull();
  });
});

describe('robustness in few numbers', () => {
  const row = (detector: string, corruption: string, monotony: number | null) => ({
    detector,
    corruption,
    family: 'noise',
    levels: 5,
    meanEer: { value: 0.2, low: null, high: null },
    monotony,
    worst: { condition: `${corruption}@5`, eer: 0.3 },
  });

  test('stress that does not rise with its level is named; levels without an order are left out', () => {
    const robustness = [row('a', 'hiss', 1), row('a', 'hum', 0.59), row('b', 'pitch', null)];
    expect(monotonyOf({ robustness })).toEqual({
      pairs: 2,
      rising: 1,
      failing: [{ detector: 'a', corruption: 'hum', rho: 0.59 }],
    });
  });

  test('three ordered levels have the rank correlation of their EERs', async () => {
    const plan = makePlan();
    const ordered = (level: number) => ({ ...condition('hiss', level), ordered: true });
    const more = { ...plan, conditions: [condition(null, null), ...[1, 2, 3].map(ordered)] };
    const summary = await aggregate(more, makeRows(more));
    for (const { monotony, detector } of summary.robustness) {
      const eers = [1, 2, 3].map(
        (level) =>
          summary.results.find((r) => r.detector === detector && r.level === level)?.eer?.value ??
          -1,
      );
      expect(monotony).toBe(spearman([1, 2, 3], eers));
    }
    expect((await aggregate(plan, makeRows(plan))).robustness[0]?.monotony).toBe(null);
  });

  test('drift is the error at the fixed threshold over the EER, the costliest first', async () => {
    const plan = makePlan();
    const summary = await aggregate(plan, makeRows(plan));
    const drifts = thresholdDrifts(summary);
    // Only detector a has a threshold.
    expect(drifts.map(({ result }) => result.detector)).toEqual(['a', 'a', 'a']);
    for (const [i, { result, ratio }] of drifts.entries()) {
      expect(ratio).toBeCloseTo(result.atThreshold!.error.value / result.eer!.value, 12);
      if (i > 0) expect(ratio).toBeLessThanOrEqual(drifts[i - 1]!.ratio);
    }
  });

  test('mCE and relative mCE have intervals from the resamples that both detectors share', async () => {
    const plan = makePlan();
    const rows = makeRows(plan);
    const summary = await aggregate(plan, rows);
    const [a, b] = summary.corruptionErrors;
    expect(a).toMatchObject({ mce: { value: 1, low: 1, high: 1 }, relativeMce: { value: 1 } });
    expect(b!.mce!.low!).toBeLessThan(b!.mce!.value);
    expect(b!.mce!.high!).toBeGreaterThan(b!.mce!.value);
    const eer = (detector: string, id: string): number =>
      summary.results.find((r) => r.detector === detector && r.condition === id)?.eer?.value ?? -1;
    const rise = (detector: string): number =>
      eer(detector, 'hiss@1') + eer(detector, 'hiss@2') - 2 * eer(detector, 'clean');
    expect(b!.relativeMce!.value).toBeCloseTo(rise('b') / rise('a'), 12);
    // A twin of the first detector is as good as it on every resample: only paired draws can tell.
    const own = rows.filter(({ detector }) => detector === 'a');
    const twins = [...own, ...own.map((row) => ({ ...row, detector: 'b' }))];
    const [, twin] = (await aggregate(plan, twins)).corruptionErrors;
    expect(twin?.mce).toMatchObject({ value: 1, low: 1, high: 1 });
    expect(twin?.note).toBe(a?.note);
  });

  test('an interval that the most extreme quotients are missing from is not given', async () => {
    const plan = makePlan();
    // Detector a calls one clip of every speaker wrong, and under noise one more of a single speaker, whom one
    // resample in three does not draw: there it does not rise.
    const wrong = (clip: number, { condition: id }: TrialRow): boolean =>
      clip % 30 < 6 || (id !== 'clean' && clip % 30 === 6);
    const rows = makeRows(plan).map((row) => {
      if (row.detector !== 'a') return row;
      const clip = Number(row.clip.slice('clip-'.length));
      const spoof = (row.label === 'spoof') !== wrong(clip, row);
      return { ...row, score: (spoof ? 1 : -1) + clip / 1000 };
    });
    const [a, b] = (await aggregate(plan, rows)).corruptionErrors;
    expect(b?.relativeMce).toMatchObject({ value: expect.any(Number), low: null, high: null });
    expect(a?.relativeMce).toMatchObject({ value: 1, low: null, high: null });
    expect(b?.note).toMatch(
      /^in \d\d\.\d % of the resamples a errs too little for relative mCE: too many for an interval$/,
    );
    expect(b?.mce?.low).not.toBeNull();
  });

  test('a clip that one of two detectors has not scored is in no mCE', async () => {
    const plan = makePlan();
    const rows = makeRows(plan).map((row) =>
      row.clip === 'clip-3' && row.detector === 'a' && row.condition === 'hiss@1'
        ? { ...row, score: null, llr: null, refused: 'verdict/silence' as const }
        : row,
    );
    const [a, b] = (await aggregate(plan, rows)).corruptionErrors;
    expect(b?.n).toEqual({ bonafide: 29, spoof: 30 });
    expect(a?.n).toEqual(b?.n);
  });

  test('where the first detector makes no error, or clean is not run, the reason stands in place of mCE', async () => {
    const plan = makePlan();
    const perfect = makeRows(plan).map((row, i) =>
      row.detector === 'a' ? { ...row, score: row.label === 'spoof' ? 9 + i : -9 - i } : row,
    );
    const [, b] = (await aggregate(plan, perfect)).corruptionErrors;
    expect(b).toMatchObject({ mce: null, relativeMce: null });
    expect(b?.note).toContain('under hiss the reference makes no error');
    const stressed = { ...plan, conditions: plan.conditions.slice(1) };
    const [, without] = (await aggregate(stressed, makeRows(stressed))).corruptionErrors;
    expect(without?.mce?.low).not.toBeNull();
    expect(without).toMatchObject({ relativeMce: null, note: 'the study has no clean condition' });
  });

  test('probes are places: they have figures and a shift, and are in no mean', async () => {
    const plan = makePlan();
    const probe = { ...condition('occlude-band', 1), family: 'occlusion' as const, ordered: false };
    const more = { ...plan, conditions: [...plan.conditions, probe] };
    const summary = await aggregate(more, makeRows(more));
    const found = summary.results.find((r) => r.condition === probe.id);
    expect(found?.eerMinusClean?.low).not.toBeNull();
    expect(found?.scoreShift?.bonafide.low).not.toBeNull();
    expect(summary.families.some(({ family }) => family === 'occlusion')).toBe(false);
    expect(summary.robustness.some(({ family }) => family === 'occlusion')).toBe(false);
    const without = await aggregate(plan, makeRows(plan));
    expect(summary.corruptionErrors).toEqual(without.corruptionErrors);
  });

  test('mild noise is set against compression and strong modification, on the same resamples', async () => {
    const plan = makePlan();
    const of = (family: 'noise' | 'compression' | 'modification', name: string, level: number) => ({
      ...condition(name, level),
      family,
      ordered: true,
      value: family === 'noise' ? 50 - 10 * level : level,
    });
    const conditions = [
      condition(null, null),
      of('noise', 'hiss', 1),
      of('noise', 'hiss', 3),
      of('noise', 'hiss', 4),
      of('compression', 'mp3', 2),
      of('modification', 'echo', 1),
      of('modification', 'echo', 2),
    ];
    const more = { ...plan, conditions };
    const summary = await aggregate(more, makeRows(more));
    const eer = (detector: string, id: string): number =>
      summary.results.find((r) => r.detector === detector && r.condition === id)?.eer?.value ?? -1;
    expect(summary.contrasts.map(({ detector }) => detector)).toEqual(['a', 'b']);
    for (const { detector, difference, conditions: count } of summary.contrasts) {
      // 40 and 20 dB are mild, 10 dB is not; of the two levels of echo the upper is strong.
      expect(count).toEqual({ strong: 2, mildNoise: 2 });
      const strong = (eer(detector, 'mp3@2') + eer(detector, 'echo@2')) / 2;
      const mild = (eer(detector, 'hiss@1') + eer(detector, 'hiss@3')) / 2;
      expect(difference.value).toBeCloseTo(strong - mild, 12);
      expect(difference.low!).toBeLessThanOrEqual(difference.value);
      expect(difference.high!).toBeGreaterThanOrEqual(difference.value);
    }
    expect((await aggregate(plan, makeRows(plan))).contrasts).toEqual([]);
  });
});
