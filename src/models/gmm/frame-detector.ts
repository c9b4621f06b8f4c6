/**
 * Detectors whose score is the mean over frames of a log-likelihood ratio.
 * @module
 */

import type { FrameFeatures } from '../features/front-end.ts';
import type { Card, Detector, DetectorInput, DetectorScore, WindowScore } from '../types.ts';

/** Where the frames of a recording come from. */
export interface FrameSource {
  /** Hz. */
  readonly sampleRate: number;
  features(input: DetectorInput): Promise<FrameFeatures>;
  /** Frees what computes them. */
  dispose(): Promise<void>;
}

/** What {@link createFrameDetector} takes. */
export interface FrameDetectorParts {
  readonly id: string;
  readonly card: Card;
  readonly source: FrameSource;
  /** log p(x | spoof) − log p(x | bonafide) of each row of `[frames, dims]`. */
  ratios(data: Float32Array): Float64Array;
}

/** Shortest sound that is scored, in s. */
export const MIN_SEC = 0.3;
const WINDOW_SEC = 1;
const WINDOW_HOP_SEC = 0.5;

/** The detector of a log-likelihood ratio a frame: a mean, so that thresholds do not depend on duration. */
export function createFrameDetector({ id, card, source, ratios }: FrameDetectorParts): Detector {
  return {
    id,
    name: card.name,
    card,
    needs: { sampleRate: source.sampleRate, minSec: MIN_SEC },
    async score(batch): Promise<DetectorScore[]> {
      const scores: DetectorScore[] = [];
      for (const input of batch) {
        const features = await source.features(input);
        const values = ratios(features.data);
        scores.push({
          score: meanOf(values, 0, values.length),
          windows: windowsOf(values, features),
        });
      }
      return scores;
    },
    dispose: () => source.dispose(),
  };
}

/** Means over windows; a window without a frame that was kept is left out. */
function windowsOf(ratios: Float64Array, { hopSec, total, at }: FrameFeatures): WindowScore[] {
  const size = Math.round(WINDOW_SEC / hopSec);
  const hop = Math.round(WINDOW_HOP_SEC / hopSec);
  const windows: WindowScore[] = [];
  let from = 0;
  for (let start = 0; start === 0 || start + size <= total; start += hop) {
    const end = Math.min(total, start + size);
    let to = end;
    if (at === null) from = start;
    else {
      while (from < at.length && at[from]! < start) from += 1;
      to = from;
      while (to < at.length && at[to]! < end) to += 1;
    }
    if (to > from || total === 0) {
      windows.push({
        startSec: start * hopSec,
        endSec: end * hopSec,
        score: meanOf(ratios, from, to),
      });
    }
  }
  return windows;
}

function meanOf(values: Float64Array, start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i += 1) sum += values[i]!;
  return end > start ? sum / (end - start) : 0;
}
