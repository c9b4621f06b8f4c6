/**
 * Sounds that are no speech: where they are, how they are read, and the codec that they came through.
 * @module
 */

import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { unzip } from '../../archives/zip.ts';
import { toMono } from '../../audio/audio.ts';
import { resample } from '../../audio/dsp/resample.ts';
import { decode } from '../../audio/io/decode.ts';
import { RingtrueError, toRingtrueError } from '../../core/errors.ts';
import { CORPUS_RATE } from '../equalise.ts';
import { type SourceCoding, vorbisCoding } from '../source-codec.ts';

/** A sound in a package. */
export interface SoundRef {
  /** Zip archive that holds the files, relative to the root of the unpacked packages. */
  readonly archive?: string;
  /** Files in the archive, or relative to that root: played one after the other, or at once. */
  readonly files: readonly string[];
  /** True for stems, which are played at once. */
  readonly isMix?: boolean;
}

/** A sound that was read. */
export interface Sound {
  /** One channel at 16 kHz for each file. */
  readonly parts: readonly Float32Array[];
  /** Of the first file; absent where no codec and no lower rate lies behind it. */
  readonly coding?: SourceCoding;
}

/**
 * Reads the files of a sound.
 * @param debian root of the unpacked packages
 * @throws RingtrueError `corpora/incomplete` if a file is not there, and what decoding throws
 */
export async function readSound(debian: string, ref: SoundRef): Promise<Sound> {
  const parts: Float32Array[] = [];
  let coding: SourceCoding | undefined;
  for (const [i, bytes] of (await readBytes(debian, ref)).entries()) {
    const name = ref.files[i]!;
    const { audio } = await decode(bytes, extname(name) === '.g722' ? G722 : {});
    if (i === 0) coding = codingOf(name, bytes, audio.sampleRate);
    parts.push(resample(toMono(audio), audio.sampleRate, CORPUS_RATE));
  }
  return { parts, ...(coding === undefined ? {} : { coding }) };
}

const G722 = { format: { codec: 'g722' } } as const;

async function readBytes(debian: string, { archive, files }: SoundRef): Promise<Uint8Array[]> {
  if (archive === undefined) return Promise.all(files.map((file) => readMember(debian, file)));
  const found = await unzip(join(debian, archive), (name) => files.includes(name));
  return files.map((name) => {
    const bytes = found.get(name);
    if (bytes !== undefined) return bytes;
    throw new RingtrueError('corpora/incomplete', `${archive} holds no ${name}`);
  });
}

async function readMember(debian: string, file: string): Promise<Uint8Array> {
  try {
    return await readFile(join(debian, file));
  } catch (cause) {
    const error = toRingtrueError(cause);
    if (error.code !== 'core/io-not-found') throw error;
    throw new RingtrueError('corpora/incomplete', `the packages hold no ${file}`, { cause });
  }
}

function codingOf(name: string, bytes: Uint8Array, sampleRate: number): SourceCoding | undefined {
  const ending = extname(name);
  if (ending === '.ogg') return vorbisCoding(bytes);
  if (ending === '.g722') return { codec: { codec: 'g722' }, sampleRate };
  // FLAC keeps what it is given: its round trip is the way through a lower rate.
  return sampleRate < CORPUS_RATE ? { codec: { codec: 'flac' }, sampleRate } : undefined;
}

/** Plays the parts of a sound one after the other, or at once. */
export function joinParts(parts: readonly Float32Array[], isMix = false): Float32Array {
  const lengths = parts.map(({ length }) => length);
  const total = isMix ? Math.max(...lengths) : lengths.reduce((sum, n) => sum + n, 0);
  const out = new Float32Array(total);
  let at = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 1) out[at + i]! += part[i]!;
    if (!isMix) at += part.length;
  }
  return out;
}
