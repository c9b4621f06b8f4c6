/**
 * `ringtrue/metrics`: error rates with intervals, calibration and significance. Runs in browsers too.
 * @module
 */

export {
  halfTotalErrorDeviation,
  mcnemarExact,
  wilsonInterval,
} from '../metrics/binomial.ts';
export type { IntervalOptions } from '../metrics/bootstrap.ts';
export {
  applyCalibration,
  type Calibration,
  type CalibrationOptions,
  type FittedCalibration,
  fitCalibration,
} from '../metrics/calibration.ts';
export { cllr, minCllr } from '../metrics/cllr.ts';
export {
  type Clusterable,
  type ClusterChoice,
  type ClusterUnit,
  chooseCluster,
} from '../metrics/cluster.ts';
export {
  type CorruptionErrors,
  type MeanCorruptionError,
  meanCorruptionError,
  relativeMeanCorruptionError,
} from '../metrics/corruption-error.ts';
export {
  ASVSPOOF5_COSTS,
  actDcf,
  bayesThreshold,
  type DcfCosts,
  minDcf,
} from '../metrics/dcf.ts';
export { type DeLong, delong, delongInterval } from '../metrics/delong.ts';
export { type Eer, type EerRule, eer } from '../metrics/eer.ts';
export { eerAndAuc } from '../metrics/eer-auc.ts';
export {
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  evaluateRoc,
  type RankingMetric,
  type RocEvaluation,
  type ScoredClip,
  type ThresholdMetric,
} from '../metrics/evaluate.ts';
export {
  evaluateFairness,
  type FairnessEvaluation,
  type FairnessOptions,
  type GapTest,
  type GroupFairness,
  LEAST_CLIPS,
  LEAST_SPEAKERS,
  type TestedRate,
} from '../metrics/fairness.ts';
export { type ChanceGap, clipsForMargin, gapByChance } from '../metrics/fairness-chance.ts';
export {
  type ContingencyCell,
  contingency,
  cramersV,
  type StratifiedClip,
  type StratifiedGap,
  type StratifiedOptions,
  stratifiedGap,
} from '../metrics/fairness-confounds.ts';
export {
  averageOddsDifference,
  equalisedOddsDifference,
  fairnessDiscrepancyRate,
  type GroupRates,
  garbe,
  giniCoefficient,
  groupDeviation,
  inequityRate,
  type Mix,
  maxGap,
  parityRatio,
  skewedErrorRatio,
  smoothedRate,
} from '../metrics/fairness-formulas.ts';
export { type GroupedClip, UNKNOWN_GROUP } from '../metrics/fairness-groups.ts';
export type { PermutationTest } from '../metrics/fairness-permutation.ts';
export type { FairnessFigure, GroupFigure } from '../metrics/fairness-statistic.ts';
export { type GapVerdict, judgeGaps, RATE_NAMES } from '../metrics/fairness-verdict.ts';
export { evaluateGroups, type GroupEvaluation, type GroupsEvaluation } from '../metrics/groups.ts';
export { benjaminiHochberg, holm } from '../metrics/multiple-comparisons.ts';
export { orient, type Polarity } from '../metrics/orientation.ts';
export {
  type Difference,
  type PairedComparison,
  type PairedOptions,
  pairedDifference,
  pairedDifferences,
  pairedScores,
} from '../metrics/paired.ts';
export { fitPlatt, fitTemperature, type PlattScaling } from '../metrics/platt.ts';
export {
  type BinOptions,
  brierScore,
  calibrationError,
  evaluateProbabilities,
  llrToProbability,
  logLoss,
  type ProbabilityEvaluation,
  type ProbabilityMetric,
  probabilityToLlr,
  type ReliabilityBin,
  topLabelCalibrationError,
} from '../metrics/probability.ts';
export { type Ranking, rankScores } from '../metrics/ranking.ts';
export { type Rates, ratesAt, thresholdAtFpr } from '../metrics/rates.ts';
export {
  averagePrecision,
  type CurveOptions,
  type DetCurve,
  detCurve,
  type ErrorCurve,
  rocAuc,
  rocCurve,
} from '../metrics/roc.ts';
export {
  type ReadScoresOptions,
  readKey,
  readScoreRecords,
  readScores,
  type ScoreFile,
  type ScoreKey,
  type ScoreRow,
  type WrittenFormat,
  writeScores,
} from '../metrics/score-files.ts';
export { type ScoreShift, scoreShift } from '../metrics/score-shift.ts';
export type { Counts, Figure, Scores } from '../metrics/types.ts';
