/**
 * Spoken descriptions of the stamps of a drawing program: Tux Paint, one main recorder a language.
 * @module
 */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isUsableText, type Recording, type RecordingSource, sortById } from '../recording.ts';

const PACKAGE = 'tuxpaint-stamps-default';
const STAMPS = 'usr/share/tuxpaint/stamps';

/** The description in one language of a stamp's text file: English first, then `language.utf8=text` lines. */
export function parseStampText(content: string, language: string): string | undefined {
  const prefix = `${language}.utf8=`;
  const line = content.split(/\r?\n/).find((each) => each.startsWith(prefix));
  const text = line?.slice(prefix.length).trim();
  return text === '' ? undefined : text;
}

/**
 * The descriptions in one language.
 * @param recorder who the package's changelog says recorded them
 */
export function tuxpaint(language: string, recorder: string): RecordingSource {
  const ending = `_desc_${language}.ogg`;
  return {
    packages: [PACKAGE],
    about: `${recorder}, by the changelog of the package; that no other voice is among them was not checked by ear`,
    async read(debian) {
      const names = await readdir(join(debian, STAMPS), { recursive: true });
      const recordings: Recording[] = [];
      for (const name of names.filter((each) => each.endsWith(ending)).sort()) {
        const stamp = name.slice(0, -ending.length);
        const content = await readFile(join(debian, STAMPS, `${stamp}.txt`), 'utf8').catch(
          () => '',
        );
        const text = parseStampText(content, language);
        if (text === undefined || !isUsableText(text)) continue;
        recordings.push({
          id: stamp,
          path: `${STAMPS}/${name}`,
          text,
          speaker: `tux-${language}`,
          language,
          domain: 'stamps',
          package: PACKAGE,
          licence: 'GPL-2.0',
          codec: 'vorbis',
        });
      }
      return sortById(recordings);
    },
  };
}
