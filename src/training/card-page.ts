/**
 * A detector's card as a page.
 * @module
 */

import type { Corpus } from '../datasets/clip.ts';
import { clipCount, decimalWithInterval, percentWithInterval } from '../report/figures.ts';
import type { SplitFigures, TrainResult } from './train.ts';

/** Markdown of a trained detector's card: data, figures with n and intervals, limits. */
export function renderCard(result: TrainResult, corpus: Corpus): string {
  const { card, dev, trials } = result;
  const held = result.eval;
  const floor = corpus.confound;
  return [
    `# ${card.name}`,
    '',
    card.summary,
    '',
    `Trained by \`${card.recipe}\` on ${card.trainedOn.map((t) => `${t.clips} clips of ${t.corpus} ${t.split}`).join(', ')} (languages: ${card.languages.join(', ')}). Licence: ${card.licence}.`,
    ...dataLines(card),
    '',
    '| split | n bona fide + spoof | EER | AUC | Cllr after calibration (bit) |',
    '|---|---|---|---|---|',
    row('dev (chose the setting, fixed thresholds and calibration)', dev),
    ...(held === null ? [] : [row('eval (held out, scored after everything was fixed)', held)]),
    '',
    floor === undefined
      ? 'The corpus was not verified: nobody knows how much of this trivial features explain.'
      : `Trivial features alone reach AUC ${floor.auc.toFixed(3)} [${floor.low.toFixed(3)}–${floor.high.toFixed(3)}] on this corpus.`,
    `Brackets are 95 % bootstrap intervals. ${held?.note ?? dev.note}`,
    '',
    `Settings tried on dev: ${trials.map((t) => `${t.setting} ${(100 * t.devEer).toFixed(1)} %${t.kept ? ' (kept)' : ''}`).join(', ')}.`,
    '',
    '## Operating points',
    '',
    ...card.operatingPoints.map(
      (point) =>
        `- ${point.name}: score ≥ ${point.threshold.toFixed(4)} is called spoof (fixed on ${point.fixedOn})`,
    ),
    ...(card.calibration === undefined
      ? []
      : [
          `- LLR = ${card.calibration.scale.toFixed(4)} × score ${card.calibration.offset < 0 ? '−' : '+'} ${Math.abs(card.calibration.offset).toFixed(4)}, bounded by the ${card.calibration.n} clips of the smaller class behind it`,
        ]),
    '',
    '## Limits',
    '',
    ...card.limits.map((limit) => `- ${limit}`),
    '',
  ].join('\n');
}

/** Where the training data come from and on what terms, as far as the manifest says. */
function dataLines({ trainedOn }: TrainResult['card']): string[] {
  const lines = trainedOn.flatMap(({ corpus, split, clipHashes, collections, licences }) => [
    ...(collections === undefined || collections.length === 0
      ? []
      : [`Recordings of ${corpus} ${split}: ${collections.join(', ')}.`]),
    ...(licences === undefined || licences.length === 0
      ? []
      : [`Their licences: ${licences.join(', ')}.`]),
    clipHashes === undefined
      ? 'The card does not list the clips: whether a test was heard in training can be told by name only.'
      : `The card lists the hashes of all ${clipHashes.length} clips, so that a test on them is noticed.`,
  ]);
  return ['', lines.join(' ')];
}

function row(name: string, figures: SplitFigures): string {
  return `| ${name} | ${clipCount(figures.n)} | ${percentWithInterval(figures.eer)} | ${decimalWithInterval(figures.auc)} | ${decimalWithInterval(figures.cllr ?? undefined)} |`;
}
