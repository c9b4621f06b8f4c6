/**
 * The field's score files, read and written as text: CSV (`clip,label,score` and any other columns),
 * ASVspoof 2019 (`utterance attack label score`), ASVspoof 2021 and 5 (`utterance score` with a key
 * file). Rows of a Parquet file come in as records. Every problem is named by its line.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import type { Label } from '../datasets/clip.ts';
import { parseDelimited, parseWords, quoteCell, type TextRow } from './delimited.ts';
import type { ScoredClip } from './evaluate.ts';
import { orient, type Polarity } from './orientation.ts';

/** A scored clip with the other columns of its row. */
export interface ScoreRow extends ScoredClip {
  /** Other columns by name: `speaker`, `source`, `generator`, `condition` and whatever the file has. */
  readonly columns: Readonly<Record<string, string>>;
}

/** Kinds of score file. */
export type ScoreFormat = 'csv' | 'asvspoof' | 'parquet';

/** A score file that was read; its scores are ours (high = spoof). */
export interface ScoreFile {
  /** In the order of the file. */
  readonly rows: readonly ScoreRow[];
  /** What the file was taken for. */
  readonly format: ScoreFormat;
  /** What a high score meant in the file. */
  readonly polarity: Polarity;
  /** Rows without a score: refused or failed trials. */
  readonly skipped: number;
}

/** Labels by clip, from a key file. */
export type ScoreKey = ReadonlyMap<
  string,
  { readonly label: Label; readonly columns: Readonly<Record<string, string>> }
>;

/** How a score file is read. */
export interface ReadScoresOptions {
  /** Name for messages. */
  readonly where: string;
  /** @default 'spoof-high' for CSV and Parquet, 'bonafide-high' for ASVspoof text */
  readonly polarity?: Polarity | undefined;
  /** Labels, where the file has none. */
  readonly key?: ScoreKey | undefined;
  /**
   * What to do with clips of the key that have no score.
   * @default 'error'
   */
  readonly unscored?: 'error' | 'allow' | undefined;
  /**
   * What to do with a clip that is scored twice (under several conditions, to be told apart later).
   * @default 'error'
   */
  readonly repeats?: 'error' | 'allow' | undefined;
}

const DEFAULT_POLARITY: Readonly<Record<ScoreFormat, Polarity>> = {
  csv: 'spoof-high',
  parquet: 'spoof-high',
  asvspoof: 'bonafide-high',
};

/**
 * Reads a score file of any text format; the format is told by the content.
 * @throws RingtrueError `metrics/bad-score-file`, `metrics/not-finite`
 */
export function readScores(text: string, options: ReadScoresOptions): ScoreFile {
  const delimiter = delimiterOf(text);
  return delimiter === null
    ? readAsvspoofScores(text, options)
    : readRecords(tableOf(text, delimiter, options.where), 'csv', options);
}

/**
 * Reads the records of a Parquet file (columns clip, label, score and others). Rows whose score is null
 * are skipped and counted.
 * @throws RingtrueError `metrics/bad-score-file`, `metrics/not-finite`
 */
export function readScoreRecords(
  records: readonly Readonly<Record<string, unknown>>[],
  options: ReadScoresOptions,
): ScoreFile {
  const rows = records.map((record, i) => ({
    at: `row ${i + 1}`,
    cells: Object.fromEntries(
      Object.entries(record).map(([name, value]) => [
        name,
        value === null || value === undefined ? '' : String(value),
      ]),
    ),
  }));
  return readRecords({ names: new Set(Object.keys(records[0] ?? {})), rows }, 'parquet', options);
}

/**
 * Reads a key: a CSV with clip and label, two words a line (clip, label), or a protocol of ASVspoof
 * 2019, 2021 or 5, whose speaker and attack are kept as the columns `speaker` and `generator`.
 * @throws RingtrueError `metrics/bad-score-file`
 */
export function readKey(text: string, { where }: { readonly where: string }): ScoreKey {
  const key = new Map<string, { label: Label; columns: Record<string, string> }>();
  const add = (at: string, clip: string, label: Label, columns: Record<string, string>): void => {
    if (key.has(clip)) throw bad(where, at, `the clip ${clip} is there twice`);
    key.set(clip, { label, columns });
  };
  const delimiter = delimiterOf(text);
  if (delimiter !== null) {
    for (const { at, cells } of tableOf(text, delimiter, where).rows) {
      const { clip = '', label, score: _, ...columns } = cells;
      if (clip === '') throw bad(where, at, 'the clip is missing');
      add(at, clip, labelOf(label, where, at), columns);
    }
  } else {
    for (const [i, row] of parseWords(text).entries()) {
      if (i === 0 && isHeader(row)) continue;
      const { clip, label, columns } = keyRow(row, where);
      add(`line ${row.line}`, clip, label, columns);
    }
  }
  if (key.size === 0) throw bad(where, 'line 1', 'the key has no clip');
  return key;
}

/** Formats that {@link writeScores} writes. */
export type WrittenFormat = 'csv' | 'asvspoof2019' | 'asvspoof2021';

/**
 * A score file as text. CSV keeps every column; the ASVspoof forms keep what their columns hold
 * (2019: `utterance attack label score`, 2021: `utterance score`).
 * @param rows our scores (high = spoof)
 */
export function writeScores(
  rows: readonly ScoreRow[],
  {
    format = 'csv',
    polarity = DEFAULT_POLARITY[format === 'csv' ? 'csv' : 'asvspoof'],
  }: { readonly format?: WrittenFormat; readonly polarity?: Polarity } = {},
): string {
  const score = (row: ScoreRow): string => String(orient(row.score, polarity));
  if (format === 'csv') {
    const names = [...new Set(rows.flatMap((row) => Object.keys(row.columns)))];
    const lines = rows.map((row) =>
      [row.clip, row.label, score(row), ...names.map((name) => row.columns[name] ?? '')]
        .map(quoteCell)
        .join(','),
    );
    return `${[['clip', 'label', 'score', ...names].map(quoteCell).join(','), ...lines].join('\n')}\n`;
  }
  const lines = rows.map((row) => {
    if (/\s/.test(row.clip)) {
      throw new RingtrueError(
        'metrics/bad-score-file',
        `the clip ${JSON.stringify(row.clip)} has a blank in it, which ASVspoof text cannot hold`,
        { hint: 'Write CSV.' },
      );
    }
    if (format === 'asvspoof2021') return `${row.clip} ${score(row)}`;
    return `${row.clip} ${row.columns.generator || '-'} ${row.label} ${score(row)}`;
  });
  return lines.map((line) => `${line}\n`).join('');
}

interface Table {
  readonly names: ReadonlySet<string>;
  readonly rows: readonly {
    readonly at: string;
    readonly cells: Readonly<Record<string, string>>;
  }[];
}

/** The delimiter of a table with a header that has a clip column, or null for words between blanks. */
function delimiterOf(text: string): ',' | '\t' | null {
  const first = text.slice(0, 65536).match(/[^\r\n]*\S[^\r\n]*/)?.[0] ?? '';
  if (first.includes(',')) return ',';
  return first.includes('\t') && first.split('\t').some((cell) => cell.trim() === 'clip')
    ? '\t'
    : null;
}

function tableOf(text: string, delimiter: ',' | '\t', where: string): Table {
  const [header, ...rows] = parseDelimited(text, delimiter);
  const names = (header?.cells ?? []).map((cell) => cell.trim());
  if (!names.includes('clip')) {
    throw bad(
      where,
      `line ${header?.line ?? 1}`,
      `the header is ${JSON.stringify(names.join(delimiter))}; expected columns clip,label,score`,
    );
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw bad(where, 'line 1', `the column ${twice} is there twice`);
  return {
    names: new Set(names),
    rows: rows.map(({ line, cells }) => {
      if (cells.length !== names.length) {
        throw bad(
          where,
          `line ${line}`,
          `it has ${cells.length} cells; expected ${names.length} (${names.join(',')})`,
        );
      }
      return {
        at: `line ${line}`,
        cells: Object.fromEntries(names.map((name, i) => [name, cells[i]!.trim()])),
      };
    }),
  };
}

function readRecords(table: Table, format: ScoreFormat, options: ReadScoresOptions): ScoreFile {
  const { where, key } = options;
  const polarity = options.polarity ?? DEFAULT_POLARITY[format];
  for (const name of key === undefined ? ['clip', 'label', 'score'] : ['clip', 'score']) {
    if (table.names.has(name) || table.rows.length === 0) continue;
    throw bad(
      where,
      'the header',
      `there is no column ${name}; expected clip,label,score`,
      name === 'label' ? 'Give the labels with --key.' : undefined,
    );
  }
  const rows: ScoreRow[] = [];
  const scored = new Set<string>();
  let skipped = 0;
  for (const { at, cells } of table.rows) {
    const { clip = '', label, score, ...columns } = cells;
    if (clip === '') throw bad(where, at, 'the clip is missing');
    if (format === 'parquet' && score === '') {
      skipped += 1;
      continue;
    }
    const known = key?.get(clip);
    if (key !== undefined && known === undefined) {
      throw bad(where, at, `the clip ${clip} is not in the key`);
    }
    const read = label === undefined || label === '' ? known?.label : labelOf(label, where, at);
    if (read === undefined) throw bad(where, at, 'the label is missing');
    if (known !== undefined && known.label !== read) {
      throw bad(where, at, `the clip ${clip} is ${read} here and ${known.label} in the key`);
    }
    if (scored.has(clip) && options.repeats !== 'allow') {
      throw bad(
        where,
        at,
        `the clip ${clip} is scored twice`,
        'Score each clip once, or tell conditions apart with --by COLUMN.',
      );
    }
    scored.add(clip);
    rows.push({
      clip,
      label: read,
      score: orient(scoreOf(score ?? '', where, at), polarity),
      columns: { ...known?.columns, ...columns },
    });
  }
  requireRows(rows, where);
  requireAllScored(scored, options);
  return { rows, format, polarity, skipped };
}

function readAsvspoofScores(text: string, options: ReadScoresOptions): ScoreFile {
  const { where, key } = options;
  const polarity = options.polarity ?? DEFAULT_POLARITY.asvspoof;
  const rows: ScoreRow[] = [];
  const scored = new Set<string>();
  for (const [i, row] of parseWords(text).entries()) {
    if (i === 0 && isHeader(row)) continue;
    const at = `line ${row.line}`;
    const { cells } = row;
    if (cells.length !== 2 && cells.length !== 4) {
      throw bad(
        where,
        at,
        `it has ${cells.length} words; expected \`utterance score\` or \`utterance attack label score\``,
      );
    }
    const clip = cells[0]!;
    const known = key?.get(clip);
    if (key !== undefined && known === undefined) {
      throw bad(where, at, `the clip ${clip} is not in the key`);
    }
    if (scored.has(clip)) throw bad(where, at, `the clip ${clip} is there twice`);
    scored.add(clip);
    const label = cells.length === 4 ? labelOf(cells[2], where, at) : known?.label;
    if (label === undefined) {
      throw bad(where, at, 'there is no label', 'Give the labels with --key.');
    }
    if (known !== undefined && known.label !== label) {
      throw bad(where, at, `the clip ${clip} is ${label} here and ${known.label} in the key`);
    }
    rows.push({
      clip,
      label,
      score: orient(scoreOf(cells[cells.length - 1]!, where, at), polarity),
      columns: {
        ...known?.columns,
        ...(cells.length === 4 ? attackColumn(cells[1]!, label) : {}),
      },
    });
  }
  requireRows(rows, where);
  requireAllScored(scored, options);
  return { rows, format: 'asvspoof', polarity, skipped: 0 };
}

/** Place of the attack in the ASVspoof protocols, by their number of columns. */
const ATTACK_COLUMN: Readonly<Record<number, number>> = {
  5: 3, // 2019 LA and PA
  8: 4, // 2021 LA
  13: 4, // 2021 DF
  10: 7, // ASVspoof 5
};

function keyRow(
  { line, cells }: TextRow,
  where: string,
): { clip: string; label: Label; columns: Record<string, string> } {
  const at = `line ${line}`;
  const labels = new Set(cells.filter((cell) => cell === 'bonafide' || cell === 'spoof'));
  const [label] = labels;
  if (labels.size !== 1 || cells.length < 2) {
    throw bad(where, at, `there is no one label bonafide or spoof in ${cells.join(' ')}`);
  }
  // Protocols begin with the speaker; bare keys have the clip alone.
  const isProtocol = cells.length >= 5;
  const attackAt = ATTACK_COLUMN[cells.length];
  return {
    clip: cells[isProtocol ? 1 : 0]!,
    label: labelOf(label, where, at),
    columns: {
      ...(isProtocol ? { speaker: cells[0]! } : {}),
      ...(attackAt === undefined ? {} : attackColumn(cells[attackAt]!, labelOf(label, where, at))),
    },
  };
}

function attackColumn(attack: string, label: Label): Record<string, string> {
  return label === 'bonafide' || attack === '-' ? {} : { generator: attack };
}

function isHeader({ cells }: TextRow): boolean {
  return /score|label/i.test(cells[cells.length - 1]!);
}

function labelOf(text: string | undefined, where: string, at: string): Label {
  if (text === 'bonafide' || text === 'spoof') return text;
  throw bad(where, at, `the label is ${JSON.stringify(text ?? '')}; expected bonafide or spoof`);
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const NOT_FINITE = /^[+-]?(nan|inf|infinity)$/i;

function scoreOf(text: string, where: string, at: string): number {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return value;
  if (NOT_FINITE.test(text) || NUMBER.test(text)) {
    throw new RingtrueError(
      'metrics/not-finite',
      `${where}, ${at}: the score is ${text}; expected a finite number`,
      { details: { file: where, at } },
    );
  }
  throw bad(where, at, `the score is ${JSON.stringify(text)}; expected a number`);
}

function requireRows(rows: readonly ScoreRow[], where: string): void {
  if (rows.length === 0) throw bad(where, 'line 1', 'there is no score in it');
}

function requireAllScored(scored: ReadonlySet<string>, options: ReadScoresOptions): void {
  const { key, where, unscored = 'error' } = options;
  if (key === undefined || unscored === 'allow') return;
  const missing = [...key.keys()].filter((clip) => !scored.has(clip));
  if (missing.length === 0) return;
  throw bad(
    where,
    'the end',
    `${missing.length} clips of the key have no score; the first is ${missing[0]}`,
    'Score them, or allow a part of the key with --partial.',
  );
}

function bad(where: string, at: string, problem: string, hint?: string): RingtrueError {
  return new RingtrueError('metrics/bad-score-file', `${where}, ${at}: ${problem}`, {
    details: { file: where, at },
    ...(hint === undefined ? {} : { hint }),
  });
}
