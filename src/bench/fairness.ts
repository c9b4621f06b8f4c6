/**
 * Fairness of a detector on the clips of a study: each attribute that the study groups by, at the one
 * threshold of the detector's card, which was fixed on other clips.
 * @module
 */

import { attributeOf } from '../datasets/attributes.ts';
import type { Interval } from '../metrics/bootstrap.ts';
import {
  evaluateFairness,
  type FairnessEvaluation,
  type GroupFairness,
  LEAST_CLIPS,
  LEAST_SPEAKERS,
} from '../metrics/fairness.ts';
import {
  contingency,
  cramersV,
  type StratifiedGap,
  stratifiedGap,
} from '../metrics/fairness-confounds.ts';
import { type GapVerdict, judgeGaps } from '../metrics/fairness-verdict.ts';
import { type Attribute, readAttribute } from './attributes.ts';
import type { Plan, PlannedClip, PlannedDetector } from './plan.ts';
import { thresholdOf } from './thresholds.ts';
import type { ScoredTrial, TrialTables } from './trial-tables.ts';

/** Who is resampled and shuffled: these attributes cannot be tested against themselves. */
const IDENTITIES: readonly string[] = ['speaker', 'source'];

/** Attributes by which the contingency table breaks clips down, beside the one that is looked at. */
const CONFOUNDERS: readonly string[] = ['generator', 'codec'];

/** One attribute of one detector. */
export interface FairnessResult extends Omit<FairnessEvaluation, 'interval' | 'gaps'> {
  readonly detector: string;
  /** `clean`, or the study's first condition if it has no clean one. */
  readonly condition: string;
  readonly attribute: string;
  /** Which clips the threshold was fixed on. */
  readonly fixedOn: string;
  /** Gaps with p-values that are corrected over all attributes of the detector, and what may be said. */
  readonly gaps: readonly GapVerdict[];
  /** Gaps within the values of another attribute (clips of the same generator, the same codec). */
  readonly within: readonly (StratifiedGap & { readonly by: string })[];
}

/** Groups of two attributes at once. */
export interface Intersection {
  readonly detector: string;
  readonly condition: string;
  readonly attributes: readonly [string, string];
  /** `female × telephone`; without figures where it has fewer speakers than `leastSpeakers`. */
  readonly groups: readonly GroupFairness[];
}

/** How attributes are mixed in the corpus, whatever a detector makes of it. */
export interface Mixture {
  readonly attributes: readonly string[];
  readonly cells: ReturnType<typeof contingency>;
  /** Cramér's V of the first attribute with each other: 1 if no figure can tell the two apart. */
  readonly association: readonly { readonly with: string; readonly value: number | null }[];
}

/** `fairness` of a summary. */
export interface FairnessSummary {
  /** Who was resampled and shuffled. */
  readonly note: string;
  readonly leastSpeakers: number;
  readonly leastClips: number;
  readonly results: readonly FairnessResult[];
  readonly intersections: readonly Intersection[];
  readonly mixtures: readonly Mixture[];
}

/** What of it does not depend on a detector. */
export function describeAttributes(plan: Plan): Omit<FairnessSummary, 'results' | 'intersections'> {
  const nameless = plan.clips.filter(({ speaker }) => speaker === undefined).length;
  const rest =
    nameless === 0
      ? ''
      : ` ${nameless} of ${plan.clips.length} clips name no speaker: those of one source keep together, the others stand alone.`;
  return {
    note: `Speakers are resampled, and group labels are shuffled over speakers.${rest}`,
    leastSpeakers: LEAST_SPEAKERS,
    leastClips: LEAST_CLIPS,
    mixtures: testedAttributes(plan).map(({ name }) => mixtureOf(plan.clips, name)),
  };
}

/** Attributes of the study that can be tested, those that no clip has left out. */
export function testedAttributes({ study, clips }: Plan): Attribute[] {
  return study.groups
    .filter((name) => !IDENTITIES.includes(name))
    .flatMap((name) => readAttribute(clips, name) ?? []);
}

function mixtureOf(clips: readonly PlannedClip[], name: string): Mixture {
  const others = CONFOUNDERS.filter(
    (other) => other !== name && clips.some((clip) => attributeOf(clip, other) !== undefined),
  );
  const attributes = [name, ...others];
  const groupOf = (clip: PlannedClip, attribute: string): string =>
    attributeOf(clip, attribute) ?? '–';
  return {
    attributes,
    cells: contingency(clips, (clip) => attributes.map((attribute) => groupOf(clip, attribute))),
    association: others.map((other) => {
      const both = clips.filter(
        (clip) => attributeOf(clip, name) !== undefined && attributeOf(clip, other) !== undefined,
      );
      const value = cramersV(both.map((clip) => [groupOf(clip, name), groupOf(clip, other)]));
      return { with: other, value: Number.isNaN(value) ? null : value };
    }),
  };
}

/** Results of one detector: nothing for one without a fixed threshold. */
export function fairnessOf(
  detector: PlannedDetector,
  plan: Plan,
  tables: TrialTables,
  interval: Interval,
): { readonly results: FairnessResult[]; readonly intersections: Intersection[] } {
  const threshold = thresholdOf(detector, plan);
  const condition = plan.conditions.find(({ steps }) => steps.length === 0) ?? plan.conditions[0];
  if (threshold.from === 'none' || condition === undefined)
    return { results: [], intersections: [] };
  const { scored } = tables(detector.name, condition.id);
  const options = { ...interval, threshold: threshold.value };
  const attributes = testedAttributes(plan);
  const evaluated = attributes.map((attribute) => ({
    attribute: attribute.name,
    evaluation: evaluateFairness(
      scored.map((trial) => ({ ...bySpeaker(trial), group: groupOf(attribute, trial) })),
      options,
    ),
  }));
  const verdicts = judgeGaps(evaluated, { level: interval.level });
  const results = evaluated.map(({ attribute, evaluation }, i): FairnessResult => {
    const { interval: _interval, gaps: _gaps, ...rest } = evaluation;
    return {
      detector: detector.name,
      condition: condition.id,
      attribute,
      fixedOn: threshold.fixedOn,
      ...rest,
      gaps: verdicts.filter((verdict) => verdict.attribute === attribute),
      within: withinOthers(attributes[i]!, attributes, scored, options),
    };
  });
  const pairs = attributes.flatMap((a, i) => attributes.slice(i + 1).map((b) => [a, b] as const));
  const intersections = pairs.map(([a, b]): Intersection => {
    const rows = scored.map((trial) => {
      const values = [groupOf(a, trial), groupOf(b, trial)];
      return { ...bySpeaker(trial), group: values.includes(null) ? null : values.join(' × ') };
    });
    const { groups } = evaluateFairness(rows, { ...options, thinCells: 'hide' });
    return {
      detector: detector.name,
      condition: condition.id,
      attributes: [a.name, b.name],
      groups,
    };
  });
  return { results, intersections };
}

/** Whatever the study resamples for its other figures, here it is who speaks. */
function bySpeaker(trial: ScoredTrial): Omit<ScoredTrial, 'row'> {
  const { row, clip, label, score } = trial;
  const source = row.source === null ? null : `source ${row.source}`;
  return { clip, label, score, cluster: row.speaker ?? source };
}

function groupOf({ values }: Attribute, { clip }: ScoredTrial): string | null {
  return values.get(clip) ?? null;
}

/** Gaps of an attribute within each of the others; fpr only within what bona fide clips have too. */
function withinOthers(
  attribute: Attribute,
  all: readonly Attribute[],
  scored: readonly ScoredTrial[],
  options: Interval & { readonly threshold: number },
): FairnessResult['within'] {
  return all
    .filter(({ name }) => name !== attribute.name)
    .flatMap((other) => {
      const rows = scored.map((trial) => ({
        ...bySpeaker(trial),
        group: groupOf(attribute, trial),
        stratum: groupOf(other, trial),
      }));
      return (['fpr', 'fnr'] as const).flatMap((rate) => {
        const gap = stratifiedGap(rows, { ...options, rate });
        return gap === undefined ? [] : [{ by: other.name, ...gap }];
      });
    });
}
