/**
 * A detector that is a program: paths of WAV files in, one score a line out.
 * @module
 */

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '../../audio/io/wav.ts';
import { splitCommandLine } from '../../core/command-line.ts';
import { RingtrueError } from '../../core/errors.ts';
import { hashJson } from '../../core/hash.ts';
import type { Detector, DetectorScore } from '../types.ts';
import { foreignCard } from './card.ts';

/** How a program is run. */
export interface CommandOptions {
  /** Milliseconds that one batch may take. @default 600000 */
  readonly timeoutMs?: number;
}

/** Hz of the WAV files that foreign programs and servers get. */
export const FOREIGN_RATE = 16000;

/** Seconds of sound that a foreign program or server needs, as nothing tells its own bound. */
export const FOREIGN_MIN_SEC = 0.5;

/** Bytes of output that are read; a score a line is far less. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const SHOWN_CHARACTERS = 400;

/**
 * A detector that runs a program once a batch: `PROGRAM ARGUMENTS… 0.wav 1.wav …` (mono, 16 kHz,
 * float32), which prints one score a line in that order, higher for spoof.
 * @param commandLine split at spaces; quotes and backslashes work as in a shell, which is not used
 * @throws RingtrueError `core/invalid-options`; from `score`: `models/unreachable` (does not start,
 * fails or takes too long), `models/bad-output`, `core/cancelled`
 */
export function createCommandDetector(
  commandLine: string,
  { timeoutMs = 600_000 }: CommandOptions = {},
): Detector {
  const words = splitCommandLine(commandLine);
  return {
    id: hashJson({ kind: 'command', words }),
    name: commandLine,
    card: foreignCard({ name: commandLine, summary: `The program ${commandLine}` }),
    needs: { sampleRate: FOREIGN_RATE, minSec: FOREIGN_MIN_SEC },
    async score(batch, { signal } = {}): Promise<DetectorScore[]> {
      if (batch.length === 0) return [];
      const folder = await mkdtemp(join(tmpdir(), 'ringtrue-command-'));
      try {
        const paths: string[] = [];
        for (const [i, input] of batch.entries()) {
          const path = join(folder, `${i}.wav`);
          const audio = { samples: [input.mono(FOREIGN_RATE)], sampleRate: FOREIGN_RATE };
          await writeFile(path, writeWav(audio, { format: 'float32' }));
          paths.push(path);
        }
        const output = await runProgram([...words, ...paths], { timeoutMs, signal });
        return parseScores(output, batch.length);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    dispose: async () => undefined,
  };
}

function runProgram(
  words: readonly string[],
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal | undefined },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const [program = '', ...rest] = words;
    if (signal?.aborted) {
      reject(new RingtrueError('core/cancelled', `${program} was not started`));
      return;
    }
    const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
    const output: Buffer[] = [];
    let outputBytes = 0;
    let complaint = '';
    let failure: RingtrueError | undefined;
    const stop = (error: RingtrueError) => {
      failure ??= error;
      child.kill('SIGKILL');
      // Its own children may hold the pipes open; they must not hold us.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setTimeout(
      () =>
        stop(
          new RingtrueError(
            'models/unreachable',
            `${program} gave no scores within ${timeoutMs} ms`,
          ),
        ),
      timeoutMs,
    );
    const cancel = () => stop(new RingtrueError('core/cancelled', `${program} was stopped`));
    signal?.addEventListener('abort', cancel, { once: true });
    child.stdout.on('data', (chunk: Buffer) => {
      output.push(chunk);
      outputBytes += chunk.length;
      if (outputBytes > MAX_OUTPUT_BYTES)
        stop(
          new RingtrueError(
            'models/bad-output',
            `${program} printed more than ${MAX_OUTPUT_BYTES} bytes`,
          ),
        );
    });
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString('utf8')).slice(-SHOWN_CHARACTERS);
    });
    child.on('error', (error) => {
      failure ??= new RingtrueError(
        'models/unreachable',
        `${program} does not start: ${error.message}`,
        {
          cause: error,
        },
      );
    });
    child.on('close', (code, killedBy) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
      if (failure !== undefined) reject(failure);
      else if (code !== 0) {
        reject(
          new RingtrueError(
            'models/unreachable',
            `${program} ended with ${code === null ? String(killedBy) : `code ${code}`}: ${complaint.trim()}`,
            { details: { exitCode: code, stderr: complaint } },
          ),
        );
      } else resolve(Buffer.concat(output).toString('utf8'));
    });
  });
}

function parseScores(output: string, count: number): DetectorScore[] {
  const lines = output.split('\n').map((line) => line.trim());
  while (lines.at(-1) === '') lines.pop();
  const shown = { output: output.slice(0, SHOWN_CHARACTERS) };
  if (lines.length !== count) {
    throw new RingtrueError(
      'models/bad-output',
      `the program printed ${lines.length} lines for ${count} clips`,
      { details: shown },
    );
  }
  return lines.map((line, i) => {
    const score = Number(line);
    if (line === '' || !Number.isFinite(score)) {
      throw new RingtrueError(
        'models/bad-output',
        `line ${i + 1} is ${JSON.stringify(line.slice(0, 80))}, expected one finite number`,
        { details: shown },
      );
    }
    return { score };
  });
}
