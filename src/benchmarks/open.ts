/**
 * Opening what a benchmark names: its corpora as one list of clips, its recipes.
 * @module
 */

import { resolve } from 'node:path';
import { RingtrueError } from '../core/errors.ts';
import type { WorkContext } from '../core/progress.ts';
import { parseOptions } from '../core/schema.ts';
import type { Corpus, CorpusIdentity } from '../datasets/clip.ts';
import { identityOf } from '../datasets/fingerprint.ts';
import { type CorpusSpec, openCorpus } from '../datasets/open.ts';
import { loadRecipe } from '../training/load-recipe.ts';
import type { Benchmark } from './benchmark-file.ts';
import type { CorpusClip } from './filter.ts';
import type { NamedRecipe } from './models.ts';

/** The corpora of a benchmark, opened. */
export interface OpenedCorpora {
  /** Names joined, for trial rows and reports. */
  readonly name: string;
  /** What was opened under each name. */
  readonly opened: readonly (CorpusIdentity & { readonly corpus: string })[];
  /** AUC of all trivial features together, where a corpus was verified. */
  readonly confounds: readonly (NonNullable<Corpus['confound']> & { readonly corpus: string })[];
  /** Every clip with a label; of several corpora with their names in front of the ids. */
  readonly clips: readonly CorpusClip[];
}

/** @throws RingtrueError whatever opening a corpus throws */
export async function openCorpora(
  { corpus, corpora }: Pick<Benchmark, 'corpus' | 'corpora'>,
  cwd: string,
  work: WorkContext,
): Promise<OpenedCorpora> {
  // The schema of a benchmark has the same two forms as CorpusSpec; one of the two fields is there.
  const specs = (corpora ?? { '': corpus }) as Readonly<Record<string, CorpusSpec>>;
  const opened: OpenedCorpora['opened'][number][] = [];
  const confounds: OpenedCorpora['confounds'][number][] = [];
  const clips: CorpusClip[] = [];
  for (const [given, spec] of Object.entries(specs)) {
    const found = await openCorpus(spec, { cwd, classes: 'any' }, work);
    const { confound } = found;
    const name = given === '' ? found.name : given;
    opened.push({ ...identityOf(found), corpus: name });
    if (confound !== undefined) confounds.push({ ...confound, corpus: name });
    for (const clip of found.clips) {
      if (clip.label === undefined) continue;
      clips.push(given === '' ? clip : { ...clip, id: `${name}:${clip.id}`, corpus: name });
    }
  }
  return { name: opened.map(({ corpus: name }) => name).join('+'), opened, confounds, clips };
}

/** @throws RingtrueError `training/bad-recipe`, `benchmarks/bad-file` (a name twice), `core/io-not-found` */
export async function openRecipes({ recipes }: Benchmark, cwd: string): Promise<NamedRecipe[]> {
  const named: NamedRecipe[] = [];
  for (const given of recipes) {
    const {
      recipe: ref,
      name,
      settings,
    } = typeof given === 'string' ? { recipe: given, name: undefined, settings: {} } : given;
    const loaded = await loadRecipe(ref, cwd);
    const changed = { ...loaded.settings, ...settings };
    // A setting that does not fit is told before anything is trained.
    parseOptions(loaded.recipe.settings, changed, {
      where: `settings of ${loaded.recipe.name}`,
      code: 'training/bad-recipe',
    });
    const recipe = { name: name ?? loaded.recipe.name, loaded: { ...loaded, settings: changed } };
    if (named.some((other) => other.name === recipe.name)) {
      throw new RingtrueError(
        'benchmarks/bad-file',
        `recipes: ${recipe.name} is there twice; give one of them another name`,
      );
    }
    named.push(recipe);
  }
  return named;
}

/** The benchmark with absolute paths, so that it gives the same result from any folder. */
export function resolvedBenchmark(benchmark: Benchmark, cwd: string): Record<string, unknown> {
  const { corpus, corpora, recipes, ...rest } = benchmark;
  const absolute = (spec: unknown): unknown => {
    // As the schema has it: text, or {reader, root, …}.
    const { root } = Object(spec) as { root?: string };
    if (root !== undefined) return { ...Object(spec), root: resolve(cwd, root) };
    return typeof spec === 'string' && /[\\/]/.test(spec) ? resolve(cwd, spec) : spec;
  };
  const file = (ref: string): string => (/\.\w+$/.test(ref) ? resolve(cwd, ref) : ref);
  return {
    ...rest,
    ...(corpus === undefined ? {} : { corpus: absolute(corpus) }),
    ...(corpora === undefined
      ? {}
      : {
          corpora: Object.fromEntries(
            Object.entries(corpora).map(([name, spec]) => [name, absolute(spec)]),
          ),
        }),
    recipes: recipes.map((given) =>
      typeof given === 'string' ? file(given) : { ...given, recipe: file(given.recipe) },
    ),
  };
}
