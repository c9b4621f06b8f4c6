/**
 * Checkpoints: the whole state of a training in one safetensors file, written atomically.
 * @module
 */

import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { dtypeOf, type HostArray, isHostArray } from '../compiler/arrays.ts';
import { leavesOf, mapTree } from '../compiler/tree.ts';
import { RingtrueError, toRingtrueError } from '../core/errors.ts';
import { hashBytes } from '../core/hash.ts';
import { writeFileAtomic } from '../core/node/files.ts';
import { type NamedTensor, readSafetensors, writeSafetensors } from '../graph/safetensors.ts';
import type { HostValues } from './trees.ts';

const plateauSchema = z.strictObject({
  scale: z.number(),
  best: z.number().nullable(),
  bad: z.number(),
  cooling: z.number(),
});

/**
 * Where a training stands, besides its arrays. The data position and all randomness follow from the step:
 * batch n and key n are functions of seed and n.
 */
export const progressSchema = z.strictObject({
  /** Steps made. */
  step: z.int(),
  /** Losses of the epoch that is under way: sum and count. */
  epochLoss: z.strictObject({ sum: z.number(), count: z.int() }),
  best: z.strictObject({ value: z.number(), epoch: z.int() }).nullable(),
  /** Validations since the best. */
  bad: z.int(),
  plateau: plateauSchema,
  /** True once nothing is left to do. */
  done: z.boolean(),
});
/** Where a training stands. */
export type Progress = z.output<typeof progressSchema>;

/** What a checkpoint holds; `P` is where the training stands, as JSON can carry it. */
export interface Checkpoint<P = Progress> {
  readonly state: HostValues;
  readonly progress: P;
}

/** What a checkpoint belongs to. */
export interface Belonging {
  /** Hash of what is trained: recipe, settings, clips, seed. */
  readonly training: string;
  /** Hash of what the recipe's code compiles to: it may change with a module that the recipe imports. */
  readonly compiled: string;
}

const metadataSchema = z.object({
  training: z.string(),
  compiled: z.string(),
  progress: z.string(),
  arrays: z.string(),
});

/**
 * Writes a checkpoint, whole or not at all.
 * @throws RingtrueError `core/io-disk-full`, `core/io-denied`, `core/io-failed`
 */
export async function writeCheckpoint<P>(
  path: string,
  { state, progress }: Checkpoint<P>,
  { training, compiled }: Belonging,
): Promise<void> {
  const tensors: Record<string, NamedTensor> = {};
  for (const { path: name, value } of leavesOf(state, isHostArray))
    tensors[name] = { dims: value.dims, data: value.data, type: dtypeOf(value.data) };
  await writeFileAtomic(
    path,
    writeSafetensors({
      tensors,
      metadata: {
        training,
        compiled,
        progress: JSON.stringify(progress),
        arrays: hashOf(tensors),
      },
    }),
  );
}

/** What a checkpoint must be like. */
export interface CheckpointForm<P> extends Belonging {
  /** A state of the right form. */
  readonly form: HostValues;
  /** Of where a training stands. */
  readonly progress: z.ZodType<P>;
}

/**
 * Reads a checkpoint; null if there is none.
 * @throws RingtrueError `training/bad-checkpoint` if it is damaged, of another training or of another form,
 * `training/run-mismatch` if the recipe's code has changed since
 */
export async function readCheckpoint<P>(
  path: string,
  { form, training, compiled, progress: schema }: CheckpointForm<P>,
): Promise<Checkpoint<P> | null> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const coded = toRingtrueError(error, 'core/io-failed');
    if (coded.code === 'core/io-not-found') return null;
    throw coded;
  }
  try {
    const { tensors, metadata } = readSafetensors(bytes);
    const told = metadataSchema.parse(metadata);
    if (told.training !== training) throw new Error('it belongs to another training');
    if (told.compiled !== compiled) {
      throw new RingtrueError(
        'training/run-mismatch',
        `${path} was trained by other code: the recipe's network, front end or data, a module that it imports, or this version of Ringtrue has changed since`,
        {
          details: { path },
          hint: 'Put the code back to continue; to train with the new code, choose another folder with --out, or delete this one.',
        },
      );
    }
    if (told.arrays !== hashOf(tensors)) throw new Error('its arrays differ from their checksum');
    const progress = schema.parse(JSON.parse(told.progress));
    const state = mapTree(form, isHostArray, (wanted, name) => {
      const found = tensors[name];
      if (found === undefined) throw new Error(`it lacks ${name}`);
      if (String(found.dims) !== String(wanted.dims))
        throw new Error(`${name} is [${found.dims}], expected [${wanted.dims}]`);
      // Written from arrays of these types.
      return { dims: found.dims, data: found.data as HostArray['data'] };
    }) as HostValues;
    return { state, progress };
  } catch (error) {
    if (error instanceof RingtrueError && error.code === 'training/run-mismatch') throw error;
    throw new RingtrueError(
      'training/bad-checkpoint',
      `${path}: ${error instanceof Error ? error.message : String(error)}`,
      { details: { path }, cause: error },
    );
  }
}

/** Hash of names and bytes: the format itself would not notice a flipped bit. */
function hashOf(tensors: Readonly<Record<string, NamedTensor>>): string {
  const names = Object.keys(tensors).sort();
  return hashBytes(
    new TextEncoder().encode(
      names
        .map((name) => {
          const { data } = tensors[name]!;
          return `${name} ${hashBytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))}`;
        })
        .join('\n'),
    ),
  );
}
