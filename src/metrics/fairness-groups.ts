/**
 * Clips by group and by who speaks: what is resampled, and what a shuffle of group labels may exchange.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import type { Label } from '../datasets/clip.ts';
import { clusterOf, type ScoredClip } from './evaluate.ts';

/** A scored clip with the value of the attribute; null leaves it out (a bona fide clip has no generator). */
export interface GroupedClip extends ScoredClip {
  /** Value of the attribute; null if it is not known. */
  readonly group: string | null;
}

/** Name of the group of clips whose attribute is not known. Never filled in by a guess. */
export const UNKNOWN_GROUP = 'unknown';

/** Clips that are in a group, by number. */
export interface GroupedTrials {
  /** Names of the groups, in order. [groups] */
  readonly groups: readonly string[];
  readonly rows: readonly GroupedClip[];
  /** Group of each row. [rows] */
  readonly group: Uint32Array;
  /** Who speaks (or whatever clips are resampled by), by number. [rows] */
  readonly speaker: Uint32Array;
  readonly speakers: number;
  /** Group of each speaker; −1 for one that is in several. [speakers] */
  readonly groupOfSpeaker: Int32Array;
  /**
   * `between`: a speaker is in one group, so labels are shuffled over speakers. `within`: most clips are of
   * speakers that are in several groups (as with codecs), so labels are shuffled among a speaker's own clips.
   */
  readonly design: 'between' | 'within';
}

/**
 * Numbers groups and speakers by name, so that the order of the rows changes nothing.
 * @throws RingtrueError `metrics/not-finite`
 */
export function groupTrials(given: readonly GroupedClip[]): GroupedTrials {
  const rows = given.filter(({ group }) => group !== null);
  for (const { clip, score } of rows) {
    if (Number.isFinite(score)) continue;
    throw new RingtrueError(
      'metrics/not-finite',
      `the score of ${clip} is ${score}; expected a finite number`,
      { details: { clip } },
    );
  }
  const groups = namesOf(rows.map(({ group }) => group ?? UNKNOWN_GROUP));
  const speakers = namesOf(rows.map(clusterOf));
  const group = Uint32Array.from(rows, (row) => groups.get(row.group ?? UNKNOWN_GROUP)!);
  const speaker = Uint32Array.from(rows, (row) => speakers.get(clusterOf(row))!);
  const groupOfSpeaker = new Int32Array(speakers.size).fill(-2);
  for (const [i, s] of speaker.entries()) {
    groupOfSpeaker[s] = groupOfSpeaker[s] === -2 || groupOfSpeaker[s] === group[i] ? group[i]! : -1;
  }
  const several = speaker.reduce((sum, s) => sum + (groupOfSpeaker[s] === -1 ? 1 : 0), 0);
  return {
    groups: [...groups.keys()],
    rows,
    group,
    speaker,
    speakers: speakers.size,
    groupOfSpeaker,
    design: 2 * several > rows.length ? 'within' : 'between',
  };
}

function namesOf(names: readonly string[]): Map<string, number> {
  const sorted = [...new Set(names)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return new Map(sorted.map((name, i) => [name, i]));
}

/** Clips of one speaker in one group, of one class: what keeps together when labels are shuffled. */
export interface Block {
  readonly speaker: number;
  readonly group: number;
  /** Clips that are decided wrongly. */
  errors: number;
  clips: number;
}

/** Blocks of a class. An error is a bona fide clip at or above the threshold, or a spoof below it. */
export function blocksOf(trials: GroupedTrials, label: Label, threshold: number): Block[] {
  const blocks = new Map<number, Block>();
  const { rows, group, speaker, speakers } = trials;
  for (const [i, row] of rows.entries()) {
    if (row.label !== label) continue;
    const key = group[i]! * speakers + speaker[i]!;
    let block = blocks.get(key);
    if (block === undefined) {
      block = { speaker: speaker[i]!, group: group[i]!, errors: 0, clips: 0 };
      blocks.set(key, block);
    }
    block.clips += 1;
    if (row.score >= threshold === (label === 'bonafide')) block.errors += 1;
  }
  return [...blocks].sort(([a], [b]) => a - b).map(([, block]) => block);
}
