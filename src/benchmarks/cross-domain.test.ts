import { expect, test } from 'vitest';
import { auditLeaks } from './audit.ts';
import { checkBenchmark } from './benchmark-file.ts';
import { designCrossDomain } from './cross-domain.ts';
import { auditedPairs } from './design.ts';
import { gatherMaterial } from './domains.ts';
import type { CorpusClip } from './filter.ts';

/** Recordings of a source in a language, each with a fake by every generator. */
function recordings(domain: string, language: string): CorpusClip[] {
  return Array.from({ length: 24 }, (_, i) => {
    const id = `${domain}-${language}-${i}`;
    const common = { medium: 'audio' as const, source: id, domain, language, transcript: id };
    return [
      { ...common, id, path: id, label: 'bonafide' as const, speaker: `${domain} ${language}` },
      ...['one', 'two', 'three'].map((generator) => ({
        ...common,
        id: `${id}-${generator}`,
        path: `${id}-${generator}`,
        label: 'spoof' as const,
        speaker: generator,
        generator,
      })),
    ];
  }).flat();
}

test('domains that are one source in two languages are no new source to each other', () => {
  const benchmark = checkBenchmark({
    benchmark: 'cross-domain',
    corpus: './none',
    domains: {
      west: { domain: 'stamps', language: 'fr', generator: 'one' },
      east: { domain: 'stamps', language: 'ru', generator: 'two' },
      apart: { domain: 'prompts', generator: 'three' },
    },
    hold: 'source',
    recipes: ['acoustic-logistic'],
    seeds: [1],
    sizes: { train: 8, dev: 4, test: 8, least: 2 },
  });
  if (benchmark.benchmark !== 'cross-domain') throw new Error('another benchmark');
  const clips = ['fr', 'ru']
    .flatMap((language) => recordings('stamps', language))
    .concat(recordings('prompts', 'en'));
  const design = designCrossDomain(benchmark, gatherMaterial(benchmark, clips));
  const cells = design.cells.filter(({ kind }) => kind === 'new-source');
  expect(cells.map(({ train }) => train)).toEqual(['west', 'east', 'apart']);
  const { promises, broken } = auditLeaks(auditedPairs(design));
  expect(promises).toBeGreaterThan(20);
  expect(broken).toEqual([]);
});
