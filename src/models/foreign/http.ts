/**
 * A detector behind an HTTP address.
 * @module
 */

import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { writeWav } from '../../audio/io/wav.ts';
import { RingtrueError } from '../../core/errors.ts';
import { hashJson } from '../../core/hash.ts';
import type { Detector, DetectorInput, DetectorScore } from '../types.ts';
import { foreignCard } from './card.ts';
import { FOREIGN_MIN_SEC, FOREIGN_RATE } from './command.ts';

/** How an address is asked. */
export interface HttpOptions {
  /** Milliseconds that one request may take. @default 60000 */
  readonly timeoutMs?: number;
  /** Milliseconds before each further attempt; their number is the number of retries. @default [500, 2000] */
  readonly retryDelaysMs?: readonly number[];
  /** Bytes of an answer that are read at most. @default 1048576 */
  readonly maxResponseBytes?: number;
}

/** Environment variable that holds the value of the authorization header. */
export const AUTHORIZATION_VARIABLE = 'RINGTRUE_DETECTOR_AUTHORIZATION';

const answerSchema = z.union([
  z.object({ score: z.number() }),
  z.object({ scores: z.array(z.number()).min(1) }),
]);

/** A failure after which another attempt may succeed. */
class TransientFailure extends Error {}

/**
 * A detector that posts each clip as WAV (mono, 16 kHz, float32) and reads `{"score": 1.2}`, or
 * `{"scores": […]}` of equally long parts of the clip, whose mean counts; higher is spoof.
 * @param url address; the header `authorization` is taken from `RINGTRUE_DETECTOR_AUTHORIZATION`
 * @throws RingtrueError `core/invalid-options`; from `score`: `models/unreachable` (network, time,
 * a status that is not 2xx), `models/bad-output`, `core/cancelled`
 */
export function createHttpDetector(url: string, options: HttpOptions = {}): Detector {
  const address = parseAddress(url);
  // A query may hold a key: it takes part in the id, but is not shown.
  const name = `${address.origin}${address.pathname}`;
  return {
    id: hashJson({ kind: 'http', url: address.href }),
    name,
    card: foreignCard({
      name,
      summary: `The detector at ${name}`,
      limits: [
        'It runs elsewhere: it may change without notice, and recordings leave this machine.',
      ],
    }),
    needs: { sampleRate: FOREIGN_RATE, minSec: FOREIGN_MIN_SEC },
    async score(batch, { signal } = {}): Promise<DetectorScore[]> {
      const scores: DetectorScore[] = [];
      for (const input of batch) scores.push(await ask({ address, name, input, signal, options }));
      return scores;
    },
    dispose: async () => undefined,
  };
}

function parseAddress(url: string): URL {
  const address = URL.canParse(url) ? new URL(url) : null;
  if (address === null || !/^https?:$/.test(address.protocol) || address.username !== '') {
    throw new RingtrueError(
      'core/invalid-options',
      `the address of a detector is http:// or https:// without a user name`,
      { hint: `Put credentials into ${AUTHORIZATION_VARIABLE}.` },
    );
  }
  return address;
}

interface Question {
  readonly address: URL;
  readonly name: string;
  readonly input: DetectorInput;
  readonly signal: AbortSignal | undefined;
  readonly options: HttpOptions;
}

async function ask(question: Question): Promise<DetectorScore> {
  const { name, input, signal, options } = question;
  const delays = options.retryDelaysMs ?? [500, 2000];
  const mono = input.mono(FOREIGN_RATE);
  const wav = writeWav({ samples: [mono], sampleRate: FOREIGN_RATE }, { format: 'float32' });
  for (let attempt = 0; ; attempt += 1) {
    try {
      return parseAnswer(await post(question, wav), name, mono.length / FOREIGN_RATE);
    } catch (error) {
      if (signal?.aborted) throw new RingtrueError('core/cancelled', `${name} was not waited for`);
      if (!(error instanceof TransientFailure)) throw error;
      const delay = delays[attempt];
      if (delay === undefined) {
        throw new RingtrueError(
          'models/unreachable',
          `${name} failed ${attempt + 1} times, last: ${error.message}`,
          { details: { attempts: attempt + 1 }, cause: error },
        );
      }
      // An abort ends the wait; the next attempt then reports it.
      await wait(delay, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    }
  }
}

async function post(
  { address, name, signal, options }: Question,
  wav: Uint8Array,
): Promise<string> {
  const { timeoutMs = 60_000, maxResponseBytes = 1024 * 1024 } = options;
  const authorization = process.env[AUTHORIZATION_VARIABLE];
  const timeout = AbortSignal.timeout(timeoutMs);
  let response: Response;
  let body: string | null;
  try {
    response = await fetch(address, {
      method: 'POST',
      headers: {
        'content-type': 'audio/wav',
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: new Blob([Uint8Array.from(wav)]),
      // A redirect could carry the recording and the key elsewhere.
      redirect: 'manual',
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    body = await readLimited(response, maxResponseBytes);
  } catch (error) {
    throw new TransientFailure(
      timeout.aborted ? `no answer within ${timeoutMs} ms` : networkReason(error),
      { cause: error },
    );
  }
  if (response.status >= 500) throw new TransientFailure(`status ${response.status}`);
  if (!response.ok) {
    throw new RingtrueError(
      'models/unreachable',
      `${name} answered with status ${response.status}`,
      {
        details: { status: response.status },
      },
    );
  }
  if (body === null) {
    throw new RingtrueError(
      'models/bad-output',
      `${name} answered with more than ${maxResponseBytes} bytes`,
    );
  }
  return body;
}

/** Text of a body, or null if it is longer than `maxBytes`. */
async function readLimited(response: Response, maxBytes: number): Promise<string | null> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    // Leaving the loop cancels the body.
    if (bytes > maxBytes) return null;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** fetch says "fetch failed" and keeps the reason in its cause. */
function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function parseAnswer(text: string, name: string, clipSec: number): DetectorScore {
  const bad = (cause?: unknown) =>
    new RingtrueError(
      'models/bad-output',
      `${name} answered ${JSON.stringify(text.slice(0, 200))}, expected {"score": number} or {"scores": [numbers]}`,
      { cause },
    );
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw bad(error);
  }
  const answer = answerSchema.safeParse(json);
  if (!answer.success) throw bad(answer.error);
  if ('score' in answer.data) return { score: answer.data.score };
  const { scores } = answer.data;
  const partSec = clipSec / scores.length;
  return {
    score: scores.reduce((sum, score) => sum + score, 0) / scores.length,
    windows: scores.map((score, i) => ({
      startSec: i * partSec,
      endSec: (i + 1) * partSec,
      score,
    })),
  };
}
