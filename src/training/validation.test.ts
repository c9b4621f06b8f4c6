import { expect, test } from 'vitest';
import { tiny } from '../../test/helpers/tiny-recipe.ts';
import { createRng } from '../core/rng.ts';
import { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
import type { Example } from './data/example.ts';
import type { LabelledClip } from './data/labelled.ts';
import { withSettings } from './recipe.ts';
import { type ValidationOptions, validate } from './validation.ts';

const DIMS = [8, 4];
const network = withSettings(tiny.definition, tiny.definition.settings.parse({}));
const { parameters, state } = network.init(createRng(1), DIMS);
const clips = Array.from(
  { length: 70 },
  (_, i): LabelledClip => ({
    id: String(i).padStart(2, '0'),
    path: '',
    medium: 'audio',
    label: i % 3 === 0 ? 'bonafide' : 'spoof',
  }),
);
const exampleOf = ({ id }: LabelledClip): Example => {
  const rng = createRng(Number(id));
  return { dims: DIMS, data: Float32Array.from({ length: 32 }, () => rng.normal()), valid: 1 };
};
const run = (more: Partial<ValidationOptions> = {}) =>
  validate(network, {
    backend: createOnnxNodeBackend({ threads: 1 }),
    weights: { parameters, state },
    clips,
    examples: async (asked) => asked.map(exampleOf),
    seed: 1,
    ...more,
  });

test('features are asked for a batch at a time; clips that cannot be read change nothing', async () => {
  const asked: number[] = [];
  const unread = new Set(['05', '40', '41']);
  const withGaps = await run({
    examples: async (part) => {
      asked.push(part.length);
      return part.map((clip) => (unread.has(clip.id) ? null : exampleOf(clip)));
    },
  });
  expect(asked).toEqual([32, 32, 6]);
  expect(withGaps).toEqual(await run({ clips: clips.filter(({ id }) => !unread.has(id)) }));
});

test('the loss is the mean over clips, whatever the batches', async () => {
  const parts = await Promise.all(
    [clips.slice(0, 31), clips.slice(31)].map(async (part) => (await run({ clips: part })).loss),
  );
  const { loss } = await run();
  expect(loss).toBeCloseTo((31 * parts[0]! + 39 * parts[1]!) / 70, 6);
});

test('it ends when it is cancelled between two batches', async () => {
  const abort = new AbortController();
  let batches = 0;
  const cancelled = run({
    signal: abort.signal,
    examples: async (part) => {
      batches += 1;
      abort.abort();
      return part.map(exampleOf);
    },
  });
  await expect(cancelled).rejects.toMatchObject({ code: 'core/cancelled' });
  expect(batches).toBe(1);
});

test('a class of which nothing can be read', async () => {
  await expect(
    run({
      examples: async (part) =>
        part.map((clip) => (clip.label === 'spoof' ? null : exampleOf(clip))),
    }),
  ).rejects.toMatchObject({ code: 'training/class-missing', details: { label: 'spoof' } });
});
