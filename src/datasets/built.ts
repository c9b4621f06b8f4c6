/**
 * Which build of a corpus lies in a folder: the `corpus.json` of our builders, and whether it is an old one.
 * @module
 */

import { dirname, join } from 'node:path';
import * as z from 'zod';
import { readBytes } from '../archives/files.ts';
import { cacheFolder } from '../core/node/files.ts';
import type { OnProgress, WorkContext } from '../core/progress.ts';

/**
 * The versions that this program builds. Builders keep their own beside what they build, and a test holds the two
 * together: opening a corpus must not load what builds it. The toy corpus is made anew each time.
 */
export const BUILT_VERSIONS: Readonly<Record<string, string>> = {
  'speech-mini': '4',
  'speech-base': '4',
  'partial-spoof': '2',
  replay: '2',
  backgrounds: '1',
  environment: '2',
  music: '2',
  keystrokes: '1',
};

const buildSchema = z.object({
  name: z.string(),
  version: z.union([z.string(), z.number().transform(String)]),
  options: z
    .object({ limit: z.number().optional(), generators: z.array(z.unknown()).optional() })
    .default({}),
});

/** What a built corpus says of its build; a variant has the name of its corpus, and `options`. */
export type Build = z.output<typeof buildSchema>;

/** Reads `corpus.json`; undefined where there is none, or none that says name and version. */
export async function readBuild(root: string): Promise<Build | undefined> {
  try {
    const text = new TextDecoder().decode(await readBytes(join(root, 'corpus.json')));
    return buildSchema.safeParse(JSON.parse(text)).data;
  } catch {
    // Only builders of ours write one: what else lies there tells nothing of a version.
    return undefined;
  }
}

/** Whether this program would build a later version, of the corpus or of the same variant of it. */
export function isOutdated({ name, version }: Pick<Build, 'name' | 'version'>): boolean {
  // Versions are whole numbers; of a corpus that is not ours there is nothing to compare with.
  return Number(version) < Number(BUILT_VERSIONS[name]);
}

/** Says that a build is an old one, with the command that builds it anew. */
export function describeOutdated({ name, version, options }: Build): string {
  const { limit, generators } = options;
  const variant = [
    limit === undefined ? '' : ` --limit ${limit}`,
    generators === undefined ? '' : ' --generators FILE',
  ].join('');
  return (
    `${name} is built in version ${version}, and this program builds ${BUILT_VERSIONS[name]}: ` +
    `\`ringtrue corpus build ${name}${variant}\` builds it anew`
  );
}

/** Who was told of which corpus: a study, or a paper of several, opens one more than once. */
const told = new WeakMap<OnProgress, Set<string>>();

/** Warns each listener once of each outdated build. */
export function warnOutdated(build: Build, root: string, { onProgress }: WorkContext): void {
  if (onProgress === undefined || !isOutdated(build)) return;
  const known = told.get(onProgress) ?? new Set();
  told.set(onProgress, known);
  if (known.has(root)) return;
  known.add(root);
  // The command leaves a copy that lies elsewhere as it is.
  const where = dirname(root) === cacheFolder('corpora') ? '' : ' in the cache, or in --out FOLDER';
  const message = `${describeOutdated(build)}${where}`;
  onProgress({ type: 'warning', code: 'corpora/outdated', message });
}
