/**
 * Corpus verification: whether trivial features tell the classes apart, whether files are the recorded
 * ones, whether recordings are there twice, and whether splits leak.
 * @module
 */

import { availableParallelism } from 'node:os';
import { hashFile, stampFile } from '../../archives/files.ts';
import { createIsolatedDecoder } from '../../audio/io/isolated.ts';
import { type ErrorCode, RingtrueError, toRingtrueError } from '../../core/errors.ts';
import { writeFileAtomic } from '../../core/node/files.ts';
import { builtUrl } from '../../core/node/modules.ts';
import { throwIfAborted, type WorkContext } from '../../core/progress.ts';
import { createRng } from '../../core/rng.ts';
import type { Clip, Corpus, SplitPromise } from '../../datasets/clip.ts';
import { fingerprint } from '../../datasets/fingerprint.ts';
import { noteAbout } from '../../datasets/tree.ts';
import type { ClipAnalysis } from './analyse.ts';
import { type Duplicates, findDuplicates } from './duplicates.ts';
import { type FeatureResult, featureAucs } from './feature-aucs.ts';
import { fileFacts, fileFeatures } from './file-features.ts';
import { type JointAuc, jointAuc } from './joint.ts';
import { type JointParts, jointParts } from './joint-parts.ts';
import { type FieldLeak, findLeaks } from './leaks.ts';
import { type OneSided, oneSidedParts } from './one-sided.ts';
import { problemsOf, type VerifyProblem } from './problems.ts';
import { SURVEYED_FEATURES, TRIVIAL_FEATURES } from './trivial-features.ts';

/**
 * Largest allowed |AUC − 0.5| of one feature. After the whole equalisation recipe the worst feature of
 * the surveyed corpora stood at 0.614 (peak), after the usual preparation alone at 0.71 to 0.78: 0.15 lies
 * between.
 */
export const DEFAULT_BOUND = 0.15;

/** Everything that verification found. */
export interface CorpusVerification {
  readonly corpus: string;
  /** Of the clips that were verified, so that an outdated result is never printed beside a figure. */
  readonly fingerprint: string;
  readonly clips: { readonly bonafide: number; readonly spoof: number };
  /** Surely confounded ones first, then by falling |AUC − 0.5|. */
  readonly features: readonly FeatureResult[];
  readonly bound: number;
  readonly ok: boolean;
  /** Of the first {@link SURVEYED_FEATURES}, so that the floors of corpora can be compared. */
  readonly joint: JointAuc;
  /** Of all features of the sound. */
  readonly jointWide: JointAuc;
  readonly jointParts: JointParts;
  /** Splits, domains and languages in which there is one label only. */
  readonly oneSided: readonly OneSided[];
  /** Ids of clips whose file differs from its recorded SHA-256. */
  readonly changed: readonly string[];
  /** Clips without a recorded SHA-256. */
  readonly unhashed: number;
  readonly failed: readonly {
    readonly clip: string;
    readonly code: ErrorCode;
    readonly message: string;
  }[];
  readonly duplicates: Duplicates;
  readonly leaks: readonly FieldLeak[];
  /** Empty if `ok`. */
  readonly problems: readonly VerifyProblem[];
}

/** What verification needs besides the corpus. */
export interface VerifyOptions {
  /** Decodes and analyses a file; see {@link createAnalyser}. */
  readonly analyse: (path: string, signal?: AbortSignal) => Promise<ClipAnalysis>;
  /** Largest allowed |AUC − 0.5|. @default 0.15 */
  readonly bound?: number;
  /** What no two splits, or parts and train, may share. @default source */
  readonly disjoint?: readonly SplitPromise[] | undefined;
  /** Of the bootstrap. @default 1 */
  readonly seed?: number;
  /** Of the bootstrap; parts of the corpus get fewer. @default 1000 */
  readonly replicates?: number;
}

/** Analyses files in processes of their own. */
export interface Analyser {
  readonly analyse: VerifyOptions['analyse'];
  /** Ends the processes. */
  close(): Promise<void>;
}

/** Starts processes that decode and analyse files; one that crashes costs one clip. @param workers @default all cores */
export function createAnalyser(workers = availableParallelism()): Analyser {
  const decoder = createIsolatedDecoder({ workers });
  const analysis = builtUrl(import.meta.url, './analyse.ts');
  return {
    analyse: (path, signal) =>
      decoder.analyse<ClipAnalysis>(path, analysis, signal === undefined ? {} : { signal }),
    close: () => decoder.close(),
  };
}

/** Replicates of a part, of those of the whole. */
const PART_SHARE = 0.3;

/** Clips on their way at a time: some are read and hashed while others are analysed. */
const PARALLEL = 8;

/**
 * Verifies a whole corpus (all splits). A clip that cannot be decoded is a recorded failure.
 * @throws RingtrueError `datasets/class-missing` if not both classes have a clip that can be decoded,
 * `core/cancelled`
 */
export async function verifyCorpus(
  corpus: Corpus,
  {
    analyse,
    bound = DEFAULT_BOUND,
    disjoint = ['source'],
    seed = 1,
    replicates = 1000,
  }: VerifyOptions,
  work: WorkContext = {},
): Promise<CorpusVerification> {
  const measured = await measureAll(corpus, analyse, work);
  const known = measured.flatMap((found, i) =>
    'analysis' in found && corpus.clips[i]!.label !== undefined
      ? [{ clip: corpus.clips[i]!, ...found }]
      : [],
  );
  const clips = known.map(({ clip }) => clip);
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
  const wide = known.map(({ analysis }) => analysis.features);
  const rows = wide.map((row) => row.subarray(0, SURVEYED_FEATURES));
  const files = known.map(({ clip: { path }, bytes, analysis: { probe, seconds } }) =>
    fileFacts(probe, { path, bytes, seconds }),
  );
  const features = featureAucs(
    [
      ...TRIVIAL_FEATURES.map(({ name, unit }, f) => ({
        name,
        unit,
        of: 'sound' as const,
        values: Float64Array.from(wide, (row) => row[f]!),
      })),
      ...fileFeatures(files),
    ],
    clips,
    bound,
  );
  const rng = createRng(seed).split('verify');
  const found = {
    clips: { bonafide: clips.length - spoofs, spoof: spoofs },
    features,
    bound,
    joint: jointAuc(clips, rows, spoof, { rng, replicates }, work),
    jointWide: jointAuc(clips, wide, spoof, { rng: rng.split('wide'), replicates }, work),
    jointParts: await jointParts(
      clips,
      rows,
      { rng: rng.split('parts'), replicates: replicates * PART_SHARE },
      work,
    ),
    oneSided: oneSidedParts(corpus.clips),
    changed: measured.flatMap((one, i) =>
      'analysis' in one && one.changed ? [corpus.clips[i]!.id] : [],
    ),
    unhashed: corpus.clips.filter(({ sha256 }) => sha256 === undefined).length,
    failed,
    duplicates: findDuplicates(
      corpus.clips,
      measured.map((one) => ('analysis' in one ? one.analysis : undefined)),
      work,
    ),
    leaks: findLeaks(corpus.clips, disjoint),
  };
  const problems = problemsOf(found);
  return {
    corpus: corpus.name,
    fingerprint: fingerprint(corpus.clips),
    ...found,
    ok: problems.length === 0,
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
  | { readonly analysis: ClipAnalysis; readonly bytes: number; readonly changed: boolean }
  | { readonly clip: string; readonly code: ErrorCode; readonly message: string };

async function measureAll(
  corpus: Corpus,
  analyse: VerifyOptions['analyse'],
  work: WorkContext,
): Promise<Measured[]> {
  const measured = new Array<Measured>(corpus.clips.length);
  const task = `verify ${corpus.name}`;
  const total = corpus.clips.length;
  const started = performance.now();
  work.onProgress?.({ type: 'start', task, total, unit: 'clips' });
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      const i = next;
      next += 1;
      const clip = corpus.clips[i];
      if (clip === undefined) return;
      throwIfAborted(work.signal);
      measured[i] = await measure(clip, analyse, work.signal);
      done += 1;
      work.onProgress?.({ type: 'advance', task, done });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  const perSec = total / Math.max(1e-3, (performance.now() - started) / 1000);
  work.onProgress?.({ type: 'end', task, note: `${total} clips, ${perSec.toFixed(0)} a second` });
  return measured;
}

async function measure(
  clip: Clip,
  analyse: VerifyOptions['analyse'],
  signal: AbortSignal | undefined,
): Promise<Measured> {
  try {
    const hash = clip.sha256 === undefined ? undefined : await hashFile(clip.path);
    const { bytes } = await stampFile(clip.path);
    const analysis = await analyse(clip.path, signal);
    return { analysis, bytes, changed: hash !== clip.sha256 };
  } catch (error) {
    throwIfAborted(signal);
    const { code, message } = toRingtrueError(error, 'audio/unreadable');
    return { clip: clip.id, code, message };
  }
}
