/**
 * The two-column label files of the ADD challenges.
 * @module
 */

import { posix } from 'node:path';
import type { Clip } from '../../clip.ts';
import { badLayout, findFiles, makeClip, mediaFinder, stemOf } from '../../layout.ts';
import { labelIn, readFixed } from '../../tables.ts';
import type { Tree } from '../../tree.ts';

/**
 * Clips of all two-column label files (`FILE.wav genuine|fake`) whose rows name files of a challenge.
 * @param options.name begins the names of this challenge's files
 * @throws RingtrueError `datasets/bad-layout`, `datasets/bad-manifest`
 */
export async function readAdd(
  tree: Tree,
  { domain, name, partOf }: { domain: string; name: RegExp; partOf: (file: string) => string },
): Promise<Clip[]> {
  const media = mediaFinder(tree);
  const clips: Clip[] = [];
  for (const table of findFiles(tree, '*label*.txt')) {
    const text = await tree.text(table);
    if (!name.test(text.trimStart())) continue;
    for (const row of await readFixed(tree, table, ['file', 'key'])) {
      const { file, key } = row.cells;
      clips.push(
        makeClip({
          id: stemOf(file),
          path: media(posix.join(posix.dirname(table), file)),
          label: labelIn(row, key),
          split: 'eval',
          language: 'zh',
          domain,
          group: { part: partOf(file) },
        }),
      );
    }
  }
  if (clips.length > 0) return clips;
  throw badLayout(tree, 'no label file (*label*.txt) that names recordings of the challenge');
}
