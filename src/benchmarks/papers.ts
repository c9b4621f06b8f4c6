/**
 * Published methods that are run again: one folder each under `papers/`, with `paper.ts`.
 * @module
 */

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { RingtrueError } from '../core/errors.ts';
import { packageUrl } from '../core/node/modules.ts';
import type { WorkContext } from '../core/progress.ts';
import type { CorpusIdentity } from '../datasets/clip.ts';
import { identityOf } from '../datasets/fingerprint.ts';
import { openCorpus } from '../datasets/open.ts';
import { registerHooks } from '../training/load-recipe.ts';
import type { Paper } from './claim.ts';

/** A paper with where it lies. */
export interface PaperEntry {
  /** Name of its folder. */
  readonly name: string;
  readonly folder: string;
  readonly paper: Paper;
}

/** Where the papers of this package lie. */
export function papersFolder(): string {
  return fileURLToPath(packageUrl('papers'));
}

/**
 * Loads every paper of a folder, by name.
 * @throws RingtrueError `benchmarks/bad-paper`
 */
export async function listPapers(folder = papersFolder()): Promise<PaperEntry[]> {
  const names = await readdir(folder).catch(() => []);
  const entries: PaperEntry[] = [];
  for (const name of names.sort()) {
    if (await isFile(join(folder, name, 'paper.ts'))) entries.push(await loadPaper(folder, name));
  }
  return entries;
}

/**
 * Loads a paper by the name of its folder, or by a beginning of it that no other has: `02`.
 * @throws RingtrueError `benchmarks/unknown-paper`, `benchmarks/bad-paper`
 */
export async function findPaper(name: string, folder = papersFolder()): Promise<PaperEntry> {
  const names: string[] = [];
  for (const known of await readdir(folder).catch(() => []))
    if (await isFile(join(folder, known, 'paper.ts'))) names.push(known);
  const found = names.filter((known) => known === name || known.startsWith(name));
  const exact =
    names.find((known) => known === name) ?? (found.length === 1 ? found[0] : undefined);
  if (exact !== undefined) return loadPaper(folder, exact);
  throw new RingtrueError(
    'benchmarks/unknown-paper',
    `there is no paper ${name}; there are ${names.sort().join(', ')}`,
    { details: { known: names } },
  );
}

/**
 * Which builds of its corpora a paper runs on: versions and contents, for its claims.
 * @throws RingtrueError `corpora/incomplete` if one is not built
 */
export async function corporaOf(
  { corpora }: Pick<Paper, 'corpora'>,
  work: WorkContext,
): Promise<CorpusIdentity[]> {
  const identities: CorpusIdentity[] = [];
  for (const corpus of corpora) {
    identities.push(identityOf(await openCorpus(corpus, { classes: 'any' }, work)));
  }
  return identities;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function loadPaper(root: string, name: string): Promise<PaperEntry> {
  const folder = join(root, name);
  const path = join(folder, 'paper.ts');
  registerHooks();
  let loaded: unknown;
  try {
    loaded = await import(pathToFileURL(path).href);
  } catch (error) {
    throw new RingtrueError(
      'benchmarks/bad-paper',
      `${path} does not load: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
  const paper =
    typeof loaded === 'object' && loaded !== null && 'paper' in loaded ? loaded.paper : undefined;
  if (isPaper(paper)) return { name, folder, paper };
  throw new RingtrueError(
    'benchmarks/bad-paper',
    `${path}: expected \`export const paper = { id, title, corpora, minutes, run }\``,
  );
}

function isPaper(value: unknown): value is Paper {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    typeof value.id === 'string' &&
    'title' in value &&
    typeof value.title === 'string' &&
    'corpora' in value &&
    Array.isArray(value.corpora) &&
    'minutes' in value &&
    typeof value.minutes === 'number' &&
    'run' in value &&
    typeof value.run === 'function'
  );
}
