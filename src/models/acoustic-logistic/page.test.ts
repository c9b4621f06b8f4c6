import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { STATISTICS } from './statistics.ts';

test('the page of the detector lists every statistic with its unit and meaning', async () => {
  const url = new URL('../../../docs/detectors/acoustic-logistic.md', import.meta.url);
  const rows = (await readFile(url, 'utf8')).match(/^\| `.*$/gm);
  expect(rows).toEqual(
    STATISTICS.map(
      ({ name, unit, meaning }) => `| \`${name}\` | ${unit === '' ? '–' : unit} | ${meaning} |`,
    ),
  );
});
