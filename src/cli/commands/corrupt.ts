/**
 * `ringtrue corrupt IN OUT --with NAME@LEVEL`.
 * @module
 */

import { basename, extname } from 'node:path';
import * as z from 'zod';
import { durationSec } from '../../audio/audio.ts';
import { encode, formatOfEnding } from '../../audio/io/encode.ts';
import { createIsolatedDecoder } from '../../audio/io/isolated.ts';
import { RingtrueError } from '../../core/errors.ts';
import { writeFileAtomic } from '../../core/node/files.ts';
import { createRng } from '../../core/rng.ts';
import { applyCondition, parseConditions } from '../../corruptions/chain.ts';
import { measureEffect } from '../../corruptions/effect.ts';
import { defineCommand } from '../command.ts';

const options = z.object({
  with: z
    .array(z.string())
    .describe(
      'corruptions in order, NAME@LEVEL, NAME@LEVEL~OPTION=VALUE or NAME~OPTION=VALUE; + joins them',
    )
    .meta({ short: 'w' }),
  seed: z.number().int().default(1).describe('seed of everything random'),
});

/** The `corrupt` command. */
export const command = defineCommand({
  name: 'corrupt',
  summary: 'Corrupt a recording at a level and say how much that changed',
  arguments: [
    { name: 'IN', description: 'recording in any format', required: true, many: false },
    {
      name: 'OUT',
      description: 'file to write: .wav, .flac, .mp3, .opus, .ogg or .m4a',
      required: true,
      many: false,
    },
  ],
  options,
  examples: [
    { line: 'ringtrue corrupt speech.wav coded.wav --with mp3@4', does: '16 kbit/s MP3 and back' },
    {
      line: 'ringtrue corrupt speech.wav call.flac --with opus@2 --with background-noise@3',
      does: 'a chain, in this order',
    },
    {
      line: 'ringtrue corrupt speech.wav echo.wav --with echo@3~mode=reference',
      does: 'a level with an option; `ringtrue corruptions echo` lists them',
    },
  ],
  async run({ with: names, seed }, { args, signal, print, result }) {
    const [input = '', output = ''] = args;
    const container = formatOfEnding(extname(output));
    if (container === undefined) {
      throw new RingtrueError(
        'cli/usage',
        `${JSON.stringify(output)} ends in none of .wav, .flac, .mp3, .opus, .ogg, .m4a`,
      );
    }
    const [condition] = parseConditions([{ chain: names.flatMap((name) => name.split('+')) }]);
    const decoder = createIsolatedDecoder();
    try {
      const { audio } = await decoder.decode(input, { signal });
      if (condition === undefined)
        throw new RingtrueError('core/internal', 'internal: a chain gave no condition');
      // The clip is named by its file name: the same file gives the same bytes in any folder.
      const rng = createRng(seed).split(basename(input)).split(condition.id);
      const applied = await applyCondition(audio, condition, rng);
      await writeFileAtomic(output, await encode(applied.audio, { container }));
      const effect = measureEffect(audio, applied);
      const rates = applied.stepBytes
        .filter((bytes) => bytes !== null)
        .map((bytes) => `${((8 * bytes) / durationSec(audio) / 1000).toFixed(1)} kbit/s`);
      print(`${output}: ${condition.id}, seed ${seed}`);
      print(
        `  ${[
          `SNR ${figure(effect.snrDb, 1, ' dB')}`,
          `log-spectral distance ${figure(effect.logSpectralDistanceDb, 1, ' dB')}`,
          `STOI ${figure(effect.stoi, 3)}`,
          ...rates,
        ].join(', ')}`,
      );
      result({
        input,
        output,
        condition: condition.id,
        seed,
        drawn: applied.drawn,
        stepBytes: applied.stepBytes,
        durationSec: durationSec(applied.audio),
        effect,
      });
      return 0;
    } finally {
      await decoder.close();
    }
  },
});

function figure(value: number | null, digits: number, unit = ''): string {
  return value === null ? '–' : `${value.toFixed(digits)}${unit}`;
}
