/**
 * In which order clips are trained on: a pure function of seed and epoch.
 * @module
 */

import * as z from 'zod';
import type { Rng } from '../../core/rng.ts';
import type { Clip } from '../../datasets/clip.ts';

/** How clips are chosen. */
export const samplingSchema = z.union([
  z.literal('shuffle').describe('each clip once an epoch'),
  z.strictObject({
    balance: z
      .array(z.enum(['label', 'generator', 'speaker', 'language', 'domain']))
      .min(1)
      .describe('equal shares of each label; inside it of each generator, and so on'),
  }),
]);
/** How clips are chosen. */
export type Sampling = z.output<typeof samplingSchema>;

type Key = Extract<Sampling, { balance: unknown }>['balance'][number];

/**
 * Indexes of an epoch's clips, `size` of them: what is left over is filled from a second round, nothing is
 * dropped. With `balance`, groups take turns in an order drawn anew each round, so that small groups come
 * more often, and each run of as many clips as there are labels has all of them.
 * @param clips in an order of their own (by id), so that the order of a manifest does not matter
 * @param rng stream of this epoch
 */
export function epochOrder(
  clips: readonly Clip[],
  { sampling, size, rng }: { sampling: Sampling; size: number; rng: Rng },
): number[] {
  const keys = sampling === 'shuffle' ? [] : sampling.balance;
  const next = turns(
    clips.map((_, i) => i),
    { clips, keys, rng },
  );
  return Array.from({ length: size }, next);
}

/** An endless supply of indexes that gives each group of the first key its turn. */
function turns(
  indexes: readonly number[],
  { clips, keys, rng }: { clips: readonly Clip[]; keys: readonly Key[]; rng: Rng },
): () => number {
  const [key, ...rest] = keys;
  if (key === undefined) {
    let round: number[] = [];
    return () => {
      if (round.length === 0) round = rng.shuffle(indexes).reverse();
      return round.pop()!;
    };
  }
  const groups = new Map<string, number[]>();
  for (const index of indexes) {
    const value = clips[index]![key] ?? '';
    const group = groups.get(value);
    if (group === undefined) groups.set(value, [index]);
    else group.push(index);
  }
  const supplies = [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([value, members]) => turns(members, { clips, keys: rest, rng: rng.split(value) }));
  let round: (() => number)[] = [];
  return () => {
    if (round.length === 0) round = rng.shuffle(supplies);
    return round.pop()!();
  };
}
