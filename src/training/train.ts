/**
 * Training of detectors, whatever their kind: fit on train, choose and calibrate on dev, score eval last, if at all.
 * @module
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toMono } from '../audio/audio.ts';
import { createIsolatedDecoder } from '../audio/io/isolated.ts';
import { type ErrorCode, RingtrueError, toRingtrueError } from '../core/errors.ts';
import { hashBytes } from '../core/hash.ts';
import { writeFileAtomic } from '../core/node/files.ts';
import { throwIfAborted, type WorkContext } from '../core/progress.ts';
import { createRng } from '../core/rng.ts';
import { parseOptions } from '../core/schema.ts';
import type { Corpus, Label } from '../datasets/clip.ts';
import { requireTrainable } from '../datasets/evaluation-only.ts';
import { fingerprint } from '../datasets/fingerprint.ts';
import { hashClips } from '../datasets/hash-clips.ts';
import { fitCalibration } from '../metrics/calibration.ts';
import { chooseCluster } from '../metrics/cluster.ts';
import { eer } from '../metrics/eer.ts';
import { evaluateRatios, evaluateRoc } from '../metrics/evaluate.ts';
import type { Counts, Figure, Scores } from '../metrics/types.ts';
import { calibratedLlr } from '../models/calibrated-llr.ts';
import { clipHashes, clipsHash, collectionsOf } from '../models/contamination.ts';
import { type Card, type Detector, DetectorInput } from '../models/types.ts';
import { renderCard } from './card-page.ts';
import { isLabelled, type LabelledClip } from './data/labelled.ts';
import { measuredLimits } from './limits.ts';
import type { LoadedRecipe } from './load-recipe.ts';
import type { FitContext, ReadClip } from './recipe.ts';
import { FREE_SETTINGS, openRunFolder, type RunFolder } from './run-folder.ts';
import { createSounds, type Sounds } from './sounds.ts';

/** How a detector is trained. */
export interface TrainOptions {
  /** Folder for model.json, model.onnx, card.json and card.md; the run folder is `run` in it. */
  readonly out: string;
  /** @default the recipe's, else 1 */
  readonly seed?: number | undefined;
  /** Settings that differ from the recipe's. @default none */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** safetensors file with weights that are taken in place of a training. @default none */
  readonly weights?: string | undefined;
  /**
   * True scores the eval split too, last of all: for the card of a detector whose settings are final. A setting
   * that was chosen after a look at eval is not measured by it.
   * @default false
   */
  readonly evaluate?: boolean;
  /** What the card says in place of the recipe's name and the command line. @default nothing */
  readonly card?: { readonly name: string; readonly recipe: string } | undefined;
  /** Decoded clips shared with other trainings. @default this training's own */
  readonly sounds?: Sounds | undefined;
}

/** Figures of a split, with intervals: EER and AUC of the scores, Cllr of the ratios that a scan would tell. */
export interface SplitFigures {
  readonly n: Counts;
  readonly eer: Figure;
  readonly auc: Figure;
  /** In bits; null without a calibration, since scores are no likelihood ratios. */
  readonly cllr: Figure | null;
  /** What the intervals resample and do not cover. */
  readonly note: string;
}

/** What came of a training. */
export interface TrainResult {
  readonly folder: string;
  /** Run folder: settings, log, curves, checkpoints. */
  readonly run: string;
  readonly card: Card;
  /** What was tried on dev, with the one that was kept. */
  readonly trials: readonly {
    readonly setting: string;
    readonly devEer: number;
    readonly kept: boolean;
  }[];
  readonly dev: SplitFigures;
  /** Null where it was not asked for, or lacks a class. */
  readonly eval: SplitFigures | null;
  readonly failures: readonly { readonly clip: string; readonly code: ErrorCode }[];
  readonly seconds: number;
}

/**
 * Trains a detector and writes it. A network's training that was interrupted continues.
 * @param corpus all splits; train and dev need both classes. Clips without a label are left out
 * @throws RingtrueError `datasets/evaluation-only`, `training/*`, `models/bad-file` (weights that do not fit), `bench/run-locked`, `compiler/*`, `core/*`
 */
export async function trainDetector(
  loaded: LoadedRecipe,
  corpus: Corpus,
  options: TrainOptions,
  work: WorkContext = {},
): Promise<TrainResult> {
  const started = performance.now();
  const {
    out,
    seed = loaded.seed ?? 1,
    weights: weightsPath,
    evaluate: withEval = false,
  } = options;
  const { recipe } = loaded;
  const changed = { ...loaded.settings, ...options.settings };
  const settings = parseOptions(recipe.settings, changed, {
    where: `settings of ${recipe.name}`,
    code: 'training/bad-recipe',
  });
  requireTrainable(corpus);
  requireClasses(corpus);
  const labelled = corpus.clips.filter(isLabelled);
  const of = (split: string): LabelledClip[] => labelled.filter((clip) => clip.split === split);
  const train = of('train');
  const dev = of('dev');
  throwIfAborted(work.signal);
  const weights = weightsPath === undefined ? undefined : await givenWeights(recipe, weightsPath);
  const folder = await openRunFolder(join(out, 'run'), {
    recipe: loaded.identity,
    corpus: corpus.name,
    clips: fingerprint([...train, ...dev]),
    seed,
    settings,
    ...(weights === undefined ? {} : { weights: hashBytes(weights) }),
  });
  const reader = createReader(
    corpus,
    { folder, sounds: options.sounds ?? createSounds(KEPT_BYTES) },
    work,
  );
  try {
    await tellLeftOut(corpus, folder, work);
    const fitted = await recipe.fit(settings, {
      corpus,
      train,
      dev,
      run: folder.path,
      training: folder.training,
      log: folder.log,
      rng: createRng(seed).split(recipe.name),
      work,
      ...(weights === undefined ? {} : { weights }),
      read: reader.read,
      onFailure: reader.onFailure,
    });

    // Dev decides between settings; eval is scored below, after everything is fixed.
    const trials: { setting: string; devEer: number; kept: boolean }[] = [];
    let best: { index: number; devEer: number; scores: Scores } | undefined;
    for (const [index, candidate] of fitted.entries()) {
      const detector = await candidate.create(emptyCard(recipe.name));
      const scored = await scoreClips(detector, dev, reader);
      await detector.dispose();
      const scores = scoresOf(scored);
      const devEer = eer(scores).value;
      trials.push({ setting: candidate.setting, devEer, kept: false });
      if (best === undefined || devEer < best.devEer) best = { index, devEer, scores };
    }
    const chosen = fitted[best?.index ?? 0];
    if (best === undefined || chosen === undefined)
      throw new RingtrueError('core/internal', 'internal: a recipe fitted nothing');
    trials[best.index]!.kept = true;
    await folder.log.write(...trials.map((trial) => ({ event: 'candidate' as const, ...trial })));

    const learnt = chosen.learntFrom ?? { split: 'train', members: [], languages: [] };
    const { clips: heard, why: unhashed } = await hashClips(
      of(learnt.split).filter(({ id }) => !reader.failed.has(id)),
      'hash the training data',
      work,
    );
    if (unhashed !== undefined) {
      const message = `the card lists no hashes of the training clips: ${unhashed}; nobody can look for them in a test set`;
      work.onProgress?.({ type: 'warning', code: 'training/unhashed', message });
    }
    const n = { bonafide: best.scores.bonafide.length, spoof: best.scores.spoof.length };
    const fixedOn = `${corpus.name} dev`;
    const calibration = calibrationOf(best.scores);
    const limits = [
      ...recipe.limits,
      ...(calibration === null
        ? [`Not calibrated: on ${fixedOn} spoof clips do not score higher than bona fide ones.`]
        : []),
    ];
    const fitCard: Card = {
      name: options.card?.name ?? chosen.name ?? recipe.name,
      version: '1',
      summary: recipe.summary,
      licence: 'Apache-2.0',
      languages: [
        ...new Set([...learnt.languages, ...heard.flatMap((clip) => clip.language ?? [])]),
      ].sort(),
      trainedOn: distinctSets([
        ...learnt.members,
        {
          corpus: corpus.name,
          split: learnt.split,
          clips: heard.length,
          hash: clipsHash(heard),
          ...clipHashes(heard),
          collections: collectionsOf(heard),
          licences: [...new Set(heard.flatMap(({ licence }) => licence ?? []))].sort(),
        },
      ]),
      recipe:
        options.card?.recipe ??
        commandLine(loaded.ref, {
          corpus: corpus.name,
          seed,
          changed,
          weights: weightsPath,
          withEval,
        }),
      operatingPoints: [
        { name: 'EER', threshold: eer(best.scores).threshold, fixedOn },
        { name: 'FPR 5 %', threshold: thresholdAtFpr(best.scores, 0.05), fixedOn },
      ],
      ...(calibration === null
        ? {}
        : { calibration: { ...calibration, fixedOn, n: Math.min(n.bonafide, n.spoof) } }),
      limits,
    };
    const detector = await chosen.create(fitCard);
    const devFigures = figuresOf(await scoreClips(detector, dev, reader), fitCard, seed);
    const held = withEval
      ? await heldOut(detector, { clips: of('eval'), reader, card: fitCard, seed })
      : null;
    await detector.dispose();
    const card: Card = {
      ...fitCard,
      limits: [...limits, ...measuredLimits(heard, held, corpus.confound)],
    };

    const result: TrainResult = {
      folder: out,
      run: folder.path,
      card,
      trials,
      dev: devFigures,
      eval: held,
      failures: reader.failures(),
      seconds: (performance.now() - started) / 1000,
    };
    for (const [name, content] of Object.entries(chosen.files))
      await writeFileAtomic(join(out, name), content);
    await writeFileAtomic(join(out, 'card.md'), renderCard(result, corpus));
    // The card comes last: a folder with a card is whole.
    await writeFileAtomic(join(out, 'card.json'), `${JSON.stringify(card, null, 2)}\n`);
    return result;
  } catch (thrown) {
    const error = toRingtrueError(thrown);
    // The disk may be what failed: the first error is the one to tell.
    await folder.log.write({ event: 'stopped', error: error.toJSON() }).catch(() => undefined);
    throw error;
  } finally {
    await reader.close();
    await folder.close();
  }
}

/** Sets of clips, each once. */
function distinctSets(sets: Card['trainedOn']): Card['trainedOn'] {
  const same = (a: (typeof sets)[number], b: (typeof sets)[number]): boolean =>
    a.corpus === b.corpus && a.split === b.split && a.hash === b.hash;
  return sets.filter((set, i) => sets.findIndex((other) => same(set, other)) === i);
}

/** Dev sets are small: a weak pull keeps the scale of nearly separable scores finite. */
const CALIBRATION_RIDGE = 1e-3;

/** Null where spoof clips do not score higher: training a network may take hours, and it may still rank. */
function calibrationOf(scores: Scores): { scale: number; offset: number } | null {
  try {
    const { scale, offset } = fitCalibration(scores, { ridge: CALIBRATION_RIDGE });
    return { scale, offset };
  } catch (error) {
    if (error instanceof RingtrueError && error.code === 'metrics/cannot-calibrate') return null;
    throw error;
  }
}

function commandLine(
  ref: string,
  {
    corpus,
    seed,
    changed,
    weights,
    withEval,
  }: {
    corpus: string;
    seed: number;
    changed: Record<string, unknown>;
    weights: string | undefined;
    withEval: boolean;
  },
): string {
  const sets = Object.entries(changed).flatMap(([key, value]) =>
    FREE_SETTINGS.includes(key) ? [] : ` --set ${quoted(`${key}=${JSON.stringify(value)}`)}`,
  );
  const given = weights === undefined ? '' : ` --weights ${weights}`;
  return `ringtrue train ${ref} --corpus ${corpus} --seed ${seed}${sets.join('')}${given}${withEval ? ' --eval' : ''}`;
}

async function givenWeights(
  { name, takesWeights }: LoadedRecipe['recipe'],
  path: string,
): Promise<Uint8Array> {
  if (!takesWeights)
    throw new RingtrueError('training/bad-recipe', `${name} is no network: it takes no weights`);
  try {
    return await readFile(path);
  } catch (error) {
    throw toRingtrueError(error, 'core/io-failed');
  }
}

/** An argument as a shell takes it. */
function quoted(text: string): string {
  return /^[\w=.+-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Clips without a label teach nothing and measure nothing: they are left out, and that is said. */
async function tellLeftOut(
  { name, clips }: Corpus,
  { log }: RunFolder,
  { onProgress }: WorkContext,
): Promise<void> {
  for (const split of ['train', 'dev', 'eval'] as const) {
    const count = clips.filter((clip) => clip.split === split && !isLabelled(clip)).length;
    if (count === 0) continue;
    onProgress?.({
      type: 'warning',
      message: `the ${split} split of ${name} has ${count} ${count === 1 ? 'clip' : 'clips'} without a label: left out`,
    });
    await log.write({ event: 'left-out', split, clips: count, reason: 'no label' });
  }
}

function requireClasses({ name, clips }: Corpus): void {
  for (const split of ['train', 'dev'] as const) {
    for (const label of ['bonafide', 'spoof'] as const) {
      if (clips.some((clip) => clip.split === split && clip.label === label)) continue;
      throw new RingtrueError(
        'training/class-missing',
        `the ${split} split of ${name} has no ${label} clip`,
        { details: { split, label } },
      );
    }
  }
}

/** Clips that are decoded and scored together. */
const READ_TOGETHER = 16;

/** Most decoded sound that is kept between two readings of the same clip, in bytes. */
const KEPT_BYTES = 512 * 2 ** 20;

interface Reader extends Pick<FitContext, 'read' | 'onFailure'> {
  /**
   * Decodes clips a few at a time, in the order of their ids.
   * @throws RingtrueError after the last ones, `training/class-missing` where none of a class can be read
   */
  parts(clips: readonly LabelledClip[]): AsyncGenerator<ReadClip[]>;
  readonly failed: ReadonlyMap<string, ErrorCode>;
  failures(): { clip: string; code: ErrorCode }[];
  close(): Promise<void>;
}

function createReader(
  corpus: Corpus,
  { folder, sounds }: { readonly folder: RunFolder; readonly sounds: Sounds },
  work: WorkContext,
): Reader {
  const { onProgress, signal } = work;
  const failed = new Map<string, ErrorCode>();
  const decoder = createIsolatedDecoder();
  const onFailure: FitContext['onFailure'] = (clip, code, message) => {
    if (failed.has(clip.id)) return;
    failed.set(clip.id, code);
    onProgress?.({ type: 'warning', code, message: `${clip.id}: ${message}` });
    // The warning was given; a log that cannot be written fails the next entry that is waited for.
    folder.log.write({ event: 'failure', clip: clip.id, code, message }).catch(() => undefined);
  };
  const readOne = async (clip: LabelledClip): Promise<ReadClip | null> => {
    const known = sounds.get(clip.path);
    if (known !== undefined) return { clip, input: known };
    if (failed.has(clip.id)) return null;
    try {
      const { audio } = await decoder.decode(clip.path, { signal });
      const mono = toMono(audio);
      const input = new DetectorInput({ samples: [mono], sampleRate: audio.sampleRate });
      sounds.keep(clip.path, input);
      return { clip, input };
    } catch (thrown) {
      const error = toRingtrueError(thrown);
      if (error.code === 'core/cancelled') throw error;
      onFailure(clip, error.code, error.message);
      return null;
    }
  };
  async function* parts(clips: readonly LabelledClip[]): AsyncGenerator<ReadClip[]> {
    const task = 'read clips';
    onProgress?.({ type: 'start', task, total: clips.length, unit: 'clips' });
    // By id, so that the order of a manifest does not change what is trained.
    const ordered = [...clips].sort((a, b) => (a.id < b.id ? -1 : 1));
    const found = new Set<Label>();
    for (let at = 0; at < ordered.length; at += READ_TOGETHER) {
      const part: ReadClip[] = [];
      for (const [i, clip] of ordered.slice(at, at + READ_TOGETHER).entries()) {
        throwIfAborted(signal);
        const one = await readOne(clip);
        if (one !== null) part.push(one);
        onProgress?.({ type: 'advance', task, done: at + i + 1 });
      }
      for (const { clip } of part) found.add(clip.label);
      yield part;
    }
    onProgress?.({ type: 'end', task });
    for (const { label, split } of clips) {
      if (found.has(label)) continue;
      throw new RingtrueError(
        'training/class-missing',
        `the ${split} split of ${corpus.name} has no ${label} clip that can be read`,
        { details: { split: split ?? null, label } },
      );
    }
  }
  return {
    failed,
    failures: () => [...failed].map(([clip, code]) => ({ clip, code })),
    onFailure,
    parts,
    async read(clips) {
      const found: ReadClip[] = [];
      for await (const part of parts(clips)) found.push(...part);
      return found;
    },
    close: () => decoder.close(),
  };
}

/** A clip with its score. */
interface ScoredClip {
  readonly clip: LabelledClip;
  readonly score: number;
}

async function scoreClips(
  detector: Detector,
  clips: readonly LabelledClip[],
  reader: Reader,
): Promise<ScoredClip[]> {
  const scored: ScoredClip[] = [];
  for await (const part of reader.parts(clips)) {
    if (part.length === 0) continue;
    const scores = await detector.score(part.map(({ input }) => input));
    scored.push(...part.map(({ clip }, i) => ({ clip, score: scores[i]!.score })));
  }
  return scored;
}

function scoresOf(scored: readonly ScoredClip[]): Scores {
  const of = (label: string): Float64Array =>
    Float64Array.from(scored.flatMap(({ clip, score }) => (clip.label === label ? [score] : [])));
  return { bonafide: of('bonafide'), spoof: of('spoof') };
}

/** Figures of the eval split; null where it lacks a class. */
async function heldOut(
  detector: Detector,
  {
    clips,
    reader,
    card,
    seed,
  }: { clips: readonly LabelledClip[]; reader: Reader; card: Card; seed: number },
): Promise<SplitFigures | null> {
  const both = (['bonafide', 'spoof'] as const).every((label) =>
    clips.some((clip) => clip.label === label),
  );
  return both ? figuresOf(await scoreClips(detector, clips, reader), card, seed) : null;
}

function figuresOf(scored: readonly ScoredClip[], card: Card, seed: number): SplitFigures {
  const labelled = scored.map(({ clip, score }) => ({
    clip: clip.id,
    label: clip.label,
    score,
    speaker: clip.speaker ?? null,
    source: clip.source ?? null,
  }));
  const { note, clusters } = chooseCluster(labelled);
  const rows = labelled.map((row, i) => ({ ...row, cluster: clusters[i]! }));
  const ratios = rows.flatMap((row) => {
    const llr = calibratedLlr(card, row.score);
    return llr === null ? [] : [{ ...row, score: llr }];
  });
  const { n, eer, auc } = evaluateRoc(rows, { seed });
  const cllr = ratios.length === 0 ? null : evaluateRatios(ratios, { seed }).cllr;
  return { n, eer, auc, cllr, note };
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
