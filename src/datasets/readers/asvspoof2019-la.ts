/**
 * ASVspoof 2019, logical access.
 * @module
 */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { RingtrueError } from '../../core/errors.ts';
import type { Clip } from '../clip.ts';
import { parseLabel } from '../labels.ts';
import { defineReader } from '../reader.ts';
import { readProtocol } from '../text.ts';

const COLUMNS = ['speaker', 'utterance', 'environment', 'attack', 'key'];
const PROTOCOLS = { train: 'train.trn', dev: 'dev.trl', eval: 'eval.trl' } as const;

/** ASVspoof 2019 LA: five-column protocols beside FLAC files. */
export const asvspoof2019La = defineReader({
  name: 'asvspoof2019-la',
  title: 'ASVspoof 2019, logical access',
  layout: [
    'ASVspoof2019_LA_cm_protocols/ASVspoof2019.LA.cm.{train.trn,dev.trl,eval.trl}.txt',
    'ASVspoof2019_LA_{train,dev,eval}/flac/LA_{T,D,E}_ddddddd.flac',
  ].join('\n'),
  licence: 'ODC-By 1.0',
  howTo:
    'LA.zip from https://datashare.ed.ac.uk/handle/10283/3336; give the unpacked folder LA, or the folder above it.',
  options: z.strictObject({}),
  expected: {
    train: { bonafide: 2580, spoof: 22800 },
    dev: { bonafide: 2548, spoof: 22296 },
    eval: { bonafide: 7355, spoof: 63882 },
  },
  read: async (root, _, work) => {
    const base = (await exists(join(root, 'LA'))) ? join(root, 'LA') : root;
    const clips: Clip[] = [];
    for (const split of ['train', 'dev', 'eval'] as const) {
      const protocol = join(
        base,
        'ASVspoof2019_LA_cm_protocols',
        `ASVspoof2019.LA.cm.${PROTOCOLS[split]}.txt`,
      );
      if (!(await exists(protocol))) {
        work.onProgress?.({
          type: 'warning',
          message: `${protocol} is not there: no ${split} split`,
        });
        continue;
      }
      for (const { line, fields } of await readProtocol(protocol, COLUMNS)) {
        // readProtocol gives exactly the columns asked for.
        const [speaker, utterance, , attack, key] = fields as [
          string,
          string,
          string,
          string,
          string,
        ];
        const label = parseLabel(key);
        if (label === undefined) {
          throw new RingtrueError(
            'datasets/bad-manifest',
            `${protocol}:${line}: the key is ${JSON.stringify(key)}, expected bonafide or spoof`,
            { details: { file: protocol, line, key } },
          );
        }
        clips.push({
          id: utterance,
          path: join(base, `ASVspoof2019_LA_${split}`, 'flac', `${utterance}.flac`),
          label,
          medium: 'audio',
          split,
          speaker,
          language: 'en',
          ...(attack === '-' ? {} : { generator: attack }),
          domain: 'asvspoof2019-la',
        });
      }
    }
    if (clips.length === 0) {
      throw new RingtrueError(
        'datasets/bad-layout',
        `${base}: no ASVspoof2019_LA_cm_protocols with the protocol of any split`,
        { details: { root } },
      );
    }
    return clips;
  },
});

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
