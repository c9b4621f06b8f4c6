/**
 * Studio prompts of a telephone exchange: the Asterisk core sounds, G.722 at 16 kHz, one voice a language.
 * @module
 */

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { isUsableText, type Recording, type RecordingSource, sortById } from '../recording.ts';
import { parseTranscripts } from '../transcripts.ts';

/** A voice of the core sounds. */
export interface AsteriskVoice {
  readonly language: string;
  readonly speaker: string;
  /** Folder below `usr/share/asterisk/sounds`; it names language, sex and voice. */
  readonly folder: string;
  readonly licence: string;
  readonly about: string;
}

/** 64 kbit/s. */
const G722_BYTES_PER_SEC = 8000;
const MIN_RECORDING_SEC = 1.5;
const MAX_RECORDING_SEC = 8;

/** The prompts of a voice that last 1.5 to 8 s. */
export function asterisk(voice: AsteriskVoice): RecordingSource {
  const { language, speaker, folder, licence, about } = voice;
  const name = `asterisk-core-sounds-${language}`;
  return {
    packages: [name, `${name}-g722`],
    about,
    async read(debian) {
      const transcripts = join(debian, 'usr/share/doc', name, `core-sounds-${language}.txt.gz`);
      const text = gunzipSync(await readFile(transcripts)).toString('utf8');
      const recordings: Recording[] = [];
      for (const prompt of parseTranscripts(text)) {
        const path = `usr/share/asterisk/sounds/${folder}/${prompt.name}.g722`;
        const found = await stat(join(debian, path)).catch(() => null);
        const lastsSec = (found?.size ?? 0) / G722_BYTES_PER_SEC;
        if (lastsSec < MIN_RECORDING_SEC || lastsSec > MAX_RECORDING_SEC) continue;
        if (!isUsableText(prompt.text)) continue;
        recordings.push({
          id: prompt.name,
          path,
          text: prompt.text,
          speaker,
          language,
          domain: 'prompts',
          package: `${name}-g722`,
          licence,
          codec: 'g722',
          sex: folder.split('_')[2] === 'f' ? 'female' : 'male',
        });
      }
      return sortById(recordings);
    },
  };
}
