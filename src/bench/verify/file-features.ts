/**
 * What a program can tell from the file without listening: container, codec, tags, size. No detector that
 * takes samples sees it, but it says that the classes went through different hands, and samples mostly show
 * that too.
 * @module
 */

import { extname } from 'node:path';
import type { Probe } from '../../audio/io/types.ts';
import type { FeatureValues } from './feature-aucs.ts';

/** What is known of the file of a clip. */
export interface FileFacts {
  readonly container: string;
  readonly codec: string;
  readonly channels: number;
  /** Bytes for each second of sound. */
  readonly bytesPerSec: number;
  /** Ending of the file name, in lower case. */
  readonly ending: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Facts of a file from what its container says. */
export function fileFacts(
  { container, codec, channels, tags }: Probe,
  { path, bytes, seconds }: { path: string; bytes: number; seconds: number },
): FileFacts {
  return {
    container,
    codec,
    channels,
    bytesPerSec: seconds > 0 ? roundRate(bytes / seconds) : 0,
    ending: extname(path).toLowerCase(),
    tags,
  };
}

/** To steps of 2 %: the header of a file weighs more the shorter it is, and says nothing. */
function roundRate(bytesPerSec: number): number {
  return Math.round(RATE_STEP ** Math.round(Math.log(bytesPerSec) / Math.log(RATE_STEP)));
}

const RATE_STEP = 1.02;

/** A word that fewer clips have says nothing of the corpus (titles, dates and names of single clips). */
const LEAST_SHARE = 0.05;

/**
 * Features of the files: numbers, and for every container, codec, ending and tag that some clips have and
 * some have not, whether a clip has it (`codec=mp3`, `tag title`, `tag encoder=LAME 3.100`).
 */
export function fileFeatures(facts: readonly FileFacts[]): FeatureValues[] {
  const numbers: FeatureValues[] = [
    numeric('channels', '', facts, (fact) => fact.channels),
    numeric('file-rate', 'byte/s', facts, (fact) => fact.bytesPerSec),
  ];
  const clipsOf = new Map<string, number[]>();
  for (const [i, fact] of facts.entries()) {
    for (const word of wordsOf(fact)) {
      const clips = clipsOf.get(word);
      if (clips === undefined) clipsOf.set(word, [i]);
      else clips.push(i);
    }
  }
  const words = [...clipsOf]
    .filter(
      ([, clips]) => clips.length >= LEAST_SHARE * facts.length && clips.length < facts.length,
    )
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, clips]): FeatureValues => {
      const values = new Float64Array(facts.length);
      for (const clip of clips) values[clip] = 1;
      return { name, unit: '', of: 'file', values };
    });
  return [...numbers, ...words];
}

function numeric(
  name: string,
  unit: string,
  facts: readonly FileFacts[],
  value: (fact: FileFacts) => number,
): FeatureValues {
  return { name, unit, of: 'file', values: Float64Array.from(facts, value) };
}

function wordsOf({ container, codec, ending, tags }: FileFacts): Set<string> {
  return new Set([
    `container=${container}`,
    `codec=${codec}`,
    `ending=${ending}`,
    ...Object.entries(tags).flatMap(([key, value]) => {
      const name = key.toLowerCase();
      return [`tag ${name}`, `tag ${name}=${value.slice(0, 40)}`];
    }),
  ]);
}
