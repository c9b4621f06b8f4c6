/**
 * Which clips may be heard in training, which choose the threshold, and which are kept for the test.
 * @module
 */

import { createRng } from '../core/rng.ts';
import type { CorpusClip } from './filter.ts';

/** A part of a source. */
export type Part = 'train' | 'dev' | 'test';
const PARTS: readonly Part[] = ['train', 'dev', 'test'];

/** Shares of the clips where the parts are cut here. */
const SHARES: Readonly<Record<Part, number>> = { train: 0.5, dev: 0.15, test: 0.35 };

/** With fewer speakers in a source, whole speakers cannot be kept apart in three parts. */
const LEAST_SPEAKERS = 6;

/** What is new in the test part of a source. */
export type Held = 'manifest' | 'speaker' | 'source';

/** How the clips of one source were cut. */
export interface SourceParts {
  /** Corpus and domain of its bona fide clips. */
  readonly source: string;
  readonly held: Held;
  /** Bona fide speakers. */
  readonly speakers: number;
  readonly clips: Readonly<Record<Part, number>>;
}

/** Parts of all clips. */
export interface Parts {
  /** By clip id; a clip that is not there is in no part. */
  readonly of: ReadonlyMap<string, Part>;
  readonly sources: readonly SourceParts[];
}

/**
 * Cuts clips into parts. Clips with the same source, words or bytes always stay together when sentences are
 * held out; with speakers, all of a bona fide speaker and the fakes of his sentences do.
 * @param hold `manifest` takes the splits of the manifest; `auto` speakers where a source has six, else sentences
 */
export function cutParts(
  clips: readonly CorpusClip[],
  { hold, seed }: { readonly hold: 'auto' | Held; readonly seed: number },
): Parts {
  const of = new Map<string, Part>();
  const sources: SourceParts[] = [];
  for (const [source, members] of groupBy(groupsOf(clips), ({ source }) => source)) {
    const speakers = new Set(members.flatMap(({ speaker }) => speaker ?? [])).size;
    const enough = speakers >= LEAST_SPEAKERS;
    const held = hold === 'auto' ? (enough ? 'speaker' : 'source') : hold;
    const rng = createRng(seed).split('parts').split(source);
    if (held === 'manifest') {
      for (const { clips: some } of members)
        for (const clip of some) {
          if (clip.split !== undefined)
            of.set(clip.id, clip.split === 'eval' ? 'test' : clip.split);
        }
    } else if (held === 'speaker') {
      // The largest first, so that the shares come out well.
      const units = [...groupBy(rng.shuffle(members), ({ speaker, id }) => speaker ?? id).values()];
      deal(
        units.sort((a, b) => b.length - a.length).map((unit) => unit.flatMap(clipsOf)),
        of,
      );
    } else {
      for (const spoken of groupBy(members, ({ speaker }) => speaker ?? '').values())
        deal(rng.shuffle(components(spoken)), of);
    }
    const count = (part: Part): number =>
      members.flatMap(clipsOf).filter(({ id }) => of.get(id) === part).length;
    sources.push({
      source,
      held,
      speakers,
      clips: { train: count('train'), dev: count('dev'), test: count('test') },
    });
  }
  return { of, sources };
}

/** Deals units out so that every part gets its share of the clips, in the order given. */
function deal(units: readonly (readonly CorpusClip[])[], of: Map<string, Part>): void {
  const dealt: Record<Part, number> = { train: 0, dev: 0, test: 0 };
  for (const unit of units) {
    let neediest: Part = 'train';
    for (const part of PARTS) {
      if (dealt[part] / SHARES[part] < dealt[neediest] / SHARES[neediest]) neediest = part;
    }
    dealt[neediest] += unit.length;
    for (const { id } of unit) of.set(id, neediest);
  }
}

/** Clips of one text group, with the source of its bona fide clip. */
interface Group {
  readonly id: string;
  readonly source: string;
  /** Bona fide speaker; undefined without one. */
  readonly speaker: string | undefined;
  readonly clips: readonly CorpusClip[];
}

function clipsOf({ clips }: Group): readonly CorpusClip[] {
  return clips;
}

function groupsOf(clips: readonly CorpusClip[]): Group[] {
  return [...groupBy(clips, textGroup)].map(([id, members]) => {
    const real = members.find(({ label }) => label === 'bonafide');
    const first = real ?? members[0]!;
    const source = [first.corpus, first.domain].filter((name) => name !== undefined).join(' ');
    return { id, source, speaker: real?.speaker, clips: members };
  });
}

/** Name of a clip's text group; a clip without one stands alone. */
export function textGroup(clip: CorpusClip): string {
  return clip.source === undefined
    ? `clip ${clip.id}`
    : JSON.stringify([clip.corpus ?? null, clip.source]);
}

/** Groups that share words or bytes, put together. */
function components(groups: readonly Group[]): CorpusClip[][] {
  const parent = groups.map((_, i) => i);
  const root = (i: number): number => {
    let at = i;
    while (parent[at] !== at) at = parent[at]!;
    return at;
  };
  const first = new Map<string, number>();
  for (const [i, { clips }] of groups.entries()) {
    for (const clip of clips) {
      for (const key of [sentenceOf(clip), clip.sha256]) {
        if (key === undefined) continue;
        const other = first.get(key);
        if (other === undefined) first.set(key, i);
        else parent[root(i)] = root(other);
      }
    }
  }
  const byRoot = groupBy(groups, (_, i) => String(root(i)));
  return [...byRoot.values()].map((same) => same.flatMap(clipsOf));
}

/** Words of a clip without case and punctuation; undefined where they are not known. */
export function sentenceOf({ transcript, language }: CorpusClip): string | undefined {
  const words = transcript?.toLowerCase().match(/[\p{L}\p{N}]+/gu);
  return words === undefined || words === null ? undefined : `${language ?? ''} ${words.join(' ')}`;
}

/** Items by key, in the order of their first one. */
export function groupBy<T>(
  items: readonly T[],
  key: (item: T, i: number) => string,
): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const [i, item] of items.entries()) {
    const name = key(item, i);
    const members = groups.get(name);
    if (members === undefined) groups.set(name, [item]);
    else members.push(item);
  }
  return groups;
}
