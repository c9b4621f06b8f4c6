/**
 * One unit of a study: its clips are decoded once, corrupted once a condition, and scored in batches by
 * all detectors. Whatever goes wrong with a clip becomes a row with a code.
 * @module
 */

import { relative } from 'node:path';
import { type FileStamp, hashFile, stampFile } from '../archives/files.ts';
import { type Audio, checkAudio, durationSec } from '../audio/audio.ts';
import { type ErrorCode, type ErrorData, RingtrueError, toRingtrueError } from '../core/errors.ts';
import { cacheFolder } from '../core/node/files.ts';
import { throwIfAborted } from '../core/progress.ts';
import { createRng } from '../core/rng.ts';
import { calibratedLlr } from '../models/calibrated-llr.ts';
import { type Detector, DetectorInput } from '../models/types.ts';
import type { Cache } from '../store/cache.ts';
import type { TrialRow } from '../store/trial.ts';
import { conditionKey, type PlannedClip, type PlannedCondition } from './plan.ts';
import type { Tools } from './tools.ts';

/** What a unit takes besides its clips; plain data, sent to workers once. */
export interface UnitSettings {
  readonly run: string;
  readonly corpus: { readonly name: string; readonly root: string };
  readonly split: string;
  readonly seed: number;
  readonly conditions: readonly PlannedCondition[];
  /** Hash of the code that computes scores: cached scores of other code are not taken. */
  readonly code: string;
}

/** A failure in words, for the log. */
export interface FailureNote {
  readonly clip: string;
  /** Null if the clip failed under all conditions. */
  readonly condition: string | null;
  /** Null if it failed for all detectors. */
  readonly detector: string | null;
  readonly error: ErrorData;
}

/** What came of a unit. */
export interface UnitResult {
  /** By clip, then condition, then detector. */
  readonly rows: readonly TrialRow[];
  readonly notes: readonly FailureNote[];
  /** Trials taken from the cache. */
  readonly cached: number;
  /** Seconds of sound that were scored, one count for each condition. */
  readonly scoredSec: number;
}

/** What {@link runUnit} works with. */
export interface UnitContext {
  readonly settings: UnitSettings;
  readonly tools: Tools;
  readonly detectors: readonly Detector[];
  readonly cache: Cache | undefined;
  /** Ends a unit at its next condition. */
  readonly signal?: AbortSignal;
  /** Called with the number of trials done since the last call. */
  onTrials(count: number): void;
  /** Called once if the cache cannot be written. */
  onWarning(error: RingtrueError): void;
}

/** What came of one clip under one condition for one detector; also how the cache keeps it. */
type Outcome =
  | { readonly score: number; readonly encodedBytes: number | null }
  | { readonly refused: ErrorCode }
  | { readonly failed: ErrorCode };

/**
 * Runs the clips of a unit; never throws for a bad clip, condition or detector.
 * @throws RingtrueError `core/cancelled`
 */
export async function runUnit(
  clips: readonly PlannedClip[],
  context: UnitContext,
): Promise<UnitResult> {
  const { settings, detectors } = context;
  const works = await Promise.all(clips.map((clip) => ClipWork.open(clip, context)));
  const cached = works.reduce((sum, work) => sum + work.cachedCount, 0);
  let scoredSec = 0;
  for (const condition of settings.conditions) {
    throwIfAborted(context.signal);
    scoredSec += await runCondition(works, condition, context);
    context.onTrials(clips.length * detectors.length);
  }
  for (const work of works) await work.store();
  return {
    rows: works.flatMap((work) => work.rows()),
    notes: works.flatMap((work) => work.notes),
    cached,
    scoredSec,
  };
}

/** Rows of clips that killed their worker. */
export function crashedRows(
  clip: PlannedClip,
  settings: UnitSettings,
  detectors: readonly { readonly name: string }[],
  code: ErrorCode,
): TrialRow[] {
  return settings.conditions.flatMap((condition) =>
    detectors.map((detector) => ({
      ...commonColumns(clip, condition, settings),
      detector: detector.name,
      sha256: null,
      durationSec: 0,
      encodedBytes: null,
      score: null,
      llr: null,
      refused: null,
      failed: code,
    })),
  );
}

interface ReadyClip {
  readonly work: ClipWork;
  readonly input: DetectorInput;
  readonly encodedBytes: number | null;
}

async function runCondition(
  works: readonly ClipWork[],
  condition: PlannedCondition,
  { settings, tools, detectors }: UnitContext,
): Promise<number> {
  const ready: ReadyClip[] = [];
  let seconds = 0;
  const lacking = works.filter((work) =>
    detectors.some((detector) => work.lacks(condition, detector)),
  );
  // The decoder is another process: it may as well be ahead of us.
  for (const work of lacking) void work.audio();
  for (const work of lacking) {
    const audio = await work.audio();
    if (audio === undefined) continue;
    for (const detector of detectors) work.refuse(condition, detector, audio);
    if (!detectors.some((detector) => work.lacks(condition, detector))) continue;
    try {
      const rng = createRng(settings.seed).split(work.clip.id).split(condition.id);
      const corrupted = await tools.corrupt(audio, condition, rng);
      checkSamples(corrupted.audio);
      seconds += durationSec(corrupted.audio);
      ready.push({
        work,
        input: new DetectorInput(corrupted.audio),
        encodedBytes: corrupted.encodedBytes ?? null,
      });
    } catch (error) {
      work.fail(condition, undefined, error);
    }
  }
  for (const detector of detectors) {
    const batch = ready.filter(({ work }) => work.lacks(condition, detector));
    await scoreBatch(batch, condition, detector);
  }
  return seconds;
}

async function scoreBatch(
  batch: readonly ReadyClip[],
  condition: PlannedCondition,
  detector: Detector,
): Promise<void> {
  if (batch.length === 0) return;
  try {
    const scores = await detector.score(batch.map(({ input }) => input));
    if (scores.length !== batch.length) {
      throw new RingtrueError(
        'models/bad-output',
        `${detector.name} gave ${scores.length} scores for ${batch.length} clips`,
      );
    }
    for (const [i, { work, encodedBytes }] of batch.entries()) {
      const { score } = scores[i]!;
      if (Number.isFinite(score)) work.set(condition, detector, { score, encodedBytes });
      else {
        const message = `${detector.name} gave ${score} for ${work.clip.id} under ${condition.id}`;
        work.fail(condition, detector, new RingtrueError('models/bad-output', message));
      }
    }
  } catch (error) {
    const coded = toRingtrueError(error);
    // One clip may have spoilt the batch; a detector that does not answer would only cost time-outs.
    if (batch.length > 1 && coded.code !== 'models/unreachable') {
      for (const item of batch) await scoreBatch([item], condition, detector);
    } else {
      for (const { work } of batch) work.fail(condition, detector, coded);
    }
  }
}

/** Float32 sums cannot overflow a Float64, so a finite sum means finite samples. */
function checkSamples(audio: Audio): void {
  let sum = 0;
  for (const plane of audio.samples) for (let i = 0; i < plane.length; i += 1) sum += plane[i]!;
  if (!Number.isFinite(sum) || audio.samples.length === 0 || sum === 0) checkAudio(audio);
}

function commonColumns(clip: PlannedClip, condition: PlannedCondition, settings: UnitSettings) {
  return {
    run: settings.run,
    corpus: settings.corpus.name,
    split: settings.split,
    clip: clip.id,
    condition: condition.id,
    corruption: condition.corruption,
    level: condition.level,
    value: condition.value,
    seed: settings.seed,
    label: clip.label,
    speaker: clip.speaker ?? null,
    language: clip.language ?? null,
    generator: clip.generator ?? null,
    source: clip.source ?? null,
    group: clip.group ?? null,
  };
}

/** A clip on its way through the conditions. */
class ClipWork {
  readonly clip: PlannedClip;
  readonly notes: FailureNote[] = [];
  readonly #context: UnitContext;
  /** Outcomes by detector name, then condition id. */
  readonly #outcomes = new Map<string, Map<string, Outcome>>();
  /** Detectors with outcomes that the cache does not hold. */
  readonly #fresh = new Set<string>();
  /** Refusals by what a detector needs: most need the same. */
  readonly #refusals = new Map<string, ErrorCode | null>();
  #hash = '';
  #decoding: Promise<Audio | undefined> | undefined;
  #durationSec = 0;
  /** Set if nothing can be done with the clip. */
  #broken: ErrorCode | undefined;
  cachedCount = 0;

  private constructor(clip: PlannedClip, context: UnitContext) {
    this.clip = clip;
    this.#context = context;
    for (const { name } of context.detectors) this.#outcomes.set(name, new Map());
  }

  static async open(clip: PlannedClip, context: UnitContext): Promise<ClipWork> {
    const work = new ClipWork(clip, context);
    try {
      await checkUnchanged(clip);
      work.#hash = await hashFile(clip.path);
      if (clip.sha256 !== undefined && work.#hash !== clip.sha256) {
        throw new RingtrueError(
          'corpora/checksum',
          `${clip.path}: its SHA-256 is ${work.#hash}, the manifest says ${clip.sha256}`,
        );
      }
      await work.#recall();
    } catch (error) {
      work.#break(error);
    }
    return work;
  }

  lacks(condition: PlannedCondition, detector: Detector): boolean {
    return (
      this.#broken === undefined && this.#outcomes.get(detector.name)?.has(condition.id) === false
    );
  }

  set(condition: PlannedCondition, detector: Detector, outcome: Outcome): void {
    this.#outcomes.get(detector.name)?.set(condition.id, outcome);
    this.#fresh.add(detector.name);
  }

  /**
   * Refuses the trial if the clip does not allow a score. It is the clip before any corruption that
   * decides, so that all conditions are measured on the same clips.
   */
  refuse(condition: PlannedCondition, detector: Detector, audio: Audio): void {
    if (!this.lacks(condition, detector)) return;
    const { needs } = detector;
    const key = JSON.stringify(needs);
    try {
      let refused = this.#refusals.get(key);
      if (refused === undefined) {
        refused = this.#context.tools.refusalOf(audio, needs);
        this.#refusals.set(key, refused);
      }
      if (refused !== null) this.set(condition, detector, { refused });
    } catch (error) {
      this.fail(condition, detector, error);
    }
  }

  fail(condition: PlannedCondition, detector: Detector | undefined, thrown: unknown): void {
    const error = toRingtrueError(thrown);
    this.notes.push({
      clip: this.clip.id,
      condition: condition.id,
      detector: detector?.name ?? null,
      error: error.toJSON(),
    });
    for (const each of detector === undefined ? this.#context.detectors : [detector]) {
      if (this.lacks(condition, each)) {
        this.#outcomes.get(each.name)?.set(condition.id, { failed: error.code });
      }
    }
  }

  /** The decoded clip; undefined (and the clip broken) if it cannot be had. */
  audio(): Promise<Audio | undefined> {
    this.#decoding ??= this.#decode();
    return this.#decoding;
  }

  async #decode(): Promise<Audio | undefined> {
    try {
      const audio = await this.#context.tools.decode(this.clip, this.#isOurs());
      // The file was hashed before it was decoded: what was hashed must be what was decoded.
      await checkUnchanged(this.clip);
      checkAudio(audio);
      this.#durationSec = durationSec(audio);
      return audio;
    } catch (error) {
      this.#break(error);
      return undefined;
    }
  }

  /** A file in a corpus that we built, with the checksum that we wrote: no stranger made it. */
  #isOurs(): boolean {
    const below = relative(cacheFolder('corpora'), this.clip.path);
    return this.clip.sha256 !== undefined && !below.startsWith('..') && below !== this.clip.path;
  }

  #break(thrown: unknown): void {
    const error = toRingtrueError(thrown);
    this.#broken = error.code;
    this.notes.push({
      clip: this.clip.id,
      condition: null,
      detector: null,
      error: error.toJSON(),
    });
  }

  #cacheKey(detector: Detector) {
    const { seed, code } = this.#context.settings;
    return { content: this.#hash, clip: this.clip.id, seed, detector: detector.id, code };
  }

  async #recall(): Promise<void> {
    const { cache, detectors, settings } = this.#context;
    if (cache === undefined) return;
    for (const detector of detectors) {
      const known = await cache.get(this.#cacheKey(detector));
      if (known === undefined) continue;
      // The key and its checksum show that store() below wrote this value.
      const { durationSec, outcomes } = known as unknown as CachedClip;
      this.#durationSec = durationSec;
      for (const condition of settings.conditions) {
        const outcome = outcomes[conditionKey(condition)];
        if (outcome === undefined) continue;
        this.#outcomes.get(detector.name)?.set(condition.id, outcome);
        this.cachedCount += 1;
      }
    }
  }

  /** Adds what is new to the cache; failures are not kept, they may pass. */
  async store(): Promise<void> {
    const { cache, detectors, settings, onWarning } = this.#context;
    if (cache === undefined) return;
    for (const detector of detectors) {
      if (!this.#fresh.has(detector.name)) continue;
      const key = this.#cacheKey(detector);
      // As in #recall.
      const known = (await cache.get(key)) as unknown as CachedClip | undefined;
      const outcomes: Record<string, Exclude<Outcome, { failed: ErrorCode }>> = {
        ...known?.outcomes,
      };
      for (const condition of settings.conditions) {
        const outcome = this.#outcomes.get(detector.name)?.get(condition.id);
        if (outcome !== undefined && !('failed' in outcome))
          outcomes[conditionKey(condition)] = outcome;
      }
      try {
        await cache.put(key, { durationSec: this.#durationSec, outcomes });
      } catch (error) {
        onWarning(toRingtrueError(error));
      }
    }
  }

  rows(): TrialRow[] {
    const { settings, detectors } = this.#context;
    return settings.conditions.flatMap((condition) =>
      detectors.map((detector) => {
        const known = this.#outcomes.get(detector.name)?.get(condition.id);
        const outcome: Outcome =
          this.#broken === undefined
            ? (known ?? { failed: 'core/internal' })
            : { failed: this.#broken };
        const score = 'score' in outcome ? outcome.score : null;
        return {
          ...commonColumns(this.clip, condition, settings),
          detector: detector.name,
          sha256: this.#hash === '' ? null : this.#hash,
          durationSec: this.#durationSec,
          encodedBytes: 'score' in outcome ? outcome.encodedBytes : null,
          score,
          llr: score === null ? null : calibratedLlr(detector.card, score),
          refused: 'refused' in outcome ? outcome.refused : null,
          failed: 'failed' in outcome ? outcome.failed : null,
        };
      }),
    );
  }
}

interface CachedClip {
  readonly durationSec: number;
  /** By `conditionKey`. */
  readonly outcomes: Readonly<Record<string, Exclude<Outcome, { failed: ErrorCode }>>>;
}

async function checkUnchanged(clip: PlannedClip): Promise<void> {
  let found: FileStamp;
  try {
    found = await stampFile(clip.path);
  } catch (error) {
    const coded = toRingtrueError(error, 'core/io-failed');
    if (coded.code !== 'core/io-not-found' || clip.file === null) throw coded;
    throw new RingtrueError(
      'bench/clip-vanished',
      `${clip.path} was there when the study was planned and is gone`,
      { cause: error },
    );
  }
  const planned = clip.file;
  if (planned?.bytes === found.bytes && planned.changedMs === found.changedMs) return;
  throw new RingtrueError(
    'bench/clip-changed',
    planned === null
      ? `${clip.path} was not there when the study was planned`
      : `${clip.path} changed while the study ran: ${planned.bytes} bytes then, ${found.bytes} now`,
  );
}
