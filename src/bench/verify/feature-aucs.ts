/**
 * How well each trivial feature tells the classes apart: over all clips, and in every split, domain,
 * language and generator family.
 * @module
 */

import type { Clip } from '../../datasets/clip.ts';
import { aucInterval, aucP, type FeatureFigure } from './auc-interval.ts';
import { sourceGroups } from './groups.ts';

/** What clips are divided by. */
export type Dimension = 'split' | 'domain' | 'language' | 'family';

/** Figure of a feature in one part of the corpus. */
export interface PartFigure extends FeatureFigure {
  /** Name of the split, domain, language or generator family. */
  readonly part: string;
  /** See {@link FeatureResult.beyond}. */
  readonly beyond: boolean;
}

/** How well one trivial feature tells the classes apart. */
export interface FeatureResult extends FeatureFigure {
  readonly name: string;
  readonly unit: string;
  /** `sound`: a detector hears it; `file`: only a program that looks at the file can see it. */
  readonly of: 'sound' | 'file';
  /** True where it is surely beyond the bound: over all clips, or in a part that is judged. */
  readonly beyond: boolean;
  /** The same, over all clips alone. */
  readonly overall: boolean;
  readonly splits: readonly PartFigure[];
  readonly domains: readonly PartFigure[];
  readonly languages: readonly PartFigure[];
  /** Spoofs of a family against all bona fide clips; a synthesiser may be peaky by nature, so these are told, not judged. */
  readonly families: readonly PartFigure[];
}

/** Values of one feature. */
export interface FeatureValues {
  readonly name: string;
  readonly unit: string;
  readonly of: 'sound' | 'file';
  /** `[clips]` */
  readonly values: Float64Array;
}

/** A class of a part needs so many independent clips, or nothing is said of it. */
const LEAST_CLIPS = 5;
/** Share of corpora without any cue that may fail by chance. */
const FALSE_ALARMS = 0.05;

const DIMENSIONS: readonly Dimension[] = ['split', 'domain', 'language', 'family'];

/**
 * Figures of all features. A figure is beyond the bound if its 95 % interval lies wholly outside 0.5 ± bound,
 * *and* it differs from 0.5 by more than the number of figures explains (Bonferroni at 5 % over the whole
 * table): among hundreds of small groups some stand far out by chance. Clips of one source and class count
 * as one, for they are not independent.
 * @param bound largest allowed |AUC − 0.5|
 * @returns surely confounded ones first, then by falling |AUC − 0.5|
 */
export function featureAucs(
  features: readonly FeatureValues[],
  clips: readonly Clip[],
  bound: number,
): FeatureResult[] {
  const spoof = Uint8Array.from(clips, (clip) => (clip.label === 'spoof' ? 1 : 0));
  const parts = DIMENSIONS.map((dimension) => partsOf(clips, spoof, dimension));
  const whole = partOf('all', [...clips.keys()], clips, spoof);
  if (whole === undefined) return [];
  const judged = features.length * (1 + parts.flat().length);
  const results = features.map(({ values, ...feature }): FeatureResult => {
    const order = Uint32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
    const figure = (part: Part): FeatureFigure => {
      const inOrder = order.filter((clip) => part.members[clip] === 1);
      const auc = aucOf(values, inOrder, spoof);
      const { bonafide, spoof: spoofs, effective } = part;
      return {
        auc,
        ...aucInterval(auc, effective),
        bonafide,
        spoof: spoofs,
        p: aucP(auc, effective),
      };
    };
    const isBeyond = ({ low, high, p }: FeatureFigure): boolean =>
      (low > 0.5 + bound || high < 0.5 - bound) && p * judged < FALSE_ALARMS;
    const [splits, domains, languages, families] = parts.map((some) =>
      some.map((part): PartFigure => {
        const found = figure(part);
        return { part: part.name, ...found, beyond: isBeyond(found) };
      }),
    );
    const all = figure(whole);
    const overall = isBeyond(all);
    const inPart = [splits, domains, languages].some((some) => some!.some(({ beyond }) => beyond));
    return {
      ...feature,
      ...all,
      beyond: overall || inPart,
      overall,
      splits: splits!,
      domains: domains!,
      languages: languages!,
      families: families!,
    };
  });
  return results.sort(
    (a, b) => Number(b.beyond) - Number(a.beyond) || Math.abs(b.auc - 0.5) - Math.abs(a.auc - 0.5),
  );
}

/** Generators of one family are counted together where the manifest says so. */
export function familyOf(clip: Clip): string | undefined {
  return clip.label === 'spoof' ? (clip.group?.family ?? clip.generator) : undefined;
}

/** Value of a clip in a dimension. */
export function partNameOf(clip: Clip, dimension: Dimension): string | undefined {
  return dimension === 'family' ? familyOf(clip) : clip[dimension];
}

/**
 * Indices of the clips of every part, by name in order; bona fide clips belong to every generator family.
 */
export function clipsByPart(clips: readonly Clip[], dimension: Dimension): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const [i, clip] of clips.entries()) {
    const name = partNameOf(clip, dimension);
    if (name === undefined) continue;
    const some = found.get(name);
    if (some === undefined) found.set(name, [i]);
    else some.push(i);
  }
  const real =
    dimension === 'family' ? [...clips.keys()].filter((i) => clips[i]!.label === 'bonafide') : [];
  return new Map(
    [...found]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, some]): [string, number[]] => [name, [...some, ...real]]),
  );
}

/** Some of the clips, with enough of both classes. */
interface Part {
  readonly name: string;
  /** `[clips]`, 1 for those of the part. */
  readonly members: Uint8Array;
  readonly bonafide: number;
  readonly spoof: number;
  readonly effective: { readonly bonafide: number; readonly spoof: number };
}

function partsOf(clips: readonly Clip[], spoof: Uint8Array, dimension: Dimension): Part[] {
  // The only part of its kind is the whole corpus again.
  return [...clipsByPart(clips, dimension)].flatMap(([name, some]) =>
    some.length === clips.length ? [] : (partOf(name, some, clips, spoof) ?? []),
  );
}

function partOf(
  name: string,
  some: readonly number[],
  clips: readonly Clip[],
  spoof: Uint8Array,
): Part | undefined {
  const { groups } = sourceGroups(some.map((i) => clips[i]!));
  const count = (label: 0 | 1): { clips: number; sources: number } => {
    const ofClass = [...some.keys()].filter((at) => spoof[some[at]!] === label);
    return { clips: ofClass.length, sources: new Set(ofClass.map((at) => groups[at])).size };
  };
  const bonafide = count(0);
  const spoofs = count(1);
  const least = name === 'all' ? 1 : LEAST_CLIPS;
  if (bonafide.sources < least || spoofs.sources < least) return undefined;
  const members = new Uint8Array(clips.length);
  for (const clip of some) members[clip] = 1;
  return {
    name,
    members,
    bonafide: bonafide.clips,
    spoof: spoofs.clips,
    effective: { bonafide: bonafide.sources, spoof: spoofs.sources },
  };
}

/** Share of (bona fide, spoof) pairs in which the spoof is larger, ties half. @param order by rising value */
function aucOf(values: Float64Array, order: Uint32Array, spoof: Uint8Array): number {
  let won = 0;
  let below = 0;
  let spoofs = 0;
  for (let from = 0; from < order.length; ) {
    let to = from;
    let atSpoof = 0;
    while (to < order.length && values[order[to]!] === values[order[from]!]) {
      atSpoof += spoof[order[to]!]!;
      to += 1;
    }
    const atBonafide = to - from - atSpoof;
    won += atSpoof * (below + atBonafide / 2);
    below += atBonafide;
    spoofs += atSpoof;
    from = to;
  }
  return won / (below * spoofs);
}
