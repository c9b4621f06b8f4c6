/**
 * The last step of a build: what no clip has is removed, then the card and, last of all, the manifest are written.
 * @module
 */

import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeFileAtomic } from '../core/node/files.ts';
import { createRng } from '../core/rng.ts';
import type { Clip } from '../datasets/clip.ts';
import { type makeCard, renderCard } from './card.ts';

/** A corpus whose clips are on disk. */
export interface FinishedCorpus {
  /** Its folder. */
  readonly out: string;
  readonly card: ReturnType<typeof makeCard>;
  readonly clips: readonly Clip[];
  /** Shuffles the manifest: the order of clips tells nothing. */
  readonly seed: string;
}

/** Writes `corpus.json`, `card.md` and `manifest.jsonl`. */
export async function finishCorpus({ out, card, clips, seed }: FinishedCorpus): Promise<void> {
  await removeStrangers(join(out, 'audio'), new Set(clips.map(({ path }) => basename(path))));
  await writeFileAtomic(join(out, 'corpus.json'), `${JSON.stringify(card, null, 2)}\n`);
  await writeFileAtomic(join(out, 'card.md'), renderCard(card));
  const shuffled = createRng(seed).split('manifest').shuffle(clips);
  await writeFileAtomic(
    join(out, 'manifest.jsonl'),
    `${shuffled.map((clip) => JSON.stringify(clip)).join('\n')}\n`,
  );
}

/** Names that `storeClip` gives, and those of files that it had not finished. */
const OURS = /^[0-9a-f]{16}\.flac/;

/** Removes clips of ours that the corpus does not have: what an earlier version or a killed build left. */
async function removeStrangers(folder: string, known: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(folder)) {
    if (OURS.test(name) && !known.has(name)) await rm(join(folder, name), { force: true });
  }
}
