/**
 * Training of detectors: fit on train, choose and calibrate on dev, score eval last.
 * @module
 */

import { join } from 'node:path';
import { toMono } from '../audio/audio.ts';
import { decode } from '../audio/io/decode.ts';
import { type ErrorCode, RingtrueError, toRingtrueError } from '../core/errors.ts';
import { writeFileAtomic } from '../core/node/files.ts';
import { throwIfAborted, type WorkContext } from '../core/progress.ts';
import { createRng } from '../core/rng.ts';
import type { Clip, Corpus } from '../datasets/clip.ts';
import { fitCalibration } from '../metrics/calibration.ts';
import { chooseCluster } from '../metrics/cluster.ts';
import { eer } from '../metrics/eer.ts';
import { evaluate } from '../metrics/evaluate.ts';
import type { Counts, Figure, Scores } from '../metrics/types.ts';
import { clipHashes, clipsHash } from '../models/contamination.ts';
import { type Card, type Detector, DetectorInput } from '../models/types.ts';
import { renderCard } from './card-page.ts';
import { measuredLimits } from './limits.ts';
import { RECIPES, type RecipeName, type TrainingClip } from './recipes.ts';

/** How a detector is trained. */
export interface TrainOptions {
  /** Folder for model.json, model.onnx, card.json and card.md. */
  readonly out: string;
  /** @default 1 */
  readonly seed?: number;
}

/** Figures of a split: n, EER and AUC with intervals. */
export interface SplitFigures {
  readonly n: Counts;
  readonly eer: Figure;
  readonly auc: Figure;
  readonly cllr: Figure;
  /** What the intervals resample and do not cover. */
  readonly note: string;
}

/** What came of a training. */
export interface TrainResult {
  readonly folder: string;
  readonly card: Card;
  /** What was tried on dev, with the one that was kept. */
  readonly trials: readonly {
    readonly setting: string;
    readonly devEer: number;
    readonly kept: boolean;
  }[];
  readonly dev: SplitFigures;
  readonly eval: SplitFigures | null;
  readonly failures: readonly { readonly clip: string; readonly code: ErrorCode }[];
  readonly seconds: number;
}

/**
 * Trains a detector and writes it.
 * @param corpus all splits; train and dev need both classes
 * @throws RingtrueError `training/class-missing`, `training/diverged`, `core/*`
 */
export async function trainDetector(
  name: RecipeName,
  corpus: Corpus,
  { out, seed = 1 }: TrainOptions,
  work: WorkContext = {},
): Promise<TrainResult> {
  const started = performance.now();
  const recipe = RECIPES[name];
  requireClasses(corpus.name, corpus.clips, 'clip');
  const { clips, failures } = await readClips(corpus, work);
  const readable = clips.map(({ clip }) => clip);
  requireClasses(corpus.name, readable, 'clip that can be read');
  const of = (split: string): TrainingClip[] => clips.filter(({ clip }) => clip.split === split);
  const fitted = recipe.fit(of('train'), createRng(seed).split(name), work);

  // Dev decides between settings; eval is scored below, after everything is fixed.
  const trials: { setting: string; devEer: number; kept: boolean }[] = [];
  let best: { index: number; devEer: number; scores: Scores } | undefined;
  for (const [index, candidate] of fitted.entries()) {
    const scores = await scoresOf(candidate.create(emptyCard(name)), of('dev'));
    const devEer = eer(scores).value;
    trials.push({ setting: candidate.setting, devEer, kept: false });
    if (best === undefined || devEer < best.devEer) best = { index, devEer, scores };
  }
  const chosen = fitted[best?.index ?? 0];
  if (best === undefined || chosen === undefined)
    throw new RingtrueError('core/internal', 'internal: a recipe fitted nothing');
  trials[best.index]!.kept = true;

  const trainClips = of('train').map(({ clip }) => clip);
  const n = { bonafide: best.scores.bonafide.length, spoof: best.scores.spoof.length };
  const { scale, offset } = fitCalibration(best.scores, { ridge: CALIBRATION_RIDGE });
  const fixedOn = `${corpus.name} dev`;
  const fitCard: Card = {
    name,
    version: '1',
    summary: recipe.summary,
    licence: 'Apache-2.0',
    languages: [...new Set(trainClips.flatMap((clip) => clip.language ?? []))].sort(),
    trainedOn: [
      {
        corpus: corpus.name,
        split: 'train',
        clips: trainClips.length,
        hash: clipsHash(trainClips),
        ...clipHashes(trainClips),
      },
    ],
    recipe: `ringtrue train ${name} --corpus ${corpus.name} --seed ${seed}`,
    operatingPoints: [
      { name: 'EER', threshold: eer(best.scores).threshold, fixedOn },
      { name: 'FPR 5 %', threshold: thresholdAtFpr(best.scores, 0.05), fixedOn },
    ],
    calibration: { scale, offset, fixedOn, n: Math.min(n.bonafide, n.spoof) },
    limits: [...recipe.limits],
  };
  const detector = chosen.create(fitCard);
  const dev = await figuresOf(detector, of('dev'), fitCard, seed);
  const evalClips = of('eval');
  const hasBoth = (['bonafide', 'spoof'] as const).every((label) =>
    evalClips.some(({ clip }) => clip.label === label),
  );
  const held = hasBoth ? await figuresOf(detector, evalClips, fitCard, seed) : null;
  const card: Card = {
    ...fitCard,
    limits: [...recipe.limits, ...measuredLimits(trainClips, held, corpus.confound)],
  };

  const result: TrainResult = {
    folder: out,
    card,
    trials,
    dev,
    eval: held,
    failures,
    seconds: (performance.now() - started) / 1000,
  };
  await writeFileAtomic(join(out, 'model.json'), `${JSON.stringify(chosen.model)}\n`);
  await writeFileAtomic(join(out, 'model.onnx'), chosen.onnx());
  await writeFileAtomic(join(out, 'card.md'), renderCard(result, corpus));
  // The card comes last: a folder with a card is whole.
  await writeFileAtomic(join(out, 'card.json'), `${JSON.stringify(card, null, 2)}\n`);
  return result;
}

/** Dev sets are small: a weak pull keeps the scale of nearly separable scores finite. */
const CALIBRATION_RIDGE = 1e-3;

/** @param what what is missing, in words */
function requireClasses(corpus: string, clips: readonly Clip[], what: string): void {
  for (const split of ['train', 'dev'] as const) {
    for (const label of ['bonafide', 'spoof'] as const) {
      if (clips.some((clip) => clip.split === split && clip.label === label)) continue;
      throw new RingtrueError(
        'training/class-missing',
        `the ${split} split of ${corpus} has no ${label} ${what}`,
        { details: { split, label } },
      );
    }
  }
}

async function readClips(
  corpus: Corpus,
  { onProgress, signal }: WorkContext,
): Promise<{ clips: TrainingClip[]; failures: { clip: string; code: ErrorCode }[] }> {
  const task = 'read clips';
  onProgress?.({ type: 'start', task, total: corpus.clips.length, unit: 'clips' });
  const clips: TrainingClip[] = [];
  const failures: { clip: string; code: ErrorCode }[] = [];
  // By id, so that the order of a manifest does not change what is trained.
  const ordered = [...corpus.clips].sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const [done, clip] of ordered.entries()) {
    throwIfAborted(signal);
    try {
      const { audio } = await decode(clip.path, { signal });
      clips.push({
        clip,
        input: new DetectorInput({ samples: [toMono(audio)], sampleRate: audio.sampleRate }),
      });
    } catch (thrown) {
      const error = toRingtrueError(thrown);
      if (error.code === 'core/cancelled') throw error;
      failures.push({ clip: clip.id, code: error.code });
      onProgress?.({ type: 'warning', code: error.code, message: `${clip.id}: ${error.message}` });
    }
    onProgress?.({ type: 'advance', task, done: done + 1 });
  }
  onProgress?.({ type: 'end', task });
  return { clips, failures };
}

async function scoresOf(detector: Detector, clips: readonly TrainingClip[]): Promise<Scores> {
  const scored = await detector.score(clips.map(({ input }) => input));
  const of = (label: string): Float64Array =>
    Float64Array.from(
      clips.flatMap(({ clip }, i) => (clip.label === label ? [scored[i]!.score] : [])),
    );
  return { bonafide: of('bonafide'), spoof: of('spoof') };
}

async function figuresOf(
  detector: Detector,
  clips: readonly TrainingClip[],
  card: Card,
  seed: number,
): Promise<SplitFigures> {
  const scored = await detector.score(clips.map(({ input }) => input));
  const { scale, offset } = card.calibration ?? { scale: 1, offset: 0 };
  const rows = clips.map(({ clip }, i) => ({ clip, score: scale * scored[i]!.score + offset }));
  const labelled = rows.flatMap(({ clip, score }) =>
    clip.label === undefined
      ? []
      : [
          {
            clip: clip.id,
            label: clip.label,
            score,
            speaker: clip.speaker ?? null,
            source: clip.source ?? null,
          },
        ],
  );
  const { note, clusters } = chooseCluster(labelled);
  const { n, metrics } = evaluate(
    labelled.map((row, i) => ({ ...row, cluster: clusters[i]! })),
    { seed },
  );
  return { n, eer: metrics.eer, auc: metrics.auc, cllr: metrics.cllr, note };
}

/** Lowest threshold that calls at most a share of the bona fide clips spoof. */
function thresholdAtFpr({ bonafide }: Scores, share: number): number {
  const sorted = [...bonafide].sort((a, b) => b - a);
  const allowed = Math.floor(share * sorted.length);
  const edge = sorted[allowed];
  return edge === undefined ? 0 : edge + 1e-9 * Math.max(1, Math.abs(edge));
}

function emptyCard(name: string): Card {
  return {
    name,
    version: '',
    summary: '',
    licence: '',
    languages: [],
    trainedOn: [],
    recipe: '',
    operatingPoints: [],
    limits: [],
  };
}
