/**
 * Every reader of published and general layouts. A new one is a file here and a line below.
 * @module
 */

import { RingtrueError } from '../../core/errors.ts';
import type { DatasetReader } from '../reader.ts';
import { asvspoof2019La } from './asvspoof2019-la.ts';
import { labelledFolder } from './labelled-folder.ts';
import { plainFolder } from './plain-folder.ts';

const READERS: readonly DatasetReader[] = [labelledFolder, plainFolder, asvspoof2019La];

/** All readers: the general ones first, then published corpora by name. */
export function listReaders(): readonly DatasetReader[] {
  return READERS;
}

/**
 * The reader of that name.
 * @throws RingtrueError `datasets/unknown-reader`, with the names that exist
 */
export function findReader(name: string): DatasetReader {
  const found = READERS.find((reader) => reader.name === name);
  if (found !== undefined) return found;
  const names = READERS.map((reader) => reader.name);
  throw new RingtrueError(
    'datasets/unknown-reader',
    `no reader is called ${JSON.stringify(name)}; there are ${names.join(', ')}`,
    { details: { name, names } },
  );
}
