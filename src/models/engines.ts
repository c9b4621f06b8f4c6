/**
 * Whether a detector scores the same in Node and in browsers: its graph on onnxruntime-node and on
 * onnxruntime-web, which runs the browser's WebAssembly in Node too.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { createRng } from '../core/rng.ts';
import type { Backend } from '../runtime/backend.ts';
import { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
import { createOnnxWebBackend } from '../runtime/onnx-web.ts';
import { createOnnxDetector, type OnnxFiles } from './foreign/onnx.ts';
import type { NetworkFiles } from './network/export.ts';
import { createNetwork } from './network/index.ts';
import { stretchSamples } from './network/length.ts';
import { type Detector, DetectorInput } from './types.ts';

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

/** A detector that opens on any engine. */
export interface EngineDetector {
  /** Opens it. */
  open(backend: Backend): Promise<Detector>;
  /** Length of the sounds that it is compared by, in s. */
  readonly sec: number;
}

/** A network, compared by single stretches. */
export function networkOnEngines(files: NetworkFiles): EngineDetector {
  const { length, frontEnd } = files.model;
  return {
    open: (backend) => createNetwork({ ...files, backend }),
    sec: stretchSamples(length, frontEnd.sampleRate) / frontEnd.sampleRate,
  };
}

/** A graph of samples by its description, compared by sounds of two seconds. */
export function describedOnEngines(files: OnnxFiles): EngineDetector {
  return { open: (backend) => createOnnxDetector(files, backend), sec: 2 };
}

/**
 * Scores made sounds with both engines: noise at three levels, a tone that glides, and noise that comes and goes.
 * @throws RingtrueError `models/engines-differ` beyond {@link SCORE_TOLERANCE}, `core/missing-dependency`,
 * `core/cancelled`
 */
export async function compareEngines(
  { open, sec }: EngineDetector,
  options: { readonly signal?: AbortSignal } = {},
): Promise<EngineAgreement> {
  const scoresOn = async (backend: Backend): Promise<{ name: string; scores: number[] }> => {
    const detector = await open(backend);
    try {
      const inputs = madeSounds(sec, detector.needs.sampleRate);
      const scored = await detector.score(inputs, options);
      return { name: detector.name, scores: scored.map(({ score }) => score) };
    } finally {
      await detector.dispose();
    }
  };
  const { name, scores: expected } = await scoresOn(createOnnxNodeBackend());
  const { scores: found } = await scoresOn(createOnnxWebBackend());
  const differences = expected.map(
    (score, i) => Math.abs(score - found[i]!) / Math.max(1, Math.abs(score)),
  );
  const largest = Math.max(...differences);
  if (!(largest <= SCORE_TOLERANCE)) {
    const at = differences.indexOf(largest);
    throw new RingtrueError(
      'models/engines-differ',
      `${name}: onnxruntime-node gives ${expected[at]}, onnxruntime-web ${found[at]} for the same sound, which is further than ${SCORE_TOLERANCE}`,
      { details: { expected, found, tolerance: SCORE_TOLERANCE } },
    );
  }
  return { stretches: expected.length, largest, tolerance: SCORE_TOLERANCE };
}

/** Sounds of one length, none with digital silence: there rounding errors decide what a front end hears. */
function madeSounds(sec: number, sampleRate: number): DetectorInput[] {
  const size = Math.round(sec * sampleRate);
  const rng = createRng('compare engines');
  const noise = (label: string): Float32Array => {
    const draw = rng.split(label);
    return Float32Array.from({ length: size }, () => draw.normal());
  };
  const soft = noise('soft');
  const [glide, pulse] = [noise('glide'), noise('pulse')];
  const sounds = [
    soft.map((x) => 0.001 * x),
    noise('middle').map((x) => 0.02 * x),
    noise('loud').map((x) => 0.2 * x),
    glide.map((x, i) => 0.3 * Math.sin((200 + (1000 * i) / size) * (i / sampleRate)) + 0.01 * x),
    pulse.map((x, i) => (0.11 + 0.1 * Math.sin((25 * i) / sampleRate)) * x),
  ];
  return sounds.map((samples) => new DetectorInput({ samples: [samples], sampleRate }));
}
