/**
 * Autoencoders of short-time spectra, whose code is a feature (card 08): trained without labels.
 * @module
 */

import { setImmediate } from 'node:timers/promises';
import * as z from 'zod';
import type { Features } from '../audio/dsp/cepstrum.ts';
import { type HostArray, hostArray } from '../compiler/arrays.ts';
import { compileFunction } from '../compiler/compile.ts';
import { np, type Traced } from '../compiler/jax.ts';
import { hashBytes } from '../core/hash.ts';
import { throwIfAborted, type WorkContext } from '../core/progress.ts';
import type { Rng } from '../core/rng.ts';
import { renameValues } from '../graph/edit.ts';
import { ENCODER_PORTS, stackFrames } from '../models/gmm/encoder-source.ts';
import { type DenseParameters, dense, initDense } from '../models/layers/dense.ts';
import { drawKey } from '../models/layers/random.ts';
import { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
import { meanSquaredError } from './losses/regression.ts';
import { adam, cosine } from './optimisers/index.ts';
import { createTrainer } from './trainer.ts';

/** How an autoencoder is trained. */
export interface AutoencoderTraining {
  /** Sizes of the encoder's layers, the code last; the decoder mirrors them. */
  readonly layers: readonly number[];
  /** Neighbouring frames that are one input. */
  readonly stack: number;
  readonly steps: number;
  readonly batch: number;
  /** At the start; it falls to 0 along a cosine. */
  readonly learningRate: number;
}

/** A trained autoencoder. */
export interface TrainedAutoencoder {
  /** `encoder.onnx`: from `frames` float32 `[n, stack · bins]`, not normalised, to `code` float32 `[n, code]`. */
  readonly encoder: Uint8Array;
  /** Mean squared error over the last tenth of the steps, of inputs with variance 1. */
  readonly error: number;
}

/** Weights, layer by layer. */
interface Parameters<A> {
  readonly encode: readonly DenseParameters<A>[];
  readonly decode: readonly DenseParameters<A>[];
}

/** Mean and scale of each bin, repeated over the stack, `[stack · bins]`. */
interface Scaling {
  readonly mean: Float32Array;
  readonly scale: Float32Array;
}

const TASK = 'train autoencoder';

/** What an autoencoder is trained with. */
export interface AutoencoderContext {
  readonly rng: Rng;
  readonly work: WorkContext;
  /** Where a training that was killed goes on from. @default none is kept */
  readonly checkpoint?: AutoencoderCheckpoint;
}

/** The checkpoint of an autoencoder. */
export interface AutoencoderCheckpoint {
  readonly path: string;
  /** Hash of what decides the result: clips, settings, seed. */
  readonly training: string;
  /** Between two of them; one is written at the end too. */
  readonly everySec: number;
}

/** Sum of the errors of the last steps, as far as they are made. */
const moreSchema = z.strictObject({ error: z.number() });

/**
 * Trains on spectra of clips: z-scored stacks of frames, tanh layers, a linear last one, squared error. With a
 * checkpoint the same call goes on after a kill, and ends in the same bytes.
 * @param spectra one a clip, `[frames, bins]`
 * @throws RingtrueError `training/diverged`, `training/bad-checkpoint`, `training/run-mismatch`, `core/cancelled`, and
 * what the runtime throws
 */
export async function trainAutoencoder(
  spectra: readonly Features[],
  training: AutoencoderTraining,
  { rng, work: { onProgress, signal }, checkpoint }: AutoencoderContext,
): Promise<TrainedAutoencoder> {
  const { layers, stack, steps, batch, learningRate } = training;
  const bins = spectra[0]?.dims ?? 0;
  const size = stack * bins;
  const scaling = scalingOf(spectra, { bins, stack });
  const sizes = [size, ...layers];
  const layer = (label: string, inputs: number, outputs: number) =>
    initDense(rng.split(label), { inputs, outputs });
  const parameters: Parameters<HostArray> = {
    encode: layers.map((outputs, i) => layer(`encode ${i}`, sizes[i]!, outputs)),
    decode: layers.map((_, i) => {
      const from = sizes.length - 1 - i;
      return layer(`decode ${i}`, sizes[from]!, sizes[from - 1]!);
    }),
  };
  const filled = spectra.filter(({ frames }) => frames > 0);
  const starts: number[] = [];
  let total = 0;
  for (const { frames } of filled) {
    starts.push(total);
    total += frames;
  }
  const draw = (step: number): HostArray => {
    const stream = rng.split(`step ${step}`);
    const data = new Float32Array(batch * size);
    for (let i = 0; i < batch; i += 1) {
      const frame = stream.int(total);
      const clip = starts.findLastIndex((start) => start <= frame);
      const place = { start: frame - starts[clip]!, count: 1, stack };
      data.set(stackFrames(filled[clip]!, place), i * size);
    }
    for (let i = 0; i < data.length; i += 1)
      data[i] = (data[i]! - scaling.mean[i % size]!) * scaling.scale[i % size]!;
    return hostArray([batch, size], data);
  };
  const trainer = await createTrainer({
    parameters,
    example: draw(0),
    backend: createOnnxNodeBackend(),
    // A clip that could not be read may be readable by now: the scaling tells.
    training: [checkpoint?.training, ...[scaling.mean, scaling.scale].map(hashFloats)].join(' '),
    optimiser: adam({ learningRate: cosine({ steps, peak: learningRate }) }),
    loss: (p, x: Traced) => ({
      loss: meanSquaredError(decoded(p.decode, encoded(p.encode, x)), x),
      told: {},
    }),
  });
  const tail = Math.max(1, Math.ceil(steps / 10));
  let error = 0;
  const save = async (): Promise<void> => {
    if (checkpoint !== undefined) await trainer.snapshot(checkpoint.path, { error });
  };
  try {
    const found = checkpoint === undefined ? null : await trainer.restore(checkpoint.path);
    if (found !== null) error = moreSchema.parse(found.more).error;
    onProgress?.({ type: 'start', task: TASK, total: steps, unit: 'steps', done: trainer.steps });
    let savedMs = performance.now();
    while (trainer.steps < steps) {
      // Interrupts come in here: a step blocks this thread.
      await setImmediate();
      if (signal?.aborted) {
        await save();
        throwIfAborted(signal);
      }
      const step = trainer.steps;
      const key = drawKey(rng.split(`key ${step}`));
      const { loss = Number.NaN } = await trainer.step(draw(step), key);
      if (step >= steps - tail) error += loss / tail;
      const isDue = performance.now() - savedMs >= 1000 * (checkpoint?.everySec ?? 0);
      if (isDue || trainer.steps === steps) {
        await save();
        savedMs = performance.now();
      }
      onProgress?.({
        type: 'advance',
        task: TASK,
        done: step + 1,
        note: `error ${loss.toFixed(3)}`,
      });
    }
    const trained = await trainer.parameters();
    onProgress?.({ type: 'end', task: TASK, note: `error ${error.toFixed(3)}` });
    return { encoder: exportEncoder(trained.encode, scaling), error };
  } finally {
    await trainer.dispose();
  }
}

function hashFloats({ buffer, byteOffset, byteLength }: Float32Array): string {
  return hashBytes(new Uint8Array(buffer, byteOffset, byteLength));
}

function encoded(layers: readonly DenseParameters<Traced>[], x: Traced): Traced {
  return layers.reduce((value, layer) => np.tanh(dense(layer, value)), x);
}

function decoded(layers: readonly DenseParameters<Traced>[], code: Traced): Traced {
  return layers.reduce((value, layer, i) => {
    const next = dense(layer, value);
    return i === layers.length - 1 ? next : np.tanh(next);
  }, code);
}

/** The encoder as a model of its own, normalisation inside. */
function exportEncoder(
  layers: readonly DenseParameters<HostArray>[],
  { mean, scale }: Scaling,
): Uint8Array {
  const constants = {
    layers,
    mean: hostArray([mean.length], mean),
    scale: hostArray([scale.length], scale),
  };
  const example = hostArray([1, mean.length], new Float32Array(mean.length));
  const { model, inputs, outputs } = compileFunction(
    (p, x) => ({ code: encoded(p.layers, x.sub(p.mean).mul(p.scale)) }),
    [constants, example],
    { constants: 1, freeAxis: 'frames', metadata: { 'ringtrue.kind': 'encoder' } },
  );
  return renameValues(model, {
    [inputs[0]!.name]: ENCODER_PORTS.input,
    [outputs[0]!.name]: ENCODER_PORTS.output,
  });
}

/** Least standard deviation that a bin is divided by. */
const LEAST_DEVIATION = 1e-3;

function scalingOf(
  spectra: readonly Features[],
  { bins, stack }: { readonly bins: number; readonly stack: number },
): Scaling {
  const mean = new Float64Array(bins);
  const square = new Float64Array(bins);
  const frames = spectra.reduce((sum, part) => sum + part.frames, 0);
  for (const { data } of spectra)
    for (let i = 0; i < data.length; i += 1) mean[i % bins]! += data[i]! / frames;
  for (const { data } of spectra)
    for (let i = 0; i < data.length; i += 1)
      square[i % bins]! += (data[i]! - mean[i % bins]!) ** 2 / frames;
  const length = stack * bins;
  return {
    mean: Float32Array.from({ length }, (_, i) => mean[i % bins]!),
    scale: Float32Array.from(
      { length },
      (_, i) => 1 / Math.max(LEAST_DEVIATION, Math.sqrt(square[i % bins]!)),
    ),
  };
}
