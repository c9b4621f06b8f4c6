/**
 * `ringtrue datasets check`: is a copy of a corpus whole?
 * @module
 */

import { relative } from 'node:path';
import * as z from 'zod';
import { RingtrueError } from '../../core/errors.ts';
import { checkFiles } from '../../datasets/check.ts';
import type { Clip, Corpus } from '../../datasets/clip.ts';
import { openCorpus } from '../../datasets/open.ts';
import { findReader } from '../../datasets/readers/index.ts';
import { defineCommand } from '../command.ts';
import { formatTable } from '../table.ts';

/** The `datasets check` command. */
export const command = defineCommand({
  name: 'datasets check',
  summary: 'Open a corpus, count its clips and look for every file',
  arguments: [
    {
      name: 'CORPUS',
      description:
        'root of a published corpus, a manifest, a folder, or the name of a built corpus',
      required: true,
      many: false,
    },
  ],
  options: z.object({
    reader: z.string().optional().describe('reader of a published corpus (see ringtrue datasets)'),
    hashes: z.boolean().default(false).describe('read all files and compare their SHA-256'),
  }),
  examples: [
    {
      line: 'ringtrue datasets check /data/LA --reader asvspoof2019-la',
      does: 'prints counts, missing and unlisted files; exits with 1 if a listed file is missing, empty or changed',
    },
  ],
  async run({ reader: name, hashes }, { args, print, result, onProgress, signal }) {
    const [target] = args;
    if (target === undefined) throw new RingtrueError('cli/usage', 'a corpus is needed');
    const work = { onProgress, signal };
    const spec = name === undefined ? target : { reader: name, root: target };
    const corpus = await openCorpus(spec, { classes: 'any' }, work);
    const counts = countClips(corpus);
    const expected = name === undefined ? undefined : findReader(name).expected;
    for (const { split, bonafide, spoof } of counts) {
      const whole = Object.entries(expected ?? {}).find(([key]) => key === split)?.[1];
      if (whole !== undefined && (whole.bonafide !== bonafide || whole.spoof !== spoof)) {
        const message = `${split} has ${bonafide} bonafide and ${spoof} spoof clips, a whole copy ${whole.bonafide} and ${whole.spoof}`;
        onProgress({ type: 'warning', message });
      }
    }
    const found = await checkFiles(corpus, { hashes: hashes ? 'check' : 'skip' }, work);
    const ok = found.missing.length + found.empty.length + found.changed.length === 0;
    print(
      formatTable(
        [
          { title: 'split' },
          { title: 'bonafide', align: 'right' },
          { title: 'spoof', align: 'right' },
          { title: 'unlabelled', align: 'right' },
        ],
        counts.map(({ split, bonafide, spoof, unlabelled }) =>
          [split, bonafide, spoof, unlabelled].map(String),
        ),
      ),
    );
    const paths = (clips: readonly Clip[]): string[] =>
      clips.map((clip) => relative(corpus.root, clip.path));
    print(`\n${ok ? 'whole' : 'not whole'}: ${corpus.clips.length} clips`);
    for (const [what, files] of [
      ['missing', paths(found.missing)],
      ['empty', paths(found.empty)],
      ['changed', paths(found.changed)],
      ['not listed', found.unlisted],
    ] as const) {
      if (files.length > 0) print(`${what}: ${files.length}${sample(files)}`);
    }
    result({
      name: corpus.name,
      ok,
      counts: counts.map((count) => ({ ...count })),
      missing: paths(found.missing),
      empty: paths(found.empty),
      changed: paths(found.changed),
      unlisted: found.unlisted,
    });
    return ok ? 0 : 1;
  },
});

interface SplitCount {
  readonly split: string;
  readonly bonafide: number;
  readonly spoof: number;
  readonly unlabelled: number;
}

function countClips({ clips }: Corpus): SplitCount[] {
  const splits = [...new Set(clips.map((clip) => clip.split))];
  return splits.map((split) => {
    const own = clips.filter((clip) => clip.split === split);
    const bonafide = own.filter((clip) => clip.label === 'bonafide').length;
    const spoof = own.filter((clip) => clip.label === 'spoof').length;
    return { split: split ?? 'all', bonafide, spoof, unlabelled: own.length - bonafide - spoof };
  });
}

/** The first few of a list of files, one a line. */
function sample(files: readonly string[]): string {
  const shown = files.slice(0, 5).map((file) => `\n  ${file}`);
  return shown.join('') + (files.length > shown.length ? '\n  …' : '');
}
