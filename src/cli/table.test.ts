import { expect, test } from 'vitest';
import { displayWidth, formatSeconds, formatTable } from './table.ts';

test('columns line up, numbers to the right, wide characters and colours counted as shown', () => {
  const table = formatTable(
    [{ title: 'file' }, { title: 'LLR', align: 'right' }],
    [
      ['録音.wav', '1.5'],
      ['\u001b[31ma.wav\u001b[0m', '-10.25'],
    ],
  );
  expect(table.split('\n').map(displayWidth)).toEqual([16, 16, 16, 16]);
});

test('times read as people say them', () => {
  expect([4.2, 59, 185, 3720].map(formatSeconds)).toEqual([
    '4.2 s',
    '59 s',
    '3 min 05 s',
    '1 h 02 min',
  ]);
});
