import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCrashingFile } from '../../../test/helpers/crashing-file.ts';
import { hashFile } from '../../archives/files.ts';
import type { ProgressEvent } from '../../core/progress.ts';
import { buildToyCorpus } from '../../corpora/toy.ts';
import type { Clip } from '../../datasets/clip.ts';
import { openCorpus } from '../../datasets/open.ts';
import type { TrialRow } from '../../store/trial.ts';
import { listenTo, type WrongTrial } from './worst-clips.ts';

let root: string;
let clips: readonly Clip[];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'worst-clips-'));
  await buildToyCorpus(join(root, 'toy'), { speakers: 3, clipsPerSpeaker: 2, durationSec: 1 });
  clips = (await openCorpus(join(root, 'toy'))).clips;
});
afterAll(() => rm(root, { recursive: true, force: true }));

function wrong(clip: Clip, more: Partial<TrialRow> = {}): WrongTrial {
  const trial: TrialRow = {
    run: 'r',
    detector: 'd',
    corpus: 'toy',
    split: 'all',
    clip: clip.id,
    sha256: null,
    condition: 'echo@3~mode=reference',
    corruption: 'echo~mode=reference',
    level: 3,
    value: 0.5,
    seed: 1,
    score: 1,
    llr: null,
    refused: null,
    failed: null,
    durationSec: 1,
    encodedBytes: null,
    label: 'bonafide',
    speaker: null,
    language: null,
    generator: null,
    source: null,
    group: null,
    ...more,
  };
  return { trial, margin: 1 };
}

async function listen(trials: readonly WrongTrial[], heard: readonly Clip[], limits = {}) {
  const warnings: unknown[] = [];
  const onProgress = (event: ProgressEvent): void => {
    if (event.type === 'warning') warnings.push([event.code, event.message]);
  };
  const byId = new Map(heard.map((clip) => [clip.id, clip]));
  const listened = await listenTo(trials, { clips: byId, limits }, { onProgress });
  return { sounds: listened.map(({ sound }) => sound?.slice(0, 16)), warnings };
}

const FLAC = 'data:audio/flac;';

test('clips are heard as they were scored, and only those bytes', async () => {
  const [a, b] = clips as [Clip, Clip];
  const sha256 = await hashFile(a.path);
  const same = await listen([wrong(a, { sha256 }), wrong(b)], clips);
  expect(same).toEqual({ sounds: [FLAC, FLAC], warnings: [] });
  // Another recording under the name of the one that was scored.
  const path = join(root, 'other.wav');
  await copyFile(b.path, path);
  const changed = await listen([wrong(a, { sha256 }), wrong(b)], [{ ...a, path }, b]);
  expect(changed.sounds).toEqual([undefined, FLAC]);
  expect(changed.warnings).toEqual([
    ['bench/clip-changed', expect.stringContaining(`of the clip that was scored ${sha256}`)],
  ]);
});

test('a file that crashes its decoder, or passes the limits of the study, only lacks a player', async () => {
  const [a, b] = clips as [Clip, Clip];
  const crashing = await makeCrashingFile(join(root, 'hostile'));
  const hostile: Clip = { id: 'hostile', path: crashing.path, medium: 'audio' };
  try {
    const trials = [wrong(hostile), wrong(a), wrong(hostile, { condition: 'clean' })];
    const { sounds, warnings } = await listen(trials, [...clips, hostile]);
    expect(sounds).toEqual([undefined, FLAC, undefined]);
    expect(warnings).toEqual([
      ['audio/decoder-crashed', expect.any(String)],
      ['audio/decoder-crashed', expect.any(String)],
    ]);
    expect(crashing.crashed.size).toBe(2);
  } finally {
    await crashing.stop();
  }
  const short = await listen([wrong(b)], clips, { maxDurationSec: 0.5 });
  expect(short).toEqual({
    sounds: [undefined],
    warnings: [['audio/limit-duration', expect.any(String)]],
  });
});
