/**
 * Conditions with options, by the command line: one grammar in `corrupt`, in studies and in chains.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildToyCorpus } from '../../src/corpora/toy.ts';
import { runRingtrue } from '../helpers/command-line.ts';

let folder: string;
let clip: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conditions-'));
  const size = { speakers: 3, clipsPerSpeaker: 4, durationSec: 1.5 };
  const built = await buildToyCorpus(join(folder, 'toy'), size);
  clip = join('toy', built[0]!.path);
});
afterAll(() => rm(folder, { recursive: true }));

const ringtrue = (...args: string[]) => runRingtrue(args, { cwd: folder });

test('corrupt takes options, with and without a level', () => {
  const { status, stdout } = ringtrue(
    ...['corrupt', clip, 'out.wav', '--with', 'echo@3~mode=reference'],
    ...['--with', 'opus~kbps=12~vbr=false+g711-mulaw@1~passes=2', '--json', '--quiet'],
  );
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    condition: 'echo@3~mode=reference+opus~kbps=12~vbr=false+g711-mulaw@1~passes=2',
    drawn: [
      { gain: 0.5, mode: 'reference' },
      { kbps: 12, vbr: false, complexity: 10, application: 'audio', frameMs: 20 },
      { passes: 2 },
    ],
  });
});

test.each([
  ['echo@3~mod=causal', 'corruptions/unknown-option', 'it has gain, mode'],
  ['echo@3~mode=sideways', 'corruptions/bad-option', '"causal"|"reference"'],
  ['echo@3~gain=0.4', 'corruptions/bad-option', 'not both'],
])('corrupt --with %s is wrong use', (text, code, told) => {
  const { status, stderr } = ringtrue('corrupt', clip, 'out.wav', '--with', text);
  expect(status).toBe(2);
  expect(stderr).toContain(`error ${code}`);
  expect(stderr).toContain(told);
  expect(stderr).toContain('hint: Run `ringtrue corruptions NAME` for its options.');
});

test('the help of a corruption says how its options are written', () => {
  const { stdout } = ringtrue('corruptions', 'echo');
  expect(stdout).toContain('causal | reference');
  expect(stdout).toContain('With a level: echo@1~mode=reference');
  expect(stdout).toContain('In place of a level: echo~gain=0.45');
});

test('a study runs options as conditions of their own, in trials, summary, report and assertions', async () => {
  await writeFile(
    join(folder, 'study.yaml'),
    `corpus: ./toy
split: all
detectors: [acoustic-logistic]
conditions:
  - clean
  - resample@3..5
  - resample@3..5~filter=clean
  - resample~rateHz=7000
  - {chain: [echo@2~mode=reference, mp3@3~complexity=9]}
assert: ['eer(acoustic-logistic, resample@4~filter=clean) <= 1']
interval: {replicates: 100}
out: run
`,
  );
  const run = ringtrue('study', 'run', 'study.yaml', '--quiet');
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
  const summary = JSON.parse(await readFile(join(folder, 'run/summary.json'), 'utf8'));
  expect(summary.conditions.map(({ id }: { id: string }) => id)).toEqual([
    'clean',
    ...['resample@3', 'resample@4', 'resample@5'],
    ...['resample@3~filter=clean', 'resample@4~filter=clean', 'resample@5~filter=clean'],
    'resample~rateHz=7000',
    'echo@2~mode=reference+mp3@3~complexity=9',
  ]);
  expect(
    summary.robustness.map(({ corruption, levels }: Record<string, unknown>) => [
      corruption,
      levels,
    ]),
  ).toEqual([
    ['resample', 3],
    ['resample~filter=clean', 3],
  ]);
  const [custom] = summary.results.filter(
    ({ condition }: { condition: string }) => condition === 'resample~rateHz=7000',
  );
  expect(custom).toMatchObject({ corruption: null, level: null, failed: 0 });
  const report = await readFile(join(folder, 'run/report.html'), 'utf8');
  for (const name of ['resample~filter=clean', 'resample~rateHz=7000', 'echo@2~mode=reference'])
    expect(report).toContain(name);
  // The study as resolved is the same run.
  const again = ringtrue('study', 'run', 'run/study.yaml', '--out', 'run', '--quiet', '--json');
  expect(again.status).toBe(0);
});

test('a study with an option that there is not ends before it begins', async () => {
  const study = ['study', 'run', './toy', '-d', 'acoustic-logistic', '-c', 'echo@3~gian=1'];
  const { status, stderr } = ringtrue(...study);
  expect(status).toBe(2);
  expect(stderr).toContain('error corruptions/unknown-option');
});
