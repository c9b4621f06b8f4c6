import { describe, expect, test } from 'vitest';
import {
  readKey,
  readScoreRecords,
  readScores,
  type ScoreRow,
  writeScores,
} from './score-files.ts';

const where = 'scores';

describe('CSV', () => {
  test('columns in any order, quotes, other columns kept, BOM and CRLF', () => {
    const text =
      '\uFEFFscore,label,clip,speaker\r\n1.5,spoof,"a, ""b""",s1\r\n\r\n-2e-1,bonafide,c,\r\n';
    const { rows, format, polarity } = readScores(text, { where });
    expect({ format, polarity }).toEqual({ format: 'csv', polarity: 'spoof-high' });
    expect(rows).toEqual([
      { clip: 'a, "b"', label: 'spoof', score: 1.5, columns: { speaker: 's1' } },
      { clip: 'c', label: 'bonafide', score: -0.2, columns: { speaker: '' } },
    ]);
  });
  test('labels from a key, and the opposite polarity', () => {
    const key = readKey('clip,label\na,spoof\nb,bonafide\n', { where: 'key' });
    const { rows } = readScores('clip,score\na,-3\nb,2\n', {
      where,
      key,
      polarity: 'bonafide-high',
    });
    expect(rows.map(({ label, score }) => [label, score])).toEqual([
      ['spoof', 3],
      ['bonafide', -2],
    ]);
  });
  test.each([
    ['clip,label,score\na,spoof,1\nb,fake,2\n', 'line 3', 'fake'],
    ['clip,label,score\na,spoof,\n', 'line 2', 'expected a number'],
    ['clip,label,score\na,spoof,0x10\n', 'line 2', 'expected a number'],
    ['clip,label,score\na,spoof\n', 'line 2', '2 cells'],
    ['clip,label,score\na,spoof,1\n\na,spoof,2\n', 'line 4', 'scored twice'],
    ['clip,label,score\n,spoof,1\n', 'line 2', 'the clip is missing'],
    ['clip,label\na,spoof\n', 'the header', 'no column score'],
    ['clip,score\na,1\n', 'the header', 'no column label'],
    ['file,label,score\na,spoof,1\n', 'line 1', 'clip,label,score'],
    ['clip,label,score,clip\na,spoof,1,a\n', 'line 1', 'twice'],
    ['clip,label,score\n', 'line 1', 'no score'],
    ['', 'line 1', 'no score'],
  ])('%j is refused by line', (text, at, problem) => {
    expect(() => readScores(text, { where })).toThrow(
      expect.objectContaining({
        code: 'metrics/bad-score-file',
        message: expect.stringMatching(new RegExp(`scores, ${at}: .*${problem}`)),
      }),
    );
  });
  test.each(['nan', 'NaN', '-inf', 'Infinity', '1e999'])('score %s is not finite', (score) => {
    expect(() => readScores(`clip,label,score\na,spoof,${score}\n`, { where })).toThrow(
      expect.objectContaining({
        code: 'metrics/not-finite',
        message: expect.stringContaining('line 2'),
      }),
    );
  });
});

describe('ASVspoof text', () => {
  test('2019: four columns, high = bona fide', () => {
    const { rows, format, polarity } = readScores(
      'LA_E_1 A07 spoof -3.25\nLA_E_2 - bonafide 4.5\n',
      { where },
    );
    expect({ format, polarity }).toEqual({ format: 'asvspoof', polarity: 'bonafide-high' });
    expect(rows).toEqual([
      { clip: 'LA_E_1', label: 'spoof', score: 3.25, columns: { generator: 'A07' } },
      { clip: 'LA_E_2', label: 'bonafide', score: -4.5, columns: {} },
    ]);
  });
  test('2021: scores with the metadata of LA and DF as key', () => {
    const key = readKey(
      'LA_0009 LA_E_1 alaw ita_tx A07 spoof notrim eval\n' +
        'LA_0010 LA_E_2 alaw ita_tx bonafide bonafide notrim eval\n' +
        'LA_0023 DF_E_3 nocodec asvspoof A14 spoof notrim progress traditional_vocoder - - - -\n',
      { where: 'key' },
    );
    const { rows } = readScores('LA_E_2 1\nLA_E_1 -1\nDF_E_3 0.5\n', { where, key });
    expect(rows).toEqual([
      { clip: 'LA_E_2', label: 'bonafide', score: -1, columns: { speaker: 'LA_0010' } },
      {
        clip: 'LA_E_1',
        label: 'spoof',
        score: 1,
        columns: { speaker: 'LA_0009', generator: 'A07' },
      },
      {
        clip: 'DF_E_3',
        label: 'spoof',
        score: -0.5,
        columns: { speaker: 'LA_0023', generator: 'A14' },
      },
    ]);
  });
  test('2019 and 5 protocols, and the tab-separated files of ASVspoof 5 with headers', () => {
    const protocol = readKey(
      'LA_0079 LA_T_1 - - bonafide\nLA_0039 LA_E_2 - A11 spoof\n' +
        'E_4608 E_0000000024 M C11 4 E_0004890277 AC1 A24 spoof -\n',
      { where: 'key' },
    );
    expect(protocol.get('E_0000000024')).toEqual({
      label: 'spoof',
      columns: { speaker: 'E_4608', generator: 'A24' },
    });
    expect(protocol.get('LA_E_2')?.columns.generator).toBe('A11');
    const key = readKey('filename\tcm-label\nE_1\tspoof\nE_2\tbonafide\n', { where: 'key' });
    const { rows } = readScores('filename\tcm-score\nE_1\t-1\nE_2\t1\n', { where, key });
    expect(rows.map((row) => row.score)).toEqual([1, -1]);
  });
  test('ids that do not match the key are refused, unless a part was asked for', () => {
    const key = readKey('a spoof\nb bonafide\nc spoof\n', { where: 'key' });
    const code = expect.objectContaining({ code: 'metrics/bad-score-file' });
    expect(() => readScores('a 1\nx 2\n', { where, key })).toThrow(code);
    expect(() => readScores('a 1\nb 2\n', { where, key })).toThrow(code);
    expect(() => readScores('a 1\na 2\n', { where, key })).toThrow(code);
    expect(() => readScores('a 1\nb 2\n', { where })).toThrow(/no label/);
    expect(() => readScores('a - bonafide 1\n', { where, key, unscored: 'allow' })).toThrow(code);
    expect(readScores('a 1\nb 2\n', { where, key, unscored: 'allow' }).rows).toHaveLength(2);
    expect(() => readKey('a spoof\na spoof\n', { where })).toThrow(code);
    expect(() => readKey('a fake\n', { where })).toThrow(code);
    expect(() => readScores('bonafide target 7.98\n', { where })).toThrow(code);
  });
});

test('Parquet records: trials without a score are counted, numbers may be bigints', () => {
  const file = readScoreRecords(
    [
      { clip: 'a', label: 'spoof', score: 0.5, condition: 'clean' },
      { clip: 'b', label: 'bonafide', score: null, condition: 'clean' },
      { clip: 'c', label: 'bonafide', score: 2n, condition: null },
    ],
    { where },
  );
  expect(file.skipped).toBe(1);
  expect(file.rows.map(({ clip, score }) => [clip, score])).toEqual([
    ['a', 0.5],
    ['c', 2],
  ]);
});

test('what is written is read back, in every format and polarity', () => {
  const rows: ScoreRow[] = [
    { clip: 'a', label: 'spoof', score: 0.1 + 0.2, columns: { generator: 'A01' } },
    { clip: 'b', label: 'bonafide', score: -1e-9, columns: {} },
    { clip: 'c', label: 'bonafide', score: 0, columns: {} },
  ];
  const key = readKey('a spoof\nb bonafide\nc bonafide\n', { where });
  const plain = rows.map(({ clip, label, score }) => ({ clip, label, score }));
  for (const format of ['csv', 'asvspoof2019', 'asvspoof2021'] as const) {
    for (const polarity of ['spoof-high', 'bonafide-high'] as const) {
      const text = writeScores(rows, { format, polarity });
      const read = readScores(text, { where, polarity, key }).rows;
      expect(read.map(({ clip, label, score }) => ({ clip, label, score }))).toEqual(plain);
    }
  }
  expect(writeScores(rows, { format: 'asvspoof2019' })).toContain(
    'a A01 spoof -0.30000000000000004\n',
  );
  expect(() => writeScores([{ ...rows[0]!, clip: 'a b' }], { format: 'asvspoof2019' })).toThrow(
    /blank/,
  );
});
