/**
 * Detectors that are no networks as ONNX files: their own graph, with the front end inside where it is one.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { joinModels, withMetadata } from '../graph/edit.ts';
import { readModel } from '../graph/read.ts';
import type { OnnxDescription } from './foreign/onnx.ts';
import { MIN_SEC } from './gmm/frame-detector.ts';
import type { PlainKind } from './kinds.ts';
import { lfccGraph } from './lfcc-gmm/front-end-graph.ts';
import { LFCC_FRONT_END } from './lfcc-gmm/index.ts';
import { cardMetadata } from './metadata.ts';
import type { Card } from './types.ts';

/** A front end as a graph. */
interface FrontEndGraph {
  /** From `samples` to the output of that name. */
  readonly graph: () => Uint8Array;
  readonly output: string;
  /** Rate of its samples, in Hz. */
  readonly sampleRate: number;
  /** Shortest sound that its detector scores, in s. */
  readonly minSec: number;
}

/** What a graph takes, and how it is computed inside of one. */
interface Taken {
  /** In words. */
  readonly takes: string;
  /** Null where nobody has written it as a graph. */
  readonly frontEnd: FrontEndGraph | null;
}

const TAKEN: Readonly<Record<PlainKind, Taken>> = {
  'lfcc-gmm': {
    takes: `LFCC of ${LFCC_FRONT_END.sampleRate / 1000} kHz samples, [frames, 60]`,
    frontEnd: {
      graph: lfccGraph,
      output: 'lfcc',
      sampleRate: LFCC_FRONT_END.sampleRate,
      minSec: MIN_SEC,
    },
  },
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
  {
    kind,
    onnx,
    card,
  }: { readonly kind: PlainKind; readonly onnx: Uint8Array; readonly card: Card },
  { withFrontEnd = false }: { readonly withFrontEnd?: boolean } = {},
): ExportedDetector {
  const { takes, frontEnd } = TAKEN[kind];
  if (!withFrontEnd) return { ...described(onnx, card), takes, description: null };
  if (frontEnd === null) {
    throw new RingtrueError(
      'models/cannot-export',
      `${card.name} hears ${takes}: how they are computed cannot be put into the graph`,
      { hint: 'Export it without --with-front-end: the file then takes them in place of samples.' },
    );
  }
  const [input = ''] = readModel(onnx).graph.inputs.map(({ name }) => name);
  const whole = joinModels(frontEnd.graph(), onnx, { output: frontEnd.output, input });
  const exported = described(whole, card);
  return {
    ...exported,
    takes: `${frontEnd.sampleRate / 1000} kHz samples, [1, samples]`,
    description: describe(card, { ...frontEnd, score: exported.outputs[0] ?? '' }),
  };
}

/** A graph with its card in the metadata. */
function described(
  graph: Uint8Array,
  card: Card,
): Pick<ExportedDetector, 'onnx' | 'inputs' | 'outputs'> {
  const { inputs, outputs } = readModel(graph).graph;
  return {
    onnx: withMetadata(graph, cardMetadata(card)),
    inputs: inputs.map(({ name }) => name),
    outputs: outputs.map(({ name }) => name),
  };
}

function describe(
  card: Card,
  { sampleRate, minSec, score }: FrontEndGraph & { readonly score: string },
): OnnxDescription {
  const { name, version, summary, licence, languages, trainedOn, operatingPoints, limits } = card;
  return {
    ...{ name, input: 'samples', output: score, sampleRate, length: { crop: MAX_SEC } },
    ...{ outputIndex: 0, activation: 'none', highIs: 'spoof', normalise: 'none', minSec },
    ...{ version, summary, licence, languages, trainedOn, operatingPoints, limits },
    ...(card.calibration === undefined ? {} : { calibration: card.calibration }),
  };
}
