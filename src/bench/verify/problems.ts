/**
 * Why a corpus does not pass.
 * @module
 */

import type { ErrorCode } from '../../core/errors.ts';
import type { FeatureResult, PartFigure } from './feature-aucs.ts';
import type { AucFigure } from './joint.ts';
import type { PartJoint } from './joint-parts.ts';
import type { FieldLeak } from './leaks.ts';
import type { CorpusVerification } from './verify.ts';

/** Why a corpus did not pass. */
export interface VerifyProblem {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Faults among all that was found, in the order in which they should be looked at. */
export function problemsOf(
  found: Omit<CorpusVerification, 'problems' | 'ok' | 'corpus' | 'fingerprint'>,
): VerifyProblem[] {
  const { bound } = found;
  return [
    ...found.features.filter(({ beyond }) => beyond).map((feature) => ofFeature(feature, bound)),
    ...ofJoint('all trivial features together reach', found.joint, bound),
    ...ofJoint('with the other features of the sound they reach', found.jointWide, bound),
    ...[...found.jointParts.splits, ...found.jointParts.domains]
      // Folds by source let a classifier know the voices: with few speakers that is no figure to judge by.
      .filter(({ groupedBy }) => groupedBy === found.joint.groupedBy)
      .flatMap((part) =>
        ofJoint(`in ${part.part} all trivial features together reach`, part, bound, sizes(part)),
      ),
    ...ofFiles(found),
    ...ofDuplicates(found),
    ...found.leaks.filter(({ promised }) => promised).flatMap(ofLeak),
  ];
}

function ofFeature(feature: FeatureResult, bound: number): VerifyProblem {
  const { name, auc, low, high, overall, bonafide, spoof } = feature;
  const parts = [feature.splits, feature.domains, feature.languages]
    .flat()
    .filter(({ beyond }) => beyond)
    .map(
      (part) =>
        `${part.part} ${part.auc.toFixed(3)} [${part.low.toFixed(3)}–${part.high.toFixed(3)}] ${sizes(part)}`,
    );
  const figure = `AUC ${auc.toFixed(3)} [${low.toFixed(3)}–${high.toFixed(3)}] (n ${bonafide} + ${spoof})`;
  const range = `${(0.5 - bound).toFixed(2)} to ${(0.5 + bound).toFixed(2)}`;
  const where = parts.length === 0 ? '' : `${overall ? '; in' : ' in'} ${parts.join(', ')}`;
  return {
    code: 'corpora/confounded',
    message: overall
      ? `${name} tells the classes apart: ${figure}${where}, allowed ${range}`
      : `${name} tells the classes apart${where}, allowed ${range}; over all clips ${figure}`,
  };
}

function sizes({ bonafide, spoof }: Pick<PartFigure | PartJoint, 'bonafide' | 'spoof'>): string {
  return `(n ${bonafide} + ${spoof})`;
}

function ofJoint(
  what: string,
  { auc, low, high }: AucFigure,
  bound: number,
  n = '',
): VerifyProblem[] {
  if (low <= 0.5 + bound) return [];
  return [
    {
      code: 'corpora/confounded',
      message:
        `${what} AUC ${auc.toFixed(3)} [${low.toFixed(3)}–${high.toFixed(3)}]${n === '' ? '' : ` ${n}`}, ` +
        `its low end beyond ${(0.5 + bound).toFixed(2)}`,
    },
  ];
}

function ofFiles({
  changed,
  failed,
}: Pick<CorpusVerification, 'changed' | 'failed'>): VerifyProblem[] {
  const problems: VerifyProblem[] = [];
  if (changed.length > 0) {
    problems.push({
      code: 'corpora/checksum',
      message: `${changed.length} files differ from their recorded SHA-256, first ${changed[0]}`,
    });
  }
  for (const code of new Set(failed.map((failure) => failure.code))) {
    const same = failed.filter((failure) => failure.code === code);
    problems.push({
      code,
      message: `${same.length} clips could not be read, first ${same[0]!.clip}: ${same[0]!.message}`,
    });
  }
  return problems;
}

/** Faults of one kind that are told one by one; what was found holds them all. */
const TOLD_PAIRS = 5;

function ofDuplicates({ duplicates }: Pick<CorpusVerification, 'duplicates'>): VerifyProblem[] {
  const where = (splits: readonly string[], labels: readonly string[]): string =>
    labels.length > 1 ? 'under both labels' : `in the splits ${splits.join(' and ')}`;
  const first = (found: readonly VerifyProblem[]): VerifyProblem[] =>
    found.length <= TOLD_PAIRS
      ? [...found]
      : [
          ...found.slice(0, TOLD_PAIRS),
          {
            code: 'datasets/leak',
            message: `and ${found.length - TOLD_PAIRS} more recordings like that`,
          },
        ];
  return [
    ...first(
      duplicates.exact.map(
        ({ ids, splits, labels }): VerifyProblem => ({
          code: 'datasets/leak',
          message: `the same sound is ${where(splits, labels)}: ${ids.join(', ')}`,
        }),
      ),
    ),
    ...first(
      duplicates.near.map(
        ({ ids, splits, labels, overlapSec, bitErrors }): VerifyProblem => ({
          code: 'datasets/leak',
          message:
            `the same recording in another form is ${where(splits, labels)}: ${ids.join(', ')} ` +
            `(${overlapSec.toFixed(1)} s in common, ${(100 * bitErrors).toFixed(1)} % of the print differs)`,
        }),
      ),
    ),
  ];
}

function ofLeak({ field, part, unchecked, shared }: FieldLeak): VerifyProblem[] {
  // A misspelt part would else pass for one that keeps its promise.
  if (part !== undefined && unchecked !== undefined) {
    const message = `whether a ${field} of the part ${part} is in train cannot be checked: ${unchecked}`;
    return [{ code: 'datasets/leak', message }];
  }
  const [first] = shared;
  if (first === undefined) return [];
  const many = shared.length === 1 ? `1 ${field}` : `${shared.length} ${field}s`;
  const are = shared.length === 1 ? 'is' : 'are';
  const where =
    part === undefined ? `${are} in several splits` : `of the part ${part} ${are} in train too`;
  return [
    {
      code: 'datasets/leak',
      message: `${many} ${where}, first ${first.value} (${first.splits.join(', ')}; ${first.clips} clips)`,
    },
  ];
}
