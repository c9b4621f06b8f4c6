/**
 * Sound without a header: telephone codecs as bare bytes.
 * @module
 */

import { extname } from 'node:path';
import type { G711Law } from './g711.ts';

/** What a headerless file's bytes are. */
export interface RawFormat {
  /** G.726 is of 32 kbit/s: `g726` with the first sample in the upper bits (ITU-T), `g726le` in the lower (RFC 3551). */
  readonly codec: 'g711-mulaw' | 'g711-alaw' | 'g722' | 'g726' | 'g726le' | 'gsm';
  /** Hz, for G.711. @default 8000 */
  readonly sampleRate?: number;
  /** Interleaved channels, for G.711. @default 1 */
  readonly channels?: number;
}

const ENDINGS: Readonly<Record<string, RawFormat>> = {
  '.g722': { codec: 'g722' },
  '.g726': { codec: 'g726' },
  '.gsm': { codec: 'gsm' },
  '.ulaw': { codec: 'g711-mulaw' },
  '.mulaw': { codec: 'g711-mulaw' },
  '.ul': { codec: 'g711-mulaw' },
  '.alaw': { codec: 'g711-alaw' },
  '.al': { codec: 'g711-alaw' },
};

/** The format that a file's ending names, if it is one of headerless sound. */
export function rawFormatOf(path: string | null): RawFormat | undefined {
  return path === null ? undefined : ENDINGS[extname(path).toLowerCase()];
}

/** The companding law of a G.711 format; null for the codecs that need the media library. */
export function lawOf({ codec }: RawFormat): G711Law | null {
  if (codec === 'g711-mulaw') return 'mu-law';
  return codec === 'g711-alaw' ? 'a-law' : null;
}
