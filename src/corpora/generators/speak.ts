/**
 * Text to speech by programs and packages that were unpacked into the cache.
 * @module
 */

import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { RingtrueError } from '../../core/errors.ts';
import { builtUrl } from '../../core/node/modules.ts';
import type { PackageRoot } from '../packages.ts';

const run = promisify(execFile);
const TIMEOUT_MS = 120_000;

/** One utterance to be spoken into a WAV file. */
export interface Utterance {
  readonly text: string;
  /** Where the WAV goes. */
  readonly path: string;
}

/** A text-to-speech engine: speaks many utterances with one voice. */
export interface Speaker {
  /** Synthesis family, for leave-one-family-out protocols. */
  readonly family: 'formant' | 'articulatory' | 'diphone' | 'statistical';
  /** Languages it is used for. */
  readonly languages: readonly string[];
  readonly licence: string;
  speak(utterances: readonly Utterance[], language: string, root: PackageRoot): Promise<void>;
}

const ESPEAK_VOICES: Readonly<Record<string, string>> = { en: 'en-us', it: 'it', fr: 'fr-fr' };
const ALL = ['en', 'it', 'fr'];

/** The speakers of speech-mini by generator id (corpora survey, table 2a). */
export const SPEAKERS: Readonly<Record<string, Speaker>> = {
  espeak: espeak(''),
  klatt: espeak('+klatt'),
  mespeak: npmSpeaker('mespeak', 'formant', ALL, 'GPL'),
  gnuspeech: npmSpeaker('gnuspeech', 'articulatory', ['en'], 'GPL-3.0'),
  'flite-slt': flite('slt', 'statistical'),
  'flite-kal16': flite('kal16', 'diphone'),
  'fest-kal': festival('voice_kal_diphone', 'en', 'BSD-style'),
  'fest-lp': festival('voice_lp_diphone', 'it', 'GPL-2.0'),
  'fest-pc': festival('voice_pc_diphone', 'it', 'GPL-2.0'),
};

function espeak(variant: string): Speaker {
  return {
    family: 'formant',
    languages: ALL,
    licence: 'GPL-3.0-or-later (eSpeak NG)',
    async speak(utterances, language, { debian, env }) {
      const data = await libraryFolder(debian);
      for (const { text, path } of utterances) {
        const voice = `${ESPEAK_VOICES[language] ?? language}${variant}`;
        await program(
          join(debian, 'usr/bin/espeak-ng'),
          [`--path=${data}`, '-v', voice, '-w', path, '--', text],
          env,
        );
      }
    },
  };
}

function flite(voice: string, family: Speaker['family']): Speaker {
  return {
    family,
    languages: ['en'],
    licence: 'BSD-style (Flite)',
    async speak(utterances, _language, { debian, env }) {
      for (const { text, path } of utterances) {
        await program(
          join(debian, 'usr/bin/flite'),
          ['-voice', voice, '-t', text, '-o', path],
          env,
        );
      }
    },
  };
}

/** One Festival process speaks all utterances of a voice: starting it costs more than speaking. */
function festival(voice: string, language: string, licence: string): Speaker {
  return {
    family: 'diphone',
    languages: [language],
    licence,
    async speak(utterances, _language, { debian, env }) {
      const quote = (text: string): string => `"${text.replace(/[\\"]/g, '')}"`;
      const lines = utterances.map(
        ({ text, path }) =>
          `(utt.save.wave (utt.synth (Utterance Text ${quote(text)})) ${quote(path)} 'riff)`,
      );
      const first = utterances[0];
      if (first === undefined) return;
      const script = `${first.path}.scm`;
      // The Italian voices read ISO-8859-1.
      await writeFile(script, Buffer.from([`(${voice})`, ...lines, ''].join('\n'), 'latin1'));
      const data = join(debian, 'usr/share/festival');
      await program(
        join(debian, 'usr/bin/festival'),
        ['--datadir', data, '--libdir', data, '-b', script],
        env,
      );
    },
  };
}

/** Engines from npm packages run in a process of their own: they are not our dependencies, and one leaks memory. */
function npmSpeaker(
  engine: string,
  family: Speaker['family'],
  languages: readonly string[],
  licence: string,
): Speaker {
  return {
    family,
    languages,
    licence,
    async speak(utterances, language, { npm, env }) {
      const first = utterances[0];
      if (first === undefined) return;
      const jobs = `${first.path}.json`;
      await writeFile(jobs, JSON.stringify({ engine, language, npm, utterances }));
      await program(
        process.execPath,
        [fileURLToPath(builtUrl(import.meta.url, './npm-speaker.ts')), jobs],
        env,
      );
    },
  };
}

async function libraryFolder(debian: string): Promise<string> {
  const library = join(debian, 'usr/lib');
  const [machine] = (await readdir(library)).filter((name) => name.endsWith('-linux-gnu'));
  return join(library, machine ?? '');
}

async function program(
  path: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  try {
    await run(path, [...args], { env, timeout: TIMEOUT_MS, maxBuffer: 16 * 1024 * 1024 });
  } catch (error) {
    const stderr =
      error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    throw new RingtrueError('corpora/generator-failed', `${path} failed: ${stderr.slice(-400)}`, {
      cause: error,
    });
  }
}

/** Reads what an engine wrote. @throws RingtrueError `corpora/generator-failed` if it wrote nothing */
export async function readSpoken(path: string, generator: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch(() => new Uint8Array(0));
  if (bytes.length <= 44) {
    throw new RingtrueError('corpora/generator-failed', `${generator} wrote no sound to ${path}`);
  }
  return bytes;
}
