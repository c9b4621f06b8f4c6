/**
 * What an export costs in scores: the exported detector against the one it was made of.
 * @module
 */

import { toMono } from '../audio/audio.ts';
import { createIsolatedDecoder } from '../audio/io/isolated.ts';
import { toRingtrueError } from '../core/errors.ts';
import { throwIfAborted, type WorkContext } from '../core/progress.ts';
import type { Clip } from '../datasets/clip.ts';
import { eer } from '../metrics/eer.ts';
import { type Detector, DetectorInput } from '../models/types.ts';

/** What changed. */
export interface ExportCost {
  /** Clips that both detectors scored. */
  readonly n: { readonly bonafide: number; readonly spoof: number };
  /** Largest change of a score. */
  readonly largestChange: number;
  /** Spread of the first detector's scores (standard deviation), to compare that with. */
  readonly spread: number;
  readonly eerBefore: number;
  readonly eerAfter: number;
  /** Clips that could not be scored. */
  readonly failures: number;
}

/**
 * Scores clips with both detectors.
 * @param clips of both labels
 * @throws RingtrueError `metrics/class-missing` if no clip of a class can be scored, `core/cancelled`
 */
export async function measureExport(
  before: Detector,
  after: Detector,
  clips: readonly Clip[],
  { onProgress, signal }: WorkContext = {},
): Promise<ExportCost> {
  const task = 'score both';
  onProgress?.({ type: 'start', task, total: clips.length, unit: 'clips' });
  const rows: { readonly spoof: boolean; readonly pair: readonly [number, number] }[] = [];
  let failures = 0;
  const decoder = createIsolatedDecoder();
  try {
    for (const [i, clip] of clips.entries()) {
      throwIfAborted(signal);
      try {
        const { audio } = await decoder.decode(clip.path, { signal });
        const input = new DetectorInput({ samples: [toMono(audio)], sampleRate: audio.sampleRate });
        const [[a], [b]] = [await before.score([input]), await after.score([input])];
        rows.push({ spoof: clip.label === 'spoof', pair: [a!.score, b!.score] });
      } catch (thrown) {
        const { code, message } = toRingtrueError(thrown);
        if (code === 'core/cancelled') throw thrown;
        failures += 1;
        onProgress?.({ type: 'warning', code, message: `${clip.id}: ${message}` });
      }
      onProgress?.({ type: 'advance', task, done: i + 1 });
    }
  } finally {
    await decoder.close();
  }
  onProgress?.({ type: 'end', task });
  const scores = (which: 0 | 1) => {
    const of = (spoof: boolean) =>
      Float64Array.from(rows.filter((row) => row.spoof === spoof).map(({ pair }) => pair[which]));
    return { bonafide: of(false), spoof: of(true) };
  };
  const mean = rows.reduce((sum, { pair }) => sum + pair[0], 0) / rows.length;
  const variance = rows.reduce((sum, { pair }) => sum + (pair[0] - mean) ** 2, 0) / rows.length;
  return {
    n: { bonafide: scores(0).bonafide.length, spoof: scores(0).spoof.length },
    largestChange: rows.reduce((most, { pair: [a, b] }) => Math.max(most, Math.abs(a - b)), 0),
    spread: Math.sqrt(variance),
    eerBefore: eer(scores(0)).value,
    eerAfter: eer(scores(1)).value,
    failures,
  };
}
