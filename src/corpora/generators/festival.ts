/**
 * Festival: one process speaks all utterances of a voice, as starting it costs more than speaking.
 * @module
 */

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram, speakThrough } from './program.ts';
import type { Speaker } from './speaker.ts';

/** A voice of Festival. */
export interface FestivalVoice
  extends Pick<Speaker, 'family' | 'licence' | 'database' | 'cloneOf'> {
  /** Function that chooses the voice: `voice_kal_diphone`. */
  readonly voice: string;
  readonly language: string;
  /** A variable that names a file of the voice, relative to Festival's data: its default is an installed one. */
  readonly index?: readonly [name: string, path: string];
  /** Encoding that the voice reads. */
  readonly encoding: 'iso-8859-1' | 'iso-8859-2' | 'utf-8';
}

/** A voice of Festival as a generator. */
export function festival({ voice, language, encoding, index, ...about }: FestivalVoice): Speaker {
  return {
    ...about,
    languages: [language],
    async speak({ utterances, root: { debian, env }, signal }) {
      const data = join(debian, 'usr/share/festival');
      const program = join(debian, 'usr/bin/festival');
      await speakThrough(utterances, async (some) => {
        const [first] = some;
        if (first === undefined) return;
        const lines = some.map(
          ({ text, path }) =>
            `(utt.save.wave (utt.synth (Utterance Text ${quote(plainText(text))})) ${quote(path)} 'riff)`,
        );
        const script = `${first.path}.scm`;
        const start =
          index === undefined ? [] : [`(defvar ${index[0]} ${quote(join(data, index[1]))})`];
        const all = [...start, `(${voice})`, ...lines, ''].join('\n');
        await writeFile(script, encodeText(all, encoding));
        try {
          await runProgram(program, ['--datadir', data, '--libdir', data, '-b', script], {
            env,
            // The Czech lexicon is looked for here, then where it would be installed.
            cwd: data,
            signal,
          });
        } finally {
          await rm(script, { force: true });
        }
      });
    },
  };
}

/** A text without the marks that some voices stop at: angle quotes, dashes, an ellipsis before the first word. */
export function plainText(text: string): string {
  return text
    .replace(/[«»„“”‹›]/gu, '')
    .replace(/[\u2018\u2019\u201a]/gu, "'")
    .replace(/\s*[\u2013\u2014]\s*/gu, ', ')
    .replace(/^[\s…,]+/u, '')
    .replaceAll('…', '...');
}

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '')}"`;
}

/** Bytes of a text in one of Festival's encodings; letters that it lacks lose their marks or become spaces. */
export function encodeText(text: string, encoding: FestivalVoice['encoding']): Uint8Array {
  if (encoding === 'utf-8') return Buffer.from(text, 'utf8');
  const table = byteOf(encoding);
  return Uint8Array.from(
    [...text].flatMap((letter) => {
      const bare = letter.normalize('NFD').replace(/\p{M}/gu, '');
      return [table.get(letter) ?? table.get(bare) ?? 0x20];
    }),
  );
}

function byteOf(encoding: 'iso-8859-1' | 'iso-8859-2'): Map<string, number> {
  const decoder = new TextDecoder(encoding);
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  return new Map(
    // 0x80 to 0x9f are control characters in both.
    bytes
      .filter((byte) => byte < 0x80 || byte >= 0xa0)
      .map((byte) => [decoder.decode(Uint8Array.of(byte)), byte] as const),
  );
}
