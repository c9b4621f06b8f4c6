/**
 * Choosing what to resample, so that an interval does not claim more than its data.
 * @module
 */

import type { Label } from '../datasets/clip.ts';

/** What is resampled together. */
export type ClusterUnit = 'speaker' | 'source' | 'clip';

/** A clip with what it shares with others. */
export interface Clusterable {
  /** Name of the clip. */
  readonly clip: string;
  /** Class of the clip. */
  readonly label: Label;
  /** Who speaks, if known. */
  readonly speaker?: string | null | undefined;
  /** Recording or text group that clips share, if known. */
  readonly source?: string | null | undefined;
}

/** The choice. */
export interface ClusterChoice {
  /** What is resampled together. */
  readonly unit: ClusterUnit;
  /** What the interval covers and what it does not, in one or two sentences for a report. */
  readonly note: string;
  /** Cluster of each row, in the order given. */
  readonly clusters: readonly string[];
}

/**
 * With five clusters there are C(9, 5) = 126 different resamples and percentile intervals are already
 * too narrow; with fewer they say next to nothing.
 */
const LEAST_CLUSTERS = 5;

/**
 * Chooses the resampling unit: speakers if every clip names one and each class has at least five; else
 * sources (recordings or text groups) on the same terms; else single clips. The note says what the
 * interval then leaves out.
 */
export function chooseCluster(rows: readonly Clusterable[]): ClusterChoice {
  const speakers = countPerClass(rows, 'speaker');
  if (speakers.usable) {
    return {
      unit: 'speaker',
      note: `Speakers are resampled (${describe(speakers)}): the intervals cover new speakers, given these generators.`,
      clusters: rows.map((row) => row.speaker ?? ''),
    };
  }
  const caveat = speakerCaveat(speakers);
  const sources = countPerClass(rows, 'source');
  if (sources.usable && sources.shared) {
    return {
      unit: 'source',
      note: `Sources are resampled (${describe(sources)}): the intervals cover new sentences or recordings, not new speakers. ${caveat}`,
      clusters: rows.map((row) => row.source ?? ''),
    };
  }
  return {
    unit: 'clip',
    note: `Clips are resampled: the intervals cover new clips like these, not new speakers. ${caveat}`,
    clusters: rows.map((row) => row.clip),
  };
}

interface PerClass {
  readonly bonafide: number;
  readonly spoof: number;
  readonly total: number;
  readonly missing: number;
  readonly usable: boolean;
  /** Whether any cluster holds more than one clip. */
  readonly shared: boolean;
}

function countPerClass(rows: readonly Clusterable[], key: 'speaker' | 'source'): PerClass {
  const seen = { bonafide: new Set<string>(), spoof: new Set<string>() };
  let missing = 0;
  for (const row of rows) {
    const name = row[key];
    if (name === null || name === undefined || name === '') missing += 1;
    else seen[row.label].add(name);
  }
  const bonafide = seen.bonafide.size;
  const spoof = seen.spoof.size;
  const total = new Set([...seen.bonafide, ...seen.spoof]).size;
  return {
    bonafide,
    spoof,
    total,
    missing,
    usable: missing === 0 && bonafide >= LEAST_CLUSTERS && spoof >= LEAST_CLUSTERS,
    shared: total < rows.length,
  };
}

function describe({ bonafide, spoof }: PerClass): string {
  return `${bonafide} bona fide, ${spoof} spoof`;
}

function speakerCaveat(speakers: PerClass): string {
  if (speakers.total === 0) return 'No speaker is named.';
  if (speakers.missing > 0) return `${speakers.missing} clips name no speaker.`;
  if (speakers.total === 1) return 'There is one speaker.';
  return `There are too few speakers to resample (${describe(speakers)}; at least ${LEAST_CLUSTERS} each are needed).`;
}
