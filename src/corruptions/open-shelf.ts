/**
 * The way to the corpus `backgrounds`: opened when it is first used, by Node code that browsers never load.
 * @module
 */

import { assetMissing, type BackgroundKind, type Shelf } from './assets.ts';

/**
 * Opens the recordings of one kind.
 * @throws RingtrueError `corruptions/asset-missing` if the corpus is not built, or in a browser
 */
export async function openShelf(kind: BackgroundKind): Promise<Shelf> {
  if (!import.meta.url.startsWith('file:')) throw assetMissing(`${kind} recordings are on a disk`);
  const { openShelfOnDisk } = await import('./assets-on-disk.ts');
  return openShelfOnDisk(kind);
}
