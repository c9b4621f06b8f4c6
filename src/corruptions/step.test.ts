import { expect, test } from 'vitest';
import type { Audio } from '../audio/audio.ts';
import { createRng } from '../core/rng.ts';
import { describeFields } from '../core/schema.ts';
import { applyCondition, parseConditions } from './chain.ts';
import { drawPolicy, policySchema } from './policy.ts';
import { corruptions, findCorruption } from './registry.ts';
import { optionExamples, optionsOfLevels, stepId, stepParams, variantOf } from './step.ts';

const ids = (...spec: unknown[]) => parseConditions(spec).map(({ id }) => id);

test('options follow a name or a level; what is the same has one id', () => {
  expect(ids('echo@3~mode=reference')).toEqual(['echo@3~mode=reference']);
  expect(ids('echo@2..3~mode=reference')).toEqual([
    'echo@2~mode=reference',
    'echo@3~mode=reference',
  ]);
  expect(ids('packet-loss~burst=4').length).toBe(6);
  expect(ids('opus@2~vbr=false~complexity=0')).toEqual(ids('opus@2~complexity=00~vbr=false'));
  // Values that a level has anyway change nothing, so they are not named.
  expect(ids('echo@3~mode=causal', 'mp3~complexity=5')).toEqual(ids('echo@3', 'mp3'));
  expect(parseConditions(['echo@3~mode=causal'])).toEqual(parseConditions(['echo@3']));
  expect(ids('echo~mode=causal~gain=0.40')).toEqual(['echo~gain=0.4']);
  expect(ids('g726~passes=3', 'g726~passes=3~kbps=32')).toEqual(['g726~kbps=32~passes=3']);
  // So are values that make a level.
  expect(parseConditions(['echo~gain=0.50~mode=reference'])).toEqual(
    parseConditions(['echo@3~mode=reference']),
  );
  expect(ids('g726~kbps=24', 'g726~kbps=16~passes=2')).toEqual(['g726@3', 'g726@5']);
  expect(parseConditions([{ chain: ['opus@2~vbr=false', 'echo~gain=0.2'] }])).toEqual(
    parseConditions(['opus@2~vbr=false+echo~gain=0.2']),
  );
});

test('a level has one id, however it is written', () => {
  for (const corruption of corruptions()) {
    const makers = optionsOfLevels(corruption);
    for (const { level, params } of corruption.levels) {
      // The schema gave `params` this shape.
      const values = params as Readonly<Record<string, unknown>>;
      const text = makers.map((name) => `~${name}=${values[name]}`).join('');
      expect(ids(`${corruption.name}${text}`)).toEqual([`${corruption.name}@${level}`]);
    }
  }
});

test('steps say what is drawn from, and what levels are compared within', () => {
  const [step] = parseConditions(['echo@3~mode=reference'])[0]!.steps;
  expect(step).toEqual({ corruption: 'echo', level: 3, options: { mode: 'reference' } });
  expect(stepParams(findCorruption('echo'), step!)).toEqual({ gain: 0.5, mode: 'reference' });
  expect(variantOf(step!)).toBe('echo~mode=reference');
  const [custom] = parseConditions(['g726~kbps=16~passes=3'])[0]!.steps;
  expect(custom).toMatchObject({ level: null, options: { kbps: 16, passes: 3 } });
  expect(variantOf({ corruption: 'mp3', level: 2 })).toBe('mp3');
  expect(stepId({ corruption: 'gain', level: null, options: { gainDb: 1e21 } })).toBe(
    'gain~gainDb=1e21',
  );
});

test('every corruption can be written with its options, in names that files can have', () => {
  const without = (kind: 'withLevel' | 'withoutLevel') =>
    corruptions().filter((corruption) => optionExamples(corruption)[kind] === null);
  for (const corruption of without('withLevel'))
    expect(optionsOfLevels(corruption)).toEqual(Object.keys(corruption.schema.shape));
  expect(without('withoutLevel').map(({ name }) => name)).toEqual(['autotune', 'narrow-band-call']);
  for (const corruption of corruptions()) {
    const { withLevel, withoutLevel } = optionExamples(corruption);
    const values = describeFields(corruption.schema).flatMap(({ name, choices = [] }) =>
      choices.map((value) => `${corruption.name}~${name}=${value}`),
    );
    const texts = [withLevel, withoutLevel].filter((text) => text !== null);
    for (const text of texts) expect(ids(text)).toEqual([text]);
    for (const text of [...texts, ...values]) {
      for (const condition of parseConditions([text])) {
        expect(condition.id, text).toMatch(/^[\w@~=.#-]+$/);
        expect(parseConditions([condition.id]), text).toEqual([condition]);
      }
    }
  }
});

test.each([
  ['echo@3~mod=reference', 'corruptions/unknown-option', 'it has gain, mode'],
  ['vorbis@1~complexity=3', 'corruptions/unknown-option', 'it has kbps'],
  ['echo@3~mode=backwards', 'corruptions/bad-option', 'echo.mode: Invalid option: expected one of'],
  ['opus@1~complexity=11', 'corruptions/bad-option', 'opus.complexity'],
  [
    'opus@1~complexity=much',
    'corruptions/bad-option',
    'opus.complexity: Invalid input: expected number',
  ],
  ['opus@1~vbr=1', 'corruptions/bad-option', 'opus.vbr: Invalid input: expected boolean'],
  ['mp3@1~complexity=10', 'corruptions/bad-option', 'mp3.complexity'],
  ['mp3~kbps=36', 'corruptions/bad-option', 'mp3.kbps'],
  ['echo@3~gain=0.4', 'corruptions/bad-option', 'expected a level or gain, not both'],
  ['echo@3~mode', 'corruptions/bad-condition', 'NAME=VALUE'],
  ['echo@3~mode=causal~mode=causal', 'corruptions/bad-condition', 'once for each option'],
  ['echo@9~mode=reference', 'corruptions/unknown-level', 'no level 9'],
  ['noise/*~speed=double', 'corruptions/bad-condition', 'FAMILY/*'],
  [{ chain: ['echo~mode=reference'] }, 'corruptions/bad-condition', 'names 5'],
])('%j is refused', (spec, code, message) => {
  expect(() => parseConditions([spec])).toThrowError(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  );
});

const audio: Audio = {
  samples: [
    Float32Array.from({ length: 8000 }, (_, i) => 0.3 * Math.sin(i / 9) * Math.sin(i / 900)),
  ],
  sampleRate: 16000,
};
const heard = async (text: string) => {
  const [condition] = parseConditions([text]);
  return applyCondition(audio, condition!, createRng(1));
};

test('options reach the sound', async () => {
  const { audio: reference } = await heard('echo@3~mode=reference');
  // The published code leaves 0.1 s of silence at the end.
  expect(reference.samples[0]!.subarray(-1599).every((value) => value === 0)).toBe(true);
  expect((await heard('echo~gain=0.45')).audio.samples).not.toEqual(
    (await heard('echo@3')).audio.samples,
  );
  const clean = await heard('resample@3~filter=clean');
  expect(clean.audio.samples).not.toEqual((await heard('resample@3')).audio.samples);
  const once = await heard('g711-mulaw@1');
  const thrice = await heard('g711-mulaw@1~passes=3');
  expect(thrice.encodedBytes).toBe(3 * once.encodedBytes!);
  const sizes = await Promise.all(
    ['opus@1', 'opus@1~frameMs=60', 'opus@1~vbr=false', 'opus@1~application=voip'].map(
      async (text) => (await heard(text)).audio.samples[0]!,
    ),
  );
  for (const [i, other] of sizes.slice(1).entries()) expect(other, `${i}`).not.toEqual(sizes[0]);
  expect((await heard('mp3@3~complexity=9')).audio.samples).not.toEqual(
    (await heard('mp3@3')).audio.samples,
  );
  expect((await heard('aac@3~coder=fast')).audio.samples).not.toEqual(
    (await heard('aac@3')).audio.samples,
  );
});

test('policies take options', () => {
  const policy = policySchema.parse({
    sequence: [
      { oneOf: ['echo~mode=reference', 'echo~gain=0.6~mode=reference'] },
      'opus@1~vbr=false',
    ],
  });
  const drawn = Array.from({ length: 40 }, (_, i) => drawPolicy(policy, createRng(2).split(i)).id);
  expect(
    drawn.every((id) => /^echo(@\d)?(~gain=0\.6)?~mode=reference\+opus@1~vbr=false$/.test(id)),
  ).toBe(true);
  expect(new Set(drawn).size).toBe(6);
  expect(() => drawPolicy('echo@1~mod=x', createRng(1))).toThrowError(
    expect.objectContaining({ code: 'corruptions/unknown-option' }),
  );
});
