/**
 * Labels of audio-visual sets, where sound and picture may be fake apart from each other.
 * @module
 */

import * as z from 'zod';
import { RingtrueError } from '../../../core/errors.ts';
import type { Label } from '../../clip.ts';
import type { Tree } from '../../tree.ts';
import type { Span } from './spans.ts';

/** What a clip's label is about. */
export const streamOption = z
  .enum(['audio', 'any'])
  .default('audio')
  .describe('whose label counts: that of the sound, or fake if either sound or picture is');

/**
 * A JSON table of items.
 * @throws RingtrueError `datasets/bad-manifest` naming the item that does not fit
 */
export async function readItems<T>(
  tree: Tree,
  table: string,
  schema: z.ZodType<T>,
): Promise<readonly T[]> {
  const file = tree.path(table);
  let value: unknown;
  try {
    value = JSON.parse(await tree.text(table));
  } catch (error) {
    if (error instanceof RingtrueError) throw error;
    throw new RingtrueError('datasets/bad-manifest', `${file}: it is no JSON`, { cause: error });
  }
  const parsed = z.array(schema).safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RingtrueError(
    'datasets/bad-manifest',
    `${file}: item ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'malformed'}`,
    { details: { file } },
  );
}

/** Fake periods as spans; undefined where there are none. */
export function fakeSpans(periods: readonly (readonly [number, number])[]): Span[] | undefined {
  const spans = periods
    .filter(([startSec, endSec]) => endSec > startSec)
    .map(([startSec, endSec]) => ({ startSec, endSec, label: 'spoof' as const }));
  return spans.length === 0 ? undefined : spans;
}

/** Label of an item. */
export function streamLabel(
  of: z.output<typeof streamOption>,
  { audio, visual }: { audio: boolean; visual: boolean },
): Label {
  return audio || (of === 'any' && visual) ? 'spoof' : 'bonafide';
}
