import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('the page names every layer and loss, and nothing else', () => {
  const page = readFileSync('docs/guide/layers.md', 'utf8');
  const tables = page.split('\n').filter((line) => line.startsWith('|'));
  const named = new Set(
    tables.flatMap((line) => [...line.matchAll(/`([a-z]\w*)`/gi)].map((m) => m[1]!)),
  );
  const exported = ['src/models/layers/index.ts', 'src/training/losses/index.ts'].flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/^ {2}([a-z]\w*),$|^export \{ ([^}]+) \}/gm)].flatMap(
      ([, one, several]) => (several?.split(',') ?? [one!]).map((name) => name.trim()),
    ),
  );
  const functions = exported.filter(
    (name) => !/^(?:init[A-Z]|type )|^(?:drawKey|splitKey)$/.test(name),
  );
  expect(functions.length).toBeGreaterThan(80);
  expect([...named].sort()).toEqual([...new Set(functions)].sort());
});
