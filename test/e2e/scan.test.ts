import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeWav } from '../../src/audio/io/wav.ts';
import { buildToyCorpus } from '../../src/corpora/toy.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scan-'));
});
afterAll(() => rm(folder, { recursive: true }));

const ringtrue = (...args: string[]) =>
  spawnSync('node', ['dist/cli/main.js', ...args], { encoding: 'utf8' });

test('each file gets a verdict, a named refusal or a coded failure, in the order given', async () => {
  const clips = await buildToyCorpus(join(folder, 'toy'), { speakers: 3, clipsPerSpeaker: 1 });
  const silence = join(folder, 'silent file\nwith a break.wav');
  await writeFile(silence, writeWav({ samples: [new Float32Array(32000)], sampleRate: 16000 }));
  const tone = join(folder, 'tone.wav');
  const sine = Float32Array.from({ length: 48000 }, (_, i) => 0.3 * Math.sin(i / 7));
  await writeFile(tone, writeWav({ samples: [sine], sampleRate: 16000 }));
  const text = join(folder, 'text.mp3');
  await writeFile(text, 'no recording\n'.repeat(200));
  const toy = join(folder, 'toy', clips[0]!.path);
  const { status, stdout, stderr } = ringtrue(
    'scan',
    silence,
    toy,
    tone,
    text,
    '--json',
    '--quiet',
  );
  const results = JSON.parse(stdout);
  expect(stderr).toBe('');
  expect(
    results.map((each: { status: string; code?: string }) => [each.status, each.code]),
  ).toEqual([
    ['refused', 'verdict/silence'],
    ['scored', undefined],
    ['refused', 'verdict/no-speech'],
    ['failed', 'audio/unreadable'],
  ]);
  expect(results[1].detectors.map((each: { id: string }) => each.id)).toEqual([
    'lfcc-gmm',
    'acoustic-logistic',
  ]);
  expect(['spoof', 'bonafide', 'undetermined']).toContain(results[1].verdict.decision);
  expect(results[3].hint).not.toBe('');
  expect(status).toBe(1);
});

test('an unknown detector is wrong use, with the names that there are', () => {
  const { status, stderr } = ringtrue('scan', 'x.wav', '--detectors', 'nobody');
  expect(status).toBe(2);
  expect(stderr).toContain('lfcc-gmm');
});
