/**
 * Flite: English voices, diphone and statistical (clustergen).
 * @module
 */

import { join } from 'node:path';
import { runProgram, speakEach } from './program.ts';
import type { Speaker } from './speaker.ts';

/** @param voice its name in Flite: `slt` */
export function flite(voice: string, about: Pick<Speaker, 'family' | 'database'>): Speaker {
  return {
    ...about,
    languages: ['en'],
    licence: 'BSD-style (Flite)',
    async speak({ utterances, root: { debian, env }, signal }) {
      const program = join(debian, 'usr/bin/flite');
      await speakEach(utterances, ({ text }, path) =>
        runProgram(program, ['-voice', voice, '-t', text, '-o', path], { env, signal }),
      );
    },
  };
}
