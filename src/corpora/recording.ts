/**
 * A recording of a person with its text, as the sources of real speech yield it.
 * @module
 */

/** Codec that a recording went through before it reached us: its fakes go through the same. */
export type SourceCodec = 'g722' | 'vorbis' | 'pcm';

/** Where the real speech of a group was recorded. */
export type Domain = 'prompts' | 'stamps' | 'dialogue' | 'reading';

/** One recording of one person, with what is said. */
export interface Recording {
  /** Unique within its source: `digits/1`. */
  readonly id: string;
  /** File, relative to the root of the unpacked Debian packages. */
  readonly path: string;
  /** What is said, as written. */
  readonly text: string;
  readonly speaker: string;
  /** BCP 47 tag. */
  readonly language: string;
  readonly domain: Domain;
  /** Debian package that holds the file. */
  readonly package: string;
  readonly licence: string;
  readonly codec: SourceCodec;
  /** Only where the package's own documents or folder names say so. */
  readonly sex?: 'female' | 'male';
}

/** A place where recordings come from. */
export interface RecordingSource {
  /** Debian packages that are read. */
  readonly packages: readonly string[];
  /** One sentence for the data card: whose voices these are and how that is known. */
  readonly about: string;
  /**
   * All recordings with a usable text, sorted by id; planners see to it that no sentence or take is used twice.
   * @param debian root of the unpacked packages
   */
  read(debian: string): Promise<Recording[]>;
}

/** Letters and digits of a text in lower case: texts that differ in no more are the same. */
export function textKey(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

const MIN_TEXT = 8;
const MAX_TEXT = 160;

/** True for a text that a synthesiser can be asked to say: 8 to 160 characters, no description of a sound. */
export function isUsableText(text: string): boolean {
  return text.length >= MIN_TEXT && text.length <= MAX_TEXT && !/[[\]()<>{}]/.test(text);
}

/** Sorts by id. */
export function sortById(recordings: readonly Recording[]): Recording[] {
  return [...recordings].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}
