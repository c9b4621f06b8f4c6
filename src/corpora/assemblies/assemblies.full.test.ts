import { join } from 'node:path';
import { expect, test } from 'vitest';
import { largestStep } from '../../../scripts/largest-step.mjs';
import { buildTwice } from '../../../test/helpers/build-twice.ts';
import { rmsDb } from '../../audio/dsp/level.ts';
import { decode } from '../../audio/io/decode.ts';
import { aucInterval } from '../../bench/verify/auc-interval.ts';
import { hashFile } from '../../core/node/files.ts';
import type { Clip } from '../../datasets/clip.ts';
import { rocAuc } from '../../metrics/roc.ts';
import { CORPUS_RATE } from '../equalise.ts';

/** Pairs by source, each with one clip of each label. */
function pairsOf(clips: readonly Clip[]): { bonafide: Clip; spoof: Clip }[] {
  return [...new Set(clips.map(({ source }) => source))].map((source) => {
    const pair = clips.filter((clip) => clip.source === source);
    expect(pair.map(({ label }) => label).sort()).toEqual(['bonafide', 'spoof']);
    const [bonafide, spoof] = pair.sort((a, b) => (a.label! < b.label! ? -1 : 1));
    expect(spoof!.durationSec).toBe(bonafide!.durationSec);
    return { bonafide: bonafide!, spoof: spoof! };
  });
}

test('partial-spoof: the same bytes twice, pairs whose cuts and durations are alike, no step at the cuts', () =>
  buildTwice('partial-spoof', async ({ clips, folder }) => {
    const pairs = pairsOf(clips);
    expect(pairs.length).toBeGreaterThanOrEqual(9);
    const steps: Record<'bonafide' | 'spoof', number[]> = { bonafide: [], spoof: [] };
    for (const pair of pairs) {
      for (const label of ['bonafide', 'spoof'] as const) {
        const { path, sha256, segments = [], durationSec } = pair[label];
        const file = join(folder, path);
        expect(await hashFile(file)).toBe(sha256);
        expect(segments.at(-1)!.endSec).toBe(durationSec);
        const x = (await decode(file)).audio.samples[0]!;
        const cuts = segments.slice(1).map(({ startSec }) => Math.round(startSec * CORPUS_RATE));
        steps[label].push(largestStep(x, cuts, CORPUS_RATE));
      }
      expect(pair.spoof.segments!.map(({ startSec }) => startSec)).toEqual(
        pair.bonafide.segments!.map(({ startSec }) => startSec),
      );
    }
    const auc = rocAuc({
      bonafide: Float64Array.from(steps.bonafide),
      spoof: Float64Array.from(steps.spoof),
    });
    const { low, high } = aucInterval(auc, { bonafide: pairs.length, spoof: pairs.length });
    console.log(
      `largest step at a cut: AUC ${auc.toFixed(3)} [${low.toFixed(3)}–${high.toFixed(3)}]`,
    );
    expect(low).toBeLessThan(0.5);
    expect(high).toBeGreaterThan(0.5);
    // Which generator a group of one gets is chance; that splits share none is tested by `buildTwice`.
    const splits = new Set(pairs.map(({ spoof }) => spoof.generator && spoof.split));
    expect([...splits].sort()).toEqual(['dev', 'eval', 'train']);
  }));

test('replay: the same bytes twice, pairs in one room at one level', () =>
  buildTwice('replay', async ({ clips, folder }) => {
    const pairs = pairsOf(clips);
    expect(pairs.length).toBe(10);
    for (const { bonafide, spoof } of pairs) {
      expect(spoof.group?.room).toBe(bonafide.group?.room);
      expect(spoof.group?.microphone).toBe(bonafide.group?.microphone);
      expect(spoof.generator).toMatch(/^[A-C]{2}$/);
      const levels = await Promise.all(
        [bonafide, spoof].map(async ({ path, sha256 }) => {
          const file = join(folder, path);
          expect(await hashFile(file)).toBe(sha256);
          return rmsDb((await decode(file)).audio.samples[0]!);
        }),
      );
      expect(Math.abs(levels[0]! - levels[1]!)).toBeLessThan(3);
    }
  }));
