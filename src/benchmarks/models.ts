/**
 * Training of a matrix's detectors, each kept by the content of what made it: another benchmark that asks for
 * the same one, or the same command after a kill, takes what is there.
 * @module
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashFile } from '../archives/files.ts';
import { type Json, toRingtrueError } from '../core/errors.ts';
import { hashJson } from '../core/hash.ts';
import { cacheFolder } from '../core/node/files.ts';
import { throwIfAborted, type WorkContext } from '../core/progress.ts';
import { parseOptions } from '../core/schema.ts';
import { parseYaml } from '../core/yaml.ts';
import { type Card, cardSchema } from '../models/types.ts';
import type { LoadedRecipe } from '../training/load-recipe.ts';
import { FREE_SETTINGS, trainingEnvironment } from '../training/run-folder.ts';
import { createSounds } from '../training/sounds.ts';
import { trainDetector } from '../training/train.ts';
import type { CorpusClip } from './filter.ts';

/** A recipe under the name that tables give it. */
export interface NamedRecipe {
  readonly name: string;
  readonly loaded: LoadedRecipe;
}

/** Clips that one seed draws for a training set. */
export interface DrawnSet {
  readonly seed: number;
  readonly train: readonly CorpusClip[];
  readonly dev: readonly CorpusClip[];
}

/** A training set of a matrix. */
export interface TrainSet {
  readonly name: string;
  /** One for each seed. */
  readonly draws: readonly DrawnSet[];
}

/** A trained detector of a matrix. */
export interface MatrixModel {
  /** `TRAINING SET/RECIPE/SEED`: how trial rows call it. */
  readonly detector: string;
  readonly trainSet: string;
  readonly recipe: string;
  readonly seed: number;
  /** Hash of what made it: recipe, settings, clips, seed, code. */
  readonly key: string;
  readonly folder: string;
  /** Threshold of equal errors on the dev clips. */
  readonly threshold: number;
  /** False if it was there already. */
  readonly trained: boolean;
}

/** Most bytes of decoded clips kept for all trainings. */
const SOUND_BYTES = 2 ** 30;

/** Where trained detectors of benchmarks are kept. */
export function modelShelf(): string {
  return cacheFolder('benchmarks', 'models');
}

/**
 * Trains what is not there yet; a clip is decoded, and its features computed, once for all of them.
 * @throws RingtrueError `training/*`, `bench/run-locked` (another process trains the same one), `core/*`
 */
export async function trainModels(
  sets: readonly TrainSet[],
  recipes: readonly NamedRecipe[],
  work: WorkContext,
): Promise<MatrixModel[]> {
  const { onProgress, signal } = work;
  const { code } = await trainingEnvironment();
  const total = sets.reduce((sum, { draws }) => sum + draws.length, 0) * recipes.length;
  const task = 'train detectors';
  onProgress?.({ type: 'start', task, total, unit: 'detectors' });
  const sounds = createSounds(SOUND_BYTES);
  const hashes = new Map<string, string>();
  const models: MatrixModel[] = [];
  for (const set of sets) {
    for (const draw of set.draws) {
      for (const { name, loaded } of recipes) {
        throwIfAborted(signal);
        const key = hashJson({
          code,
          recipe: loaded.identity,
          settings: settingsOf(loaded),
          seed: draw.seed,
          train: await contentOf(draw.train, hashes),
          dev: await contentOf(draw.dev, hashes),
        });
        const folder = join(modelShelf(), key.slice(0, 32));
        const detector = `${set.name}/${name}/${draw.seed}`;
        const known = await readCard(folder);
        onProgress?.({ type: 'advance', task, done: models.length, note: detector });
        const card = known ?? (await train(loaded, draw, { folder, key, sounds, work }));
        models.push({
          detector,
          trainSet: set.name,
          recipe: name,
          seed: draw.seed,
          key,
          folder,
          threshold: card.operatingPoints[0]!.threshold,
          trained: known === null,
        });
      }
    }
  }
  const trained = models.filter((model) => model.trained).length;
  onProgress?.({ type: 'end', task, note: `${trained} trained, ${total - trained} there already` });
  return models;
}

async function train(
  loaded: LoadedRecipe,
  { seed, train, dev }: DrawnSet,
  {
    folder,
    key,
    sounds,
    work,
  }: {
    readonly folder: string;
    readonly key: string;
    readonly sounds: ReturnType<typeof createSounds>;
    readonly work: WorkContext;
  },
): Promise<Card> {
  const part = (clips: readonly CorpusClip[], split: 'train' | 'dev'): CorpusClip[] =>
    clips.map((clip) => ({ ...clip, split }));
  const result = await trainDetector(
    loaded,
    {
      name: `benchmark set ${key.slice(0, 8)}`,
      root: folder,
      clips: [...part(train, 'train'), ...part(dev, 'dev')],
    },
    {
      out: folder,
      seed,
      card: {
        name: `${loaded.recipe.name} ${key.slice(0, 8)}`,
        recipe: 'ringtrue benchmark run',
      },
      sounds,
    },
    {
      signal: work.signal,
      // Bars of hundreds of short trainings would only flicker.
      onProgress: (event) => {
        if (event.type === 'warning') work.onProgress?.(event);
      },
    },
  );
  return result.card;
}

/** Settings that change what comes of a training. */
function settingsOf({ settings }: LoadedRecipe): Json {
  const deciding = Object.entries(settings).filter(([name]) => !FREE_SETTINGS.includes(name));
  // Settings were read from YAML or JSON.
  return JSON.parse(JSON.stringify(Object.fromEntries(deciding))) as Json;
}

async function contentOf(
  clips: readonly CorpusClip[],
  hashes: Map<string, string>,
): Promise<string[]> {
  const rows: string[] = [];
  for (const { id, label, path, sha256 } of clips) {
    const hash = sha256 ?? hashes.get(path) ?? (await hashFile(path));
    hashes.set(path, hash);
    rows.push(JSON.stringify([id, label ?? null, hash]));
  }
  return rows.sort();
}

/** The card of a whole model; null where its training did not finish: the card comes last. */
async function readCard(folder: string): Promise<Card | null> {
  const where = join(folder, 'card.json');
  try {
    const text = await readFile(where, 'utf8');
    return parseOptions(cardSchema, parseYaml(text, { where, code: 'models/bad-file' }), {
      where,
      code: 'models/bad-file',
    });
  } catch (error) {
    const { code } = toRingtrueError(error, 'core/io-failed');
    // What another version wrote is made again.
    if (code === 'core/io-not-found' || code === 'models/bad-file') return null;
    throw error;
  }
}
