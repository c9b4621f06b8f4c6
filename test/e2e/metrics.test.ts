import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeRows } from '../../src/store/parquet.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringtrue metrics é-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function metrics(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['dist/cli/main.js', 'metrics', ...args], {
    encoding: 'utf8',
  });
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

// T1 of papers/metrics.md: bona fide high there, so negated here.
const T1 =
  'clip,label,score,attack\n' +
  [2.1, 1.4, 0.9, 0.3, -0.2].map((s, i) => `b${i},bonafide,${-s},\n`).join('') +
  [0.5, -0.1, -0.6, -1.2, -1.7, -2.3].map((s, i) => `s${i},spoof,${-s},A${i % 2}\n`).join('');
const T1_ASVSPOOF =
  [2.1, 1.4, 0.9, 0.3, -0.2].map((s, i) => `b${i} - bonafide ${s}\n`).join('') +
  [0.5, -0.1, -0.6, -1.2, -1.7, -2.3].map((s, i) => `s${i} A${i % 2} spoof ${s}\n`).join('');

const EXPECTED = {
  eer: 0.2,
  auc: 0.9,
  minDcf: 1 / 3,
  actDcf: 0.5,
  cllr: 0.603296289,
  minCllr: 0.364477744,
};

test.each([
  ['CSV', 'scores.csv', T1],
  ['ASVspoof text, high = bona fide', 'scores.txt', T1_ASVSPOOF],
])('%s gives the same document, with n and intervals', (_, name, text) => {
  const { status, stdout, stderr } = metrics(file(name, text), '--json', '--replicates', '200');
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const document = JSON.parse(stdout);
  expect(document.n).toEqual({ bonafide: 5, spoof: 6 });
  for (const [metric, value] of Object.entries(EXPECTED)) {
    const figure = document.metrics[metric];
    expect(figure.value, metric).toBeCloseTo(value, 8);
    expect(figure.low, metric).toBeLessThanOrEqual(figure.value);
    expect(figure.high, metric).toBeGreaterThanOrEqual(figure.value);
  }
  expect(document.metrics.eer.rule).toBe('interpolated');
  expect(document.interval).toMatchObject({ unit: 'clip', replicates: 200, level: 0.95 });
});

test('Parquet trials: refused ones are counted, conditions are told apart by --by', async () => {
  const path = join(folder, 'trials.parquet');
  const rows = ['clean', 'mp3@1'].flatMap((condition) => [
    ...[-2, -1, 0].map((score, i) => ({ clip: `b${i}`, label: 'bonafide', score, condition })),
    ...[0.5, 1, null].map((score, i) => ({ clip: `s${i}`, label: 'spoof', score, condition })),
  ]);
  await writeRows(
    path,
    {
      clip: { type: 'text' },
      label: { type: 'text' },
      score: { type: 'number', nullable: true },
      condition: { type: 'text' },
    },
    rows,
  );
  const { status, stdout } = metrics(path, '--json', '--by', 'condition', '--replicates', '50');
  expect(status).toBe(0);
  const document = JSON.parse(stdout);
  expect(document.file).toMatchObject({ format: 'parquet', skipped: 2 });
  expect(document.groups.map((g: { group: string }) => g.group)).toEqual(['clean', 'mp3@1']);
  expect(document.groups[0].metrics.auc.value).toBe(1);
  expect(document.metrics).toBeUndefined();
});

test('people get a table with groups, the rates at a threshold and what the interval covers', () => {
  const { status, stdout } = metrics(
    file('people.csv', T1),
    '--by',
    'attack',
    '--threshold',
    '0.1',
    '--replicates',
    '50',
  );
  expect(status).toBe(0);
  for (const text of [
    '5 bona fide, 6 spoof',
    'EER',
    '20.0 %',
    'A0',
    'mean of groups',
    'No speaker',
  ])
    expect(stdout).toContain(text);
});

test('two files give the paired difference; other clips are refused', () => {
  const a = file('a.csv', T1);
  const b = file('b.csv', T1.replace('-0.5', '-9'));
  const { status, stdout } = metrics(a, b, '--json', '--replicates', '50');
  expect(status).toBe(0);
  const { comparison } = JSON.parse(stdout);
  expect(comparison.differences.eer).toMatchObject({ a: 0.2, b: expect.any(Number) });
  expect(comparison.delong.p).toBeGreaterThan(0);
  const short = file('short.csv', T1.split('\n').slice(0, -2).join('\n'));
  expect(metrics(a, short).stderr).toContain('metrics/unpaired');
});

test('a reversed file warns and is not flipped', () => {
  const path = file('reversed.csv', T1);
  const { stdout, stderr } = metrics(path, '--polarity', 'bonafide-high', '--json');
  const document = JSON.parse(stdout);
  expect(document.metrics.auc.value).toBeCloseTo(0.1, 9);
  expect(document.warnings[0]).toMatch(/below 0\.5.*nothing was flipped/);
  expect(stderr).toContain('below 0.5');
});

test.each([
  ['one class', 'clip,label,score\na,spoof,1\nb,spoof,2\nc,spoof,3\n', 'metrics/class-missing'],
  ['two values', 'clip,label,score\na,spoof,1\nb,bonafide,0\n', 'metrics/too-few-values'],
  ['NaN', 'clip,label,score\na,spoof,nan\n', 'metrics/not-finite'],
  ['no number', 'clip,label,score\na,spoof,x\n', 'metrics/bad-score-file'],
  ['nothing', '', 'metrics/bad-score-file'],
])('%s: a coded error with a hint', (_, text, code) => {
  const { status, stderr } = metrics(file('bad.csv', text));
  expect(status).toBe(1);
  expect(stderr).toContain(code);
  expect(stderr).toContain('hint:');
});

test('a missing file, an unknown column and broken Parquet are told apart', () => {
  expect(metrics(join(folder, 'absent.csv')).stderr).toContain('core/io-not-found');
  expect(metrics(file('c.csv', T1), '--cluster-by', 'speaker').stderr).toContain(
    'there is no column speaker',
  );
  expect(metrics(file('broken.parquet', 'PAR1')).stderr).toContain('store/bad-parquet');
});

test('probabilities: Brier, log loss, calibration errors; log odds are the ratio', () => {
  // metrics.md §8.
  const labels = [1, 1, 0, 1, 0, 1, 0, 0, 1, 0];
  const rows = (flip: boolean) =>
    labels
      .map((label, i) => {
        const p = (95 - 10 * i) / 100;
        return `c${i},${label === 1 ? 'spoof' : 'bonafide'},${flip ? (100 - 100 * p) / 100 : p}\n`;
      })
      .join('');
  const head = 'clip,label,score\n';
  const spoofHigh = file('p.csv', head + rows(false));
  const { stdout, status } = metrics(spoofHigh, '--probability', '--replicates', '50', '--json');
  expect(status).toBe(0);
  const document = JSON.parse(stdout);
  expect(document.metrics.brier.value).toBeCloseTo(0.2225, 9);
  expect(document.metrics.logLoss.value).toBeCloseTo(0.629478316, 9);
  expect(document.reliability).toHaveLength(10);
  // With as many clips of each class, Cllr in bits is the log loss in nats over ln 2.
  expect(document.metrics.cllr.value).toBeCloseTo(0.629478316 / Math.LN2, 8);
  const bonafideHigh = file('q.csv', head + rows(true));
  const other = metrics(
    ...[bonafideHigh, '--probability', '--polarity', 'bonafide-high'],
    ...['--replicates', '50', '--json'],
  );
  const mirrored = JSON.parse(other.stdout).metrics;
  for (const name of ['eer', 'brier', 'ece', 'cllr', 'actDcf'])
    expect(mirrored[name].value, name).toBeCloseTo(document.metrics[name].value, 9);
  expect(metrics(file('t.csv', T1), '--probability').stderr).toContain('metrics/not-probability');
});

test.each([
  ['csv', 'spoof-high'],
  ['txt', 'bonafide-high'],
  ['parquet', 'spoof-high'],
])('scores written as .%s and read again give the same figures', (ending, usual) => {
  const original = file('whole.csv', T1);
  const read = (path: string, ...more: string[]) =>
    JSON.parse(metrics(path, '--replicates', '20', '--json', ...more).stdout);
  const { metrics: expected } = read(original);
  for (const polarity of ['spoof-high', 'bonafide-high']) {
    const path = join(folder, `written ${polarity}.${ending}`);
    read(original, '--write', path, '--write-polarity', polarity);
    const document = read(path, '--polarity', polarity);
    expect(document.metrics).toEqual(expected);
    if (polarity === usual) expect(read(path).metrics).toEqual(expected);
  }
});

test('the DET curve is written with its deviates; no other ending is taken', () => {
  const det = join(folder, 'det.csv');
  expect(metrics(file('d.csv', T1), '--det', det, '--replicates', '20').status).toBe(0);
  const [header, ...rows] = readFileSync(det, 'utf8').trim().split('\n');
  expect(header).toBe('threshold,fpr,fnr,fprDeviate,fnrDeviate');
  // One point below each different score, and one above all.
  expect(rows).toHaveLength(12);
  expect(rows[0]!.split(',').slice(1, 3)).toEqual(['1', '0']);
  expect(rows.at(-1)!.split(',').slice(0, 3)).toEqual(['Infinity', '0', '1']);
  const wrong = metrics(file('d.csv', T1), '--write', join(folder, 'scores.xls'));
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toContain('.parquet');
});
