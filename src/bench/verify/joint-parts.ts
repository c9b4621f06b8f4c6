/**
 * The joint figure in every domain and for every generator family.
 * @module
 */

import { throwIfAborted, type WorkContext } from '../../core/progress.ts';
import type { Clip } from '../../datasets/clip.ts';
import { clipsByPart, type Dimension, familyOf } from './feature-aucs.ts';
import { sourceGroups } from './groups.ts';
import { type JointAuc, type JointOptions, jointAuc } from './joint.ts';

/** Joint figure of a part of the corpus: the classifiers were trained and tested in it alone. */
export interface PartJoint extends JointAuc {
  readonly part: string;
  readonly bonafide: number;
  readonly spoof: number;
}

/** Joint figures by part. */
export interface JointParts {
  /** Judged where the folds are made as for the whole corpus (by speaker: a part may have too few). */
  readonly splits: readonly PartJoint[];
  /** Judged likewise. */
  readonly domains: readonly PartJoint[];
  /** Told: a family against all bona fide clips. */
  readonly families: readonly PartJoint[];
  /** The corpus without the family that adds most to what is told: how far, times how many; absent with a single one. */
  readonly without?: PartJoint;
}

/** With fewer sources in a class a cross-validated classifier of 19 features has nothing to learn from. */
const LEAST_SOURCES = 20;

/**
 * Joint figures by part; classifiers are cross-validated by speaker as for the whole corpus.
 * @param rows `[clips][features]`
 * @throws RingtrueError `core/cancelled`
 */
export async function jointParts(
  clips: readonly Clip[],
  rows: readonly Float64Array[],
  { rng, replicates }: JointOptions,
  work: WorkContext = {},
): Promise<JointParts> {
  const task = 'trivial features together, by part';
  const plans = (['split', 'domain', 'family'] as const).map((dimension) => ({
    dimension,
    parts: [...clipsByPart(clips, dimension)].filter(([, some]) => isEnough(clips, some)),
  }));
  // The only part of its kind is the whole corpus again.
  const wanted = plans.map(({ dimension, parts }) => ({
    dimension,
    parts: parts.filter(([, some]) => dimension === 'family' || some.length < clips.length),
  }));
  const total = wanted.reduce((sum, { parts }) => sum + parts.length, 1);
  let done = 0;
  work.onProgress?.({ type: 'start', task, total, unit: 'parts' });
  const figure = async (part: string, some: readonly number[]): Promise<PartJoint> => {
    throwIfAborted(work.signal);
    // Lets a terminal be drawn and a signal be heard between two parts.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    const chosen = some.map((i) => clips[i]!);
    const spoof = Uint8Array.from(chosen, ({ label }) => (label === 'spoof' ? 1 : 0));
    const found = jointAuc(
      chosen,
      some.map((i) => rows[i]!),
      spoof,
      { rng: rng.split(part), replicates },
      work,
    );
    done += 1;
    work.onProgress?.({ type: 'advance', task, done });
    const spoofs = spoof.reduce((sum, value) => sum + value, 0);
    return { part, ...found, bonafide: chosen.length - spoofs, spoof: spoofs };
  };
  const of = async (dimension: Dimension): Promise<PartJoint[]> => {
    const found: PartJoint[] = [];
    for (const [part, some] of wanted.find((plan) => plan.dimension === dimension)?.parts ?? []) {
      found.push(await figure(part, some));
    }
    return found;
  };
  const splits = await of('split');
  const domains = await of('domain');
  const families = await of('family');
  const told = ({ auc, spoof }: PartJoint): number => (auc - 0.5) * spoof;
  const [worst] = [...families].sort((a, b) => told(b) - told(a));
  const others = [...clips.keys()].filter((i) => familyOf(clips[i]!) !== worst?.part);
  const without =
    families.length > 1 && worst !== undefined && isEnough(clips, others)
      ? { without: await figure(worst.part, others) }
      : {};
  work.onProgress?.({ type: 'end', task });
  return { splits, domains, families, ...without };
}

function isEnough(clips: readonly Clip[], some: readonly number[]): boolean {
  const { groups } = sourceGroups(some.map((i) => clips[i]!));
  return (['bonafide', 'spoof'] as const).every((label) => {
    const sources = new Set(
      [...some.keys()].flatMap((at) => (clips[some[at]!]!.label === label ? [groups[at]!] : [])),
    );
    return sources.size >= LEAST_SOURCES;
  });
}
