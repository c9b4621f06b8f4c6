/**
 * A folder that holds the labels in the names of its sub-folders.
 * @module
 */

import * as z from 'zod';
import { RingtrueError } from '../../core/errors.ts';
import type { Label } from '../clip.ts';
import { parseLabel } from '../labels.ts';
import { makeClip } from '../layout.ts';
import { defineReader } from '../reader.ts';
import type { Tree } from '../tree.ts';
import { isMediaName } from '../walk.ts';

const SPLITS = ['train', 'dev', 'eval'] as const;

/** Where a file lies, by the names of its folders. */
interface Placed {
  readonly path: string;
  /** The folder that names the label, from the root. */
  readonly part: string;
  readonly label: Label;
  readonly split: (typeof SPLITS)[number] | undefined;
  /** Folders and name below that folder. */
  readonly rest: readonly string[];
}

/** Folder with `bonafide/` and `spoof/` inside, or with these inside `train/`, `dev/`, `eval/`. */
export const labelledFolder = defineReader({
  name: 'labelled-folder',
  kind: 'general',
  title: 'Your own folder, sorted by label',
  medium: 'audio',
  languages: [],
  classes: 'any',
  layout: [
    'bonafide/**/*.wav          genuine recordings (also: real, genuine, human, natural)',
    'spoof/GENERATOR/**/*.wav   synthetic ones (also: fake, synthetic); the sub-folder names the generator',
    'or the same two inside train/, dev/ and eval/',
  ].join('\n'),
  licence: 'yours',
  howTo: 'Give the folder that holds bonafide/ and spoof/, or a zip, tar or tar.gz archive of it.',
  options: z.strictObject({}),
  marks: [],
  archives: 'closed',
  read: async (tree) => {
    const files = placed(tree);
    if (files.length === 0) {
      throw new RingtrueError(
        'datasets/bad-layout',
        `${tree.root}: no bonafide/ and no spoof/ inside`,
        { details: { root: tree.root } },
      );
    }
    return files
      .filter(({ path }) => isMediaName(path))
      .map(({ path, part, label, split, rest }) =>
        makeClip({
          id: `${part}/${rest.join('/')}`,
          path: tree.path(path),
          label,
          split,
          generator: label === 'spoof' && rest.length > 1 ? rest[0] : undefined,
        }),
      );
  },
});

/** True if the files are sorted by label: both labels are there, or one of them under its proper name. */
export function isLabelled(tree: Tree): boolean {
  const files = placed(tree);
  const labels = new Set(files.map(({ label }) => label));
  return labels.size === 2 || files.some(({ part, label }) => part.endsWith(label));
}

function placed(tree: Tree): Placed[] {
  // An archive often has one folder around all that is in it.
  const tops = new Set(tree.files.map((path) => path.split('/')[0]!));
  const wrapper = tree.root.endsWith('!') && tops.size === 1 ? [...tops][0]! : undefined;
  const isWrapped =
    wrapper !== undefined &&
    parseLabel(wrapper) === undefined &&
    !SPLITS.some((name) => name === wrapper.toLowerCase());
  return tree.files.flatMap((path) => {
    const parts = path.split('/').slice(isWrapped ? 1 : 0);
    const split = SPLITS.find((name) => name === parts[0]?.toLowerCase());
    const depth = split === undefined ? 1 : 2;
    const label = parts.length > depth ? parseLabel(parts[depth - 1]!) : undefined;
    if (label === undefined) return [];
    const part = parts.slice(0, depth).join('/');
    return [{ path, part, label, split, rest: parts.slice(depth) }];
  });
}
