import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRng } from '../../core/rng.ts';
import type { Clip } from '../../datasets/clip.ts';
import { fitBoostedTrees, fitLogistic, type Table } from './classifiers.ts';
import { dealFolds, groupClips } from './groups.ts';
import { sortScores, stratifiedAuc } from './weighted-auc.ts';

function draw(rows: number, isSpoof: (row: Float64Array) => boolean, seed: number): Table {
  const rng = createRng(seed);
  const table = Array.from({ length: rows }, () =>
    Float64Array.from([rng.normal(), rng.normal(), 3]),
  );
  return { rows: table, spoof: Uint8Array.from(table, (row) => (isSpoof(row) ? 1 : 0)) };
}

function aucOn(test: Table, score: (row: Float64Array) => number): number {
  const sorted = sortScores(Float64Array.from(test.rows, score));
  return stratifiedAuc(sorted, test.spoof, new Uint8Array(test.rows.length));
}

const linear = (row: Float64Array): boolean => row[0]! + 2 * row[1]! > 0.3;
const crossed = (row: Float64Array): boolean => row[0]! > 0 === row[1]! > 0;

test('logistic regression finds a linear boundary, and a constant feature does no harm', () => {
  expect(aucOn(draw(400, linear, 2), fitLogistic(draw(400, linear, 1)))).toBeGreaterThan(0.98);
});

test('trees find a boundary that no single feature and no line shows', () => {
  const [train, unseen] = [draw(600, crossed, 3), draw(400, crossed, 4)];
  expect(aucOn(unseen, fitLogistic(train))).toBeLessThan(0.65);
  expect(aucOn(unseen, fitBoostedTrees(train))).toBeGreaterThan(0.95);
});

test('neither finds anything in labels that are chance', () => {
  const rng = createRng(5);
  const [train, unseen] = [
    draw(400, () => rng.uniform() < 0.5, 6),
    draw(400, () => rng.uniform() < 0.5, 7),
  ];
  for (const learn of [fitLogistic, fitBoostedTrees]) {
    // Three standard errors of an AUC on 400 clips.
    expect(Math.abs(aucOn(unseen, learn(train)) - 0.5)).toBeLessThan(0.09);
  }
});

test('the logistic weights are where the gradient vanishes', () => {
  const table = draw(50, linear, 8);
  const base = fitLogistic(table, 10);
  const loss = (shift: number): number => {
    // Penalised loss along one coefficient, read off through the score's linearity.
    const constant = base(Float64Array.of(0, 0, 3));
    const slope = base(Float64Array.of(1, 0, 3)) - constant;
    const spread = deviation(table.rows.map((row) => row[0]!));
    const genuine = table.spoof.filter((value) => value === 0).length;
    const weights = [25 / genuine, 25 / (50 - genuine)];
    const data = table.rows.reduce((sum, row, r) => {
      const z =
        base(row) + (shift * (row[0]! - mean(table.rows.map((other) => other[0]!)))) / spread;
      return (
        sum + weights[table.spoof[r]!]! * Math.log(1 + Math.exp(table.spoof[r] === 1 ? -z : z))
      );
    }, 0);
    return data + 5 * (slope * spread + shift) ** 2;
  };
  // Finite differences of the loss: flat at the fit, rising on both sides.
  expect((loss(1e-4) - loss(-1e-4)) / 2e-4).toBeCloseTo(0, 5);
  expect(loss(0.1)).toBeGreaterThan(loss(0));
  expect(loss(-0.1)).toBeGreaterThan(loss(0));
});

test('the weighted AUC counts pairs within strata, ties half', () => {
  const item = fc.record({
    score: fc.integer({ min: 0, max: 5 }),
    spoof: fc.integer({ min: 0, max: 1 }),
    stratum: fc.integer({ min: 0, max: 2 }),
    weight: fc.integer({ min: 0, max: 3 }),
  });
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 30 }), (items) => {
      let won = 0;
      let pairs = 0;
      for (const a of items.filter((candidate) => candidate.spoof === 1)) {
        for (const b of items.filter((other) => other.spoof === 0 && other.stratum === a.stratum)) {
          pairs += a.weight * b.weight;
          won += a.weight * b.weight * (a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0);
        }
      }
      const auc = stratifiedAuc(
        sortScores(Float64Array.from(items, ({ score }) => score)),
        Uint8Array.from(items, ({ spoof }) => spoof),
        Uint8Array.from(items, ({ stratum }) => stratum),
        Float64Array.from(items, ({ weight }) => weight),
      );
      if (pairs === 0) expect(auc).toBeNaN();
      else expect(auc).toBeCloseTo(won / pairs, 12);
    }),
    { seed: 1 },
  );
});

test('clips that share a speaker or a source stay together, directly or through others', () => {
  const clip = (id: string, speaker?: string, source?: string): Clip => ({
    id,
    path: id,
    medium: 'audio',
    label: 'df'.includes(id) ? 'spoof' : 'bonafide',
    ...(speaker === undefined ? {} : { speaker }),
    ...(source === undefined ? {} : { source }),
  });
  const clips = [
    clip('a', 's1', 't1'),
    clip('b', 's2', 't1'),
    clip('c', 's2', 't2'),
    clip('d', 's3'),
    clip('e', undefined, 't3'),
    clip('f'),
  ];
  const grouping = groupClips(clips);
  expect(grouping).toMatchObject({ by: 'speaker', count: 4 });
  expect([...grouping.groups]).toEqual([0, 0, 0, 1, 2, 3]);
  expect([...dealFolds(grouping, 2)]).toEqual([0, 0, 0, 1, 1, 1]);
  expect(groupClips(clips.slice(0, 3)).by).toBe('clip');
  expect(groupClips([clip('a', 's', '1'), clip('b', 's', '2'), clip('c', 's', '3')]).by).toBe(
    'source',
  );
  // One synthesiser speaks with everybody: its clips go with their partners, and the speakers stay apart.
  const spoken = ['s1', 's2', 's3'].flatMap((speaker) => [
    { ...clip(`${speaker} real`, speaker, speaker), label: 'bonafide' as const },
    { ...clip(`${speaker} fake`, 'robot', speaker), label: 'spoof' as const },
  ]);
  expect([...groupClips(spoken).groups]).toEqual([0, 0, 1, 1, 2, 2]);
  // Without the only speaker that has spoofs no spoof would be left to learn from.
  const oneFaked = clips.map(
    (each, i) => ({ ...each, label: i === 3 ? 'spoof' : 'bonafide' }) as const,
  );
  expect(groupClips(oneFaked).by).not.toBe('speaker');
});

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}
