/**
 * eSpeak NG: formant synthesis, its own or Klatt's.
 * @module
 */

import { join } from 'node:path';
import { libraryFolder, runProgram, speakEach } from './program.ts';
import type { Speaker } from './speaker.ts';

/** Languages with real speech in some corpus here. */
const LANGUAGES = ['en', 'es', 'fr', 'it', 'ru', 'cs', 'nl', 'ro', 'ca', 'bg', 'be', 'el', 'da'];
/** Voices that are not named as their language. */
const VOICES: Readonly<Record<string, string>> = { en: 'en-us', fr: 'fr-fr' };

/** @param variant behind the voice's name: `+klatt` */
export function espeak(variant: string): Speaker {
  return {
    family: 'formant',
    languages: LANGUAGES,
    licence: 'GPL-3.0-or-later (eSpeak NG)',
    async speak({ utterances, language, root: { debian, env }, signal }) {
      const data = await libraryFolder(debian);
      const program = join(debian, 'usr/bin/espeak-ng');
      const voice = `${VOICES[language] ?? language}${variant}`;
      await speakEach(utterances, ({ text }, path) =>
        runProgram(program, [`--path=${data}`, '-v', voice, '-w', path, '--', text], {
          env,
          signal,
        }),
      );
    },
  };
}
