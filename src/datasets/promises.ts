/**
 * What a corpus says of its own splits: the `disjoint` list in the `corpus.json` beside its manifest.
 * @module
 */

import { join } from 'node:path';
import * as z from 'zod';
import { readBytes } from '../archives/files.ts';
import { RingtrueError, toRingtrueError } from '../core/errors.ts';
import { DISJOINT_FIELDS, PART_FIELDS, type SplitPromise } from './clip.ts';

const partSchema = z.strictObject({
  field: z.enum(PART_FIELDS),
  parts: z.array(z.string().min(1)).min(1),
});
const cardSchema = z.object({
  disjoint: z.array(z.union([z.enum(DISJOINT_FIELDS), partSchema])).optional(),
});
/** What the list may hold, in words. */
const ALLOWED = `${DISJOINT_FIELDS.join(', ')}, or {field: ${PART_FIELDS.join(' or ')}, parts: [names]}`;

/**
 * Reads what the corpus promises.
 * @param root of the opened corpus
 * @returns undefined where there is no `corpus.json`, or it says nothing of it
 * @throws RingtrueError `datasets/bad-manifest` if the list names anything else
 */
export async function readPromises(root: string): Promise<readonly SplitPromise[] | undefined> {
  const path = join(root, 'corpus.json');
  let text: string;
  try {
    text = new TextDecoder().decode(await readBytes(path));
  } catch {
    // Folders and published sets have none.
    return undefined;
  }
  let card: unknown;
  try {
    card = JSON.parse(text);
  } catch (error) {
    throw badCard(path, toRingtrueError(error).message);
  }
  const parsed = cardSchema.safeParse(card);
  if (parsed.success) return parsed.data.disjoint;
  throw badCard(path, `disjoint: expected a list of ${ALLOWED}`);
}

function badCard(path: string, problem: string): RingtrueError {
  return new RingtrueError('datasets/bad-manifest', `${path}: ${problem}`, {
    details: { file: path },
    hint: `"disjoint" in corpus.json names what no two splits share, or parts do not share with train: ${ALLOWED}.`,
  });
}
