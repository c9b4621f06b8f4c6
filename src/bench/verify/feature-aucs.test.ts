import { expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import type { Clip } from '../../datasets/clip.ts';
import { rocAuc } from '../../metrics/roc.ts';
import { featureAucs } from './feature-aucs.ts';

const rng = createRng(3).split('features');
/** 4 languages of 30 sources with a real clip and two fakes each; languages lie in two domains. */
const clips: Clip[] = Array.from({ length: 360 }, (_, i) => {
  const source = Math.floor(i / 3);
  const language = `q${source % 4}`;
  return {
    id: `${i}`,
    path: `${i}.wav`,
    medium: 'audio',
    label: i % 3 === 0 ? 'bonafide' : 'spoof',
    source: `${source}`,
    split: (['train', 'dev', 'eval'] as const)[source % 3]!,
    language,
    domain: source % 4 < 2 ? 'one' : 'two',
    ...(i % 3 === 0 ? {} : { generator: `g${i % 5}` }),
  };
});
const feature = (name: string, value: (clip: Clip, i: number) => number) => ({
  name,
  unit: '',
  of: 'sound' as const,
  values: Float64Array.from(clips, value),
});

test('every figure is the AUC of its own clips, ties half', () => {
  const values = feature('coarse', () => rng.int(7));
  const [found] = featureAucs([values], clips, 0.15);
  const of = (keep: (clip: Clip) => boolean): number => {
    const some = (label: string): Float64Array =>
      values.values.filter((_, i) => clips[i]!.label === label && keep(clips[i]!));
    return rocAuc({ bonafide: some('bonafide'), spoof: some('spoof') });
  };
  expect(found!.auc).toBeCloseTo(
    of(() => true),
    12,
  );
  for (const { part, auc } of found!.languages) {
    expect(auc).toBeCloseTo(
      of(({ language }) => language === part),
      12,
    );
  }
  for (const { part, auc } of found!.families) {
    expect(auc).toBeCloseTo(
      of(({ label, generator }) => label === 'bonafide' || generator === part),
      12,
    );
  }
  expect(found!.splits).toHaveLength(3);
  expect(found!.families[0]).toMatchObject({ bonafide: 120 });
});

test('features without a cue do not fail, however many there are', () => {
  let failed = 0;
  for (let corpus = 0; corpus < 20; corpus += 1) {
    const features = Array.from({ length: 25 }, (_, f) =>
      feature(`noise ${f}`, () => rng.normal()),
    );
    if (featureAucs(features, clips, 0).some(({ beyond }) => beyond)) failed += 1;
  }
  // Of 20 corpora one is expected at 5 %; more than three have a chance of 1.6 %.
  expect(failed).toBeLessThanOrEqual(3);
});

test('a cue in one language is found there, and the corpus as a whole is told to be within bounds', () => {
  const cue = feature('cue', ({ language, label }) =>
    language === 'q2' && label === 'spoof' ? 5 + rng.normal() : rng.normal(),
  );
  const [found] = featureAucs([cue], clips, 0.2);
  expect(found).toMatchObject({ beyond: true, overall: false });
  expect(found!.languages.filter(({ beyond }) => beyond).map(({ part }) => part)).toEqual(['q2']);
});

test('what differs for one generator is told, not judged', () => {
  const cue = feature('peaky', ({ generator }) => (generator === 'g1' ? 9 : rng.normal()));
  const [found] = featureAucs([cue], clips, 0.3);
  expect(found!.families.find(({ part }) => part === 'g1')).toMatchObject({ auc: 1, beyond: true });
  expect(found!.beyond).toBe(false);
});

test('copies of one clip do not make a cue surer', () => {
  const few = clips.slice(0, 24);
  const many = Array.from({ length: 10 }, (_, copy) =>
    few.map((clip) => ({ ...clip, id: `${clip.id} ${copy}` })),
  ).flat();
  const values = Float64Array.from(few, (_, i) => rng.normal() + (i % 3 === 0 ? 0 : 1));
  const repeated = Float64Array.from(many, (_, i) => values[i % few.length]!);
  const base = { name: 'x', unit: '', of: 'sound' as const };
  const [one] = featureAucs([{ ...base, values }], few, 0.15);
  const [ten] = featureAucs([{ ...base, values: repeated }], many, 0.15);
  expect(ten!.auc).toBeCloseTo(one!.auc, 12);
  expect([ten!.low, ten!.high]).toEqual([one!.low, one!.high]);
});
