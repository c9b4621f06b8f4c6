/**
 * The seeded toy corpus: a source–filter voice as bona fide speech and four ways of speaking the same
 * sentences that a synthesiser would betray itself by. It needs nothing but this code, the same seed
 * gives the same bytes on every machine, and tests everywhere use it. It is not speech: an error rate
 * on it says that the machinery works, nothing about real recordings.
 * @module
 */

import { join } from 'node:path';
import { writeWavHeader } from '../audio/io/wav.ts';
import { RingtrueError } from '../core/errors.ts';
import { hashBytes } from '../core/hash.ts';
import { writeFileAtomic } from '../core/node/files.ts';
import { throwIfAborted, type WorkContext } from '../core/progress.ts';
import { createRng, type Rng } from '../core/rng.ts';
import type { Clip } from '../datasets/clip.ts';
import { equalise, longTermSpectrum } from './toy/equalise.ts';
import {
  drawPlan,
  drawSpeaker,
  speak,
  TOY_SAMPLE_RATE,
  type ToyManner,
  triangular,
} from './toy/voice.ts';

/** What the toy corpus is made of. */
export interface ToyOptions {
  /** @default 1 */
  readonly seed?: number;
  /** At least three, one for each split. @default 6 */
  readonly speakers?: number;
  /** Clips of each class a speaker. @default 6 */
  readonly clipsPerSpeaker?: number;
  /** Mean length in seconds; single clips differ by up to a tenth. @default 2 */
  readonly durationSec?: number;
}

const HUMAN: ToyManner = {
  irregularity: 1,
  breathiness: 1,
  wander: 1,
  bandwidth: 1,
  holdFrames: 1,
};

/** The toy generators: the human manner with one fault each. */
const GENERATORS: Readonly<Record<string, ToyManner>> = {
  /** Pulses as regular as a vocoder's. */
  'toy-pulse': { ...HUMAN, irregularity: 0.1, breathiness: 0.5, wander: 0.3 },
  /** A spectrum averaged over its neighbours, as by statistical synthesis. */
  'toy-smooth': { ...HUMAN, bandwidth: 1.5, breathiness: 0.7, wander: 0.3 },
  /** Hardly any breath in the voice. */
  'toy-flat': { ...HUMAN, breathiness: 0.2, wander: 0.6 },
  /** Frames repeated for 20 ms; heard in the evaluation split only. */
  'toy-hold': { ...HUMAN, holdFrames: 4, breathiness: 0.6 },
};
const KNOWN = ['toy-pulse', 'toy-smooth', 'toy-flat'];
const LANGUAGES = ['qaa', 'qab'];

/**
 * Builds the toy corpus into a folder: `manifest.jsonl`, `audio/*.wav` (16-bit, 16 kHz), `corpus.json`.
 * Speakers are disjoint between splits: half of them train, a third evaluate, the rest are dev.
 * @returns the manifest rows, with paths relative to `folder`
 * @throws RingtrueError `core/io-denied`, `core/io-disk-full`, `core/cancelled`
 */
export async function buildToyCorpus(
  folder: string,
  { seed = 1, speakers = 6, clipsPerSpeaker = 6, durationSec = 2 }: ToyOptions = {},
  work: WorkContext = {},
): Promise<Clip[]> {
  if (!Number.isInteger(speakers) || speakers < 3 || !(clipsPerSpeaker >= 1)) {
    throw new RingtrueError(
      'core/invalid-options',
      `a toy corpus needs at least 3 speakers and 1 clip each, not ${speakers} and ${clipsPerSpeaker}`,
    );
  }
  const task = 'toy corpus';
  const total = speakers * clipsPerSpeaker;
  work.onProgress?.({ type: 'start', task, total, unit: 'sentences' });
  const rng = createRng(seed).split('toy corpus');
  const clips: Clip[] = [];
  for (let s = 0; s < speakers; s += 1) {
    const split = splitOf(s, speakers);
    const speakerRng = rng.split(`speaker ${s}`);
    const speaker = drawSpeaker(speakerRng.split('voice'));
    for (let c = 0; c < clipsPerSpeaker; c += 1) {
      throwIfAborted(work.signal);
      const group = speakerRng.split(`sentence ${c}`);
      const plan = drawPlan(group.split('plan'), speaker, durationSec * group.between(0.9, 1.1));
      const donor = longTermSpectrum(speak(plan, speaker, HUMAN, group.split('donor')));
      const names = split === 'eval' ? Object.keys(GENERATORS) : KNOWN;
      const generator = names[(c + s) % names.length]!;
      for (const [label, manner] of [
        ['bonafide', HUMAN],
        ['spoof', GENERATORS[generator]!],
      ] as const) {
        const take = group.split(label);
        const samples = equalise(speak(plan, speaker, manner, take), donor, take.split('bed'));
        const bytes = wavBytes(samples, take.split('dither'));
        const sha256 = hashBytes(bytes);
        const path = `audio/${sha256.slice(0, 16)}.wav`;
        await writeFileAtomic(join(folder, path), bytes);
        clips.push({
          id: `toy-${sha256.slice(0, 12)}`,
          path,
          label,
          medium: 'audio',
          split,
          speaker: `toy-${s + 1}`,
          language: LANGUAGES[s % LANGUAGES.length]!,
          ...(label === 'spoof' ? { generator } : {}),
          source: `toy-${s + 1}-${c + 1}`,
          domain: 'toy',
          transcript: plan.transcript,
          sha256,
          licence: 'CC0-1.0',
          durationSec: samples.length / TOY_SAMPLE_RATE,
        });
      }
      work.onProgress?.({ type: 'advance', task, done: s * clipsPerSpeaker + c + 1 });
    }
  }
  // Sorted by hashed id: the order of the manifest says nothing about the label.
  clips.sort((a, b) => (a.id < b.id ? -1 : 1));
  const about = {
    name: 'toy',
    version: 1,
    seed,
    clips: {
      bonafide: clips.filter((clip) => clip.label === 'bonafide').length,
      spoof: clips.filter((clip) => clip.label === 'spoof').length,
    },
    seconds: clips.reduce((sum, clip) => sum + (clip.durationSec ?? 0), 0),
    // What no two splits share; `corpus verify` holds it to that.
    disjoint: ['speaker', 'text', 'source'],
    licences: ['CC0-1.0'],
    packages: [],
  };
  await writeFileAtomic(
    join(folder, 'manifest.jsonl'),
    `${clips.map((clip) => JSON.stringify(clip)).join('\n')}\n`,
  );
  await writeFileAtomic(join(folder, 'corpus.json'), `${JSON.stringify(about, null, 2)}\n`);
  work.onProgress?.({ type: 'end', task, note: `${clips.length} clips` });
  return clips;
}

/** Half train, a third eval, the rest (at least one) dev. */
function splitOf(speaker: number, speakers: number): 'train' | 'dev' | 'eval' {
  const evaluated = Math.max(1, Math.round(speakers / 3));
  const trained = Math.max(1, Math.min(Math.round(speakers / 2), speakers - evaluated - 1));
  if (speaker < trained) return 'train';
  return speaker < speakers - evaluated ? 'dev' : 'eval';
}

/** 16-bit PCM with triangular dither of one step. */
function wavBytes(samples: Float32Array, rng: Rng): Uint8Array {
  const frames = samples.length;
  const header = writeWavHeader({
    format: 'pcm16',
    sampleRate: TOY_SAMPLE_RATE,
    channels: 1,
    frames,
  });
  const bytes = new Uint8Array(header.length + 2 * frames);
  bytes.set(header);
  const view = new DataView(bytes.buffer, header.length);
  for (let i = 0; i < frames; i += 1) {
    const value = Math.round(samples[i]! * 32767 + triangular(rng));
    view.setInt16(2 * i, Math.max(-32768, Math.min(32767, value)), true);
  }
  return bytes;
}
