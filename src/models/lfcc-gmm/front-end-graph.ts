/**
 * The front end of LFCC-GMM as a graph for recordings of any length, in float32 throughout.
 * @module
 */

import { dct2, LFCC_LCNN } from '../../audio/dsp/cepstrum.ts';
import { linearBank } from '../../audio/dsp/filter-banks.ts';
import { hamming } from '../../audio/dsp/windows.ts';
import { createGraph, type GraphBuilder, type ValueName } from '../../graph/build.ts';

/**
 * From `samples` float32 [1, samples] at 16 kHz to `lfcc` float32 [frames, 60], equal to `lfcc(x, LFCC_LCNN)` within
 * rounding. Frames, window and transform are one convolution.
 */
export function lfccGraph(): Uint8Array {
  const { preEmphasis = 0, filters, coefficients, fftSize } = LFCC_LCNN;
  const graph = createGraph({ name: 'lfcc' });
  const list = (name: string, values: readonly number[]): ValueName =>
    graph.initialiser(name, [values.length], BigInt64Array.from(values, BigInt));
  const number = (name: string, value: number): ValueName =>
    graph.initialiser(name, [], Float32Array.of(value));
  const samples = graph.input('samples', [1, 'samples']);

  // y[n] = x[n] − a x[n−1], x[−1] = 0.
  const led = graph.node('Pad', [samples, list('one_before', [0, 1, 0, 0])]);
  const before = graph.node('Slice', [led, list('from', [0]), list('to', [-1]), list('time', [1])]);
  const emphasised = graph.node('Sub', [
    samples,
    graph.node('Mul', [before, number('pre_emphasis', preEmphasis)]),
  ]);

  const bins = fftSize / 2 + 1;
  const spectrum = addTransform(graph, graph.node('Unsqueeze', [emphasised, list('channel', [1])]));
  const [re, im] = graph.nodes('Split', [spectrum, list('parts', [bins, bins])], {
    outputs: 2,
    attributes: { axis: 1 },
  });
  const power = graph.node('Add', [graph.node('Mul', [re!, re!]), graph.node('Mul', [im!, im!])]);
  const bank = linearBank(LFCC_LCNN);
  const energies = graph.node('MatMul', [
    graph.initialiser('bank', [bank.filters, bank.bins], bank.weights),
    power,
  ]);
  const logs = graph.node('Mul', [
    graph.node('Log', [graph.node('Add', [energies, number('floor', Number.EPSILON)])]),
    number('log10_e', Math.LOG10E),
  ]);
  const cosines = Float32Array.from(dct2(filters, coefficients));
  const statics = graph.node('MatMul', [
    graph.initialiser('cosines', [coefficients, filters], cosines),
    logs,
  ]);

  // x[t+1] − x[t−1], edges repeated.
  const edges = list('edges', [0, 0, 1, 0, 0, 1]);
  const frames = list('frames', [2]);
  const [later, earlier] = [
    [list('second', [2]), list('end', [Number.MAX_SAFE_INTEGER]), frames],
    [list('first', [0]), list('last', [-2]), frames],
  ];
  const difference = (x: ValueName): ValueName => {
    const padded = graph.node('Pad', [x, edges], { attributes: { mode: 'edge' } });
    return graph.node('Sub', [
      graph.node('Slice', [padded, ...later!]),
      graph.node('Slice', [padded, ...earlier!]),
    ]);
  };
  const delta = difference(statics);
  const all = graph.node('Concat', [statics, delta, difference(delta)], {
    attributes: { axis: 1 },
  });
  const turned = graph.node('Transpose', [all], { attributes: { perm: [0, 2, 1] } });
  const features = graph.node('Squeeze', [turned, list('batch', [0])], { name: 'lfcc' });
  graph.output(features, ['frames', 3 * coefficients]);
  return graph.bytes();
}

/** Real, then imaginary part of the transform of each frame: [1, 1, samples] to [1, 2 bins, frames]. */
function addTransform(graph: GraphBuilder, x: ValueName): ValueName {
  const { winLength, hop, fftSize } = LFCC_LCNN;
  const bins = fftSize / 2 + 1;
  const window = hamming(winLength, { periodic: true });
  const lead = (fftSize - winLength) >> 1;
  const kernels = new Float32Array(2 * bins * winLength);
  for (let k = 0; k < bins; k += 1) {
    for (let n = 0; n < winLength; n += 1) {
      // Reduced before it is turned into an angle: exact for any size.
      const angle = (2 * Math.PI * ((k * (n + lead)) % fftSize)) / fftSize;
      kernels[k * winLength + n] = window[n]! * Math.cos(angle);
      kernels[(bins + k) * winLength + n] = -window[n]! * Math.sin(angle);
    }
  }
  // Half a transform of zeros at both ends, of which the taps outside of the window are left out.
  const after = fftSize - winLength - lead;
  return graph.node(
    'Conv',
    [x, graph.initialiser('transform', [2 * bins, 1, winLength], kernels)],
    { attributes: { strides: [hop], pads: [(fftSize >> 1) - lead, (fftSize >> 1) - after] } },
  );
}
