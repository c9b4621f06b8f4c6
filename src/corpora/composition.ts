/**
 * What a corpus of speech is made of: which recordings, which generators say or copy them, in which split.
 * @module
 */

import type { WorkContext } from '../core/progress.ts';
import type { SplitPromise } from '../datasets/clip.ts';
import type { EqualiseStep } from './equalise-group.ts';
import type { PackageList, PackageRoot } from './packages.ts';
import type { Recording } from './recording.ts';

/** Kinds of synthesis, for leave-one-family-out protocols. */
export const FAMILIES = [
  'formant',
  'articulatory',
  'diphone',
  'unit-selection',
  'statistical',
  'signal-vocoder',
  'neural-vocoder',
  'transformation',
  'codec-control',
] as const;

/** A kind of synthesis. */
export type Family = (typeof FAMILIES)[number];

/** How a fake came about: spoken from text, copied from the real recording, or made of it with another voice. */
export type FakeKind = 'tts' | 'copy' | 'conversion';

/** A part of the protocol. */
export type Split = 'train' | 'dev' | 'eval';

/** A fake that a group will hold. */
export interface Fake {
  readonly generator: string;
  readonly kind: FakeKind;
  /** A {@link Family}; a generator of the user's own may have another. */
  readonly family: string;
  /** Of a synthesiser with a vocoder behind it: the synthesiser. */
  readonly spokenBy?: string;
  /** True for the recording itself through a codec: no fake, and labelled so. */
  readonly genuine?: boolean;
  /** Licence of what is spoken; a copy has that of its recording. */
  readonly licence?: string;
  /** Voice database of the engine: engines with one database are one voice. */
  readonly database?: string;
}

/** A text group: one recording and its fakes, which become clips with the same `source`. */
export interface Group {
  /** `cs-small-012`: also the `source` of its clips. */
  readonly id: string;
  readonly split: Split;
  /** Part of the eval split: what about it no training clip has. */
  readonly part?: string;
  readonly real: Recording;
  readonly fakes: readonly Fake[];
  /** The recording whose spectrum and noise the group takes on. */
  readonly donor: Recording;
}

/** What a corpus says of itself. */
export interface Described {
  readonly name: string;
  /** Changes whenever the same build gives other bytes. */
  readonly version: string;
  /** Hz of its clips. */
  readonly sampleRate: number;
  /** Whose voices or what the recordings are, and how that is known. */
  readonly voices: readonly string[];
  /** Known limits. */
  readonly limits: readonly string[];
  /** Attributes whose values no two splits, or parts and train, share; `corpus verify` looks into it. */
  readonly disjoint: readonly SplitPromise[];
}

/** A corpus of speech that the engine can build. */
export interface Composition extends Described {
  /** What is drawn stays drawn when only bytes change. */
  readonly seed: string;
  readonly packages: PackageList;
  /** Of equalisation. */
  readonly steps: readonly EqualiseStep[];
  /** Chooses recordings, fakes and donors. */
  plan(root: PackageRoot, options: PlanOptions): Promise<Plan>;
}

/** What a plan takes besides the packages. */
export interface PlanOptions {
  /** At most this many groups of each cast. */
  readonly limit?: number;
  /** Where what is slow to find out is kept for the next time. */
  readonly stage: string;
  readonly workers: number;
  readonly work: WorkContext;
}

/** What will be built. */
export interface Plan {
  readonly groups: readonly Group[];
  /** Sentences for the data card: what was asked for and could not be had. */
  readonly shortages: readonly string[];
}
