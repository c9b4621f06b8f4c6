/**
 * Finding the files of a layout in a tree, and making clips of them: what readers share.
 * @module
 */

import { posix } from 'node:path';
import { RingtrueError } from '../core/errors.ts';
import type { WorkContext } from '../core/progress.ts';
import type { Clip } from './clip.ts';
import type { Tree } from './tree.ts';
import { isMediaName } from './walk.ts';

/**
 * Whether a path ends in a pattern, at a folder boundary: `*` is part of a name, `**` any number of folders,
 * `{a,b}` one of several.
 */
export function pathPattern(pattern: string): RegExp {
  const source = pattern.replace(/\*\*\/|\*|\{[^}]*\}|[.+^$()|[\]\\]/g, (found) => {
    if (found === '**/') return '(?:.+/)?';
    if (found === '*') return '[^/]*';
    if (!found.startsWith('{')) return `\\${found}`;
    const choices = found.slice(1, -1).split(',');
    return `(?:${choices.map((choice) => choice.replace(/[.+^$()|[\]\\]/g, '\\$&')).join('|')})`;
  });
  return new RegExp(`^(?:.*/)?${source}$`);
}

/** Files whose path ends in the pattern (see {@link pathPattern}), in order. */
export function findFiles(tree: Tree, pattern: string): string[] {
  const matches = pathPattern(pattern);
  return tree.files.filter((path) => matches.test(path));
}

/**
 * The file whose path ends in the pattern; of several, the one that lies highest.
 * @throws RingtrueError `datasets/bad-layout` if there is none
 */
export function findFile(tree: Tree, pattern: string): string {
  const found = findFileIfAny(tree, pattern);
  if (found !== undefined) return found;
  throw new RingtrueError('datasets/bad-layout', `${tree.root}: no ${pattern}`, {
    details: { root: tree.root, pattern },
  });
}

/** As {@link findFile}, undefined if there is none. */
export function findFileIfAny(tree: Tree, pattern: string): string | undefined {
  const depth = (path: string): number => path.split('/').length;
  return findFiles(tree, pattern).sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))[0];
}

/** What lies above the end of a path: `a/b` for `a/b/c/d.txt` and `c/d.txt`, with `/` behind it if not empty. */
export function above(path: string, levels: number): string {
  const parts = path.split('/').slice(0, -levels);
  return parts.length === 0 ? '' : `${parts.join('/')}/`;
}

/** File name without its last ending. */
export function stemOf(path: string): string {
  const name = posix.basename(path);
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(0, dot) : name;
}

/** Paths of a tree by file name, or by file name without ending. */
export function indexFiles(
  paths: readonly string[],
  by: 'name' | 'stem',
): ReadonlyMap<string, string> {
  const index = new Map<string, string>();
  for (const path of paths) {
    const key = by === 'name' ? posix.basename(path) : stemOf(path);
    if (!index.has(key)) index.set(key, path);
  }
  return index;
}

/** Fields of a clip, where undefined stands for absent. */
export type ClipFields = { readonly [K in keyof Clip]?: Clip[K] | undefined } & {
  readonly id: string;
  readonly path: string;
};

/** A clip without the fields that are undefined or, for text, empty; `medium` is audio if not given. */
export function makeClip(fields: ClipFields): Clip {
  // A million of these are made of the larger sets: plain assignments, no lists in between.
  const clip: Record<string, unknown> = { id: fields.id, path: fields.path, medium: 'audio' };
  for (const name in fields) {
    // The loop gives keys of the object only.
    const value = fields[name as keyof ClipFields];
    if (value !== undefined && value !== '' && !isEmptyGroup(value)) clip[name] = value;
  }
  // Absent fields were taken out, id and path are required, and medium has its default.
  return clip as Clip;
}

function isEmptyGroup(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  for (const _ in value) return false;
  return true;
}

/** A record of texts without those that are undefined, empty or `-`. */
export function makeGroup(
  fields: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).filter(
      (field): field is [string, string] =>
        field[1] !== undefined && field[1] !== '' && field[1] !== '-',
    ),
  );
}

/** Says that a part of a data set is not there. */
export function warnAbsent(work: WorkContext, tree: Tree, what: string): void {
  work.onProgress?.({ type: 'warning', message: `${tree.root}: ${what}` });
}

/**
 * Refuses a tree in which nothing of a layout was found.
 * @throws RingtrueError `datasets/bad-layout`
 */
export function badLayout(tree: Tree, what: string): RingtrueError {
  return new RingtrueError('datasets/bad-layout', `${tree.root}: ${what}`, {
    details: { root: tree.root },
  });
}

/**
 * Finds recordings where they should be, or by their file name where parts of a data set were put elsewhere
 * (in a folder of their own, or unpacked twice deep). Only for data sets whose file names are unique.
 * @returns from the path that is expected to the path of a clip
 */
export function mediaFinder(tree: Tree): (expected: string) => string {
  let index: ReadonlyMap<string, string> | undefined;
  return (expected) => {
    if (tree.has(expected)) return tree.path(expected);
    index ??= indexFiles(tree.files.filter(isMediaName), 'name');
    return tree.path(index.get(posix.basename(expected)) ?? expected);
  };
}
