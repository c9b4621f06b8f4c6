/**
 * Simulated replay: genuine speech through a loudspeaker, a room and a microphone's noise. Rooms and loudspeakers of
 * eval are others than those of train and dev, as in ASVspoof 2017.
 * @module
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decode, openCorpus } from 'ringtrue';
import { applyCondition, createRng, parseConditions } from 'ringtrue/corruptions';
import { resample, writeWav } from 'ringtrue/dsp';

type Corpus = Awaited<ReturnType<typeof openCorpus>>;

const RATE = 16000;

/** Loudspeaker's band, room, noise: levels of the corruptions of those names. */
const SETUPS = {
  train: [
    'band-limit@1+reverb@1+gaussian-noise@1',
    'band-limit@1+reverb@2+gaussian-noise@2',
    'band-limit@2+reverb@1+gaussian-noise@2',
  ],
  eval: [
    'band-limit@2+reverb@2+gaussian-noise@1',
    'band-limit@1+reverb@3+gaussian-noise@1',
    'band-limit@3+reverb@1+gaussian-noise@2',
  ],
} as const;

/**
 * Writes each genuine clip of a corpus twice, as it is and replayed, in one format.
 * @param clips genuine ones
 * @returns the corpus of both
 */
export async function buildReplay(
  { clips }: Pick<Corpus, 'clips'>,
  folder: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Corpus> {
  await mkdir(join(folder, 'audio'), { recursive: true });
  const rows: object[] = [];
  for (const clip of [...clips].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    signal?.throwIfAborted();
    const { audio } = await decode(clip.path);
    const mono = resample(audio.samples[0]!, audio.sampleRate, RATE);
    const rng = createRng('replay').split(clip.id);
    const setup = rng.split('setup').pick(SETUPS[clip.split === 'eval' ? 'eval' : 'train']);
    const [condition] = parseConditions([setup]);
    const genuine = { samples: [mono], sampleRate: RATE };
    const { audio: replayed } = await applyCondition(genuine, condition!, rng.split('apply'));
    for (const [label, sound] of [
      ['bonafide', genuine],
      ['spoof', replayed],
    ] as const) {
      const id = `${clip.id}-${label}`;
      await writeFile(join(folder, 'audio', `${id}.wav`), writeWav(sound));
      rows.push({
        id,
        path: `audio/${id}.wav`,
        label,
        split: clip.split,
        speaker: clip.speaker,
        language: clip.language,
        source: clip.source ?? clip.id,
        ...(label === 'spoof' ? { generator: setup } : {}),
      });
    }
  }
  const manifest = join(folder, 'manifest.jsonl');
  await writeFile(manifest, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return openCorpus(manifest);
}
