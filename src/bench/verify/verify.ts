/**
 * Corpus verification: whether trivial features tell the classes apart, whether files are the recorded
 * ones, and whether splits leak.
 * @module
 */

import { createHash } from 'node:crypto';
import { hashFile } from '../../archives/files.ts';
import { type Audio, checkAudio, toMono } from '../../audio/audio.ts';
import { type ErrorCode, RingtrueError, toRingtrueError } from '../../core/errors.ts';
import { writeFileAtomic } from '../../core/node/files.ts';
import { throwIfAborted, type WorkContext } from '../../core/progress.ts';
import { createRng } from '../../core/rng.ts';
import type { Clip, Corpus } from '../../datasets/clip.ts';
import { fingerprint } from '../../datasets/fingerprint.ts';
import { noteAbout } from '../../datasets/tree.ts';
import { rocAuc } from '../../metrics/roc.ts';
import { type JointAuc, jointAuc } from './joint.ts';
import { findLeaks, type Leaks } from './leaks.ts';
import { measureTrivialFeatures, TRIVIAL_FEATURES } from './trivial-features.ts';

/**
 * Largest allowed |AUC − 0.5| of one feature. After the whole equalisation recipe the worst feature of
 * the surveyed corpora stood at 0.614 (peak), after the usual preparation alone at 0.71 to 0.78
 * (corpora.md §7, stages G and B): 0.15 lies between.
 */
export const DEFAULT_BOUND = 0.15;

/** AUC of one feature on some of the clips. */
export interface PartAuc {
  /** Split or generator family. */
  readonly part: string;
  readonly auc: number;
  /** Standard error where the feature says nothing, from the numbers of clips alone. */
  readonly standardError: number;
  readonly bonafide: number;
  readonly spoof: number;
  /** True where even |AUC − 0.5| less two standard errors is beyond the bound. */
  readonly beyond: boolean;
}

/** How well one trivial feature tells the classes apart; above 0.5 it is larger for spoofs. */
export interface FeatureAuc {
  readonly name: string;
  readonly unit: string;
  readonly auc: number;
  /** True where |AUC − 0.5| over all clips, or surely in a split, is beyond the bound. */
  readonly beyond: boolean;
  readonly splits: readonly PartAuc[];
  /** Against all bona fide clips; a synthesiser may be peaky by nature, so these are told, not judged. */
  readonly generators: readonly PartAuc[];
}

/** Why a corpus did not pass. */
export interface VerifyProblem {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Everything that verification found. */
export interface CorpusVerification {
  readonly corpus: string;
  /** Of the clips that were verified, so that an outdated result is never printed beside a figure. */
  readonly fingerprint: string;
  readonly clips: { readonly bonafide: number; readonly spoof: number };
  /** By falling |AUC − 0.5|. */
  readonly features: readonly FeatureAuc[];
  readonly bound: number;
  readonly ok: boolean;
  readonly joint: JointAuc;
  /** Ids of clips whose file differs from its recorded SHA-256. */
  readonly changed: readonly string[];
  readonly failed: readonly {
    readonly clip: string;
    readonly code: ErrorCode;
    readonly message: string;
  }[];
  readonly leaks: Leaks;
  /** Empty if `ok`. */
  readonly problems: readonly VerifyProblem[];
}

/** What verification needs besides the corpus. */
export interface VerifyOptions {
  /** Decodes a file at its own sample rate. */
  readonly decode: (path: string, signal?: AbortSignal) => Promise<Audio>;
  /** Largest allowed |AUC − 0.5|. @default 0.15 */
  readonly bound?: number;
  /** Of the bootstrap. @default 1 */
  readonly seed?: number;
}

/** Files decoded at a time. */
const PARALLEL = 4;

/**
 * Verifies a whole corpus (all splits). A clip that cannot be decoded is a recorded failure.
 * @throws RingtrueError `datasets/class-missing` if not both classes have a clip that can be decoded,
 * `core/cancelled`
 */
export async function verifyCorpus(
  corpus: Corpus,
  { decode, bound = DEFAULT_BOUND, seed = 1 }: VerifyOptions,
  work: WorkContext = {},
): Promise<CorpusVerification> {
  const measured = await measureAll(corpus, decode, work);
  const known = measured.flatMap((found, i) =>
    'row' in found && corpus.clips[i]!.label !== undefined
      ? [{ clip: corpus.clips[i]!, row: found.row }]
      : [],
  );
  const clips = known.map(({ clip }) => clip);
  const rows = known.map(({ row }) => row);
  const spoof = Uint8Array.from(clips, (clip) => (clip.label === 'spoof' ? 1 : 0));
  const spoofs = spoof.reduce((sum, value) => sum + value, 0);
  const failed = measured.flatMap((found) => ('code' in found ? [found] : []));
  if (spoofs === 0 || spoofs === clips.length) {
    throw new RingtrueError(
      'datasets/class-missing',
      `${corpus.name}: ${clips.length - spoofs} bonafide and ${spoofs} spoof clips could be decoded`,
      { details: { failed: failed.slice(0, 20) } },
    );
  }
  const features = TRIVIAL_FEATURES.map(({ name, unit }, f) =>
    featureAuc(
      name,
      unit,
      clips,
      Float64Array.from(rows, (row) => row[f]!),
      spoof,
      bound,
    ),
  ).sort((a, b) => Math.abs(b.auc - 0.5) - Math.abs(a.auc - 0.5));
  const joint = jointAuc(clips, rows, spoof, createRng(seed).split('verify'), work);
  const changed = measured.flatMap((found, i) =>
    'row' in found && found.changed ? [corpus.clips[i]!.id] : [],
  );
  const leaks = findLeaks(
    corpus.clips,
    measured.map((found) => ('row' in found ? found.sound : undefined)),
  );
  const problems = problemsOf({ features, joint, bound, changed, failed, leaks });
  return {
    corpus: corpus.name,
    fingerprint: fingerprint(corpus.clips),
    clips: { bonafide: clips.length - spoofs, spoof: spoofs },
    features,
    bound,
    ok: problems.length === 0,
    joint,
    changed,
    failed,
    leaks,
    problems,
  };
}

/**
 * Writes `verify.json` beside the manifest or archive, where `openCorpus` finds it.
 * @throws RingtrueError `core/io-denied`, `core/io-disk-full`, `core/io-failed`
 */
export async function saveVerification(corpus: Corpus, found: CorpusVerification): Promise<string> {
  const path = noteAbout(corpus.root, 'verify.json');
  await writeFileAtomic(path, `${JSON.stringify(found, null, 2)}\n`);
  return path;
}

/** What was measured of one clip. */
type Measured =
  | { readonly row: Float64Array; readonly sound: string; readonly changed: boolean }
  | { readonly clip: string; readonly code: ErrorCode; readonly message: string };

async function measureAll(
  corpus: Corpus,
  decode: VerifyOptions['decode'],
  work: WorkContext,
): Promise<Measured[]> {
  const measured = new Array<Measured>(corpus.clips.length);
  const task = `verify ${corpus.name}`;
  work.onProgress?.({ type: 'start', task, total: corpus.clips.length, unit: 'clips' });
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      const i = next;
      next += 1;
      const clip = corpus.clips[i];
      if (clip === undefined) return;
      throwIfAborted(work.signal);
      measured[i] = await measure(clip, decode, work.signal);
      done += 1;
      work.onProgress?.({ type: 'advance', task, done });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  work.onProgress?.({ type: 'end', task });
  return measured;
}

async function measure(
  clip: Clip,
  decode: VerifyOptions['decode'],
  signal: AbortSignal | undefined,
): Promise<Measured> {
  try {
    const hash = clip.sha256 === undefined ? undefined : await hashFile(clip.path);
    const audio = await decode(clip.path, signal);
    checkAudio(audio);
    return {
      row: measureTrivialFeatures(audio),
      sound: soundHash(audio),
      changed: hash !== clip.sha256,
    };
  } catch (error) {
    throwIfAborted(signal);
    const { code, message } = toRingtrueError(error, 'audio/unreadable');
    return { clip: clip.id, code, message };
  }
}

/** Hash of the sound at 16 bits: the same recording in two containers is still one recording. */
function soundHash(audio: Audio): string {
  const samples = Int16Array.from(toMono(audio), (sample) =>
    Math.max(-32768, Math.min(32767, Math.round(sample * 32768))),
  );
  return createHash('sha256')
    .update(`${audio.sampleRate}:`)
    .update(new Uint8Array(samples.buffer))
    .digest('hex');
}

function featureAuc(
  name: string,
  unit: string,
  clips: readonly Clip[],
  values: Float64Array,
  spoof: Uint8Array,
  bound: number,
): FeatureAuc {
  const part = (label: string, keep: (clip: Clip) => boolean): PartAuc | undefined => {
    const kept = [...clips.keys()].filter((i) => keep(clips[i]!));
    const ofClass = (value: 0 | 1): Float64Array =>
      Float64Array.from(
        kept.filter((i) => spoof[i] === value),
        (i) => values[i]!,
      );
    const scores = { bonafide: ofClass(0), spoof: ofClass(1) };
    const bonafide = scores.bonafide.length;
    const spoofs = scores.spoof.length;
    if (spoofs === 0 || bonafide === 0) return undefined;
    const auc = rocAuc(scores);
    // Variance of the Mann–Whitney statistic under equal distributions, per pair.
    const standardError = Math.sqrt((kept.length + 1) / (12 * spoofs * bonafide));
    const beyond = Math.abs(auc - 0.5) - 2 * standardError > bound;
    return { part: label, auc, standardError, bonafide, spoof: spoofs, beyond };
  };
  const parts = (key: (clip: Clip) => string | undefined, all: 'bonafide' | 'none'): PartAuc[] => {
    const labels = new Set(clips.map(key).filter((value) => value !== undefined));
    return [...labels].sort().flatMap((label) => {
      const found = part(
        label,
        (clip) => key(clip) === label || (all === 'bonafide' && clip.label === 'bonafide'),
      );
      return found === undefined ? [] : [found];
    });
  };
  const splits = parts((clip) => clip.split, 'none');
  // Both classes are there, so the whole always has an AUC.
  const { auc } = part('all', () => true)!;
  return {
    name,
    unit,
    auc,
    beyond: Math.abs(auc - 0.5) > bound || splits.some((found) => found.beyond),
    splits,
    generators: parts(familyOf, 'bonafide'),
  };
}

/** Generators of one family are counted together where the manifest says so. */
function familyOf(clip: Clip): string | undefined {
  return clip.label === 'spoof' ? (clip.group?.family ?? clip.generator) : undefined;
}

function problemsOf({
  features,
  joint,
  bound,
  changed,
  failed,
  leaks,
}: Pick<
  CorpusVerification,
  'features' | 'joint' | 'bound' | 'changed' | 'failed' | 'leaks'
>): VerifyProblem[] {
  const problems: VerifyProblem[] = [];
  const range = `${(0.5 - bound).toFixed(2)} to ${(0.5 + bound).toFixed(2)}`;
  for (const { name, auc, splits } of features.filter((feature) => feature.beyond)) {
    const parts = splits
      .filter((split) => split.beyond)
      .map(({ part, auc: at }) => `${part} ${at.toFixed(3)}`);
    const where = parts.length === 0 ? '' : ` (${parts.join(', ')})`;
    problems.push({
      code: 'corpora/confounded',
      message: `${name} tells the classes apart: AUC ${auc.toFixed(3)}${where}, allowed ${range}`,
    });
  }
  if (joint.low > 0.5 + bound) {
    problems.push({
      code: 'corpora/confounded',
      message:
        `all trivial features together reach AUC ${joint.auc.toFixed(3)} ` +
        `[${joint.low.toFixed(3)}–${joint.high.toFixed(3)}], its low end beyond ${(0.5 + bound).toFixed(2)}`,
    });
  }
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
  for (const { ids, splits, labels } of leaks.recordings) {
    const where = labels.length > 1 ? `both labels` : `the splits ${splits.join(' and ')}`;
    problems.push({
      code: 'datasets/leak',
      message: `the same sound is in ${where}: ${ids.join(', ')}`,
    });
  }
  if (leaks.sources.length > 0) {
    const [first] = leaks.sources;
    problems.push({
      code: 'datasets/leak',
      message: `${leaks.sources.length} sources are in several splits, first ${first!.value} (${first!.splits.join(', ')})`,
    });
  }
  return problems;
}
