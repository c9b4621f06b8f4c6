/**
 * Acted dialogue of a game: Fish Fillets, with the scripts that the actors read.
 * @module
 */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isUsableText, type Recording, type RecordingSource, sortById } from '../recording.ts';

/** A line of a script. */
export interface DialogueLine {
  readonly id: string;
  /** The character, by the font of its subtitles: `small`, `big`, `parrot`. */
  readonly font: string;
  readonly text: string;
}

/** Parses `dialogId("id", "font_…", "English")` followed by `dialogStr("text")`. */
export function parseDialogues(script: string): DialogueLine[] {
  const string = String.raw`"((?:[^"\\]|\\.)*)"`;
  const pattern = new RegExp(
    String.raw`dialogId\(\s*${string}\s*,\s*"font_(\w+)"\s*,\s*${string}\s*\)\s*dialogStr\(\s*${string}\s*\)`,
    'g',
  );
  return [...script.matchAll(pattern)].map(([, id = '', font = '', , text = '']) => ({
    id,
    font,
    text: text.replace(/\\(.)/g, '$1').trim(),
  }));
}

/** The two fish that lead the game; every other character speaks little. */
const LEADS = ['small', 'big'];

/**
 * The lines of one language. Speakers are characters, `cs-small`: the package names no actors, so that two small
 * characters may have one voice.
 */
export function fillets(language: 'cs' | 'nl'): RecordingSource {
  const scripts = 'usr/share/games/fillets-ng/script';
  return {
    packages: ['fillets-ng-data', `fillets-ng-data-${language}`],
    about: `speaker labels are characters of the game, not proven to be as many ${language} actors`,
    async read(debian) {
      const recordings: Recording[] = [];
      for (const level of (await readdir(join(debian, scripts))).sort()) {
        const folder = `usr/share/games/fillets-ng/sound/${level}/${language}`;
        const sounds = new Set(await readdir(join(debian, folder)).catch(() => []));
        const file = join(debian, scripts, level, `dialogs_${language}.lua`);
        const script = await readFile(file, 'utf8').catch(() => '');
        for (const { id, font, text } of parseDialogues(script)) {
          if (!sounds.has(`${id}.ogg`) || !isUsableText(text)) continue;
          // What several characters say at once has no speaker.
          if (font === 'both') continue;
          recordings.push({
            id: `${level}/${id}`,
            path: `${folder}/${id}.ogg`,
            text,
            speaker: `${language}-${font}`,
            language,
            domain: 'dialogue',
            package: `fillets-ng-data-${language}`,
            licence: 'GPL-2.0',
            codec: 'vorbis',
          });
        }
      }
      return sortById(recordings);
    },
  };
}

/** True for a character other than the two leads. */
export function isMinorCharacter({ speaker }: Recording): boolean {
  return !LEADS.some((lead) => speaker.endsWith(`-${lead}`));
}
