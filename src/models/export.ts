/**
 * Detectors that are no networks as ONNX files: their own graph, with the front end inside where it is one.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { joinModels, withMetadata } from '../graph/edit.ts';
import { readModel } from '../graph/read.ts';
import type { OnnxDescription } from './foreign/onnx.ts';
import { lfccGraph } from './lfcc-gmm/front-end-graph.ts';
import type { Card } from './types.ts';

/** What a graph takes, and how it is computed inside of one. */
interface Kind {
  /** In words. */
  readonly takes: string;
  /** From `samples` to the graph's first input; null where nobody has written it as a graph. */
  readonly frontEnd: (() => Uint8Array) | null;
}

/** By the kind in `model.json`. */
const KINDS: Readonly<Record<string, Kind>> = {
  'lfcc-gmm': { takes: 'LFCC of 16 kHz samples, [frames, 60]', frontEnd: lfccGraph },
  gmm: { takes: 'features as its model.json describes them, [frames, dims]', frontEnd: null },
  'acoustic-logistic': {
    takes: 'acoustic statistics in the order of its metadata, [clips, statistics]',
    frontEnd: null,
  },
  fusion: {
    takes: 'scores of its members in the order of its metadata, [clips, members]',
    frontEnd: null,
  },
};

/** Shortest sound that {@link ExportedDetector.description} asks for, in s: that of the detectors themselves. */
const MIN_SEC = 0.3;
/** Longer recordings are cut, in s: the most that a description can say. */
const MAX_SEC = 3600;

/** A detector as a file. */
export interface ExportedDetector {
  readonly onnx: Uint8Array;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** What the input is, in words. */
  readonly takes: string;
  /** Content of the `.json` beside a file that takes samples, by which it is a detector; null for others. */
  readonly description: OnnxDescription | null;
}

/**
 * Exports a detector by the graph that its training wrote.
 * @param files kind of its `model.json`, content of `model.onnx`, card
 * @throws RingtrueError `models/cannot-export` where its front end is no graph
 */
export function exportDetector(
  { kind, onnx, card }: { readonly kind: string; readonly onnx: Uint8Array; readonly card: Card },
  { withFrontEnd = false }: { readonly withFrontEnd?: boolean } = {},
): ExportedDetector {
  const known = KINDS[kind];
  if (known === undefined)
    throw new RingtrueError('models/cannot-export', `${card.name} is of the kind ${kind}`);
  if (withFrontEnd && known.frontEnd === null) {
    throw new RingtrueError(
      'models/cannot-export',
      `${card.name} hears ${known.takes}: how they are computed cannot be put into the graph`,
      { hint: 'Export it without --with-front-end: the file then takes them in place of samples.' },
    );
  }
  const [input = ''] = readModel(onnx).graph.inputs.map(({ name }) => name);
  const graph =
    withFrontEnd && known.frontEnd !== null
      ? joinModels(known.frontEnd(), onnx, { output: 'lfcc', input })
      : onnx;
  const { inputs, outputs } = readModel(graph).graph;
  const metadata = {
    'ringtrue.card': JSON.stringify(card),
    'ringtrue.licence': card.licence,
    'ringtrue.labels': 'score: higher is more likely spoof',
  };
  return {
    onnx: withMetadata(graph, metadata),
    inputs: inputs.map(({ name }) => name),
    outputs: outputs.map(({ name }) => name),
    takes: withFrontEnd ? '16 kHz samples, [1, samples]' : known.takes,
    description: withFrontEnd ? describe(card, outputs[0]?.name ?? '') : null,
  };
}

function describe(card: Card, output: string): OnnxDescription {
  const { name, version, summary, licence, languages, trainedOn, operatingPoints, limits } = card;
  return {
    ...{ name, input: 'samples', output, sampleRate: 16000, length: { crop: MAX_SEC } },
    ...{ outputIndex: 0, activation: 'none', highIs: 'spoof', normalise: 'none', minSec: MIN_SEC },
    ...{ version, summary, licence, languages, trainedOn, operatingPoints, limits },
    ...(card.calibration === undefined ? {} : { calibration: card.calibration }),
  };
}
