/**
 * Coded errors: the registry of every code, and the one error class that carries them.
 * @module
 */

/** What the registry says of a code: its meaning and what a person can do about it. */
export interface ErrorEntry {
  /** One sentence: what happened. */
  readonly summary: string;
  /** One sentence: what to do. */
  readonly hint: string;
  /** True where the caller asked for something that cannot be: the command line then exits with 2. */
  readonly wrongUse?: boolean;
}

/**
 * Every error code, grouped by room. `docs/reference/errors.md` is generated from this table and a
 * test holds the two together.
 */
export const ERROR_CODES = {
  // core
  'core/cancelled': {
    summary: 'The work was cancelled.',
    hint: 'Run the same command again: it continues where it stopped.',
  },
  'core/invalid-options': {
    summary: 'An option is unknown or has a value that is not allowed.',
    hint: 'Compare with the option table in --help.',
    wrongUse: true,
  },
  'core/internal': {
    summary: 'An invariant of Ringtrue itself broke.',
    hint: 'Report it with the message and the command.',
  },
  'core/missing-dependency': {
    summary: 'An optional package that this work needs is not installed.',
    hint: 'Run `ringtrue doctor`: it prints the command that installs it.',
  },
  'core/io-not-found': {
    summary: 'A file or folder does not exist.',
    hint: 'Check the path; quote it if it has spaces.',
  },
  'core/io-denied': {
    summary: 'A file or folder may not be read or written by this user.',
    hint: 'Check its permissions or choose another folder.',
  },
  'core/io-disk-full': {
    summary: 'The disk is full, or a quota or a limit on the size of a file is reached.',
    hint: 'Free some space (or raise the limit) and run the same command again: it continues where it stopped.',
  },
  'core/io-failed': {
    summary: 'The operating system refused a read or a write.',
    hint: 'See the cause; run the same command again once it is mended.',
  },
  // command line
  'cli/unknown-command': {
    summary: 'There is no such command.',
    hint: 'Run `ringtrue --help` for the list.',
    wrongUse: true,
  },
  'cli/usage': {
    summary: 'The command was called wrongly.',
    hint: 'Run the command with --help.',
    wrongUse: true,
  },
  // audio
  'audio/empty': {
    summary: 'The file has no bytes.',
    hint: 'Check that the recording or download finished.',
  },
  'audio/unreadable': {
    summary: 'No decoder understands the bytes.',
    hint: 'Check that the file is a recording; its name says nothing about its content.',
  },
  'audio/no-track': {
    summary: 'The container holds no sound track.',
    hint: 'Choose a file with sound.',
  },
  'audio/no-samples': {
    summary: 'The sound track decodes to no samples.',
    hint: 'Check that the recording or download finished.',
  },
  'audio/truncated': {
    summary: 'The recording ends before its container says.',
    hint: 'Get the file again, or allow partial decoding.',
  },
  'audio/not-finite': {
    summary: 'The samples contain NaN or infinity.',
    hint: 'Export the recording again as 16-bit PCM.',
  },
  'audio/limit-duration': {
    summary: 'The recording is longer than the limit.',
    hint: 'Cut it, or raise the limit.',
  },
  'audio/limit-size': {
    summary: 'The file is larger than the limit.',
    hint: 'Cut it, or raise the limit.',
  },
  'audio/limit-time': {
    summary: 'Decoding took longer than the limit.',
    hint: 'The file may be built to waste time; raise the limit if you trust it.',
  },
  'audio/limit-memory': {
    summary: 'Decoding needed more memory than the limit.',
    hint: 'The file may be built to waste memory; raise the limit if you trust it.',
  },
  'audio/decoder-crashed': {
    summary: 'The decoder process crashed on this file.',
    hint: 'The file is damaged or hostile; nothing else was affected.',
  },
  'audio/unsupported-encoder': {
    summary: 'This machine has no encoder for the codec, or not with these settings.',
    hint: 'Run `ringtrue doctor` for the codecs that are here.',
  },
  'audio/bad-shape': {
    summary: 'Samples do not form a rectangular, planar recording.',
    hint: 'Give one Float32Array a channel, all equally long, and a positive sample rate.',
  },
  // corruptions
  'corruptions/unknown': {
    summary: 'There is no corruption of that name.',
    hint: 'Run `ringtrue corruptions` for the list.',
    wrongUse: true,
  },
  'corruptions/unknown-level': {
    summary: 'The corruption has no such level.',
    hint: 'Run `ringtrue corruptions` for the levels.',
    wrongUse: true,
  },
  'corruptions/bad-condition': {
    summary: 'A condition cannot be read.',
    hint: 'Write NAME@LEVEL, NAME@1..5, FAMILY/*, {chain: [...]}, or NAME@LEVEL~OPTION=VALUE.',
    wrongUse: true,
  },
  'corruptions/unknown-option': {
    summary: 'The corruption has no such option.',
    hint: 'Run `ringtrue corruptions NAME` for its options.',
    wrongUse: true,
  },
  'corruptions/bad-option': {
    summary:
      'An option of a corruption has a value that is not allowed, or does not go with a level.',
    hint: 'Run `ringtrue corruptions NAME` for its options.',
    wrongUse: true,
  },
  'corruptions/asset-missing': {
    summary: 'The corruption needs recordings that are not on this machine.',
    hint: 'Build the corpus that holds them; see the page of the corruption.',
  },
  'corruptions/no-effect': {
    summary: 'A codec or filter returned its input unchanged or wrote no bytes.',
    hint: 'Report it with the file and the level.',
  },
  // archives
  'archives/damaged': {
    summary: 'An archive is truncated, damaged, or not what its name says.',
    hint: 'Fetch it again and compare its checksum with the published one.',
  },
  'archives/checksum': {
    summary: 'Bytes in an archive do not match the checksum that it holds.',
    hint: 'Fetch the archive again and compare its checksum with the published one.',
  },
  'archives/unsafe-name': {
    summary: 'An archive holds a name that leads out of it.',
    hint: 'Do not unpack it: a data set has no reason for such names.',
  },
  'archives/encrypted': {
    summary: 'A file in an archive is encrypted.',
    hint: 'Unpack it with its password and give the folder.',
  },
  'archives/too-large': {
    summary: 'An archive, or a file in it, unpacks to more than the limit.',
    hint: 'If you trust it, unpack it and give the folder.',
  },
  'archives/unsupported': {
    summary: 'An archive uses something that is not read in place.',
    hint: 'Unpack it and give the folder.',
  },
  'archives/no-member': {
    summary: 'An archive has no file of that name.',
    hint: 'List the archive: names are case-sensitive and hold the whole path.',
  },
  // corpora and data sets
  'corpora/unknown': {
    summary: 'There is no corpus of that name.',
    hint: 'Run `ringtrue corpus list`.',
    wrongUse: true,
  },
  'corpora/package-unavailable': {
    summary: 'A Debian or npm package cannot be downloaded.',
    hint: 'Check the network and the package sources, or run on Debian or Ubuntu.',
  },
  'corpora/package-checksum': {
    summary: 'A downloaded package differs from its recorded checksum; it was thrown away.',
    hint: 'Run the same command again; if it fails again, the mirror or a proxy changes files: use another.',
  },
  'corpora/generator-failed': {
    summary: 'A speech generator failed.',
    hint: 'See its output in the build log; run the same command again.',
  },
  'corpora/unknown-generator': {
    summary: 'A corpus asks for a generator that there is not, or that cannot do what is asked.',
    hint: 'See the names and languages in src/corpora/generators/index.ts.',
  },
  'corpora/bad-generators': {
    summary: "A generator of the user's own is described wrongly.",
    hint: 'Each needs a `name`, a `command` with {text} or {in} and with {out}, and a `family`.',
    wrongUse: true,
  },
  'corpora/checksum': {
    summary: 'A file of the corpus differs from its recorded checksum.',
    hint: 'Build the corpus again.',
  },
  'corpora/incomplete': {
    summary: 'The corpus is not built, or not wholly.',
    hint: 'Run `ringtrue corpus build NAME`: it continues where it stopped.',
  },
  'corpora/outdated': {
    summary: 'The corpus was built by an earlier version of its builder.',
    hint: 'Run the command of the message: figures on different versions cannot be compared.',
  },
  'corpora/confounded': {
    summary: 'A trivial feature tells the classes apart beyond the bound.',
    hint: 'See docs/corpora/believing.md; equalise the corpus before believing a detector on it.',
  },
  'datasets/bad-manifest': {
    summary: 'A manifest row is malformed.',
    hint: 'See the line number and the expected fields.',
  },
  'datasets/duplicate-id': { summary: 'Two clips have the same id.', hint: 'Make ids unique.' },
  'datasets/class-missing': {
    summary: 'A class has no clip.',
    hint: 'A corpus for a study needs both bonafide and spoof clips in the split.',
  },
  'datasets/empty': {
    summary: 'There is no clip.',
    hint: 'Check the folder, the split and the file endings.',
  },
  'datasets/unknown-split': {
    summary: 'The corpus has no such split.',
    hint: 'Choose one of the splits that the message names, or leave the split out.',
    wrongUse: true,
  },
  'datasets/bad-layout': {
    summary: 'A folder does not have the layout that its reader expects.',
    hint: 'Run `ringtrue datasets NAME` for the layout.',
  },
  'datasets/leak': {
    summary:
      'The same recording is in more than one split or under both labels, or splits share what they promise not to, or nobody can tell.',
    hint: 'Take it out of all splits but one, for figures on such a corpus are too good, or mend the promise in corpus.json.',
  },
  'datasets/evaluation-only': {
    summary: 'A clip whose owners allow evaluation only was given to a training.',
    hint: 'Take it out of the corpus; it may be scored by `ringtrue study` and `scan`.',
    wrongUse: true,
  },
  'datasets/unknown-reader': {
    summary: 'There is no reader of that name.',
    hint: 'Run `ringtrue datasets`.',
    wrongUse: true,
  },
  // metrics
  'metrics/class-missing': {
    summary: 'A metric needs scores of both classes.',
    hint: 'Check the labels and the filter.',
  },
  'metrics/not-finite': {
    summary: 'A score is NaN or infinite.',
    hint: 'Find the failed trial and score it again.',
  },
  'metrics/too-few-values': {
    summary: 'There are fewer than three different scores.',
    hint: 'A saturated output cannot be ranked: export logits in place of probabilities.',
  },
  'metrics/bad-score-file': {
    summary: 'A score file is malformed.',
    hint: 'See the line; the expected columns are clip,label,score.',
  },
  'metrics/not-probability': {
    summary: 'A score that should be a probability of spoof is not between 0 and 1.',
    hint: 'Leave --probability out, or export the soft-max output of the class spoof.',
  },
  'metrics/cannot-calibrate': {
    summary:
      'No finite rising calibration fits: spoof clips do not score higher, or the classes do not overlap.',
    hint: 'Check the polarity of the scores and the labels; a detector that does not work cannot be calibrated.',
  },
  'metrics/unpaired': {
    summary: 'Two sets of scores do not hold the same clips.',
    hint: 'Compare runs over the same corpus and split.',
  },
  'metrics/base-flat': {
    summary: 'The reference detector hardly degrades, so the relative error would explode.',
    hint: 'Choose another reference or report absolute differences.',
  },
  // models and training
  'models/unknown': {
    summary: 'There is no detector of that name.',
    hint: 'Run `ringtrue models`.',
    wrongUse: true,
  },
  'compiler/trace': {
    summary: 'A function cannot be traced: shapes or types of its operations do not fit.',
    hint: 'The message begins with the line that did it; compare the shapes there.',
  },
  'compiler/unsupported': {
    summary: 'An operation cannot be lowered to ONNX.',
    hint: 'The message names the operation and the line that made it; write that step differently.',
  },
  'models/cannot-export': {
    summary: 'A detector cannot be exported in the form that was asked for.',
    hint: 'int8 needs a network with weights of some size, safetensors a network trained since it is written.',
    wrongUse: true,
  },
  'models/bad-file': {
    summary: 'A model file or its card is malformed.',
    hint: 'Train or export it again.',
  },
  'models/bad-output': {
    summary: 'A detector returned something that is not one finite score a clip.',
    hint: 'See what it returned; fix the detector or its JSON.',
  },
  'models/engines-differ': {
    summary: 'An exported detector scores differently in Node and on the engine of browsers.',
    hint: 'Export without int8; if that differs too, say so with the recipe: an operation of the graph is at fault.',
  },
  'models/unreachable': {
    summary: 'A foreign detector did not answer.',
    hint: 'Check that the endpoint or command runs.',
  },
  'runtime/bad-feeds': {
    summary: 'Arrays do not fit the function that is run on them.',
    hint: 'The message names the array and what is expected; give what the function was compiled for.',
  },
  'runtime/out-of-memory': {
    summary: 'The engine could not get the memory that a model asks for.',
    hint: 'Use a smaller batch or shorter input, or a machine with more memory.',
  },
  'runtime/no-provider': {
    summary: 'The machine or the browser does not have what was asked to compute on.',
    hint: 'Use the CPU (the default), or a machine with a WebGPU driver.',
    wrongUse: true,
  },
  'runtime/worker-crashed': {
    summary: 'A worker thread that runs models died.',
    hint: 'Run it again: another worker takes its place; if it dies again it may be short of memory.',
  },
  'training/class-missing': {
    summary: 'The training split lacks a class.',
    hint: 'Train on a split with both classes.',
  },
  'training/diverged': {
    summary: 'Training produced a value that is not finite.',
    hint: 'The last good model is kept; lower the learning rate or check the data.',
  },
  'training/bad-checkpoint': {
    summary: 'A checkpoint is damaged, or belongs to another training.',
    hint: 'Delete the file that the message names: the training continues from the other checkpoint, or from the beginning.',
  },
  'training/bad-recipe': {
    summary: 'A recipe cannot be read, or a setting of it is unknown or not allowed.',
    hint: 'See the path of the setting; `ringtrue train --help` says what a recipe is.',
    wrongUse: true,
  },
  'training/out-of-memory': {
    summary: 'Training needs more memory than there is.',
    hint: 'Lower `batch` and raise `accumulate` by the same factor: the gradient stays the same, but batch statistics are then those of each micro-batch.',
  },
  'training/unhashed': {
    summary:
      'The card of a trained detector lists no hashes of its clips: nobody can look for them in a test set.',
    hint: 'Train on a manifest that has the `sha256` of each file.',
  },
  'training/run-mismatch': {
    summary: 'The run folder belongs to another training.',
    hint: 'Choose another folder with --out, or delete this one.',
  },
  'training/worker-crashed': {
    summary: 'A thread that makes training examples died.',
    hint: 'Run the same command again: it continues from the last checkpoint.',
  },
  // verdict: refusals
  'verdict/too-short': {
    summary: 'Too little sound for a verdict.',
    hint: 'Give at least the seconds that the detector needs.',
  },
  'verdict/silence': {
    summary: 'The recording is silent.',
    hint: 'Check the channel and the level.',
  },
  'verdict/no-speech': {
    summary: 'No speech was found; it may be noise or a steady sound.',
    hint: 'Give a recording of speech.',
  },
  'verdict/music': {
    summary: 'The recording sounds like music or tones, not like speech.',
    hint: 'Give a recording of speech; a voice over music can be scored once the music is taken away.',
  },
  'verdict/clipped': {
    summary: 'The recording is clipped too heavily for a verdict.',
    hint: 'Get it from an earlier generation.',
  },
  // studies and store
  'bench/bad-study': {
    summary: 'A study file is malformed.',
    hint: 'See the path of the option and the expected value.',
    wrongUse: true,
  },
  'bench/unknown-assertion': {
    summary: 'An assertion cannot be read, or names what the study does not run.',
    hint: 'Write eer(DETECTOR, CONDITION) < VALUE.',
    wrongUse: true,
  },
  'bench/contaminated': {
    summary: 'A detector was trained on clips that it is measured on, or that fix its threshold.',
    hint: 'Measure it on clips that it has not heard: another split or corpus.',
  },
  'bench/maybe-contaminated': {
    summary:
      'A detector may have heard what it is measured on: its training data has the same name, or could not be compared.',
    hint: 'Nobody can tell from the card whether it has heard these clips; measure it on another corpus too.',
  },
  'bench/run-mismatch': {
    summary: 'The run folder belongs to another study.',
    hint: 'Choose another folder with --out, or delete this one.',
  },
  'bench/run-locked': {
    summary: 'Another process is working in this run folder.',
    hint: 'Wait for it, or choose another folder.',
  },
  'bench/clip-changed': {
    summary: 'A clip changed while the study ran.',
    hint: 'Run the study again in a new folder.',
  },
  'bench/clip-vanished': {
    summary: 'A clip was there when the study was planned and is gone.',
    hint: 'Bring the file back and run the same command again with --retry-failed.',
  },
  'bench/worker-crashed': {
    summary: 'A worker thread died while it worked on this clip, twice.',
    hint: 'See log.jsonl in the run folder; a detector or a codec may be short of memory.',
  },
  // benchmarks and papers
  'benchmarks/bad-file': {
    summary: 'A benchmark file is malformed.',
    hint: 'See the path of the option; `ringtrue benchmark run --help` has an example.',
    wrongUse: true,
  },
  'benchmarks/unknown-value': {
    summary: 'A filter names a field or a value that no clip has.',
    hint: 'Choose one of those that the message lists.',
    wrongUse: true,
  },
  'benchmarks/too-few-clips': {
    summary: 'A training or test set would have too few clips.',
    hint: 'Lower `sizes`, widen the filter, or add a corpus.',
  },
  'benchmarks/unknown-paper': {
    summary: 'There is no paper of that name.',
    hint: 'Run `ringtrue papers list`.',
    wrongUse: true,
  },
  'benchmarks/bad-paper': {
    summary: 'The paper.ts of a paper does not load or does not export `paper`.',
    hint: 'See the message; papers/02-xmad-bench is an example.',
  },
  'store/bad-parquet': {
    summary: 'A Parquet file is damaged.',
    hint: 'Delete it and run the same command again.',
  },
  'store/bad-run': {
    summary: 'The folder is not a finished run.',
    hint: 'Run `ringtrue study run` on its study.yaml first.',
  },
} as const satisfies Record<string, ErrorEntry>;

/** What the registry says of a code. */
export function errorEntry(code: ErrorCode): ErrorEntry {
  return ERROR_CODES[code];
}

/** A code of the registry. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Anything JSON can carry; details of an error are kept to it so that they can be stored and sent. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

/** The one error of Ringtrue: data first (code, details), a sentence second. */
export class RingtrueError extends Error {
  override readonly name = 'RingtrueError';
  /** Code in {@link ERROR_CODES}. */
  readonly code: ErrorCode;
  /** Where and what, as data. */
  readonly details: Readonly<Record<string, Json>>;
  /** What to do about it. */
  readonly hint: string;

  /**
   * @param code code in the registry
   * @param message what was wrong, where, what was expected
   * @param more details as data, a hint better than the registry's, the cause
   */
  constructor(
    code: ErrorCode,
    message: string,
    more: { details?: Readonly<Record<string, Json>>; hint?: string; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.details = more.details ?? {};
    this.hint = more.hint ?? ERROR_CODES[code].hint;
  }

  /** Plain data, to be stored, sent to another thread or printed as JSON. */
  toJSON(): ErrorData {
    return { code: this.code, message: this.message, details: this.details, hint: this.hint };
  }
}

/** A {@link RingtrueError} as plain data. */
export interface ErrorData {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, Json>>;
  readonly hint: string;
}

/** Rebuilds an error from its data (errors cross threads and processes as data). */
export function errorFromData(data: ErrorData): RingtrueError {
  return new RingtrueError(data.code, data.message, { details: data.details, hint: data.hint });
}

/** Turns anything thrown into a coded error; file-system errors get their own codes. */
export function toRingtrueError(
  thrown: unknown,
  fallback: ErrorCode = 'core/internal',
): RingtrueError {
  if (thrown instanceof RingtrueError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const systemCode = systemErrorCode(thrown);
  if (systemCode !== undefined) {
    return new RingtrueError(SYSTEM_CODES[systemCode] ?? 'core/io-failed', message, {
      details: { system: systemCode },
      cause: thrown,
    });
  }
  if (thrown instanceof Error && thrown.name === 'AbortError') {
    return new RingtrueError('core/cancelled', message, { cause: thrown });
  }
  return new RingtrueError(
    fallback,
    fallback === 'core/internal' ? `internal: ${message}` : message,
    {
      cause: thrown,
    },
  );
}

const SYSTEM_CODES: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'core/io-not-found',
  ENOTDIR: 'core/io-not-found',
  EACCES: 'core/io-denied',
  EPERM: 'core/io-denied',
  EROFS: 'core/io-denied',
  ENOSPC: 'core/io-disk-full',
  EDQUOT: 'core/io-disk-full',
  EFBIG: 'core/io-disk-full',
};

function systemErrorCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('syscall' in thrown) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
