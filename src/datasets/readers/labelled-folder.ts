/**
 * A folder that holds the labels in the names of its sub-folders.
 * @module
 */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { RingtrueError, toRingtrueError } from '../../core/errors.ts';
import type { WorkContext } from '../../core/progress.ts';
import type { Clip, Label } from '../clip.ts';
import { parseLabel } from '../labels.ts';
import { defineReader } from '../reader.ts';
import { walkMedia } from '../walk.ts';

const SPLITS = ['train', 'dev', 'eval'] as const;
type Split = (typeof SPLITS)[number];

/** A sub-folder that says what is in it. */
interface Part {
  readonly path: string;
  readonly label: Label;
  readonly split?: Split;
}

/** Folder with `bonafide/` and `spoof/` inside, or with these inside `train/`, `dev/`, `eval/`. */
export const labelledFolder = defineReader({
  name: 'labelled-folder',
  title: 'Your own folder, sorted by label',
  layout: [
    'bonafide/**/*.wav          genuine recordings (also: real, genuine, human, natural)',
    'spoof/GENERATOR/**/*.wav   synthetic ones (also: fake, synthetic); the sub-folder names the generator',
    'or the same two inside train/, dev/ and eval/',
  ].join('\n'),
  licence: 'yours',
  howTo: 'Give the folder that holds bonafide/ and spoof/.',
  options: z.strictObject({}),
  read: async (root, _, work) => {
    const parts = await labelParts(root);
    if (parts.length === 0) {
      throw new RingtrueError('datasets/bad-layout', `${root}: no bonafide/ and no spoof/ inside`, {
        details: { root },
      });
    }
    const clips: Clip[] = [];
    for (const part of parts) clips.push(...(await clipsOfPart(root, part, work)));
    return clips;
  },
});

/** True if the folder is sorted by label: both labels are there, or one of them under its proper name. */
export async function isLabelledFolder(root: string): Promise<boolean> {
  const parts = await labelParts(root);
  const labels = new Set(parts.map((part) => part.label));
  return labels.size === 2 || parts.some((part) => part.path.endsWith(part.label));
}

async function labelParts(root: string): Promise<Part[]> {
  const parts: Part[] = [];
  for (const name of await folders(root)) {
    const label = parseLabel(name);
    const split = SPLITS.find((candidate) => candidate === name.toLowerCase());
    if (label !== undefined) parts.push({ path: name, label });
    else if (split !== undefined) {
      for (const inner of await folders(join(root, name))) {
        const innerLabel = parseLabel(inner);
        if (innerLabel !== undefined)
          parts.push({ path: `${name}/${inner}`, label: innerLabel, split });
      }
    }
  }
  return parts;
}

async function folders(root: string): Promise<string[]> {
  try {
    const entries = await readdir(root, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    throw toRingtrueError(error, 'core/io-failed');
  }
}

async function clipsOfPart(root: string, part: Part, work: WorkContext): Promise<Clip[]> {
  const paths = await walkMedia(join(root, part.path), work);
  return paths.map((path) => {
    const [first, ...rest] = path.split('/');
    const generator = part.label === 'spoof' && rest.length > 0 ? first : undefined;
    return {
      id: `${part.path}/${path}`,
      path: join(root, part.path, path),
      label: part.label,
      medium: 'audio',
      ...(part.split === undefined ? {} : { split: part.split }),
      ...(generator === undefined ? {} : { generator }),
    };
  });
}
