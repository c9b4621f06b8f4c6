/**
 * Storing a clip of a corpus: 16-bit FLAC under a name that tells nothing.
 * @module
 */

import { join } from 'node:path';
import type { Audio } from '../audio/audio.ts';
import { encode } from '../audio/io/encode.ts';
import type { Json } from '../core/errors.ts';
import { hashBytes, hashJson } from '../core/hash.ts';
import { writeFileAtomic } from '../core/node/files.ts';
import type { Clip } from '../datasets/clip.ts';

/** A clip to be stored. */
export interface NewSound {
  /** What it is, in the corpus: gives its id. */
  readonly key: Json;
  readonly audio: Audio;
  /** Folder of the corpus: the file goes into `audio/`. */
  readonly folder: string;
}

/** Stores a clip whole or not at all, and returns the part of its manifest row that the file decides. */
export async function storeClip({
  key,
  audio,
  folder,
}: NewSound): Promise<Required<Pick<Clip, 'id' | 'path' | 'medium' | 'sha256' | 'durationSec'>>> {
  const id = hashJson(key).slice(0, 16);
  const path = `audio/${id}.flac`;
  const bytes = await encode(audio, { container: 'flac' });
  await writeFileAtomic(join(folder, path), bytes);
  return {
    id,
    path,
    medium: 'audio',
    sha256: hashBytes(bytes),
    durationSec: (audio.samples[0]?.length ?? 0) / audio.sampleRate,
  };
}
