/**
 * Process that speaks with an engine from an unpacked npm package: `node npm-speaker.js JOBS.json`.
 * It ends at the first utterance that fails.
 * @module
 */

import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createRng } from '../../core/rng.ts';

interface Jobs {
  readonly engine: 'mespeak' | 'gnuspeech';
  readonly language: string;
  readonly npm: string;
  readonly utterances: readonly { readonly text: string; readonly path: string }[];
}

const VOICES: Readonly<Record<string, string>> = { en: 'en/en-us' };

async function speakWithMespeak({ npm, language, utterances }: Jobs): Promise<void> {
  const require = createRequire(join(npm, 'node_modules', 'mespeak', 'package.json'));
  const mespeak = require('./src/index.js');
  mespeak.loadConfig(require('./src/mespeak_config.json'));
  mespeak.loadVoice(require(`./voices/${VOICES[language] ?? language}.json`));
  for (const { text, path } of utterances) {
    await writeFile(path, Buffer.from(mespeak.speak(text, { rawdata: true })));
  }
}

async function speakWithGnuspeech({ npm, utterances }: Jobs): Promise<void> {
  const entry = join(
    npm,
    'node_modules',
    '@echogarden',
    'gnuspeech-wasm',
    'dist',
    'exports',
    'GnuSpeech.js',
  );
  const { synthesize } = await import(pathToFileURL(entry).href);
  makeRandomnessRepeat('gnuspeech');
  for (const { text, path } of utterances) {
    const { audioData } = await synthesize(text, { voice: 'male' });
    await writeFile(path, audioData);
  }
}

/** GnuSpeech draws its intonation from the system's random device: a seeded one gives the same speech each time. */
function makeRandomnessRepeat(seed: string): void {
  const rng = createRng(seed);
  const fill = <T extends ArrayBufferView>(view: T): T => {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for (let i = 0; i < bytes.length; i += 1) bytes[i] = rng.uint32();
    return view;
  };
  Object.defineProperty(globalThis.crypto, 'getRandomValues', { value: fill });
}

// The file is written by npm.ts next to the utterances.
const jobs = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as Jobs;
await (jobs.engine === 'mespeak' ? speakWithMespeak(jobs) : speakWithGnuspeech(jobs));
