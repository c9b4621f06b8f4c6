import { describe, expect, test } from 'vitest';
import { decideAssertion, parseAssertion } from './assert.ts';
import type { ConditionResult } from './summary.ts';

const names = {
  detectors: [
    { name: 'lcnn', hasThreshold: true },
    { name: './mine one.onnx', hasThreshold: false },
    { name: 'https://host:80/score', hasThreshold: false },
  ],
  conditions: ['clean', 'mp3@3', 'opus@2+background-noise@3'],
};

function figure(value: number) {
  return { value, low: null, high: null };
}

const results: ConditionResult[] = [
  ['lcnn', 'clean', 0.05],
  ['lcnn', 'mp3@3', 0.2],
  ['./mine one.onnx', 'opus@2+background-noise@3', 0.3],
].map(([detector, condition, eer]) => ({
  detector: String(detector),
  condition: String(condition),
  corruption: null,
  level: null,
  value: null,
  unit: null,
  n: { bonafide: 10, spoof: 10 },
  eer: figure(Number(eer)),
  failed: 0,
  refused: 0,
}));

function decide(text: string) {
  return decideAssertion(parseAssertion(text, names), results);
}

describe('assertions', () => {
  test.each([
    ['eer(lcnn, clean) < 0.06', 0.05, true],
    ['eer(lcnn, clean) < 5%', 0.05, false],
    ['eer(lcnn,clean)<=5 %', 0.05, true],
    ['eer(lcnn, mp3@3) - eer(lcnn, clean) < 0.10', 0.15, false],
    ['0.1 > eer(lcnn, mp3@3) - eer(lcnn, clean)', 0.1, false],
    ['eer(./mine one.onnx, opus@2+background-noise@3) >= 3e-1', 0.3, true],
    ['eer(lcnn, mp3@3) / eer(lcnn, clean) < 2 * (1 + 1.5)', 4, true],
    ['2 - 1 - 1 <= 0', 0, true],
    ['-(2 - 3) * 2 > 1', 2, true],
  ])('%s', (text, value, ok) => {
    const decided = decide(text);
    expect(decided.value).toBeCloseTo(value, 12);
    expect(decided.ok).toBe(ok);
  });

  test('one that needs a missing figure does not hold', () => {
    expect(decide('auc(lcnn, clean) > 0')).toMatchObject({ value: null, ok: false });
    expect(decide('eer(https://host:80/score, clean) < 1')).toMatchObject({
      value: null,
      ok: false,
    });
    expect(decide('1 / 0 > 0')).toMatchObject({ value: null, ok: false });
  });

  test.each([
    ['', 'character 1: expected a number'],
    ['eer(lcnn, clean)', 'expected <, <=, > or >='],
    ['eer(lcnn, clean) < 0.1 0.2', 'expected the end'],
    ['eer(lcnn) < 0.1', 'expected a detector and a comma'],
    ['eer(lcnn, ) < 0.1', 'expected a condition'],
    ['era(lcnn, clean) < 0.1', 'era is not one of eer, auc'],
    ['(1 < 2', 'expected )'],
    ['eer(gmm, clean) < 0.1', 'runs no detector gmm; it runs lcnn'],
    ['eer(lcnn, mp3@9) < 0.1', 'runs no condition mp3@9'],
    ['fpr(./mine one.onnx, clean) < 0.1', 'has no operating point'],
  ])('%s is bench/unknown-assertion', (text, message) => {
    expect(() => parseAssertion(text, names)).toThrow(
      expect.objectContaining({
        code: 'bench/unknown-assertion',
        message: expect.stringContaining(message),
      }),
    );
  });
});
