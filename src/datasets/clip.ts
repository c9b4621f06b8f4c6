/**
 * The manifest contract: what every reader yields and every corpus writes.
 * @module
 */

import * as z from 'zod';
import type { Json } from '../core/errors.ts';

/** Labels of the field: `bonafide` is a genuine recording, `spoof` is synthetic or manipulated. */
export const labelSchema = z.enum(['bonafide', 'spoof']);
/** A label. */
export type Label = z.infer<typeof labelSchema>;

/** One row of a manifest (JSON Lines or CSV). */
export const clipSchema = z.strictObject({
  id: z.string().min(1).describe('unique in the corpus'),
  path: z.string().min(1).describe('file, relative to the manifest'),
  label: labelSchema.optional().describe('absent in a plain folder for scanning'),
  medium: z.enum(['audio', 'image', 'video']).default('audio').describe('kind of media'),
  split: z.enum(['train', 'dev', 'eval']).optional().describe('part of the protocol'),
  speaker: z.string().optional().describe('who speaks, or whose voice is imitated'),
  language: z.string().optional().describe('BCP 47 tag'),
  generator: z.string().optional().describe('what made a spoof'),
  source: z
    .string()
    .optional()
    .describe('recording or text group: clips of one source are not independent'),
  domain: z.string().optional().describe('where the clips come from'),
  transcript: z.string().optional().describe('what is said'),
  sha256: z.string().length(64).optional().describe('hash of the file'),
  licence: z.string().optional().describe('licence of the recording'),
  use: z
    .literal('evaluation-only')
    .optional()
    .describe('what its owners allow: a training refuses clips that are for evaluation only'),
  durationSec: z.number().positive().optional().describe('length in seconds'),
  segments: z
    .array(
      z
        .strictObject({
          startSec: z.number().nonnegative(),
          endSec: z.number(),
          label: labelSchema,
        })
        .refine(({ startSec, endSec }) => endSec > startSec, 'endSec must be after startSec'),
    )
    .optional()
    .describe('labelled spans of a partly spoofed clip'),
  events: z
    .array(z.strictObject({ startSec: z.number().nonnegative(), name: z.string().min(1) }))
    .optional()
    .describe('what begins to sound when: the keys that are typed'),
  group: z
    .record(z.string(), z.string())
    .optional()
    .describe('further attributes for group tables'),
});

/** One clip. `path` is absolute once a corpus is loaded. */
export type Clip = z.output<typeof clipSchema>;

/** A corpus that was opened: its clips, whole or one split of them. */
export interface Corpus {
  /** Name for reports. */
  readonly name: string;
  /** Folder that clip paths were resolved against. */
  readonly root: string;
  readonly clips: readonly Clip[];
  /** Reader that found the clips; absent for manifests and built corpora, which list them. */
  readonly reader?: string;
  /** Options of the reader, defaults included: some change what counts as a fake. Absent where it has none. */
  readonly options?: Readonly<Record<string, Json>>;
  /** Of a built corpus: its version, as the `corpus.json` beside its manifest says. */
  readonly version?: string;
  /** Of all its clips, whichever split was opened (`fingerprint.ts`); absent if it was put together in memory. */
  readonly fingerprint?: string;
  /**
   * AUC of all trivial features together (the honesty floor), if the corpus was verified:
   * printed beside every detector's figures on this corpus.
   */
  readonly confound?: { readonly auc: number; readonly low: number; readonly high: number };
}

/** Which corpus a figure is about. */
export type CorpusIdentity = Pick<Corpus, 'name' | 'version' | 'options' | 'fingerprint'>;

/** Fields of which a corpus may say that no two splits share a value. */
export const DISJOINT_FIELDS = ['speaker', 'text', 'source', 'generator'] as const;
/** One of them; `text` is the transcript without case and punctuation. */
export type DisjointField = (typeof DISJOINT_FIELDS)[number];

/** Fields of which a corpus may say that parts of its splits have values that training lacks. */
export const PART_FIELDS = ['generator', 'language'] as const;

/** Says that no clip of these parts (`group.part`) has a value of the field that the train split has. */
export interface PartPromise {
  readonly field: (typeof PART_FIELDS)[number];
  readonly parts: readonly string[];
}

/** What a corpus may say of its splits. */
export type SplitPromise = DisjointField | PartPromise;
