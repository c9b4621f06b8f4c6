import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Corruption } from '../corruptions/types.ts';
import type { Clip } from '../datasets/clip.ts';
import { describeCondition, type PlanInput, planStudy } from './plan.ts';
import { checkStudy } from './study.ts';

function makeClips(bonafide: number, spoof: number): PlanInput['clips'] {
  return Array.from({ length: bonafide + spoof }, (_, i) => ({
    id: `clip-${String(i).padStart(4, '0')}`,
    path: `/data/${i}.wav`,
    label: i < bonafide ? ('bonafide' as const) : ('spoof' as const),
    medium: 'audio' as const,
    file: { bytes: 1000 + i, changedMs: 5 },
  }));
}

function input(clips: PlanInput['clips'], more: Record<string, unknown> = {}): PlanInput {
  const study = checkStudy({ corpus: 'toy', detectors: ['gmm'], ...more });
  return {
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
    detectors: [
      {
        ref: 'gmm',
        name: 'gmm',
        id: 'abc',
        needs: { sampleRate: 16000, minSec: 0.5 },
        card: {
          name: 'gmm',
          version: '1',
          summary: '',
          licence: 'Apache-2.0',
          languages: [],
          trainedOn: [],
          recipe: '',
          operatingPoints: [],
          limits: [],
        },
      },
    ],
    code: 'code',
  };
}

describe('planning a study', () => {
  test('units hold every clip once, in order, and at most sixteen', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 400 }), (b, s) => {
        const plan = planStudy(input(makeClips(b, s)));
        expect(plan.units.flatMap((unit) => unit.clips)).toEqual(plan.clips);
        expect(plan.clips).toHaveLength(b + s);
        expect(Math.max(...plan.units.map((unit) => unit.clips.length))).toBeLessThanOrEqual(16);
        expect(plan.units.every((unit, i) => unit.index === i && unit.clips.length > 0)).toBe(true);
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  test('large files are not put into one unit', () => {
    const large = makeClips(300, 300).map((clip, i) => ({
      ...clip,
      file: { bytes: i === 5 ? 100 * 2 ** 20 : 10 * 2 ** 20, changedMs: 5 },
    }));
    const sizes = planStudy(input(large)).units.map((unit) =>
      unit.clips.reduce((sum, { file }) => sum + (file?.bytes ?? 0), 0),
    );
    expect(sizes.filter((size) => size > 32 * 2 ** 20)).toEqual([100 * 2 ** 20]);
  });

  test('a limit draws from both classes, in the order of the corpus, by the seed alone', () => {
    const ids = (seed: number) =>
      planStudy(input(makeClips(30, 60), { seed, limits: { clips: 21 } })).clips.map(
        ({ id }) => id,
      );
    expect(ids(1)).toEqual(ids(1));
    expect(ids(1)).not.toEqual(ids(2));
    expect(ids(1)).toEqual([...ids(1)].sort());
    const plan = planStudy(input(makeClips(4, 60), { limits: { clips: 20 } }));
    expect(plan.clips.filter(({ label }) => label === 'bonafide')).toHaveLength(4);
    expect(plan.clips).toHaveLength(20);
  });

  test('the run is named by what decides its trials and by nothing else', () => {
    const run = (clips: PlanInput['clips'], more = {}) => planStudy(input(clips, more)).run;
    const base = run(makeClips(3, 3));
    const moved = makeClips(3, 3).map((clip) => ({
      ...clip,
      path: `/elsewhere${clip.path}`,
      file: { bytes: clip.file?.bytes ?? 0, changedMs: 77 },
    }));
    expect(run(moved)).toBe(base);
    expect(run(makeClips(3, 3), { assert: ['eer(gmm, clean) < 1'] })).toBe(base);
    expect(run(makeClips(3, 3), { interval: { replicates: 200 } })).toBe(base);
    expect(run(makeClips(3, 3), { seed: 2 })).not.toBe(base);
    expect(run(makeClips(3, 4))).not.toBe(base);
    const longer = makeClips(3, 3).map((clip) => ({ ...clip, file: { bytes: 9, changedMs: 5 } }));
    expect(run(longer)).not.toBe(base);
  });

  test('a missing class, a double id, detector or condition, an unknown name in an assertion', () => {
    const clips = makeClips(3, 3);
    const code = (make: () => unknown) => {
      try {
        make();
      } catch (error) {
        return (error as { code?: string }).code;
      }
      return 'none';
    };
    expect(code(() => planStudy(input(makeClips(3, 0))))).toBe('datasets/class-missing');
    expect(code(() => planStudy(input([...clips, clips[0]!])))).toBe('datasets/duplicate-id');
    const base = input(clips);
    const twice = { ...base, detectors: [base.detectors[0]!, base.detectors[0]!] };
    expect(code(() => planStudy(twice))).toBe('bench/bad-study');
    const both = { ...base, conditions: [base.conditions[0]!, base.conditions[0]!] };
    expect(code(() => planStudy(both))).toBe('bench/bad-study');
    expect(code(() => planStudy(input(clips, { assert: ['eer(gmm, mp3@1) < 1'] })))).toBe(
      'bench/unknown-assertion',
    );
  });

  test('unlabelled clips are left out', () => {
    const unlabelled: Clip & { file: null } = { id: 'x', path: '/x', medium: 'audio', file: null };
    expect(planStudy(input([...makeClips(2, 2), unlabelled])).clips).toHaveLength(4);
  });
});

test('conditions are described by their corruptions', () => {
  const find = (name: string): Pick<Corruption, 'family' | 'levels' | 'page'> => ({
    family: name === 'mp3' || name === 'opus' ? 'compression' : 'noise',
    page: {
      formula: '',
      grid: '',
      measure: name === 'tune' ? null : 'snrDb',
      ...(name === 'shift' ? { neutral: 0 } : {}),
      limits: [],
      citation: '',
    },
    levels: [
      { level: 2, value: 32, unit: 'kbit/s', params: name === 'tune' ? { key: 'B' } : { key: 2 } },
    ],
  });
  const step = (corruption: string) => ({ corruption, level: 2 });
  expect(describeCondition({ id: 'mp3@2', steps: [step('mp3')] }, find)).toMatchObject({
    corruption: 'mp3',
    family: 'compression',
    value: 32,
    unit: 'kbit/s',
    ordered: true,
  });
  const of = (name: string) => describeCondition({ id: name, steps: [step(name)] }, find);
  expect(of('tune')).toMatchObject({ ordered: false, variant: 'B' });
  expect(of('shift')).toMatchObject({ ordered: false, neutral: 0 });
  expect(of('shift').variant).toBeUndefined();
  expect(of('mp3').neutral).toBeUndefined();
  expect(
    describeCondition({ id: 'mp3@2+opus@2', steps: [step('mp3'), step('opus')] }, find),
  ).toMatchObject({ corruption: null, family: 'compression', value: null });
  expect(
    describeCondition({ id: 'mp3@2+hum@2', steps: [step('mp3'), step('hum')] }, find),
  ).toMatchObject({ family: null });
});
