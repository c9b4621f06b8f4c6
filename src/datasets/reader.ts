/**
 * The reader contract: one file per published corpus turns its layout into clips.
 * @module
 */

import type * as z from 'zod';
import type { WorkContext } from '../core/progress.ts';
import type { Clip } from './clip.ts';

/** Clips that a whole copy of a corpus has, per split. */
export type ExpectedCounts = Readonly<
  Partial<Record<'train' | 'dev' | 'eval', { readonly bonafide: number; readonly spoof: number }>>
>;

/** Reads one kind of corpus from a folder. */
export interface DatasetReader<S extends z.ZodObject = z.ZodObject> {
  /** Kebab-case: `asvspoof2019-la`. */
  readonly name: string;
  /** Name as published. */
  readonly title: string;
  /** Files and folders that are expected below the root, as a person would draw them. */
  readonly layout: string;
  readonly licence: string;
  /** Where a copy is to be had, and what to give as the root. */
  readonly howTo: string;
  /** Options of this reader beside the root; unknown ones are an error. */
  readonly options: S;
  /** Absent where copies differ. A count that differs is a warning. */
  readonly expected?: ExpectedCounts;
  /**
   * Reads label files, never the media themselves.
   * @returns clips with absolute paths and unique ids
   * @throws RingtrueError `datasets/bad-layout` (nothing of the layout is there), `datasets/bad-manifest`
   * with file and line
   */
  read(root: string, options: z.output<S>, work: WorkContext): Promise<Clip[]>;
}

/** Types the options of a reader from its schema. */
export function defineReader<S extends z.ZodObject>(reader: DatasetReader<S>): DatasetReader<S> {
  return reader;
}
