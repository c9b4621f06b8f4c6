/**
 * Engines from npm packages, in a process of their own: they are not our dependencies, and one leaks memory.
 * @module
 */

import { rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { builtUrl } from '../../core/node/modules.ts';
import { runProgram, speakThrough } from './program.ts';
import type { Speaker } from './speaker.ts';

/** Utterances of a process; meSpeak never frees its memory. */
const PER_PROCESS = 40;

/** An engine of `npm-speaker.ts`. */
export function npmSpeaker(
  engine: 'mespeak' | 'gnuspeech',
  about: Pick<Speaker, 'family' | 'languages' | 'licence'>,
): Speaker {
  const script = fileURLToPath(builtUrl(import.meta.url, './npm-speaker.ts'));
  return {
    ...about,
    async speak({ utterances, language, root: { npm, env }, signal }) {
      for (let start = 0; start < utterances.length; start += PER_PROCESS) {
        await speakThrough(utterances.slice(start, start + PER_PROCESS), async (some) => {
          const [first] = some;
          if (first === undefined) return;
          const jobs = `${first.path}.json`;
          await writeFile(jobs, JSON.stringify({ engine, language, npm, utterances: some }));
          try {
            await runProgram(process.execPath, [script, jobs], { env, signal });
          } finally {
            await rm(jobs, { force: true });
          }
        });
      }
    },
  };
}
