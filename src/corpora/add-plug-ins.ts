/**
 * Giving the user's own generators their groups in a plan.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { Fake, Group } from './composition.ts';
import { kindOf, type PlugIn } from './generators/plug-in.ts';

/** Parts of the eval split whose generators the train split does not have. */
const WITH_UNSEEN_GENERATORS = ['unseen-generator', 'unseen-all'];

/**
 * Gives each generator a further fake in its share of the groups of its split and languages, in the eval split
 * only where generators are promised to be unseen.
 * @throws RingtrueError `corpora/bad-generators` if there is no group for one
 */
export function addPlugIns(
  groups: readonly Group[],
  plugIns: readonly PlugIn[],
  rng: Rng,
): readonly Group[] {
  const added = new Map<string, Fake[]>();
  for (const plugIn of plugIns) {
    const { name, family, licence, languages, split, share } = plugIn;
    const open = groups.filter(
      (group) =>
        group.split === split &&
        (languages === undefined || languages.includes(group.real.language)) &&
        (group.part === undefined || WITH_UNSEEN_GENERATORS.includes(group.part)),
    );
    if (open.length === 0) {
      throw new RingtrueError(
        'corpora/bad-generators',
        `${name}: the ${split} split has no sentence in ${languages?.join(', ') ?? 'any language'}`,
      );
    }
    const count = Math.max(1, Math.round(share * open.length));
    for (const { id } of rng.split(name).shuffle(open).slice(0, count)) {
      const fake: Fake = { generator: name, kind: kindOf(plugIn), family, licence };
      added.set(id, [...(added.get(id) ?? []), fake]);
    }
  }
  return groups.map((group) => {
    const more = added.get(group.id);
    return more === undefined ? group : { ...group, fakes: [...group.fakes, ...more] };
  });
}
