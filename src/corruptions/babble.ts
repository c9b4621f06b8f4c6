/**
 * The babble recording that ships with the package (assets/babble.md says whose voices it is made of).
 * @module
 */

import type { Audio } from '../audio/audio.ts';
import { readWav } from '../audio/io/wav.ts';
import { hashBytes } from '../core/hash.ts';

let babble: Promise<{ audio: Audio; hash: string }> | undefined;

/** Loads the babble once: 16 kHz, mono, and its SHA-256; from disk in Node, by fetch in a browser. */
export function loadBabble(): Promise<{ audio: Audio; hash: string }> {
  babble ??= read(new URL('../../assets/babble.wav', import.meta.url)).then((bytes) => ({
    audio: readWav(bytes),
    hash: hashBytes(bytes),
  }));
  return babble;
}

async function read(url: URL): Promise<Uint8Array> {
  if (url.protocol === 'file:') {
    const { readFile } = await import('node:fs/promises');
    return readFile(url);
  }
  return new Uint8Array(await (await fetch(url)).arrayBuffer());
}
