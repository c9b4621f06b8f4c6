/**
 * `ringtrue datasets check`: is a copy of a corpus whole?
 * @module
 */

import { stat } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import * as z from 'zod';
import { archiveKind } from '../../archives/names.ts';
import { RingtrueError, toRingtrueError } from '../../core/errors.ts';
import type { WorkContext } from '../../core/progress.ts';
import { adviceFor, countClips, knowsCounts, shortfalls } from '../../datasets/advice.ts';
import { checkFiles } from '../../datasets/check.ts';
import type { Clip } from '../../datasets/clip.ts';
import { type CorpusSpec, openCorpus } from '../../datasets/open.ts';
import type { DatasetReader } from '../../datasets/reader.ts';
import { findReader, recogniseReaders } from '../../datasets/readers/index.ts';
import { openTree } from '../../datasets/tree.ts';
import { defineCommand } from '../command.ts';
import { formatTable } from '../table.ts';

/** The `datasets check` command. */
export const command = defineCommand({
  name: 'datasets check',
  summary: 'Open a corpus, count its clips, look for every file and for what a whole copy has',
  arguments: [
    {
      name: 'CORPUS',
      description:
        'root of a published corpus (a folder or an archive), a manifest, a folder, or the name of a built corpus',
      required: true,
      many: false,
    },
  ],
  options: z.object({
    reader: z
      .string()
      .optional()
      .describe(
        'reader of a published corpus (see ringtrue datasets); by default it is recognised',
      ),
    hashes: z.boolean().default(false).describe('read all files and compare their SHA-256'),
  }),
  examples: [
    {
      line: 'ringtrue datasets check /data/LA.zip',
      does: 'recognises the set, prints counts, missing and unlisted files and what to do; exits with 1 if a listed file is missing, empty or changed, or a count, split, folder or class that the set is known to have',
    },
    {
      line: 'ringtrue datasets check /data/LA --reader asvspoof2019-la',
      does: 'takes the folder for that set',
    },
  ],
  async run({ reader: name, hashes }, { args, print, result, onProgress, signal }) {
    const [target] = args;
    if (target === undefined) throw new RingtrueError('cli/usage', 'a corpus is needed');
    const work = { onProgress, signal };
    const reader = name === undefined ? await recognise(target, work) : findReader(name);
    const spec: CorpusSpec = reader === undefined ? target : { reader: reader.name, root: target };
    const published = reader?.kind === 'published' ? reader : undefined;
    if (name === undefined && reader !== undefined) {
      print(`recognised: ${reader.name} (${reader.title})\n`);
    }
    const corpus = await openCorpus(spec, { classes: 'any' }, work).catch((error: unknown) => {
      throw withLayout(error, published);
    });
    const counts = countClips(corpus);
    const found = await checkFiles(corpus, { hashes: hashes ? 'check' : 'skip' }, work);
    const used = corpus.reader === undefined ? undefined : findReader(corpus.reader);
    const lacks = used === undefined ? [] : shortfalls(corpus, used);
    const faults = [lacks, found.missing, found.empty, found.changed];
    const ok = faults.every(({ length }) => length === 0);
    // A manifest is the list of what there should be; a layout without counts is not.
    const isKnown = used === undefined || knowsCounts(used);
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
    print(`\n${verdict({ ok, isKnown })}: ${corpus.clips.length} clips`);
    for (const [what, files] of [
      ['missing', paths(found.missing)],
      ['empty', paths(found.empty)],
      ['changed', paths(found.changed)],
      ['not listed', found.unlisted],
    ] as const) {
      if (files.length > 0) print(`${what}: ${files.length}${sample(files)}`);
    }
    const hints = adviceFor(corpus, found, published);
    for (const hint of hints) print(`hint: ${hint}`);
    result({
      name: corpus.name,
      reader: reader?.name ?? null,
      ok,
      whole: ok && !isKnown ? null : ok,
      counts: counts.map((count) => ({ ...count })),
      missing: paths(found.missing),
      empty: paths(found.empty),
      changed: paths(found.changed),
      unlisted: found.unlisted,
      hints,
    });
    return ok ? 0 : 1;
  },
});

function verdict({ ok, isKnown }: { ok: boolean; isKnown: boolean }): string {
  if (!ok) return 'not whole';
  if (isKnown) return 'whole';
  return 'every file that is listed is there (how many there should be is not known to us)';
}

/**
 * The reader of the published set that a folder or archive holds; undefined for built corpora, manifests
 * and folders of something else.
 */
async function recognise(target: string, work: WorkContext): Promise<DatasetReader | undefined> {
  const path = resolve(target);
  const found = await stat(path).catch(() => undefined);
  const isTree = found?.isDirectory() === true || archiveKind(path) !== undefined;
  if (found === undefined || !isTree || archiveKind(path) === 'parquet') return undefined;
  const [first, second] = recogniseReaders(await openTree(path, {}, work));
  if (first !== undefined && second !== undefined) {
    const message = `${path} may also be ${second.name}: choose by --reader`;
    work.onProgress?.({ type: 'warning', message });
  }
  return first;
}

/** A layout that does not fit is answered with the one that is expected. */
function withLayout(error: unknown, reader: DatasetReader | undefined): RingtrueError {
  const coded = toRingtrueError(error);
  if (coded.code !== 'datasets/bad-layout' || reader === undefined) return coded;
  const layout = reader.layout.split('\n').map((line) => `\n    ${line}`);
  return new RingtrueError(coded.code, coded.message, {
    details: coded.details,
    hint: `${reader.howTo} Below it is expected:${layout.join('')}`,
    cause: error,
  });
}

/** The first few of a list of files, one a line. */
function sample(files: readonly string[]): string {
  const shown = files.slice(0, 5).map((file) => `\n  ${file}`);
  return shown.join('') + (files.length > shown.length ? '\n  …' : '');
}
