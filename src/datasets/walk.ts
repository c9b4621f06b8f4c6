/**
 * Finding files in a folder.
 * @module
 */

import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { RingtrueError, toRingtrueError } from '../core/errors.ts';
import { throwIfAborted, type WorkContext } from '../core/progress.ts';

/** File endings that are taken for sound, or for video with a sound track. */
const ENDINGS: ReadonlySet<string> = new Set(
  (
    'wav wave flac mp3 mp2 m4a m4b aac ogg oga opus spx amr 3gp 3g2 wma asf ac3 eac3 aif aiff aifc au snd caf ' +
    'gsm g722 ul al mp4 m4v mov mkv mka webm avi mpg mpeg ts flv ape wv tta w64 rf64'
  ).split(' '),
);

/** True for a file whose ending is one of sound, or of video with sound. */
export function isMediaName(name: string): boolean {
  return ENDINGS.has(extname(name).slice(1).toLowerCase());
}

/**
 * Media files below a folder: those of {@link walkFiles} whose ending is one of sound.
 * @throws RingtrueError `core/io-not-found`, `core/io-denied` naming the folder that cannot be listed
 */
export async function walkMedia(root: string, work: WorkContext = {}): Promise<string[]> {
  return (await walkFiles(root, work)).filter(isMediaName);
}

/**
 * Files below a folder, as paths relative to it with `/`, in code-unit order. Hidden files and
 * macOS side-cars (`._x.wav`) are left out; links are followed, and a folder that was entered already
 * is not entered again, so that loops of links end.
 * @throws RingtrueError `core/io-not-found`, `core/io-denied` naming the folder that cannot be listed
 */
export async function walkFiles(root: string, work: WorkContext = {}): Promise<string[]> {
  const found: string[] = [];
  const entered = new Set<string>();
  const pending = [''];
  for (;;) {
    const relative = pending.pop();
    if (relative === undefined) break;
    throwIfAborted(work.signal);
    const folder = join(root, relative);
    const real = await realpath(folder).catch((error: unknown) => {
      throw unlisted(folder, error);
    });
    if (entered.has(real)) continue;
    entered.add(real);
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      throw unlisted(folder, error);
    });
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      const path = relative === '' ? entry.name : `${relative}/${entry.name}`;
      const isFolder =
        entry.isDirectory() || (entry.isSymbolicLink() && (await leadsToFolder(join(root, path))));
      if (isFolder) pending.push(path);
      else found.push(path);
    }
  }
  return found.sort();
}

/** A link to nowhere is no folder: it is listed as a file, and fails when it is read. */
async function leadsToFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function unlisted(folder: string, error: unknown): RingtrueError {
  const coded = toRingtrueError(error, 'core/io-failed');
  return new RingtrueError(coded.code, `${folder}: cannot be listed (${coded.message})`, {
    details: { ...coded.details, folder },
    cause: error,
  });
}
