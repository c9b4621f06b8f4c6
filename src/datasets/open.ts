/**
 * Opening a corpus: a built one by name, a manifest, a folder, or a published corpus by its reader.
 * @module
 */

import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { archiveKind, memberPath } from '../archives/names.ts';
import { type Json, RingtrueError, toRingtrueError } from '../core/errors.ts';
import { cacheFolder } from '../core/node/files.ts';
import type { WorkContext } from '../core/progress.ts';
import { parseOptions } from '../core/schema.ts';
import { readBuild, warnOutdated } from './built.ts';
import type { Clip, Corpus } from './clip.ts';
import { fingerprint } from './fingerprint.ts';
import { isManifestName, manifestName, readManifest } from './manifest.ts';
import type { DatasetReader } from './reader.ts';
import { findReader, useOf } from './readers/index.ts';
import { isLabelled } from './readers/labelled-folder.ts';
import { noteAbout, openTree, type Tree, treeName } from './tree.ts';

/**
 * What to open. Text is the name of a built corpus (`speech-mini`), a manifest (`clips.csv`), the folder
 * of one (`manifest.jsonl` inside), a folder with `bonafide/` and `spoof/`, or any folder of recordings; an
 * archive (.zip, .tar, .tar.gz, .parquet) may stand for the folder that was packed into it.
 * An object names a reader, its root (a folder or an archive), and the reader's own options.
 */
export type CorpusSpec =
  | string
  | { readonly reader: string; readonly root: string; readonly [option: string]: unknown };

/** How much of a corpus to open. */
export interface OpenOptions {
  /** Only the clips of this split. @default all */
  readonly split?: 'train' | 'dev' | 'eval' | undefined;
  /**
   * `both` wants clips of both labels, `any` takes what there is.
   * @default both where any clip is labelled, else any
   */
  readonly classes?: 'both' | 'any' | undefined;
  /** Folder that relative paths start from. @default the working folder */
  readonly cwd?: string | undefined;
}

/**
 * Opens a corpus. Label files and manifests are read, recordings are not: one that is missing or
 * broken is a failure of that clip later, never of the corpus (`checkFiles` lists them). A built corpus that is older than
 * what this program builds is opened with a warning (`corpora/outdated`), by its name or by its path.
 * @throws RingtrueError `corpora/incomplete` (not built), `datasets/unknown-reader`,
 * `datasets/bad-layout`, `datasets/bad-manifest` (with line numbers), `datasets/duplicate-id`,
 * `datasets/empty`, `datasets/unknown-split`, `datasets/class-missing`, `core/invalid-options`,
 * `core/io-not-found`, `core/io-denied`, `archives/*`
 */
export async function openCorpus(
  spec: CorpusSpec,
  { split, classes, cwd = '.' }: OpenOptions = {},
  work: WorkContext = {},
): Promise<Corpus> {
  const source = await locate(spec, cwd, work);
  const all = await source.read(work);
  if (all.length === 0) {
    throw new RingtrueError('datasets/empty', `${source.root}: no clip found`, {
      details: { root: source.root },
    });
  }
  checkIds(all, source.root);
  const clips = split === undefined ? all : ofSplit(all, split, source.root);
  const labelled = clips.some((clip) => clip.label !== undefined);
  if (classes === 'both' || (classes === undefined && labelled)) {
    checkClasses(clips, split === undefined ? source.root : `${source.root}, split ${split}`);
  }
  const print = fingerprint(all);
  const confound = await readConfound(source.root, print);
  return {
    name: source.name,
    root: source.root,
    clips,
    ...(source.reader === undefined ? {} : { reader: source.reader }),
    ...(source.options === undefined ? {} : { options: source.options }),
    fingerprint: print,
    ...(source.version === undefined ? {} : { version: source.version }),
    ...(confound === undefined ? {} : { confound }),
  };
}

/**
 * One split, with clips of both labels, of a corpus that was opened whole.
 * @throws RingtrueError `datasets/unknown-split`, `datasets/class-missing`
 */
export function takeSplit(whole: Corpus, split: NonNullable<OpenOptions['split']>): Corpus {
  const clips = ofSplit(whole.clips, split, whole.root);
  checkClasses(clips, `${whole.root}, split ${split}`);
  return { ...whole, clips };
}

/** A corpus that was found but not read. */
interface Source {
  readonly name: string;
  readonly root: string;
  /** Absent for manifests and built corpora. */
  readonly reader?: string;
  readonly options?: Readonly<Record<string, Json>>;
  /** Of a built corpus. */
  readonly version?: string | undefined;
  read(work: WorkContext): Promise<Clip[]>;
}

async function locate(spec: CorpusSpec, cwd: string, work: WorkContext): Promise<Source> {
  if (typeof spec !== 'string') {
    const { reader: name, root, ...options } = spec;
    return fromReader(findReader(name), resolve(cwd, root), options);
  }
  if (spec === '') throw new RingtrueError('datasets/empty', 'the name of the corpus is empty');
  if (/^\w[\w.-]*$/.test(spec) && !isManifestName(spec)) {
    const built = cacheFolder('corpora', spec);
    if (await kindOf(built)) return fromBuilt(spec, built, work);
  }
  const path = resolve(cwd, spec);
  const kind = await kindOf(path);
  if (kind === 'file' && archiveKind(path) === undefined) return fromManifest(path, work);
  if (kind === 'folder' && (await kindOf(join(path, 'manifest.jsonl'))) === 'file') {
    return fromManifest(join(path, 'manifest.jsonl'), work);
  }
  if (kind !== undefined) {
    const tree = await openTree(path, { archives: 'closed' }, work);
    const manifest = tree.files.find((file) => /^(?:[^/]+\/)?manifest\.jsonl$/.test(file));
    if (kind === 'file' && manifest !== undefined) {
      return fromManifest(memberPath(path, manifest), work);
    }
    return fromReader(findReader(generalReader(path, tree)), path, {}, tree);
  }
  if (/[\\/]/.test(spec) || isManifestName(spec)) {
    throw new RingtrueError('core/io-not-found', `${path}: no such manifest or folder`, {
      details: { path },
    });
  }
  throw notBuilt(
    spec,
    `no corpus ${JSON.stringify(spec)} is built, and no folder of that name is here`,
  );
}

/** The general reader for a folder or archive of which nothing else is known. */
function generalReader(path: string, tree: Tree): string {
  if (archiveKind(path) === 'parquet') return 'parquet';
  return isLabelled(tree) ? 'labelled-folder' : 'plain-folder';
}

function fromReader(
  reader: DatasetReader,
  path: string,
  given: Record<string, unknown>,
  opened?: Tree,
): Source {
  const options = parseOptions(reader.options, given, { where: `corpus (reader ${reader.name})` });
  return {
    // A general reader says nothing of the content: the folder names it better.
    name: reader.kind === 'general' ? treeName(path) : reader.name,
    root: rootOf(path),
    reader: reader.name,
    // Read from YAML or the command line; what is absent has no default.
    ...(Object.keys(options).length === 0
      ? {}
      : { options: JSON.parse(JSON.stringify(options)) as Record<string, Json> }),
    read: async (work) => {
      const kind = await kindOf(path);
      if (kind === undefined || (kind === 'file' && archiveKind(path) === undefined)) {
        throw new RingtrueError('core/io-not-found', `${path}: no such folder or archive`, {
          details: { path },
        });
      }
      const tree = opened ?? (await openTree(path, { archives: reader.archives }, work));
      const read = await reader.read(tree, options, work);
      // A folder that is opened as any folder may still be a set that may not be trained on.
      const use = reader.use ?? useOf(tree);
      const clips = use === undefined ? read : read.map((clip) => ({ ...clip, use }));
      clips.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
      return clips;
    },
  };
}

/** The folder that clip paths are below, for a folder or an archive. */
function rootOf(path: string): string {
  const kind = archiveKind(path);
  if (kind === undefined) return path;
  return kind === 'parquet' ? dirname(path) : `${path}!`;
}

async function fromManifest(path: string, work: WorkContext): Promise<Source> {
  if (!isManifestName(path)) {
    throw new RingtrueError(
      'datasets/bad-manifest',
      `${path}: neither a manifest (.jsonl, .ndjson, .csv, .tsv) nor a folder`,
      { details: { file: path } },
    );
  }
  const root = dirname(path);
  // A manifest of another name tells of some clips of the build, or of others.
  const build = basename(path) === 'manifest.jsonl' ? await readBuild(root) : undefined;
  if (build !== undefined) warnOutdated(build, root, work);
  const version = build?.version;
  return { name: manifestName(path), root, version, read: () => readManifest(path) };
}

async function fromBuilt(name: string, root: string, work: WorkContext): Promise<Source> {
  // Builders write the manifest and corpus.json last: without them the build did not finish.
  for (const file of ['manifest.jsonl', 'corpus.json']) {
    if ((await kindOf(join(root, file))) !== 'file') {
      throw notBuilt(name, `the corpus ${name} in ${root} lacks ${file}: its build did not finish`);
    }
  }
  const build = await readBuild(root);
  if (build !== undefined) warnOutdated(build, root, work);
  return {
    name,
    root,
    version: build?.version,
    read: () => readManifest(join(root, 'manifest.jsonl')),
  };
}

function notBuilt(name: string, message: string): RingtrueError {
  return new RingtrueError('corpora/incomplete', message, {
    details: { corpus: name },
    hint: `Run \`ringtrue corpus build ${name}\`; \`ringtrue corpus list\` names the corpora that can be built.`,
  });
}

async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    const coded = toRingtrueError(error, 'core/io-failed');
    if (coded.code === 'core/io-not-found') return undefined;
    throw coded;
  }
}

/** Manifests tell the lines of a double id; this catches what readers and folders may bring. */
function checkIds(clips: readonly Clip[], root: string): void {
  const seen = new Map<string, Clip>();
  for (const clip of clips) {
    const first = seen.get(clip.id);
    if (first !== undefined) {
      throw new RingtrueError(
        'datasets/duplicate-id',
        `${root}: the id ${JSON.stringify(clip.id)} is that of ${first.path} and of ${clip.path}`,
        { details: { id: clip.id, paths: [first.path, clip.path] } },
      );
    }
    seen.set(clip.id, clip);
  }
}

function checkClasses(clips: readonly Clip[], where: string): void {
  const bonafide = clips.filter((clip) => clip.label === 'bonafide').length;
  const spoof = clips.filter((clip) => clip.label === 'spoof').length;
  const unlabelled = clips.length - bonafide - spoof;
  if (bonafide > 0 && spoof > 0 && unlabelled === 0) return;
  const missing = bonafide === 0 ? 'bonafide' : spoof === 0 ? 'spoof' : 'labelled throughout';
  const what =
    missing === 'labelled throughout'
      ? `${unlabelled} of ${clips.length} clips have no label`
      : `no ${missing} clip among ${clips.length}`;
  throw new RingtrueError('datasets/class-missing', `${where}: ${what}`, {
    details: { bonafide, spoof, unlabelled },
  });
}

function ofSplit(all: readonly Clip[], split: string, root: string): Clip[] {
  const clips = all.filter((clip) => clip.split === split);
  if (clips.length > 0) return clips;
  const splits = [...new Set(all.map((clip) => clip.split ?? 'none'))].sort();
  throw new RingtrueError(
    'datasets/unknown-split',
    `${root}: no clip is in the split ${split}; there are: ${splits.join(', ')}`,
    { details: { split, splits } },
  );
}

const confoundSchema = z.object({
  fingerprint: z.string(),
  joint: z.object({ auc: z.number(), low: z.number(), high: z.number() }),
});

/** What `ringtrue corpus verify` left beside the manifest, if it is whole and about the clips of this print. */
async function readConfound(root: string, print: string): Promise<Corpus['confound']> {
  let text: string;
  try {
    text = await readFile(noteAbout(root, 'verify.json'), 'utf8');
  } catch {
    // Not verified yet, or not readable: the floor is simply not known.
    return undefined;
  }
  const verified = confoundSchema.safeParse(parseJson(text)).data;
  return verified?.fingerprint === print ? verified.joint : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
