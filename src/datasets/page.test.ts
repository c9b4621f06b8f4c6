import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { packageUrl } from '../core/node/modules.ts';
import { datasetsPage } from './page.ts';
import { listReaders } from './readers/index.ts';

test('the page of data sets is that of the readers (npm run docs:datasets)', async () => {
  const path = fileURLToPath(packageUrl('docs/datasets/README.md'));
  expect(await readFile(path, 'utf8')).toBe(datasetsPage(listReaders()));
});

test('every reader says what a person needs to use it', () => {
  for (const reader of listReaders()) {
    const { name, title, layout, licence, howTo, kind, marks, notes = [] } = reader;
    expect(name).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
    for (const text of [title, layout, licence, howTo, ...notes])
      expect(text.trim(), name).not.toBe('');
    expect(howTo, name).toMatch(/\.$/);
    for (const note of notes) expect(note, name).toMatch(/[.]$/);
    if (kind === 'general') expect(marks, name).toEqual([]);
  }
  expect(new Set(listReaders().map(({ name }) => name)).size).toBe(listReaders().length);
});
