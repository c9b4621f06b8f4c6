/**
 * The threshold of each detector, fixed before the clips of a study are judged: by its card, else on the clean
 * clips of the corpus's own dev split. What is judged never fixes a threshold.
 * @module
 */

import { eer } from '../metrics/eer.ts';
import type { Counts } from '../metrics/types.ts';
import type { TrialRow } from '../store/trial.ts';
import { type HeardClips, heardOnDev } from './contamination.ts';
import type { Plan, PlannedDetector } from './plan.ts';
import { countLabels } from './trial-tables.ts';

/** Where a threshold lies and where it came from. */
export type Threshold =
  | {
      readonly from: 'card';
      /** On the score: clips at or above are called spoof. */
      readonly value: number;
      /** What fixed it, as the card says. */
      readonly fixedOn: string;
    }
  | {
      /** Fixed by the study on clean dev clips of its corpus, where both errors are equal. */
      readonly from: 'dev';
      readonly value: number;
      readonly fixedOn: string;
      /** Dev clips behind it. */
      readonly n: Counts;
      /** Dev clips that the detector was trained on; null if its card does not say what it was trained on. */
      readonly heard: HeardClips | null;
      /** Folder of their trials inside the run folder. */
      readonly folder: string;
    }
  | { readonly from: 'none'; readonly why: string };

/** True where the study has to look for a threshold itself. */
export function lacksThreshold({ card }: Pick<PlannedDetector, 'card'>): boolean {
  return card.operatingPoints.length === 0;
}

/** Threshold of a detector of a plan: its card's first operating point, else what clean dev clips fixed. */
export function thresholdOf(
  { card, devThreshold }: PlannedDetector,
  { dev }: Pick<Plan, 'dev'>,
): Threshold {
  const [point] = card.operatingPoints;
  if (point !== undefined) {
    return { from: 'card', value: point.threshold, fixedOn: point.fixedOn };
  }
  if (devThreshold !== undefined) return devThreshold;
  const why =
    dev !== undefined && 'missing' in dev ? dev.missing : 'no clean dev clips were scored';
  return { from: 'none', why };
}

/** Folder of the trials of dev clips, inside the folder of the run whose thresholds they fix. */
export function devFolder({ run }: Pick<Plan, 'run'>): string {
  return `dev-${run.slice(0, 8)}`;
}

/** The dev clips of a plan, scored. */
export interface DevTrials {
  /** `dev` of the plan whose thresholds they fix. */
  readonly plan: Plan;
  readonly rows: readonly TrialRow[];
}

/** The plan with the thresholds that its dev clips fix. */
export function fixOnDev(plan: Plan, dev: DevTrials): Plan {
  const detectors = plan.detectors.map((detector) =>
    lacksThreshold(detector)
      ? { ...detector, devThreshold: equalErrors(detector.name, dev) }
      : detector,
  );
  return { ...plan, detectors };
}

function equalErrors(detector: string, { plan, rows }: DevTrials): Threshold {
  const scored = rows.filter((row) => row.detector === detector && row.score !== null);
  const of = (wanted: TrialRow['label']): Float64Array =>
    Float64Array.from(
      scored.flatMap(({ label, score }) => (label === wanted ? (score ?? []) : [])),
    );
  const n = countLabels(scored);
  if (n.bonafide === 0 || n.spoof === 0) {
    return {
      from: 'none',
      why: `of the clean dev clips it scored ${n.bonafide} bona fide and ${n.spoof} spoof`,
    };
  }
  const { threshold } = eer({ bonafide: of('bonafide'), spoof: of('spoof') });
  return {
    from: 'dev',
    value: threshold,
    fixedOn: `${plan.corpus.name} dev`,
    n,
    heard: plan.heard?.get(detector) ?? null,
    folder: devFolder(plan),
  };
}

/** One clause of a detector's threshold, for people. */
export function thresholdClause(name: string, threshold: Threshold): string {
  if (threshold.from === 'none') return `${name} has none (${threshold.why})`;
  const value = threshold.value.toPrecision(4);
  if (threshold.from === 'card') return `${name} ${value} by its card (${threshold.fixedOn})`;
  const { bonafide, spoof } = threshold.n;
  const heard = heardOnDev(threshold.heard);
  return `${name} ${value}, fixed here on the clean clips of ${threshold.fixedOn} (${bonafide} bona fide + ${spoof} spoof)${heard === '' ? '' : `: ${heard}`}`;
}
