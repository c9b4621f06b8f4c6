/**
 * Diffuse or Confuse.
 * @module
 */

import { posix } from 'node:path';
import * as z from 'zod';
import type { Clip } from '../clip.ts';
import { badLayout, findFiles, makeClip } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';
import { badCell, readTable } from '../tables.ts';

/** Diffuse or Confuse: diffusion synthesisers, protocols by model. */
export const diffuseOrConfuse = defineReader({
  name: 'diffuse-or-confuse',
  kind: 'published',
  title: 'Diffuse or Confuse',
  medium: 'audio',
  languages: ['en'],
  classes: 'both',
  layout: [
    'metadata/metadata/protocols/*_proto.txt      separated by |, with a header',
    'dataset_{01…04}/MODEL/*.wav',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  howTo: 'Give the folder above metadata and the data set folders.',
  notes: [
    'Of the protocols only FILE_PATH, FILE_NAME and TYPE are known to us: other columns are left out.',
    'The model is the first part of FILE_PATH; speakers and splits are not read.',
  ],
  options: z.strictObject({}),
  marks: ['protocols/*_proto.txt'],
  read: async (tree) => {
    const protocols = findFiles(tree, 'protocols/*_proto.txt');
    if (protocols.length === 0) throw badLayout(tree, 'no metadata/metadata/protocols/*_proto.txt');
    const folders = new Map(
      findFiles(tree, 'dataset_*/*/**/*').map((path) => {
        const parts = path.split('/');
        const at = parts.findIndex((part) => part.startsWith('dataset_'));
        return [parts[at + 1]!, parts.slice(0, at + 1).join('/')] as const;
      }),
    );
    const clips = new Map<string, Clip>();
    for (const protocol of protocols) {
      const columns = ['FILE_PATH', 'FILE_NAME', 'TYPE'] as const;
      for (const row of await readTable(tree, protocol, { columns, format: 'pipe' })) {
        const { FILE_PATH: given, FILE_NAME: name, TYPE: type } = row.cells;
        const [model] = given.replace(/^\.?\//, '').split('/');
        if (model === undefined || model === '') throw badCell(row, 'FILE_PATH is empty');
        const folder = folders.get(model) ?? 'dataset_01';
        const flat = posix.join(folder, model, name);
        const deep = posix.join(folder, given);
        const isFake = type.toLowerCase().includes('spoof');
        if (!isFake && !/bona|genuine|real/i.test(type)) {
          throw badCell(row, `TYPE is ${JSON.stringify(type)}, expected spoof or bonafide`);
        }
        const path = tree.has(flat) || !tree.has(deep) ? flat : deep;
        const clip = makeClip({
          id: posix.join(model, name),
          path: tree.path(path),
          label: isFake ? 'spoof' : 'bonafide',
          language: 'en',
          generator: isFake ? model : undefined,
          domain: 'diffuse-or-confuse',
        });
        // Genuine clips are listed by the protocol of every model.
        const known = clips.get(clip.id);
        if (known !== undefined && (isFake || known.label !== clip.label)) {
          throw badCell(row, `${JSON.stringify(clip.id)} is listed twice`);
        }
        clips.set(clip.id, clip);
      }
    }
    return [...clips.values()];
  },
});
