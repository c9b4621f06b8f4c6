/**
 * Whether genuine speech that went through a neural codec counts as fake: benchmarks do not agree.
 * @module
 */

import * as z from 'zod';
import type { Label } from '../../clip.ts';

/** The option of readers of codec corpora. */
export const recodedOption = z
  .enum(['exclude', 'spoof', 'bonafide'])
  .default('exclude')
  .describe('what genuine speech is taken for that only went through a neural codec');

/** The label of re-coded genuine speech; undefined if it is left out. */
export function recodedLabel(option: z.output<typeof recodedOption>): Label | undefined {
  return option === 'exclude' ? undefined : option;
}

/** What every reader of a codec corpus says. */
export const RECODED_NOTE =
  'Some benchmarks count re-coded genuine speech as fake, others as genuine: choose by the option `recoded`; by default it is left out.';
