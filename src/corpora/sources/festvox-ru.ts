/**
 * Read literature: the sentences that a Russian unit-selection voice was cut from.
 * @module
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isUsableText, type RecordingSource, sortById } from '../recording.ts';

const VOICE = 'usr/share/festival/voices/russian/msu_ru_nsh_clunits';

/** Parses `( ru_0001 "text" )` lines; `+` marks stress and is left out. */
export function parseUtterances(content: string): { id: string; text: string }[] {
  return [...content.matchAll(/^\(\s*(\w+)\s+"([^"]*)"\s*\)/gm)].map(([, id = '', text = '']) => ({
    id,
    text: text.replaceAll('+', '').trim(),
  }));
}

/** The sentences of "NSh". The voice `fest-nshcl` replays them, so it must never be asked to say them. */
export function festvoxRu(): RecordingSource {
  return {
    packages: ['festvox-ru'],
    about:
      'one man, "NSh", reading literature; the generator fest-nshcl is cut from these recordings',
    async read(debian) {
      const content = await readFile(join(debian, VOICE, 'etc/txt.done.data'), 'utf8');
      return sortById(
        parseUtterances(content)
          .filter(({ text }) => isUsableText(text))
          .map(({ id, text }) => ({
            id,
            path: `${VOICE}/wav/${id}.wav`,
            text,
            speaker: 'nsh',
            language: 'ru',
            domain: 'reading',
            package: 'festvox-ru',
            licence: 'BSD-style (festvox-ru)',
            codec: 'pcm',
            sex: 'male',
          })),
      );
    },
  };
}
