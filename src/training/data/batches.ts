/**
 * Batches of examples: batch number n is a pure function of clips, settings and seed, whatever the number
 * of threads and wherever a training was interrupted.
 * @module
 */

import { type HostArray, hostArray } from '../../compiler/arrays.ts';
import { RingtrueError, toRingtrueError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import type { Clip, Label } from '../../datasets/clip.ts';
import { type Example, type ExampleSettings, exampleDims, isFatal } from './example.ts';
import type { LabelledClip } from './labelled.ts';
import { createExamplePool } from './pool.ts';
import { epochOrder, type Sampling } from './sampling.ts';

/** A batch: `features` float32 `[n, …]`, `label` int32 `[n]` (1 is spoof), `valid` float32 `[n]`, the share of each stretch that is recording. */
export interface Batch {
  readonly features: HostArray;
  readonly label: HostArray;
  readonly valid: HostArray;
  /** Ids of the clips, in order. */
  readonly clips: readonly string[];
}

/** How batches are made. */
export interface BatchesOptions {
  readonly train: readonly LabelledClip[];
  readonly settings: ExampleSettings;
  readonly sampling: Sampling;
  readonly batch: number;
  /** Threads that make examples; 0 makes them on the caller's. */
  readonly threads: number;
  /** Batches made ahead. @default 4 */
  readonly ahead?: number;
  /** Most bytes of features kept of examples without anything random. @default 512 MiB */
  readonly cacheBytes?: number;
  /** Called once for every clip that cannot be read; another of its class takes its place. */
  onFailure?(clip: Clip, error: RingtrueError): void;
}

/** Batches of a training, and examples of other clips by the same threads. */
export interface Batches {
  /** Batches of an epoch. */
  readonly perEpoch: number;
  /** Shape of one example's features. */
  readonly dims: readonly number[];
  /** Batch n, counted over all epochs. Those after it are begun. @throws RingtrueError `training/class-missing`, `training/worker-crashed` */
  at(n: number): Promise<Batch>;
  /** Examples without anything random, kept for the next call; null where a clip cannot be read. */
  fixed(clips: readonly Clip[]): Promise<(Example | null)[]>;
  close(): Promise<void>;
}

/** Clips drawn in place of one that cannot be read, before its class is given up. */
const ATTEMPTS = 32;

/** Starts the threads; no example is made before it is asked for. */
export function createBatches(options: BatchesOptions): Batches {
  const { settings, sampling, batch, threads, ahead = 4, cacheBytes = 512 * 2 ** 20 } = options;
  const clips = [...options.train].sort((a, b) => (a.id < b.id ? -1 : 1));
  const perEpoch = Math.max(1, Math.ceil(clips.length / batch));
  const pool = createExamplePool(settings, threads);
  const dims = exampleDims(settings);
  const orders = new Map<number, readonly number[]>();
  const begun = new Map<number, Promise<Batch>>();
  const failed = new Set<string>();
  const cache = new Map<string, Example>();
  let cachedBytes = 0;

  const fail = (clip: Clip, error: RingtrueError): void => {
    if (isFatal(error.code)) throw error;
    if (failed.has(clip.id)) return;
    failed.add(clip.id);
    options.onFailure?.(clip, error);
  };

  const members = new Map<Label, number[]>();
  const ofLabel = (label: Label): number[] => {
    let indexes = members.get(label);
    if (indexes === undefined) {
      indexes = clips.flatMap((clip, i) => (clip.label === label ? [i] : []));
      members.set(label, indexes);
    }
    return indexes;
  };

  const orderOf = (epoch: number): readonly number[] => {
    let order = orders.get(epoch);
    if (order === undefined) {
      const rng = createRng(settings.seed).split('order').split(epoch);
      order = epochOrder(clips, { sampling, size: perEpoch * batch, rng });
      orders.set(epoch, order);
      orders.delete(epoch - 2);
    }
    return order;
  };

  const exampleAt = async (
    epoch: number,
    slot: number,
  ): Promise<{ clip: LabelledClip; example: Example }> => {
    let index = orderOf(epoch)[slot]!;
    const { label } = clips[index]!;
    // The substitute depends on the slot alone: what failed before, or in another order, does not matter.
    const rng = createRng(settings.seed).split('substitute').split(epoch).split(slot);
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const clip = clips[index]!;
      try {
        const example = await pool.make({ clip, draw: { epoch, slot, attempt } }, index);
        return { clip, example };
      } catch (thrown) {
        fail(clip, toRingtrueError(thrown));
        index = rng.pick(ofLabel(label));
      }
    }
    throw new RingtrueError(
      'training/class-missing',
      `${ATTEMPTS} ${label} clips in a row cannot be read, the first is ${[...failed][0]}`,
      { details: { label, failed: failed.size } },
    );
  };

  const makeBatch = async (n: number): Promise<Batch> => {
    const epoch = Math.floor(n / perEpoch);
    const first = (n % perEpoch) * batch;
    const made = await Promise.all(
      Array.from({ length: batch }, (_, i) => exampleAt(epoch, first + i)),
    );
    return assemble(
      made.map(({ example }) => example),
      made.map(({ clip }) => clip),
    );
  };

  const begin = (n: number): Promise<Batch> => {
    let promise = begun.get(n);
    if (promise === undefined) {
      promise = makeBatch(n);
      // Whoever asks for it gets the failure; until then it is nobody's.
      promise.catch(() => undefined);
      begun.set(n, promise);
    }
    return promise;
  };

  return {
    perEpoch,
    dims,
    async at(n) {
      for (const known of begun.keys()) if (known < n) begun.delete(known);
      const wanted = begin(n);
      if (threads > 0) for (let next = n + 1; next <= n + ahead; next += 1) void begin(next);
      return wanted;
    },
    fixed: (wanted) =>
      Promise.all(
        wanted.map(async (clip, lane) => {
          const known = cache.get(clip.id);
          if (known !== undefined) return known;
          if (failed.has(clip.id)) return null;
          try {
            const example = await pool.make({ clip, draw: null }, lane);
            if (cachedBytes + example.data.byteLength <= cacheBytes) {
              cache.set(clip.id, example);
              cachedBytes += example.data.byteLength;
            }
            return example;
          } catch (thrown) {
            fail(clip, toRingtrueError(thrown));
            return null;
          }
        }),
      ),
    close: () => pool.close(),
  };
}

/** Puts examples of one shape together. */
export function assemble(
  examples: readonly Example[],
  clips: readonly { readonly id: string; readonly label: Label }[],
): Batch {
  const dims = examples[0]?.dims ?? [];
  const size = examples[0]?.data.length ?? 0;
  const data = new Float32Array(examples.length * size);
  for (const [i, example] of examples.entries()) data.set(example.data, i * size);
  return {
    features: hostArray([examples.length, ...dims], data),
    label: hostArray(
      [examples.length],
      Int32Array.from(clips, ({ label }) => (label === 'spoof' ? 1 : 0)),
    ),
    valid: hostArray(
      [examples.length],
      Float32Array.from(examples, ({ valid }) => valid),
    ),
    clips: clips.map(({ id }) => id),
  };
}
