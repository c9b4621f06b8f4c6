/**
 * Drawing training and test sets: balanced, and with twins where the corpus has them.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import type { Rng } from '../core/rng.ts';
import type { CorpusClip, Filter } from './filter.ts';
import { matches, splitFilter } from './filter.ts';
import { groupBy, textGroup } from './parts.ts';

/** A bona fide clip and the fakes that were made of it or say its words. */
export interface Twins {
  readonly real: CorpusClip;
  readonly fakes: readonly CorpusClip[];
}

/**
 * Pairs every bona fide clip with the fakes of its text group. Where a group has several bona fide clips, a
 * fake goes to one of its own speaker, else to the first; what was sent through a codec as a control (it has a
 * `family`) comes last, so that it has twins only where it stands alone.
 */
export function findTwins(clips: readonly CorpusClip[]): Twins[] {
  return [...groupBy(clips, textGroup).values()].flatMap((members) => {
    const reals = byId(
      members.filter(({ label }) => label === 'bonafide'),
      ({ id, group }) => `${group?.family === undefined ? 0 : 1} ${id}`,
    );
    const ownerOf = ({ speaker }: CorpusClip): CorpusClip | undefined =>
      reals.find((real) => real.speaker !== undefined && real.speaker === speaker) ?? reals[0];
    const fakes = members.filter(({ label }) => label === 'spoof');
    return reals.map((real) => ({ real, fakes: fakes.filter((fake) => ownerOf(fake) === real) }));
  });
}

/** What a set is drawn of. */
export interface Draw {
  /** Names the set in messages. */
  readonly name: string;
  readonly clips: readonly CorpusClip[];
  /** Clips of both classes. */
  readonly size: number;
  readonly sampling: 'paired' | 'balanced';
  readonly rng: Rng;
  /** Clips of each class that are needed at least; `size / 2` where the size is exact. */
  readonly least: number;
}

/**
 * Draws half as many bona fide clips as the size, and for each of them one twin (`paired`), or as many fakes
 * (`balanced`); generators come out as even as they can. Fewer where there are fewer.
 * @throws RingtrueError `datasets/class-missing`, `benchmarks/too-few-clips`
 */
export function drawSet(draw: Draw): CorpusClip[] {
  requireClasses(draw);
  const half = Math.floor(draw.size / 2);
  const pairs = draw.sampling === 'paired' ? drawTwins(draw, half) : drawApart(draw, half);
  if (pairs.length < draw.least) {
    const what = draw.sampling === 'paired' ? 'bona fide clips with a twin' : 'clips of each class';
    throw new RingtrueError(
      'benchmarks/too-few-clips',
      `${draw.name} has ${pairs.length} ${what}; at least ${draw.least} are needed`,
      { details: { set: draw.name, found: pairs.length, needed: draw.least } },
    );
  }
  return pairs.flat();
}

function requireClasses({ name, clips }: Draw): void {
  for (const label of ['bonafide', 'spoof'] as const) {
    if (clips.some((clip) => clip.label === label)) continue;
    throw new RingtrueError(
      'datasets/class-missing',
      `${name} has no ${label} clip among ${clips.length}: error rates need both classes`,
      {
        details: { set: name, label, clips: clips.length },
        hint: 'Add the corpus that holds the other class, or widen the filter.',
      },
    );
  }
}

function drawTwins({ clips, rng }: Draw, half: number): [CorpusClip, CorpusClip][] {
  const used = new Map<string, number>();
  const pairs: [CorpusClip, CorpusClip][] = [];
  for (const { real, fakes } of rng.shuffle(byId(findTwins(clips), ({ real }) => real.id))) {
    if (pairs.length === half) break;
    const fake = leastUsed(
      byId(fakes, ({ id }) => id),
      { used, rng: rng.split(real.id) },
    );
    if (fake !== undefined) pairs.push([real, fake]);
  }
  return pairs;
}

function drawApart({ clips, rng }: Draw, half: number): [CorpusClip, CorpusClip][] {
  const of = (label: string): CorpusClip[] =>
    rng.split(label).shuffle(
      byId(
        clips.filter((clip) => clip.label === label),
        ({ id }) => id,
      ),
    );
  const left = new Set(of('spoof'));
  const used = new Map<string, number>();
  const pairs: [CorpusClip, CorpusClip][] = [];
  for (const real of of('bonafide').slice(0, half)) {
    const fake = leastUsed([...left], { used, rng: rng.split(real.id) });
    if (fake === undefined) break;
    left.delete(fake);
    pairs.push([real, fake]);
  }
  return pairs;
}

/** A clip of the generator that was drawn least so far. */
function leastUsed(
  fakes: readonly CorpusClip[],
  { used, rng }: { readonly used: Map<string, number>; readonly rng: Rng },
): CorpusClip | undefined {
  const count = ({ generator }: CorpusClip): number => used.get(generator ?? '') ?? 0;
  const least = Math.min(...fakes.map(count));
  const candidates = fakes.filter((fake) => count(fake) === least);
  if (candidates.length === 0) return undefined;
  const fake = rng.pick(candidates);
  used.set(fake.generator ?? '', least + 1);
  return fake;
}

/** By id, so that the order of a manifest changes nothing. */
function byId<T>(items: readonly T[], idOf: (item: T) => string): T[] {
  return [...items].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
}

/**
 * Clips of a domain: bona fide clips that its filter takes, and the fakes of their text groups that it takes.
 * What a filter asks of recordings (speaker, sex) is asked of the bona fide clip of a group, since the voice of a
 * synthesiser is another one; fakes without one must fit by themselves.
 */
export function clipsOfDomain(clips: readonly CorpusClip[], filter: Filter): CorpusClip[] {
  const { source, spoof } = splitFilter(filter);
  const taken: CorpusClip[] = [];
  for (const members of groupBy(clips, textGroup).values()) {
    const reals = members.filter((clip) => clip.label === 'bonafide');
    const inside = reals.filter((clip) => matches(clip, source));
    const fits =
      reals.length > 0
        ? (clip: CorpusClip) => inside.length > 0 && matches(clip, spoof)
        : (clip: CorpusClip) => matches(clip, filter);
    taken.push(...inside, ...members.filter((clip) => clip.label === 'spoof' && fits(clip)));
  }
  return taken;
}
