import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { codeBlocks } from '../../test/helpers/guide-blocks.ts';

const PAGE = 'docs/guide/runtime.md';

/** Where the tables of the page say that each function is imported from. */
async function entriesOfPage(): Promise<ReadonlyMap<string, string>> {
  const page = await readFile(PAGE, 'utf8');
  const entries = new Map<string, string>();
  for (const line of page.split('\n')) {
    const entry = /\| `(ringtrue(?:\/[a-z]+)?)` \|/.exec(line)?.[1];
    if (entry === undefined) continue;
    for (const [, name] of line.matchAll(CALL)) entries.set(name!, entry);
    for (const [, name] of line.matchAll(/`([a-z]\w+)`/gi))
      if (name !== 'ringtrue') entries.set(name!, entry);
  }
  return entries;
}

/** A call in code, not of a method. */
const CALL = /(?<![\w.])([a-z]\w*)\(/gi;

/** The source file of an entry of `package.json`. */
async function sourceOf(entry: string): Promise<string> {
  const { exports } = JSON.parse(await readFile('package.json', 'utf8')) as {
    exports: Record<string, { default: string }>;
  };
  const file = exports[entry.replace(/^ringtrue/, '.')]?.default;
  if (file === undefined) throw new Error(`package.json exports no ${entry}`);
  return file.replace('./dist/', 'src/').replace(/\.js$/, '.ts');
}

test('every function that the page names is public, where the page says', async () => {
  const page = await readFile(PAGE, 'utf8');
  const entries = await entriesOfPage();
  const code = [...page.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text!);
  const named = new Set(code.flatMap((text) => [...text.matchAll(CALL)].map(([, name]) => name!)));
  expect(named.size).toBeGreaterThan(8);
  expect([...named].filter((name) => !entries.has(name))).toEqual([]);
  for (const [name, entry] of entries) {
    const exported: Record<string, unknown> = await import(
      /* @vite-ignore */ `../../${await sourceOf(entry)}`
    );
    expect(typeof exported[name], `${name} of ${entry}`).toBe('function');
  }
});

test('the script of the page is the example, and prints what the page says', async () => {
  const scripts = (await codeBlocks(PAGE)).filter(({ language }) => language === 'ts');
  expect(scripts.map(({ code }) => code)).toEqual([await readFile('examples/line.ts', 'utf8')]);
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'ringtrue/typescript', 'examples/line.ts'],
    { encoding: 'utf8' },
  );
  const told = /it prints `([^`]+)`/.exec(await readFile(PAGE, 'utf8'))?.[1];
  expect(stdout, stderr).toBe(`${told}\n`);
});

/** Modules that importing a file loads at once. */
async function loadedWith(path: string, seen = new Set<string>()): Promise<ReadonlySet<string>> {
  if (seen.has(path)) return seen;
  seen.add(path);
  if (!path.endsWith('.ts')) return seen;
  const code = await readFile(path, 'utf8');
  for (const [, typeOnly, name] of code.matchAll(
    /^(?:import|export)( type)?\b[^;'"]*?from '([^']+)';/gm,
  )) {
    if (typeOnly !== undefined) continue;
    await loadedWith(name!.startsWith('.') ? join(dirname(path), name!) : name!, seen);
  }
  return seen;
}

test.each([
  ['ringtrue/web', []],
  [
    'ringtrue/runtime',
    [
      '@bufbuild/protobuf',
      '@jax-js/jax',
      '@noble/hashes/sha2.js',
      '@noble/hashes/utils.js',
      'onnx-buf',
    ],
  ],
])('%s loads nothing of Node, and no other packages than these', async (entry, packages) => {
  const loaded = await loadedWith(await sourceOf(entry));
  expect(loaded.size).toBeGreaterThan(5);
  expect([...loaded].filter((name) => !name.endsWith('.ts')).sort()).toEqual(packages);
});
