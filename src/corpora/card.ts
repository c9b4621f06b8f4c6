/**
 * The data card of a built corpus: `corpus.json` for programs, `card.md` for people.
 * @module
 */

import type { Json } from '../core/errors.ts';
import type { Clip } from '../datasets/clip.ts';
import type { PieceFailure } from './build-jobs.ts';
import type { Described } from './composition.ts';
import type { PackageRoot } from './packages.ts';

/** What a card is made of. */
export interface CardInput {
  readonly corpus: Described;
  /** Options that make another corpus of the composition. */
  readonly options: Readonly<Record<string, Json>>;
  readonly clips: readonly Clip[];
  readonly failures: readonly PieceFailure[];
  readonly shortages: readonly string[];
  readonly packages: PackageRoot['downloads'];
}

/** Clips and minutes of a part of a corpus. */
interface Count {
  readonly clips: number;
  readonly bonafide: number;
  readonly spoof: number;
  readonly minutes: number;
}

/** The parts that a card counts. */
const COUNTED = [
  ['split', (clip: Clip) => clip.split],
  ['part', (clip: Clip) => clip.group?.part],
  ['domain', (clip: Clip) => clip.domain],
  ['class', (clip: Clip) => clip.group?.class],
  ['kind', (clip: Clip) => (clip.label === undefined ? clip.group?.kind : undefined)],
  ['language', (clip: Clip) => clip.language],
  ['speaker', (clip: Clip) => (clip.label === 'bonafide' ? clip.speaker : undefined)],
  ['generator', (clip: Clip) => clip.generator],
  ['family', (clip: Clip) => clip.group?.family],
  ['join', (clip: Clip) => clip.group?.join],
  ['unit', (clip: Clip) => clip.group?.unit],
] as const;

function count(clips: readonly Clip[]): Count {
  const seconds = clips.reduce((sum, { durationSec = 0 }) => sum + durationSec, 0);
  return {
    clips: clips.length,
    bonafide: clips.filter(({ label }) => label === 'bonafide').length,
    spoof: clips.filter(({ label }) => label === 'spoof').length,
    minutes: Math.round((100 * seconds) / 60) / 100,
  };
}

function countBy(
  clips: readonly Clip[],
  key: (clip: Clip) => string | undefined,
): Record<string, Count> {
  const sets = new Map<string, Clip[]>();
  for (const clip of clips) {
    const value = key(clip);
    if (value === undefined) continue;
    const set = sets.get(value);
    if (set === undefined) sets.set(value, [clip]);
    else set.push(clip);
  }
  const names = [...sets.keys()].sort();
  return Object.fromEntries(names.map((name) => [name, count(sets.get(name) ?? [])]));
}

/** The card as data: counts and minutes by part, licences, packages, limits, what failed. */
export function makeCard(input: CardInput) {
  const { corpus, options, clips, failures, shortages, packages } = input;
  const { name, version, sampleRate, voices, limits, disjoint } = corpus;
  return {
    name,
    version,
    options,
    sampleRate,
    disjoint,
    ...count(clips),
    counts: Object.fromEntries(COUNTED.map(([part, key]) => [part, countBy(clips, key)])),
    licences: countBy(clips, (clip) => clip.licence),
    voices,
    limits,
    shortages,
    failures: [...failures],
    packages: [...packages],
  };
}

/** The card as a page. */
export function renderCard(card: ReturnType<typeof makeCard>): string {
  const { name, version, sampleRate, clips, bonafide, spoof, minutes, counts, licences } = card;
  const table = (title: string, rows: Readonly<Record<string, Count>>): string =>
    [
      `| ${title} | clips | real | fake | minutes |`,
      '|---|---|---|---|---|',
      ...Object.entries(rows).map(
        ([key, row]) =>
          `| ${key} | ${row.clips} | ${row.bonafide} | ${row.spoof} | ${row.minutes.toFixed(1)} |`,
      ),
    ].join('\n');
  const list = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [`## ${title}`, lines.map((line) => `- ${line}`).join('\n')];
  return `${[
    `# ${name} ${version}`,
    `${clips} clips (${bonafide + spoof === 0 ? 'without labels' : `${bonafide} real, ${spoof} fake`}), ${minutes.toFixed(1)} minutes, ${sampleRate / 1000} kHz. Built from packages on this machine; each clip's licence is in the manifest.`,
    ...COUNTED.flatMap(([part]) => {
      const rows = counts[part] ?? {};
      return Object.keys(rows).length === 0 ? [] : [`## By ${part}`, table(part, rows)];
    }),
    '## Licences',
    table('licence', licences),
    ...list('Whose voices', card.voices),
    ...list('Known limits', card.limits),
    ...list('Shortages', card.shortages),
    ...list(
      'Failures',
      card.failures.map(
        ({ group, generator, code, message }) =>
          `${group}${generator === undefined ? '' : `, ${generator}`}: ${code}, ${message}`,
      ),
    ),
    '## Packages',
    card.packages.map(({ file, sha256 }) => `- ${file} \`${sha256}\``).join('\n'),
  ].join('\n\n')}\n`;
}
