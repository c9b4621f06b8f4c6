import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { toMarkdownTable } from '../core/schema.ts';
import { intervalSchema, limitsSchema, parseStudy, studySchema } from './study.ts';

describe('study files', () => {
  test('the example of the design is read, with defaults', () => {
    const study = parseStudy(`
corpus: speech-mini            # or a manifest, or {reader: asvspoof2019-la, root: /data/LA}
split: eval
detectors: [lfcc-gmm, lcnn, ./mine.onnx, https://host/score]
conditions: [clean, noise/*, mp3@1..5, {chain: [opus@2, background-noise@3]}]
seed: 1
assert:
  - eer(lcnn, clean) < 0.05
  - eer(lcnn, mp3@3) - eer(lcnn, clean) < 0.10
`);
    expect(study).toMatchObject({
      corpus: 'speech-mini',
      conditions: ['clean', 'noise/*', 'mp3@1..5', { chain: ['opus@2', 'background-noise@3'] }],
      assert: ['eer(lcnn, clean) < 0.05', 'eer(lcnn, mp3@3) - eer(lcnn, clean) < 0.10'],
      interval: { replicates: 1000, level: 0.95, unit: 'auto' },
      limits: { maxDurationSec: 3600 },
    });
  });

  test.each([
    ['corpus: x\ndetectors: [a]\nseeds: 3', /study: .*"seeds"/],
    ['corpus: x\ndetectors: [a]\ninterval: {replicate: 3}', /study\.interval: .*"replicate"/],
    ['corpus: x\ndetectors: []', /study\.detectors/],
    ['detectors: [a]', /study\.corpus/],
    ['corpus: x\ndetectors: [a]\nconditions: [3]', /study\.conditions\.0/],
    ['corpus: x\ndetectors: [a]\nseed: -1', /study\.seed/],
    ['corpus: x\ncorpus: y', /unique.* at line 2/s],
    ['corpus: [', /line/],
    ['', /study: /],
    ['just text', /study: /],
  ])('%j is bench/bad-study and says where', (text, message) => {
    expect(() => parseStudy(text)).toThrow(
      expect.objectContaining({ code: 'bench/bad-study', message: expect.stringMatching(message) }),
    );
  });
});

test('the guide holds the tables of the schema and a study file that is read', async () => {
  const guide = await readFile(new URL('../../docs/guide/studies.md', import.meta.url), 'utf8');
  for (const schema of [studySchema, intervalSchema, limitsSchema]) {
    expect(guide).toContain(toMarkdownTable(schema));
  }
  const examples = [...guide.matchAll(/```yaml\n(.*?)```/gs)].map((match) => match[1] ?? '');
  expect(examples.length).toBeGreaterThan(0);
  for (const text of examples) expect(parseStudy(text).detectors.length).toBeGreaterThan(0);
});
