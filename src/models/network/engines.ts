/**
 * Whether a network scores the same in Node and in browsers: its graph on onnxruntime-node and on
 * onnxruntime-web, which runs the browser's WebAssembly in Node too.
 * @module
 */

import { RingtrueError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import type { Backend } from '../../runtime/backend.ts';
import { createOnnxNodeBackend } from '../../runtime/onnx-node.ts';
import { createOnnxWebBackend } from '../../runtime/onnx-web.ts';
import { DetectorInput } from '../types.ts';
import type { NetworkFiles } from './export.ts';
import { createNetwork } from './index.ts';
import { stretchSamples } from './length.ts';

/**
 * How far two engines may differ in a score, as a share of the larger of 1 and the score: sums in another order
 * through all layers.
 */
export const SCORE_TOLERANCE = 1e-5;

/** What came of the comparison. */
export interface EngineAgreement {
  /** Stretches that both engines scored. */
  readonly stretches: number;
  /** Largest difference, as a share of the larger of 1 and the score. */
  readonly largest: number;
  readonly tolerance: number;
}

/**
 * Scores made sounds with both engines: noise at three levels, a tone that glides, and noise that comes and goes.
 * @throws RingtrueError `models/engines-differ` beyond {@link SCORE_TOLERANCE}, `core/missing-dependency`,
 * `core/cancelled`
 */
export async function compareEngines(
  files: NetworkFiles,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<EngineAgreement> {
  const inputs = madeSounds(files).map(
    (samples) =>
      new DetectorInput({ samples: [samples], sampleRate: files.model.frontEnd.sampleRate }),
  );
  const scoresOn = async (backend: Backend): Promise<number[]> => {
    const detector = await createNetwork({ ...files, backend });
    try {
      return (await detector.score(inputs, { signal })).map(({ score }) => score);
    } finally {
      await detector.dispose();
    }
  };
  const expected = await scoresOn(createOnnxNodeBackend());
  const found = await scoresOn(createOnnxWebBackend());
  const differences = expected.map(
    (score, i) => Math.abs(score - found[i]!) / Math.max(1, Math.abs(score)),
  );
  const largest = Math.max(...differences);
  if (!(largest <= SCORE_TOLERANCE)) {
    const at = differences.indexOf(largest);
    throw new RingtrueError(
      'models/engines-differ',
      `${files.card.name}: onnxruntime-node gives ${expected[at]}, onnxruntime-web ${found[at]} for the same sound, which is further than ${SCORE_TOLERANCE}`,
      { details: { expected, found, tolerance: SCORE_TOLERANCE } },
    );
  }
  return { stretches: inputs.length, largest, tolerance: SCORE_TOLERANCE };
}

/** Sounds of one stretch each, none with digital silence: there rounding errors decide what a front end hears. */
function madeSounds({ model }: NetworkFiles): Float32Array[] {
  const { sampleRate } = model.frontEnd;
  const size = stretchSamples(model.length, sampleRate);
  const rng = createRng('compare engines');
  const noise = (label: string): Float32Array => {
    const draw = rng.split(label);
    return Float32Array.from({ length: size }, () => draw.normal());
  };
  const soft = noise('soft');
  const [glide, pulse] = [noise('glide'), noise('pulse')];
  return [
    soft.map((x) => 0.001 * x),
    noise('middle').map((x) => 0.02 * x),
    noise('loud').map((x) => 0.2 * x),
    glide.map((x, i) => 0.3 * Math.sin((200 + (1000 * i) / size) * (i / sampleRate)) + 0.01 * x),
    pulse.map((x, i) => (0.11 + 0.1 * Math.sin((25 * i) / sampleRate)) * x),
  ];
}
