/**
 * Generators of the user's own: a command, or a function, that speaks a text or makes a fake of a recording.
 * @module
 */

import { readFile, rm, writeFile } from 'node:fs/promises';
import * as z from 'zod';
import { type Audio, toMono } from '../../audio/audio.ts';
import { resample } from '../../audio/dsp/resample.ts';
import { decode } from '../../audio/io/decode.ts';
import { readWav, writeWav } from '../../audio/io/wav.ts';
import { splitCommandLine } from '../../core/command-line.ts';
import { type Json, RingtrueError } from '../../core/errors.ts';
import { hashJson } from '../../core/hash.ts';
import { parseOptions } from '../../core/schema.ts';
import { parseYaml } from '../../core/yaml.ts';
import { CORPUS_RATE } from '../equalise.ts';
import { readSpoken, runProgram, speakEach } from './program.ts';
import type { Speaker, Utterance } from './speaker.ts';

/** What a generator that is a function gets. */
export interface GeneratorInput {
  /** What is to be said. */
  readonly text: string;
  /** BCP 47 tag. */
  readonly language: string;
  /** Decodes the real recording of the same sentence. */
  recording(): Promise<Audio>;
}

/** A generator that is a function. */
export type GeneratorFunction = (input: GeneratorInput) => Promise<Audio> | Audio;

/** A generator of the user's own. */
export const plugInSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]*$/, 'small letters, digits, dots and hyphens')
      .describe('id of the generator in the manifest'),
    command: z
      .string()
      .min(1)
      .optional()
      .describe(
        'program and arguments: {text} (or {in}, a WAV file of the real recording) and {out}, the WAV file to write; quotes as in a shell, which is not used',
      ),
    family: z
      .string()
      .regex(/^[a-z][a-z0-9-]*$/, 'small letters, digits and hyphens')
      .describe('kind of synthesis, for protocols that leave one out'),
    make: z
      .custom<GeneratorFunction>((value) => typeof value === 'function', 'a function')
      .optional()
      .describe('in place of a command, from code: a function that returns sound'),
    kind: z
      .enum(['tts', 'copy', 'conversion'])
      .optional()
      .describe('`copy` with {in} and `tts` otherwise; `conversion` where the voice changes'),
    languages: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('languages that it speaks; all by default'),
    split: z
      .enum(['train', 'dev', 'eval'])
      .default('eval')
      .describe('the one split that hears it; in eval only where generators are unseen'),
    share: z.number().gt(0).max(1).default(0.25).describe('share of the groups there'),
    licence: z.string().min(1).default('of the user').describe('licence of what it speaks'),
  })
  .superRefine(({ command, make }, context) => {
    const wrong = (message: string): void =>
      context.addIssue({ code: 'custom', path: ['command'], message });
    if ((command === undefined) === (make === undefined))
      wrong('a command or a function is needed');
    if (command === undefined) return;
    if (!command.includes('{out}')) wrong('{out} is missing: where the sound is to be written');
    if (!command.includes('{text}') && !command.includes('{in}')) {
      wrong('{text} or {in} is missing: what is to be said, or the recording to start from');
    }
    try {
      splitCommandLine(command);
    } catch (error) {
      wrong(error instanceof Error ? error.message : String(error));
    }
  });

/** A generator of the user's own, as written. */
export type PlugInOptions = z.input<typeof plugInSchema>;
/** A generator of the user's own, checked. */
export type PlugIn = z.output<typeof plugInSchema>;

/**
 * Checks generators.
 * @param known ids that are taken
 * @throws RingtrueError `corpora/bad-generators` with every problem
 */
export function checkPlugIns(
  value: unknown,
  { where, known }: { readonly where: string; readonly known: readonly string[] },
): PlugIn[] {
  const plugIns = parseOptions(z.array(plugInSchema).min(1), value, {
    where,
    code: 'corpora/bad-generators',
  });
  const taken = new Set(known);
  for (const { name } of plugIns) {
    if (taken.has(name)) {
      throw new RingtrueError(
        'corpora/bad-generators',
        `${where}: there is a generator ${name} already; choose another name`,
      );
    }
    taken.add(name);
  }
  return plugIns;
}

/**
 * Reads a YAML list of generators.
 * @throws RingtrueError `corpora/bad-generators`, `core/io-not-found`
 */
export async function readPlugIns(path: string): Promise<PlugInOptions[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new RingtrueError('corpora/bad-generators', `${path} cannot be read`, { cause: error });
  }
  const value = parseYaml(text, { where: path, code: 'corpora/bad-generators' });
  const list = parseOptions(z.array(z.unknown()), value, {
    where: path,
    code: 'corpora/bad-generators',
  });
  parseOptions(z.array(plugInSchema), list, { where: path, code: 'corpora/bad-generators' });
  // Checked just above; the defaults stay open for the builder.
  return list as PlugInOptions[];
}

/** What makes a generator another one; a function counts by its text. */
function plugInIdentity(plugIn: PlugIn): string {
  return hashJson(describePlugIn(plugIn)).slice(0, 12);
}

/** A generator as data. */
export function describePlugIn({ make, ...rest }: PlugIn): Json {
  return JSON.parse(JSON.stringify(make === undefined ? rest : { ...rest, make: String(make) }));
}

/** How a generator makes its fakes. */
export function kindOf({ kind, command }: PlugIn): 'tts' | 'copy' | 'conversion' {
  return kind ?? (command?.includes('{in}') ? 'copy' : 'tts');
}

/** A generator of the user's own as a speaker. */
export function plugInSpeaker(plugIn: PlugIn): Speaker {
  const { name, family, licence, command, make } = plugIn;
  return {
    family,
    licence,
    identity: plugInIdentity(plugIn),
    languages: plugIn.languages ?? [],
    speak: ({ utterances, language, signal }) =>
      speakEach(utterances, async (utterance, path) => {
        try {
          if (command !== undefined) await runCommand(command, utterance, path, signal);
          else if (make !== undefined) await callFunction(make, utterance, language, path);
          readWav(await readSpoken(path, name));
        } catch (error) {
          if (error instanceof RingtrueError && error.code === 'core/cancelled') throw error;
          throw new RingtrueError(
            'corpora/generator-failed',
            `${name}: ${error instanceof Error ? error.message : String(error)}`,
            {
              cause: error,
              hint:
                command === undefined
                  ? 'The function of the generator has to return sound: {samples, sampleRate}.'
                  : `Run the command by hand; it has to write a WAV file to {out}: ${command}`,
            },
          );
        }
      }),
  };
}

async function runCommand(
  command: string,
  { text, recording }: Utterance,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const input = `${path}.in.wav`;
  try {
    if (command.includes('{in}')) {
      const samples = [await readRecording(recording)];
      await writeFile(input, writeWav({ samples, sampleRate: CORPUS_RATE }));
    }
    const values: Readonly<Record<string, string>> = { text, in: input, out: path };
    const [program = '', ...args] = splitCommandLine(command).map((word) =>
      word.replace(/\{(text|in|out)\}/g, (_, key: string) => values[key] ?? ''),
    );
    await runProgram(program, args, { signal });
  } finally {
    await rm(input, { force: true });
  }
}

async function callFunction(
  make: GeneratorFunction,
  { text, recording }: Utterance,
  language: string,
  path: string,
): Promise<void> {
  const audio = await make({
    text,
    language,
    recording: async () => ({ samples: [await readRecording(recording)], sampleRate: CORPUS_RATE }),
  });
  await writeFile(path, writeWav(audio));
}

async function readRecording(path: string): Promise<Float32Array> {
  const { audio } = await decode(path);
  return resample(toMono(audio), audio.sampleRate, CORPUS_RATE);
}
