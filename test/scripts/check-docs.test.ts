import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const script = resolve('scripts/check-docs.mjs');
let folder: string;

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
function check() {
  const { status, stdout, stderr } = spawnSync('node', [script], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}
const HEAD = '/**\n * A part.\n * @module\n */\n\n';

/** A tree in order: two public types, one of them by a detour, and one that stays inside. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'docs-'));
  for (const path of [
    'src/core/errors.ts',
    'src/compiler/lower/operations.ts',
    'docs/reference/errors.md',
    'docs/reference/operations.md',
  ]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(path, join(folder, path));
  }
  put('src/public/index.ts', `${HEAD}export { type Size } from '../a/index.ts';\n`);
  put('src/public/more.ts', `${HEAD}export * as shelf from '../a/shelf.ts';\n`);
  put('src/a/index.ts', `${HEAD}export { type Inner as Size } from './size.ts';\n`);
  put(
    'src/a/size.ts',
    `${HEAD}/**
 * \`width\` and \`height\` in m.
 * @property depth in m as well
 */
export interface Inner {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  /** In kg. */
  readonly mass: number;
}

/** Not public: its members may speak for themselves. */
export interface Hidden {
  readonly x: number;
}
`,
  );
  put(
    'src/a/shelf.ts',
    `${HEAD}/** Holds things. */
export class Shelf {
  readonly #things: string[] = [];
  private readonly places = 3;
  constructor() {}
  /** How many it holds. */
  count(): number {
    return this.#things.length + this.places;
  }
}
`,
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a tree in order passes', () => {
  expect(check()).toMatchObject({ status: 0, stderr: '', stdout: 'docs: 7 files documented\n' });
});

test.each<[string, () => void, string]>([
  [
    'a member that nothing explains',
    () => put('src/a/size.ts', `${HEAD}/** A size. */\nexport interface Inner { depth: number }\n`),
    'src/a/size.ts:7: Inner.depth has no doc comment, nor is it named in that of its type',
  ],
  [
    'a method that nothing explains',
    () => put('src/a/shelf.ts', `${HEAD}/** Holds. */\nexport class Shelf { open(): void {} }\n`),
    'src/a/shelf.ts:7: Shelf.open has no doc comment',
  ],
  [
    'a member of an object type',
    () => put('src/a/size.ts', `${HEAD}/** A size. */\nexport type Inner = { depth: number };\n`),
    'src/a/size.ts:7: Inner.depth has no doc comment',
  ],
  [
    'a member whose name is a word of the comment on its type',
    () =>
      put('src/a/size.ts', `${HEAD}/** A depth. */\nexport interface Inner { depth: number }\n`),
    'src/a/size.ts:7: Inner.depth has no doc comment',
  ],
  [
    'a member of an object type in a union',
    () =>
      put(
        'src/a/size.ts',
        `${HEAD}/** A size in \`m\`. */\nexport type Inner = { m: 1 } & ({ m: 2 } | { depth: number } | null);\n`,
      ),
    'src/a/size.ts:7: Inner.depth has no doc comment',
  ],
  [
    'an exported symbol without a comment, public or not',
    () => put('src/b.ts', `${HEAD}export const b = 1;\n`),
    'src/b.ts:6: b has no doc comment',
  ],
  [
    'a file without a head',
    () => put('src/b.ts', '/** One. */\nexport const b = 1;\n'),
    'src/b.ts: no @module comment at its head',
  ],
  [
    'a page of error codes that is stale',
    () => put('docs/reference/errors.md', '# Error codes\n'),
    'docs/reference/errors.md: differs from its source',
  ],
  [
    'a page of operations that is stale',
    () => put('docs/reference/operations.md', '# Operations\n'),
    'docs/reference/operations.md: differs from its source',
  ],
])('%s fails', (_, change, problem) => {
  change();
  const { status, stderr } = check();
  expect(stderr).toContain(problem);
  expect(stderr).toContain('\n1 documentation problems');
  expect(status).toBe(1);
});
