/**
 * Which clips a result is about.
 * @module
 */

import { createHash } from 'node:crypto';
import type { Clip, CorpusIdentity } from './clip.ts';

/**
 * Hash of what makes a corpus: ids, labels, splits, who speaks what in which domain, generators, sources and file
 * hashes, in any order of the clips. A verification or a score that carries it belongs to exactly this corpus.
 */
export function fingerprint(clips: readonly Clip[]): string {
  const rows = clips.map((clip) =>
    JSON.stringify([
      clip.id,
      clip.label,
      clip.split,
      clip.generator,
      clip.sha256,
      clip.speaker,
      clip.language,
      clip.domain,
      clip.source,
    ]),
  );
  return createHash('sha256').update(rows.sort().join('\n')).digest('hex');
}

/** Picks what says which corpus a figure is about, and nothing else, for what is written down. */
export function identityOf({
  name,
  version,
  options,
  fingerprint: print,
}: CorpusIdentity): CorpusIdentity {
  return {
    name,
    ...(version === undefined ? {} : { version }),
    ...(options === undefined ? {} : { options }),
    ...(print === undefined ? {} : { fingerprint: print }),
  };
}
