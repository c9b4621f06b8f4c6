/**
 * The reader contract: one file per published data set turns its layout into clips.
 * @module
 */

import type * as z from 'zod';
import type { WorkContext } from '../core/progress.ts';
import type { Clip } from './clip.ts';
import type { Tree } from './tree.ts';

type Split = 'train' | 'dev' | 'eval';

/** Clips that a whole copy of a data set has, per split. */
export type ExpectedCounts = Readonly<
  Partial<Record<Split, { readonly bonafide: number; readonly spoof: number }>>
>;

/** Reads one kind of data set from a folder or an archive. */
export interface DatasetReader<S extends z.ZodObject = z.ZodObject> {
  /** Kebab-case: `asvspoof2019-la`. It is also the `domain` of the clips of a published data set. */
  readonly name: string;
  /** `general` layouts may hold anything; a `published` one names its data set. */
  readonly kind: 'general' | 'published';
  /** Name as published. */
  readonly title: string;
  readonly medium: 'audio' | 'image' | 'video';
  /** BCP 47 tags; empty where it is many, none, or not known to us (see the notes). */
  readonly languages: readonly string[];
  /** Which labels a whole copy has: a study of one that has a single class needs another set beside it. */
  readonly classes: 'both' | 'bonafide' | 'spoof' | 'any';
  /** Files and folders that are expected below the root, as a person would draw them. */
  readonly layout: string;
  readonly licence: string;
  /** Set where its owners allow no training: then every clip is tagged so. */
  readonly use?: 'evaluation-only';
  /** Where a copy is to be had; absent where we do not know. */
  readonly where?: string;
  /** What to give as the root. */
  readonly howTo: string;
  /** Traps, what is not known of the layout, and what was taken from memory. */
  readonly notes?: readonly string[];
  /** Options of this reader beside the root; unknown ones are an error. */
  readonly options: S;
  /** Absent where copies differ or it is not known. A copy with other counts is not whole. */
  readonly expected?: ExpectedCounts;
  /** Splits of a whole copy, where how many clips they have is not known. */
  readonly splits?: readonly Split[];
  /** Folders of a whole copy by which the ids of clips begin, where their counts are not known. */
  readonly parts?: readonly string[];
  /** Clips of a whole copy with the default options, where only their sum is known. */
  readonly clips?: number;
  /**
   * Ends of paths (see `pathPattern`) of which each is there in every copy: by them a folder is recognised.
   * Empty for general readers, and for sets whose files have no telling names.
   */
  readonly marks: readonly string[];
  /** `closed` leaves archives that lie in the folder alone. @default open */
  readonly archives?: 'open' | 'closed';
  /**
   * Reads label files, never the media themselves.
   * @returns clips with absolute paths and unique ids
   * @throws RingtrueError `datasets/bad-layout` (nothing of the layout is there), `datasets/bad-manifest`
   * with file and line
   */
  read(tree: Tree, options: z.output<S>, work: WorkContext): Promise<Clip[]>;
}

/** Types the options of a reader from its schema. */
export function defineReader<S extends z.ZodObject>(reader: DatasetReader<S>): DatasetReader<S> {
  return reader;
}

/** Stands for a licence that neither the files nor the descriptions that we know of tell. */
export const UNKNOWN_LICENCE = 'not known to us; see where it is published';
