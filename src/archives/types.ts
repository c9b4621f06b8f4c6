/**
 * What is known of the files in an archive.
 * @module
 */

import type { ArchiveKind } from './names.ts';

/** Where the bytes of a file in an archive are. */
export type Place =
  /** As they are, from `offset` of the archive (tar). */
  | { readonly kind: 'slice'; readonly offset: number; readonly size: number }
  /** Behind a local header (zip). */
  | {
      readonly kind: 'zip';
      readonly header: number;
      readonly packedSize: number;
      readonly size: number;
      readonly method: number;
      readonly crc: number;
      readonly encrypted: boolean;
    }
  /** From `offset` of the unpacked stream (tar.gz). */
  | { readonly kind: 'gzip'; readonly offset: number; readonly size: number }
  /** A cell of a column of bytes (parquet); its size is known once it is read. */
  | { readonly kind: 'cell'; readonly column: string; readonly row: number };

/** A point of a gzip stream from which unpacking can start. */
export interface Checkpoint {
  /** Bit of the archive, counted from its start. */
  readonly bit: number;
  /** Byte of the unpacked stream. */
  readonly offset: number;
  /** Up to 32 KiB before the point; empty where a member of the stream begins. */
  readonly window: Uint8Array;
}

/** The files of an archive; nothing is held open. */
export interface Archive {
  readonly path: string;
  readonly kind: ArchiveKind;
  /** Size of the archive itself in bytes. */
  readonly bytes: number;
  /** When the archive changed, in ms since 1970. */
  readonly changedMs: number;
  /** By name, in the order of the archive. */
  readonly places: ReadonlyMap<string, Place>;
  /** For `tar.gz`: points to start from, by offset. */
  readonly checkpoints: readonly Checkpoint[];
}

/** All that is needed to read one file of an archive, as plain data: it may cross to another process. */
export interface Located {
  readonly archive: string;
  readonly member: string;
  readonly place: Place;
  /** For `gzip`: each point to unpack from and the byte of the archive where that stretch ends. */
  readonly stretches: readonly (Checkpoint & { readonly endByte: number })[];
}
