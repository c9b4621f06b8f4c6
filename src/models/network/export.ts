/**
 * A network detector as one .onnx file: weights, card, and all that is needed to feed it; with its front end
 * inside the graph if wanted.
 * @module
 */

import { hostArray } from '../../compiler/arrays.ts';
import { compileFunction } from '../../compiler/compile.ts';
import { RingtrueError } from '../../core/errors.ts';
import { parseOptions } from '../../core/schema.ts';
import { joinModels, renameValues, withMetadata } from '../../graph/edit.ts';
import { type Quantised, quantiseWeights } from '../../graph/quantise.ts';
import { readModel } from '../../graph/read.ts';
import { cardMetadata, METADATA_KEYS as KEYS } from '../metadata.ts';
import { type Card, cardSchema } from '../types.ts';
import { frontEndLayer } from './front-end-layer.ts';
import { type NetworkModel, parseNetworkModel } from './index.ts';
import { stretchSamples } from './length.ts';

/** A network detector: its description, its graph, its card. */
export interface NetworkFiles {
  readonly model: NetworkModel;
  readonly onnx: Uint8Array;
  readonly card: Card;
}

/** How a detector is exported. */
export interface ExportOptions {
  /** The graph takes samples in place of features. @default false */
  readonly withFrontEnd?: boolean;
  /** Weights as 8-bit integers; the front end keeps its own in float32. @default false */
  readonly int8?: boolean;
}

/**
 * How far the score of a stretch may move when the front end comes into the graph, which computes in float32
 * throughout; seen: 1e-6.
 */
export const FRONT_END_TOLERANCE = 1e-5;

/**
 * The same where a stretch holds digital silence: a filter that hears only the edge of a sound has energies of
 * the size of rounding errors, and the logarithm shows them; seen: 1e-3.
 */
export const SILENCE_TOLERANCE = 1e-2;

/** An exported detector. */
export interface ExportedNetwork extends NetworkFiles {
  /** Weights that became integers; empty without `int8`. */
  readonly quantised: Quantised['weights'];
}

/**
 * Exports a network: inputs `features` `[batch, …features]`, or `samples` `[batch, samples]` with the front end
 * inside, and `valid` `[batch]` where the network looks at it; output `score` `[batch]`. Description and card lie
 * in the metadata, so the file is a detector by itself.
 * @throws RingtrueError `models/bad-file`, `models/cannot-export` (int8 where no weight is large enough)
 */
export function exportNetwork(
  { model, onnx, card }: NetworkFiles,
  { withFrontEnd = false, int8 = false }: ExportOptions = {},
): ExportedNetwork {
  const { features, valid } = model.inputs;
  const names = { features: withFrontEnd ? 'samples' : 'features', valid: 'valid', score: 'score' };
  // Before the front end comes in: its kernels are no weights.
  const { model: small, weights } = int8
    ? quantiseWeights(onnx)
    : { model: onnx, weights: [] as Quantised['weights'] };
  if (int8 && weights.length === 0)
    throw new RingtrueError('models/cannot-export', `${card.name} has no weights worth 8 bits`);
  const renamed = renameValues(small, {
    [features]: 'features',
    ...(valid === null ? {} : { [valid]: names.valid }),
    [model.output]: names.score,
  });
  const whole = withFrontEnd
    ? joinModels(frontEndGraph(model), renamed, { output: 'front-end', input: 'features' })
    : renamed;
  const described: NetworkModel = {
    ...model,
    frontEnd: withFrontEnd
      ? { kind: 'samples', sampleRate: model.frontEnd.sampleRate, normalise: 'none' }
      : model.frontEnd,
    inputs: { features: names.features, valid: valid === null ? null : names.valid },
    output: names.score,
  };
  const metadata = {
    [KEYS.kind]: 'network',
    [KEYS.model]: JSON.stringify(described),
    ...cardMetadata(card),
    // The one that was trained with, wherever it is computed.
    [KEYS.frontEnd]: JSON.stringify(model.frontEnd),
  };
  return { model: described, onnx: withMetadata(whole, metadata), card, quantised: weights };
}

/** From `samples` to `front-end`. */
function frontEndGraph({ frontEnd, length }: NetworkModel): Uint8Array {
  const size = stretchSamples(length, frontEnd.sampleRate);
  const { model, inputs, outputs } = compileFunction(
    (x) => ({ features: frontEndLayer(frontEnd, x) }),
    [hostArray([1, size], new Float32Array(size))],
    { freeAxis: 'batch' },
  );
  return renameValues(model, {
    [inputs[0]!.name]: 'samples',
    [outputs[0]!.name]: 'front-end',
  });
}

/**
 * The detector that an exported file describes in its metadata; null if it describes none.
 * @throws RingtrueError `models/bad-file`
 */
export function readExported(onnx: Uint8Array, where: string): NetworkFiles | null {
  const { metadata } = readModel(onnx);
  const [model, card] = [metadata[KEYS.model], metadata[KEYS.card]];
  if (model === undefined || card === undefined) return null;
  return {
    model: parseNetworkModel(parsed(model, `${where}: ${KEYS.model}`), where),
    card: parseOptions(cardSchema, parsed(card, `${where}: ${KEYS.card}`), {
      where,
      code: 'models/bad-file',
    }),
    onnx,
  };
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RingtrueError('models/bad-file', `${where} is not JSON: ${String(error)}`, {
      cause: error,
    });
  }
}
