/**
 * Recordings of the M-AILABS audio books, which are also the genuine part of MLAAD.
 * @module
 */

import type { Clip } from '../../clip.ts';
import { findFiles, makeClip } from '../../layout.ts';
import type { Tree } from '../../tree.ts';

/** Clips of all M-AILABS books in a tree. */
export function mAilabsClips(tree: Tree, domain: string): Clip[] {
  return findFiles(tree, '*/by_book/{female,male,mix}/**/wavs/*.wav').map((path) => {
    const parts = path.split('/');
    const at = parts.lastIndexOf('by_book');
    const original = parts.slice(at - 1).join('/');
    const [locale = '', , gender = '', ...rest] = parts.slice(at - 1);
    // Books without a speaker's folder lie directly below `mix`.
    const speaker = rest.length > 3 ? rest[0] : undefined;
    return makeClip({
      id: original,
      path: tree.path(path),
      label: 'bonafide',
      speaker,
      language: locale.replace('_', '-'),
      source: `m-ailabs/${original}`,
      domain,
      group: gender === 'mix' ? {} : { gender },
    });
  });
}
