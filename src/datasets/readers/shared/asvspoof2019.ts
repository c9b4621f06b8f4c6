/**
 * The five-column protocols of ASVspoof 2019, which several later data sets took over.
 * @module
 */

import type { WorkContext } from '../../../core/progress.ts';
import type { Clip } from '../../clip.ts';
import {
  above,
  badLayout,
  findFileIfAny,
  makeClip,
  mediaFinder,
  warnAbsent,
} from '../../layout.ts';
import { given, labelIn, readFixed } from '../../tables.ts';
import type { Tree } from '../../tree.ts';

const COLUMNS = ['speaker', 'utterance', 'environment', 'attack', 'key'] as const;
const PROTOCOLS = { train: 'train.trn', dev: 'dev.trl', eval: 'eval.trl' } as const;

/**
 * Clips of a track of ASVspoof 2019.
 * @param part LA or PA
 * @throws RingtrueError `datasets/bad-layout`, `datasets/bad-manifest`
 */
export async function readAsvspoof2019(
  tree: Tree,
  part: 'LA' | 'PA',
  work: WorkContext,
): Promise<Clip[]> {
  const media = mediaFinder(tree);
  const clips: Clip[] = [];
  for (const split of ['train', 'dev', 'eval'] as const) {
    const name = `ASVspoof2019.${part}.cm.${PROTOCOLS[split]}.txt`;
    const protocol = findFileIfAny(tree, `ASVspoof2019_${part}_cm_protocols/${name}`);
    if (protocol === undefined) {
      warnAbsent(work, tree, `no ${name}: no ${split} split`);
      continue;
    }
    const base = above(protocol, 2);
    for (const row of await readFixed(tree, protocol, COLUMNS)) {
      const { speaker, utterance, environment, attack, key } = row.cells;
      clips.push(
        makeClip({
          id: utterance,
          path: media(`${base}ASVspoof2019_${part}_${split}/flac/${utterance}.flac`),
          label: labelIn(row, key),
          split,
          speaker: given(speaker),
          language: 'en',
          generator: given(attack),
          source: `asvspoof2019-${part.toLowerCase()}/${utterance}`,
          domain: `asvspoof2019-${part.toLowerCase()}`,
          ...(given(environment) === undefined ? {} : { group: { environment } }),
        }),
      );
    }
  }
  if (clips.length > 0) return clips;
  throw badLayout(tree, `no ASVspoof2019_${part}_cm_protocols with the protocol of any split`);
}
