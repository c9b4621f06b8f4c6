import { expect, test } from 'vitest';
import type { Clip } from '../datasets/clip.ts';
import { measuredLimits } from './limits.ts';

const train: Clip[] = [
  { id: 'a', path: 'a', medium: 'audio', label: 'bonafide', speaker: 'anna' },
  { id: 'b', path: 'b', medium: 'audio', label: 'spoof', speaker: 'anna', generator: 'one' },
  { id: 'c', path: 'c', medium: 'audio', label: 'spoof', speaker: 'bo', generator: 'two' },
];
const auc = (value: number, low: number | null, high: number | null) => ({
  auc: { value, low, high },
});
const floor = { auc: 0.6, low: 0.5, high: 0.7 };

test.each([
  ['chance', auc(0.6, 0.45, 0.75), floor, /^Not shown to be better than chance .*0\.450–0\.750/],
  ['trivial features', auc(0.8, 0.65, 0.9), floor, /^Not shown to be better than trivial features/],
  ['unseen voices', null, floor, /^No held-out split was scored/],
])('a card confesses: %s', (_, held, confound, sentence) => {
  const [heard, second] = measuredLimits(train, held, confound);
  expect(heard).toMatch(/^Heard 1 genuine speaker and 2 generators in 3 clips/);
  expect(second).toMatch(sentence);
});

test('clear figures need no further confession', () => {
  expect(measuredLimits(train, auc(0.9, 0.8, 0.95), floor)).toHaveLength(1);
  expect(measuredLimits(train, auc(0.6, null, null), floor)).toHaveLength(1);
});
