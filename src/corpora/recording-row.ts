/**
 * What the manifest says of a clip that was made of one recording, whatever was done to it.
 * @module
 */

import type { Clip } from '../datasets/clip.ts';
import type { Split } from './composition.ts';
import type { Recording } from './recording.ts';

/** A recording and its place in a protocol. */
export interface PlacedRecording {
  /** Becomes the `source` of its clips. */
  readonly id: string;
  readonly split: Split;
  /** Part of the eval split. */
  readonly part?: string;
  readonly real: Recording;
}

/** The part of a row that the recording decides; a corpus adds to `group`. */
export function recordingRow({ id, split, part, real }: PlacedRecording): Partial<Clip> {
  const { speaker, language, domain, text, licence, sex, codec } = real;
  return {
    split,
    speaker,
    language,
    source: id,
    domain,
    transcript: text,
    licence,
    group: {
      ...(part === undefined ? {} : { part }),
      ...(sex === undefined ? {} : { sex }),
      codec,
      package: real.package,
    },
  };
}
