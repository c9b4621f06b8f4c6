/**
 * Trained detectors as ONNX models, from features to score.
 * @module
 */

import { createGraph, type GraphBuilder, type ValueName } from '../graph/build.ts';
import { type AcousticLogisticModel, standardised } from '../models/acoustic-logistic/index.ts';
import type { FusionModel } from '../models/fusion/index.ts';
import { type Gmm, prepareGmm } from '../models/gmm/gmm.ts';
import type { GmmParts } from '../models/gmm/index.ts';
import type { GmmPair } from '../models/gmm/packing.ts';
import { LFCC_FRONT_END } from '../models/lfcc-gmm/index.ts';

/**
 * The score of an LFCC-GMM: input `features` float32 [frames, dims], output `score` float32 [1], the
 * mean over frames of log p(x | spoof) − log p(x | bonafide).
 *
 * log p_k(x) is expanded as constant_k + x·linear_k − x²·half_k, two matrix products. In float32
 * these terms cancel badly when means are far from 0, so the features are first moved by the mean
 * of all component means, which changes no density.
 * @param pair both mixtures, of equal dimension
 */
export function exportLfccGmm(pair: GmmPair): Uint8Array {
  return frameRatios(pair, {
    name: 'lfcc-gmm',
    metadata: { 'ringtrue.kind': 'lfcc-gmm', 'ringtrue.frontEnd': LFCC_FRONT_END.id },
  });
}

/**
 * The score of mixtures on features of any family: as {@link exportLfccGmm}. Where few components of a background
 * mixture are looked at, the graph picks them as the detector does.
 */
export function exportGmm({ features, scoring }: GmmParts): Uint8Array {
  const about = {
    name: 'gmm',
    metadata: { 'ringtrue.kind': 'gmm', 'ringtrue.frontEnd': JSON.stringify(features) },
  };
  if (scoring.kind === 'two-class' || scoring.topComponents === 0)
    return frameRatios(scoring.pair, about);
  const { ubm, topComponents: top } = scoring;
  return frameRatios(scoring.pair, { ...about, best: { ubm, top } });
}

interface RatioGraph {
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Only the components that are the likeliest under this mixture are looked at. */
  readonly best?: { readonly ubm: Gmm; readonly top: number };
}

function frameRatios(pair: GmmPair, { name, metadata, best }: RatioGraph): Uint8Array {
  const { dims, components } = pair.spoof;
  const graph = createGraph({ name });
  for (const [key, value] of Object.entries(metadata)) graph.metadata(key, value);
  const features = graph.input('features', ['frames', dims]);
  const centre = componentCentre(pair);
  const x = graph.node('Sub', [
    features,
    graph.initialiser('centre', [dims], Float32Array.from(centre)),
  ]);
  const squared = graph.node('Mul', [x, x]);
  const axis = graph.initialiser('component_axis', [1], BigInt64Array.of(1n));
  const chosen = (): ValueName | null => {
    if (best === undefined) return null;
    const densities = addLogDensities(graph, 'ubm', moved(best.ubm, centre), { x, squared });
    const count = BigInt64Array.of(BigInt(Math.min(best.top, components)));
    return graph.nodes('TopK', [densities, graph.initialiser('top', [1], count)], {
      outputs: 2,
    })[1]!;
  };
  const operands = { x, squared, axis, chosen: chosen() };
  const spoof = addLogLikelihood(graph, 'spoof', moved(pair.spoof, centre), operands);
  const bonafide = addLogLikelihood(graph, 'bonafide', moved(pair.bonafide, centre), operands);
  const ratios = graph.node('Sub', [spoof, bonafide]);
  const frameAxis = graph.initialiser('frame_axis', [1], BigInt64Array.of(0n));
  const score = graph.node('ReduceMean', [ratios, frameAxis], {
    attributes: { keepdims: 1 },
    name: 'score',
  });
  graph.output(score, [1]);
  return graph.bytes();
}

/** Log-likelihood of each frame under one mixture, `[frames]`. */
function addLogLikelihood(
  graph: GraphBuilder,
  label: string,
  gmm: Gmm,
  {
    x,
    squared,
    axis,
    chosen,
  }: { x: ValueName; squared: ValueName; axis: ValueName; chosen: ValueName | null },
): ValueName {
  const all = addLogDensities(graph, label, gmm, { x, squared });
  const some =
    chosen === null
      ? all
      : graph.node('GatherElements', [all, chosen], { attributes: { axis: 1 } });
  return graph.node('ReduceLogSumExp', [some, axis], {
    attributes: { keepdims: 0 },
    name: `${label}_log_likelihood`,
  });
}

/** Logarithm of weight times density of each component at each frame, `[frames, components]`. */
function addLogDensities(
  graph: GraphBuilder,
  label: string,
  gmm: Gmm,
  { x, squared }: { x: ValueName; squared: ValueName },
): ValueName {
  const { components, dims, constants, linear, half } = prepareGmm(gmm);
  const constant = (name: string, shape: number[], values: Float64Array) =>
    graph.initialiser(`${label}_${name}`, shape, Float32Array.from(values));
  const first = graph.node('MatMul', [
    x,
    constant('linear', [dims, components], transposed(linear, components, dims)),
  ]);
  const second = graph.node('MatMul', [
    squared,
    constant('half', [dims, components], transposed(half, components, dims)),
  ]);
  return graph.node('Add', [
    graph.node('Sub', [first, second]),
    constant('constants', [components], constants),
  ]);
}

/** Mean of all component means of both mixtures, as float32 values: what is subtracted must be exact. */
function componentCentre({ bonafide, spoof }: GmmPair): Float64Array {
  const centre = new Float64Array(spoof.dims);
  const count = bonafide.components + spoof.components;
  for (const { means, dims } of [bonafide, spoof])
    for (const [i, mean] of means.entries()) centre[i % dims]! += mean / count;
  return centre.map(Math.fround);
}

function moved(gmm: Gmm, centre: Float64Array): Gmm {
  return { ...gmm, means: gmm.means.map((mean, i) => mean - centre[i % gmm.dims]!) };
}

/** Row-major [rows, columns] as [columns, rows]. */
function transposed(values: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let r = 0; r < rows; r += 1)
    for (let c = 0; c < columns; c += 1) out[c * rows + r] = values[r * columns + c]!;
  return out;
}

/**
 * The score of a logistic regression on acoustic statistics: input `statistics` float32
 * [clips, statistics], output `logit` float32 [clips], the log-odds of spoof.
 */
export function exportAcousticLogistic(model: AcousticLogisticModel): Uint8Array {
  const { statistics, bias } = model;
  const count = statistics.length;
  const graph = createGraph({ name: 'acoustic-logistic' });
  graph.metadata('ringtrue.kind', model.kind);
  graph.metadata('ringtrue.frontEnd', model.frontEnd);
  graph.metadata('ringtrue.statistics', statistics.map(({ name }) => name).join(','));
  const column = (name: 'mean' | 'scale' | 'weight', shape: number[]) =>
    graph.initialiser(
      name,
      shape,
      Float32Array.from(statistics, (statistic) => statistic[name]),
    );
  const input = graph.input('statistics', ['clips', count]);
  const centred = graph.node('Sub', [input, column('mean', [count])]);
  const scaled = graph.node('Div', [centred, column('scale', [count])]);
  // The bound is where `standardised` stops, so that it has one definition.
  const bound = standardised(Number.POSITIVE_INFINITY, 0, 1);
  const clipped = graph.node('Clip', [
    scaled,
    graph.initialiser('low', [], Float32Array.of(-bound)),
    graph.initialiser('high', [], Float32Array.of(bound)),
  ]);
  const weighted = graph.node('MatMul', [clipped, column('weight', [count])]);
  const logit = graph.node(
    'Add',
    [weighted, graph.initialiser('bias', [1], Float32Array.of(bias))],
    { name: 'logit' },
  );
  graph.output(logit, ['clips']);
  return graph.bytes();
}

/** The fused score: input `scores` float32 [clips, members], output `score` float32 [clips]. */
export function exportFusion({ members, map }: FusionModel): Uint8Array {
  const count = members.length;
  const graph = createGraph({ name: 'fusion' });
  graph.metadata('ringtrue.kind', 'fusion');
  graph.metadata('ringtrue.members', members.map(({ name }) => name).join(','));
  const constant = (name: string, shape: readonly number[], values: Iterable<number>) =>
    graph.initialiser(name, shape, Float32Array.from(values));
  const input = graph.input('scores', ['clips', count]);
  const mean = constant(
    'mean',
    [count],
    members.map((member) => member.mean),
  );
  const scale = constant(
    'scale',
    [count],
    members.map((member) => member.scale),
  );
  let x = graph.node('Div', [graph.node('Sub', [input, mean]), scale]);
  if (map.kind === 'mlp') {
    const rows = map.hidden.length;
    const hidden = Float64Array.from(map.hidden.flat());
    const weights = constant('hidden', [count, rows], transposed(hidden, rows, count));
    const sum = graph.node('MatMul', [x, weights]);
    x = graph.node('Tanh', [
      graph.node('Add', [sum, constant('hidden_bias', [rows], map.hiddenBias)]),
    ]);
  }
  const weighted = graph.node('MatMul', [
    x,
    constant('weights', [map.weights.length], map.weights),
  ]);
  const score = graph.node('Add', [weighted, constant('bias', [1], [map.bias])], {
    name: 'score',
  });
  graph.output(score, ['clips']);
  return graph.bytes();
}
