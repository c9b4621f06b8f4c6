/**
 * The contract of a generator that speaks.
 * @module
 */

import type { PackageRoot } from '../packages.ts';

/** One utterance to be spoken into a WAV file. */
export interface Utterance {
  readonly text: string;
  /** File of the real recording of the same sentence. */
  readonly recording: string;
  /** Where the WAV goes. */
  readonly path: string;
}

/** What a speaker gets. */
export interface SpeakJob {
  readonly utterances: readonly Utterance[];
  /** BCP 47 tag. */
  readonly language: string;
  readonly root: PackageRoot;
  readonly signal?: AbortSignal | undefined;
}

/** A text-to-speech engine with one voice a language. */
export interface Speaker {
  /** One of the families of composition.ts; a generator of the user's own may have another. */
  readonly family: string;
  /** Languages it is used for. */
  readonly languages: readonly string[];
  /** Licence of the engine and its voice. */
  readonly licence: string;
  /** What makes it another generator of the same name; built-in ones change with the version of the corpus. */
  readonly identity?: string;
  /** Recordings that the voice was made of, where another engine here has the same or a source holds them. */
  readonly database?: string;
  /** Speaker of a source whose own recordings it would replay: never asked to say what that one says. */
  readonly cloneOf?: string;
  /**
   * Speaks utterances; one that fails leaves no file and does not stop the others.
   * @throws RingtrueError `corpora/generator-failed` if none could be spoken, `core/cancelled`
   */
  speak(job: SpeakJob): Promise<void>;
}
