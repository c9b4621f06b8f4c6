/**
 * The folder of a training: settings as resolved, log, curves, environment, checkpoints.
 * @module
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { type ErrorData, type Json, RingtrueError, toRingtrueError } from '../core/errors.ts';
import { hashJson } from '../core/hash.ts';
import { describeEnvironment, type Environment } from '../core/node/environment.ts';
import { writeFileAtomic } from '../core/node/files.ts';
import { lockRun } from '../core/node/lock.ts';
import { type Log, openLog } from '../core/node/log.ts';
import { toYaml } from '../core/yaml.ts';
import type { Figure } from '../metrics/types.ts';

/** A line of `log.jsonl`. */
export type TrainingEntry =
  | {
      readonly event: 'start';
      readonly step: number;
      readonly steps: number;
      readonly perEpoch: number;
    }
  | {
      readonly event: 'step';
      readonly step: number;
      readonly loss: number;
      readonly gradientNorm: number;
      readonly learningRate: number;
    }
  | {
      readonly event: 'epoch';
      readonly epoch: number;
      readonly step: number;
      readonly trainLoss: number;
      readonly dev: DevFigures;
      readonly best: boolean;
      readonly learningRate: number;
      readonly stepsPerSec: number;
      /** Share of the time that the trainer waited for data. */
      readonly waitShare: number;
      readonly validationSec: number;
      readonly secLeft: number;
    }
  | {
      readonly event: 'failure';
      readonly clip: string;
      readonly code: string;
      readonly message: string;
    }
  | {
      readonly event: 'left-out';
      readonly split: string;
      /** How many. */
      readonly clips: number;
      readonly reason: string;
    }
  | {
      readonly event: 'candidate';
      readonly setting: string;
      readonly devEer: number;
      readonly kept: boolean;
    }
  | { readonly event: 'end'; readonly reason: string; readonly sec: number }
  | { readonly event: 'stopped'; readonly error: ErrorData };

/** Figures of the dev split under the weights of an epoch. */
export interface DevFigures {
  readonly loss: number;
  readonly eer: Figure;
  readonly auc: Figure;
}

/** What decides the result of a training. */
export interface TrainingIdentity {
  readonly recipe: string;
  readonly corpus: string;
  /** Fingerprint of the clips of train and dev: labels and splits too. */
  readonly clips: string;
  readonly seed: number;
  readonly settings: unknown;
  /** Hash of weights that were given in place of a training. */
  readonly weights?: string;
}

/** An open run folder. */
export interface RunFolder {
  readonly path: string;
  /** Hash of the identity. */
  readonly training: string;
  readonly log: Log<TrainingEntry>;
  close(): Promise<void>;
}

/** Rooms that a trained number passes through, and packages that can change one. */
const TRAINED_BY = {
  code: ['core', 'audio', 'corruptions', 'graph', 'compiler', 'runtime', 'models', 'training'],
  packages: ['@jax-js/jax', 'node-av', 'onnxruntime-node'],
};

/** What a trained number depends on besides its settings: this machine and this build. */
export function trainingEnvironment(): Promise<Omit<Environment, 'run' | 'started'>> {
  return describeEnvironment(TRAINED_BY);
}

const knownSchema = z.object({ run: z.string() });

/** Settings that change how a training runs, not what comes of it. */
export const FREE_SETTINGS: readonly string[] = ['dataThreads', 'checkpointSec', 'keepSoundMb'];

/**
 * Opens or continues the run folder of a training.
 * @throws RingtrueError `bench/run-locked`, `training/run-mismatch` (another training's), `core/io-*`
 */
export async function openRunFolder(path: string, identity: TrainingIdentity): Promise<RunFolder> {
  const training = hashJson(
    JSON.parse(
      JSON.stringify(identity, (key, value) => (FREE_SETTINGS.includes(key) ? undefined : value)),
    ) as Json,
  );
  const unlock = await lockRun(path);
  try {
    const environmentPath = join(path, 'environment.json');
    const known = await readKnown(environmentPath);
    if (known !== undefined && known !== training) {
      throw new RingtrueError(
        'training/run-mismatch',
        `${path} holds another training: its settings, corpus (labels and splits too) or seed differ (see config.yaml there)`,
        { details: { folder: path } },
      );
    }
    await writeFileAtomic(join(path, 'config.yaml'), toYaml(JSON.parse(JSON.stringify(identity))));
    if (known === undefined) {
      const environment = {
        ...(await trainingEnvironment()),
        run: training,
        started: new Date().toISOString(),
      };
      await writeFileAtomic(environmentPath, `${JSON.stringify(environment, null, 2)}\n`);
    }
    const log = await openLog<TrainingEntry>(join(path, 'log.jsonl'), () => new Date());
    return { path, training, log, close: unlock };
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function readKnown(path: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const coded = toRingtrueError(error, 'core/io-failed');
    if (coded.code === 'core/io-not-found') return undefined;
    throw coded;
  }
  try {
    return knownSchema.parse(JSON.parse(text)).run;
  } catch {
    // Written atomically by us: somebody else's file.
    return 'unknown';
  }
}

/**
 * Entries of a log, in order. After a kill some steps were made twice, with the same numbers: the later
 * entry of a step or epoch replaces the earlier one. So it is with clips that cannot be read or are left out,
 * of which every call tells anew.
 */
export async function readLog(path: string): Promise<TrainingEntry[]> {
  const text = await readFile(path, 'utf8');
  const entries = new Map<string, TrainingEntry>();
  for (const [i, line] of text.split('\n').entries()) {
    const entry = parseEntry(line);
    if (entry === null) continue;
    const key = keyOf(entry) ?? `${entry.event} at ${i}`;
    entries.delete(key);
    entries.set(key, entry);
  }
  return [...entries.values()];
}

/** What an entry is about, where a later one about the same replaces it. */
function keyOf(entry: TrainingEntry): string | null {
  switch (entry.event) {
    case 'step':
    case 'epoch':
      return `${entry.event} ${entry.step}`;
    case 'failure':
      return `${entry.event} ${entry.clip}`;
    case 'left-out':
      return `${entry.event} ${entry.split}`;
    default:
      return null;
  }
}

/** Null for a line that a killed process left unfinished. */
function parseEntry(line: string): TrainingEntry | null {
  if (line === '') return null;
  try {
    // Lines are written by the engine.
    return JSON.parse(line) as TrainingEntry;
  } catch {
    return null;
  }
}
