/**
 * How much all trivial features together tell: the floor under every detector's figure on a corpus.
 * @module
 */

import { throwIfAborted, type WorkContext } from '../../core/progress.ts';
import type { Rng } from '../../core/rng.ts';
import type { Clip } from '../../datasets/clip.ts';
import { fitBoostedTrees, fitLogistic, type Score, type Table } from './classifiers.ts';
import { dealFolds, type Grouping, groupClips, sourceGroups } from './groups.ts';
import { sortScores, stratifiedAuc } from './weighted-auc.ts';

/** An AUC with its 95 % interval. */
export interface AucFigure {
  readonly auc: number;
  readonly low: number;
  readonly high: number;
}

/** AUC of all trivial features together, on clips whose group the classifier never saw. */
export interface JointAuc extends AucFigure {
  /** The stronger of the two; its figure is the one above. */
  readonly classifier: 'logistic' | 'trees';
  readonly logistic: AucFigure;
  readonly trees: AucFigure;
  readonly folds: number;
  /** What was kept together in a fold. */
  readonly groupedBy: Grouping['by'];
  /** What the bootstrap drew. */
  readonly clusteredBy: Grouping['by'];
}

const MOST_FOLDS = 5;

const FITS: Readonly<Record<'logistic' | 'trees', (table: Table) => Score>> = {
  logistic: fitLogistic,
  trees: fitBoostedTrees,
};

/** Of {@link jointAuc}. */
export interface JointOptions {
  readonly rng: Rng;
  /** Of the bootstrap. */
  readonly replicates: number;
}

/**
 * Cross-validated AUC of two classifiers on all features. Clips of one speaker (or, with fewer than
 * three, of one source) are never in both parts; the interval is a percentile bootstrap over sources.
 * @param rows `[clips][features]`
 * @param spoof `[clips]`, 1 for spoof
 */
export function jointAuc(
  clips: readonly Clip[],
  rows: readonly Float64Array[],
  spoof: Uint8Array,
  { rng, replicates }: JointOptions,
  work: WorkContext = {},
): JointAuc {
  const grouping = groupClips(clips);
  const clusters = sourceGroups(clips);
  const folds = Math.min(MOST_FOLDS, grouping.count);
  const foldOf = dealFolds(grouping, folds);
  const figure = (name: 'logistic' | 'trees'): AucFigure => {
    const scores = new Float64Array(clips.length);
    for (let fold = 0; fold < folds; fold += 1) {
      throwIfAborted(work.signal);
      const score = FITS[name](subset(rows, spoof, (i) => foldOf[i] !== fold));
      for (const [i, row] of rows.entries()) if (foldOf[i] === fold) scores[i] = score(row);
    }
    return withInterval(scores, spoof, foldOf, { clusters, rng: rng.split(name), replicates });
  };
  const logistic = figure('logistic');
  const trees = figure('trees');
  const classifier = trees.auc > logistic.auc ? 'trees' : 'logistic';
  return {
    ...(classifier === 'trees' ? trees : logistic),
    classifier,
    logistic,
    trees,
    folds,
    groupedBy: grouping.by,
    clusteredBy: clusters.by,
  };
}

function subset(
  rows: readonly Float64Array[],
  spoof: Uint8Array,
  keep: (i: number) => boolean,
): Table {
  return { rows: rows.filter((_, i) => keep(i)), spoof: spoof.filter((_, i) => keep(i)) };
}

function withInterval(
  scores: Float64Array,
  spoof: Uint8Array,
  strata: Uint8Array,
  {
    clusters: { groups, count },
    rng,
    replicates,
  }: { clusters: Grouping; rng: Rng; replicates: number },
): AucFigure {
  const sorted = sortScores(scores);
  // Folds of one class (speakers of one class only) hold no pairs; then pairs across folds must do.
  const within = stratifiedAuc(sorted, spoof, strata);
  const used = Number.isNaN(within) ? new Uint8Array(strata.length) : strata;
  const auc = Number.isNaN(within) ? stratifiedAuc(sorted, spoof, used) : within;
  const drawn = new Float64Array(count);
  const weights = new Float64Array(groups.length);
  const values: number[] = [];
  for (let r = 0; r < replicates; r += 1) {
    drawn.fill(0);
    for (let i = 0; i < count; i += 1) drawn[rng.int(count)]! += 1;
    for (let i = 0; i < weights.length; i += 1) weights[i] = drawn[groups[i]!]!;
    const value = stratifiedAuc(sorted, spoof, used, weights);
    if (!Number.isNaN(value)) values.push(value);
  }
  values.sort((a, b) => a - b);
  const at = (share: number): number => values[Math.round(share * (values.length - 1))] ?? auc;
  return { auc, low: at(0.025), high: at(0.975) };
}
