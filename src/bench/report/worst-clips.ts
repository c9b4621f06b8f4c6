/**
 * The clips that a detector got most wrong, made again as it heard them.
 * @module
 */

import { hashFile } from '../../archives/files.ts';
import { type Audio, toMono } from '../../audio/audio.ts';
import { spectrogramPng } from '../../audio/dsp/spectrogram-image.ts';
import { encode } from '../../audio/io/encode.ts';
import { createIsolatedDecoder, type IsolatedDecoder } from '../../audio/io/isolated.ts';
import type { DecodeLimits } from '../../audio/io/limits.ts';
import { RingtrueError, toRingtrueError } from '../../core/errors.ts';
import { throwIfAborted, type WorkContext } from '../../core/progress.ts';
import { createRng } from '../../core/rng.ts';
import { applyCondition, parseConditions } from '../../corruptions/chain.ts';
import type { Clip } from '../../datasets/clip.ts';
import type { TrialRow } from '../../store/trial.ts';
import type { Summary } from '../summary.ts';
import type { ListenedClip } from './page.ts';

/** Clips shown in a report. */
const MAX_CLIPS = 12;
/** Clips of one detector under one condition, so that one bad condition does not fill the list. */
const MAX_EACH = 2;

/** A wrong trial and how far it lies beyond the threshold. */
export interface WrongTrial {
  readonly trial: TrialRow;
  readonly margin: number;
}

/**
 * Picks the trials furthest on the wrong side of their detector's fixed threshold, in units of that
 * detector's score spread (so that detectors with large scores do not win), each clip once.
 */
export function pickWorst(
  trials: readonly TrialRow[],
  summary: Summary,
  count: number = MAX_CLIPS,
): WrongTrial[] {
  const candidates: (WrongTrial & { readonly relative: number })[] = [];
  for (const { name } of summary.detectors) {
    const threshold = summary.results.find((r) => r.detector === name && r.atThreshold)?.atThreshold
      ?.threshold;
    if (threshold === undefined) continue;
    const scored = trials.flatMap((trial) =>
      trial.detector === name && trial.score !== null ? [{ trial, score: trial.score }] : [],
    );
    const spread = standardDeviation(scored.map(({ score }) => score)) || 1;
    for (const { trial, score } of scored) {
      const margin = trial.label === 'bonafide' ? score - threshold : threshold - score;
      if (margin > 0) candidates.push({ trial, margin, relative: margin / spread });
    }
  }
  candidates.sort((a, b) => b.relative - a.relative || compareText(keyOf(a.trial), keyOf(b.trial)));
  const seenClips = new Set<string>();
  const seenConditions = new Map<string, number>();
  const picked: WrongTrial[] = [];
  for (const { trial, margin } of candidates) {
    if (picked.length >= count) break;
    const group = `${trial.detector} ${trial.condition}`;
    const used = seenConditions.get(group) ?? 0;
    if (seenClips.has(trial.clip) || used >= MAX_EACH) continue;
    seenClips.add(trial.clip);
    seenConditions.set(group, used + 1);
    picked.push({ trial, margin });
  }
  return picked;
}

/** What clips are made again from. */
export interface ListenSources {
  /** Clips of the study's corpus by id. */
  readonly clips: ReadonlyMap<string, Clip>;
  /** Those of the study. */
  readonly limits?: DecodeLimits | undefined;
}

/**
 * Decodes each clip again, applies its condition with the study's seed (the same bytes as in the run, by their
 * checksum), and renders player and spectrogram as data URLs. A clip that is gone, changed or cannot be decoded
 * is listed without them.
 */
export async function listenTo(
  wrong: readonly WrongTrial[],
  { clips, limits }: ListenSources,
  work: WorkContext = {},
): Promise<ListenedClip[]> {
  const decoder = createIsolatedDecoder(limits === undefined ? {} : { limits });
  try {
    return await listenWith(decoder, { wrong, clips }, work);
  } finally {
    await decoder.close();
  }
}

async function listenWith(
  decoder: IsolatedDecoder,
  { wrong, clips }: ListenSources & { readonly wrong: readonly WrongTrial[] },
  { signal, onProgress }: WorkContext,
): Promise<ListenedClip[]> {
  const listened: ListenedClip[] = [];
  for (const { trial, margin } of wrong) {
    throwIfAborted(signal);
    const clip = clips.get(trial.clip);
    if (clip === undefined) {
      listened.push({ trial, margin });
      continue;
    }
    try {
      const audio = await decodeAsScored(decoder, clip, { trial, signal });
      const [condition] = parseConditions([trial.condition]);
      const rng = createRng(trial.seed).split(trial.clip).split(trial.condition);
      const heard =
        condition === undefined ? audio : (await applyCondition(audio, condition, rng)).audio;
      const mono = toMono(heard);
      listened.push({
        trial,
        margin,
        sound: dataUrl(
          'audio/flac',
          await encode({ samples: [mono], sampleRate: heard.sampleRate }, { container: 'flac' }),
        ),
        spectrogram: dataUrl(
          'image/png',
          spectrogramPng(mono, heard.sampleRate, { width: 320, height: 128 }),
        ),
      });
    } catch (thrown) {
      const { code, message } = toRingtrueError(thrown);
      onProgress?.({ type: 'warning', code, message: `${trial.clip}: ${message}` });
      listened.push({ trial, margin });
    }
  }
  return listened;
}

/** The clip as it was scored: other bytes under its name would be heard as what the detector got wrong. */
async function decodeAsScored(
  decoder: IsolatedDecoder,
  clip: Clip,
  { trial, signal }: { readonly trial: TrialRow; readonly signal: AbortSignal | undefined },
): Promise<Audio> {
  const scored = trial.sha256 ?? clip.sha256;
  const found = scored === undefined ? undefined : await hashFile(clip.path);
  if (found !== scored) {
    throw new RingtrueError(
      'bench/clip-changed',
      `${clip.path}: its SHA-256 is ${found}, that of the clip that was scored ${scored}`,
    );
  }
  return (await decoder.decode(clip.path, { signal })).audio;
}

function dataUrl(type: string, bytes: Uint8Array): string {
  return `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;
}

function keyOf(trial: TrialRow): string {
  return `${trial.detector} ${trial.condition} ${trial.clip}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function standardDeviation(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
