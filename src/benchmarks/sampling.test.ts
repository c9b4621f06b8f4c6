import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../core/rng.ts';
import type { CorpusClip } from './filter.ts';
import { cutParts, groupBy, textGroup } from './parts.ts';
import { clipsOfDomain, drawSet, findTwins } from './sampling.ts';

/** Groups of one bona fide clip and a fake by each of some generators. */
function corpus(groups: number, generators: readonly string[], speakers = 1): CorpusClip[] {
  return Array.from({ length: groups }, (_, i) => {
    const common = {
      medium: 'audio' as const,
      source: `s${i}`,
      domain: 'd',
      language: 'en',
      transcript: `words number ${i}`,
    };
    const real = { ...common, id: `r${i}`, path: `/r${i}`, label: 'bonafide' as const };
    return [
      { ...real, speaker: `human ${i % speakers}` },
      ...generators.map((generator) => ({
        ...common,
        id: `f${i}-${generator}`,
        path: `/f${i}-${generator}`,
        label: 'spoof' as const,
        speaker: generator,
        generator,
      })),
    ];
  }).flat();
}

const draw = (clips: readonly CorpusClip[], more: Partial<Parameters<typeof drawSet>[0]> = {}) =>
  drawSet({
    name: 'a set',
    clips,
    size: 20,
    sampling: 'paired',
    rng: createRng(1),
    least: 1,
    ...more,
  });

describe('drawing sets', () => {
  test('half of a paired set are bona fide clips, the others exactly their twins, generators even', () => {
    const drawn = draw(corpus(30, ['a', 'b']));
    const reals = drawn.filter(({ label }) => label === 'bonafide');
    const fakes = drawn.filter(({ label }) => label === 'spoof');
    expect(reals).toHaveLength(10);
    expect(fakes.map(textGroup).sort()).toEqual(reals.map(textGroup).sort());
    expect(fakes.filter(({ generator }) => generator === 'a')).toHaveLength(5);
  });

  test('neither the order of the manifest nor a larger set changes what is drawn first', () => {
    const clips = corpus(30, ['a', 'b']);
    const ids = (some: readonly CorpusClip[]): string[] => some.map(({ id }) => id);
    expect(ids(draw([...clips].reverse()))).toEqual(ids(draw(clips)));
    expect(ids(draw(clips, { size: 40 })).slice(0, 20)).toEqual(ids(draw(clips)));
    expect(ids(draw(clips, { rng: createRng(2) }))).not.toEqual(ids(draw(clips)));
  });

  test('classes drawn apart need no twins', () => {
    const clips = corpus(30, ['a']).map((clip, i) => ({ ...clip, source: `${i}` }));
    expect(() => draw(clips)).toThrow(/a set has 0 bona fide clips with a twin/);
    const drawn = draw(clips, { sampling: 'balanced' });
    expect(new Set(drawn.map(({ id }) => id)).size).toBe(20);
    expect(drawn.filter(({ label }) => label === 'spoof')).toHaveLength(10);
  });

  test('fakes alone are refused: one class is missing; too few are told with their number', () => {
    const clips = corpus(3, ['a']);
    const fakes = clips.filter(({ label }) => label === 'spoof');
    expect(() => draw(fakes)).toThrow(
      expect.objectContaining({
        code: 'datasets/class-missing',
        details: { set: 'a set', label: 'bonafide', clips: 3 },
      }),
    );
    expect(() => draw(clips, { least: 10 })).toThrow(
      expect.objectContaining({ code: 'benchmarks/too-few-clips' }),
    );
  });

  test('where a group has two bona fide clips a fake goes to its own speaker, else to the first', () => {
    const [real, fake] = corpus(1, ['a']);
    const other = { ...real!, id: 'r9', speaker: 'second' };
    const copy = { ...fake!, id: 'copy', speaker: 'second' };
    const twins = findTwins([real!, other, fake!, copy]);
    expect(twins.map(({ real: { id }, fakes }) => [id, fakes.map((f) => f.id)])).toEqual([
      ['r0', ['f0-a']],
      ['r9', ['copy']],
    ]);
  });

  test('a recording that came through a codec as a control takes no twin from the recording itself', () => {
    const [real, fake] = corpus(1, ['a']);
    const through = { ...real!, id: 'a control', group: { family: 'codec-control' } };
    const copy = { ...fake!, id: 'copy', speaker: real!.speaker! };
    const twins = findTwins([through, copy, real!, fake!]);
    expect(twins.map(({ real: { id }, fakes }) => [id, fakes.length])).toEqual([
      ['r0', 2],
      ['a control', 0],
    ]);
  });

  test('a domain by speaker takes the fakes of his sentences, whatever voice they have', () => {
    const clips = corpus(4, ['a', 'b'], 2);
    const ids = clipsOfDomain(clips, { speaker: 'human 1', generator: 'b' }).map(({ id }) => id);
    expect(ids).toEqual(['r1', 'f1-b', 'r3', 'f3-b']);
  });
});

describe('parts', () => {
  test('every clip is in one part; twins and equal sentences stay together', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 3, maxLength: 40 }),
        fc.integer({ min: 0, max: 1000 }),
        (words, seed) => {
          const clips = words.flatMap((word, i) =>
            corpus(1, ['a', 'b']).map((clip) => ({
              ...clip,
              id: `${i} ${clip.id}`,
              source: `s${i}`,
              transcript: `Word ${word}!`,
            })),
          );
          const { of } = cutParts(clips, { hold: 'source', seed });
          expect(of.size).toBe(clips.length);
          const byWord = new Map<string, Set<string>>();
          for (const { id, transcript } of clips) {
            const parts = byWord.get(transcript!) ?? new Set();
            byWord.set(transcript!, parts.add(of.get(id)!));
          }
          for (const parts of byWord.values()) expect(parts.size).toBe(1);
        },
      ),
      { seed: 1 },
    );
  });

  test('shares come out as they are meant, within each speaker', () => {
    const clips = corpus(400, ['a'], 2);
    const { of, sources } = cutParts(clips, { hold: 'auto', seed: 1 });
    expect(sources).toEqual([
      { source: 'd', held: 'source', speakers: 2, clips: { train: 400, dev: 120, test: 280 } },
    ]);
    const tested = clips.filter(({ id }) => of.get(id) === 'test');
    expect(tested.filter(({ speaker }) => speaker === 'human 0')).toHaveLength(70);
  });

  test('six speakers are held out whole, with the fakes of their sentences', () => {
    const clips = corpus(60, ['a'], 6);
    const { of, sources } = cutParts(clips, { hold: 'auto', seed: 1 });
    expect(sources[0]).toMatchObject({ held: 'speaker', speakers: 6 });
    const partOf = new Map<string, Set<string>>();
    for (const members of groupBy(clips, textGroup).values()) {
      const parts = new Set(members.map(({ id }) => of.get(id)!));
      expect(parts.size).toBe(1);
      const speaker = members[0]!.speaker!;
      partOf.set(speaker, new Set([...(partOf.get(speaker) ?? []), ...parts]));
    }
    for (const parts of partOf.values()) expect(parts.size).toBe(1);
    expect(new Set([...partOf.values()].flatMap((parts) => [...parts])).size).toBe(3);
  });

  test('the splits of the manifest are taken where they are asked for', () => {
    const clips = corpus(3, ['a']).map((clip, i) => ({
      ...clip,
      split: (['train', 'dev', 'eval'] as const)[Math.floor(i / 2)]!,
    }));
    const { of } = cutParts(clips, { hold: 'manifest', seed: 1 });
    expect([...of.values()]).toEqual(['train', 'train', 'dev', 'dev', 'test', 'test']);
  });
});
