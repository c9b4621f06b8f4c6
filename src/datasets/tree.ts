/**
 * The files of a data set, wherever they lie: in a folder, in an archive, or in archives in a folder. Readers
 * see one tree of paths.
 * @module
 */

import { stat } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import { openArchive } from '../archives/archive.ts';
import { archiveKind, archiveStem, memberPath, splitMemberPath } from '../archives/names.ts';
import { RingtrueError, toRingtrueError } from '../core/errors.ts';
import type { WorkContext } from '../core/progress.ts';
import { readText } from './text.ts';
import { walkFiles } from './walk.ts';

/** The files of a data set. Paths are relative to its root, with `/`. */
export interface Tree {
  /** The folder, or the archive with `!` behind it: clip paths are below it. */
  readonly root: string;
  /** All files except hidden ones and side-cars, in code-unit order. */
  readonly files: readonly string[];
  has(path: string): boolean;
  /** What a clip's `path` is for a file of the tree, or for one that should be there. */
  path(path: string): string;
  /**
   * Text of a file of the tree.
   * @throws RingtrueError `core/io-*`, `archives/*`, `datasets/bad-manifest` if it is not UTF-8
   */
  text(path: string): Promise<string>;
}

/** How a tree is opened. */
export interface TreeOptions {
  /**
   * `open` also shows what lies in the zip, tar and tar.gz archives of the folder, in the place where they
   * lie; one that was unpacked beside itself stays closed. @default open
   */
  readonly archives?: 'open' | 'closed' | undefined;
}

/**
 * Lists a folder, or an archive. An archive in a folder that cannot be read is a warning.
 * @throws RingtrueError `core/io-*`, `archives/*` if the root itself is an archive that cannot be read
 */
export async function openTree(
  root: string,
  { archives = 'open' }: TreeOptions = {},
  work: WorkContext = {},
): Promise<Tree> {
  const found = await stat(root).catch((error: unknown) => {
    throw toRingtrueError(error, 'core/io-failed');
  });
  if (found.isDirectory()) return folderTree(root, archives, work);
  const kind = archiveKind(root);
  if (kind === undefined) {
    throw new RingtrueError(
      'archives/unsupported',
      `${root}: neither a folder nor an archive (.zip, .tar, .tar.gz, .tgz, .parquet)`,
      { details: { path: root } },
    );
  }
  if (kind === 'parquet') return treeOf(dirname(root), new Map([[basename(root), root]]));
  const { places } = await openArchive(root, work);
  return treeOf(
    `${root}!`,
    new Map([...places.keys()].filter(isShown).map((name) => [name, memberPath(root, name)])),
  );
}

/** A folder or archive by its name, without the ending of an archive. */
export function treeName(root: string): string {
  return archiveStem(basename(root).replace(/!$/, ''));
}

/** Path of a file that we keep about a corpus: in its folder, or beside its archive (`LA.zip.verify.json`). */
export function noteAbout(root: string, name: string): string {
  const archive = splitMemberPath(`${root}/${name}`)?.archive;
  return archive === undefined ? join(root, name) : `${archive}.${name}`;
}

async function folderTree(
  root: string,
  archives: 'open' | 'closed',
  work: WorkContext,
): Promise<Tree> {
  const own = await walkFiles(root, work);
  const paths = new Map<string, string>();
  if (archives === 'open') {
    const folders = new Set(own.flatMap(parents));
    for (const path of own) {
      const kind = archiveKind(path);
      if (kind === undefined || kind === 'parquet' || folders.has(archiveStem(path))) continue;
      try {
        await mount(root, path, paths, work);
      } catch (error) {
        const { code, message } = toRingtrueError(error);
        if (code === 'core/cancelled') throw error;
        work.onProgress?.({ type: 'warning', code, message });
      }
    }
  }
  // What was unpacked counts before what is packed.
  for (const path of own) paths.set(path, join(root, path));
  return treeOf(root, paths);
}

/** Shows the files of an archive where it lies; below its own name if it holds more than one folder. */
async function mount(
  root: string,
  path: string,
  paths: Map<string, string>,
  work: WorkContext,
): Promise<void> {
  const archive = join(root, path);
  const { places } = await openArchive(archive, work);
  const names = [...places.keys()].filter(isShown);
  const tops = new Set(names.map((name) => (name.includes('/') ? name.split('/')[0] : '')));
  const folder = tops.size === 1 && !tops.has('') ? posix.dirname(path) : archiveStem(path);
  for (const name of names) paths.set(posix.join(folder, name), memberPath(archive, name));
}

function treeOf(root: string, paths: ReadonlyMap<string, string>): Tree {
  const path = (relative: string): string =>
    paths.get(relative) ??
    // Joining is for names with dots in them; a million clips of a larger set have none.
    (relative.includes('./') || relative.includes('//')
      ? join(root, relative)
      : `${root}/${relative}`);
  return {
    root,
    files: [...paths.keys()].sort(),
    has: (relative) => paths.has(relative),
    path,
    text: (relative) => readText(path(relative)),
  };
}

/** Hidden files, side-cars of macOS and what lies in its `__MACOSX` folders are no part of a data set. */
function isShown(name: string): boolean {
  return !name.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');
}

function parents(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/'));
}
