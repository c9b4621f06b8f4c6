import { expect, test } from 'vitest';
import { RingtrueError } from '../core/errors.ts';
import type { Clip } from '../datasets/clip.ts';
import { checkSound, failureOf, throwDeadGenerators } from './piece-failure.ts';

const clip = (generator: string): Clip => ({
  id: generator,
  path: `${generator}.flac`,
  medium: 'audio',
  label: 'spoof',
  generator,
});

test('what a generator throws is a failure with its name; a full disk and a broken program are not', () => {
  const of = { group: 'g-1', generator: 'texture' };
  const broken = new RingtrueError('corpora/generator-failed', 'texture made silence');
  expect(failureOf(broken, of)).toEqual({
    ...of,
    code: 'corpora/generator-failed',
    message: 'texture made silence',
  });
  const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  for (const fatal of [full, new TypeError('x is not a function')]) {
    expect(() => failureOf(fatal, of)).toThrow(fatal);
  }
});

test('silence and samples that are no numbers are no sound', () => {
  for (const bad of [
    [0, 0],
    [0.1, Number.NaN],
    [Number.POSITIVE_INFINITY, 0],
  ]) {
    expect(() => checkSound(Float32Array.from(bad), 'texture')).toThrow(
      'texture made silence or no numbers',
    );
  }
  expect(() => checkSound(Float32Array.of(0, -0.1), 'texture')).not.toThrow();
});

test('a generator that failed each time ends the build with its reason; one that failed once does not', () => {
  const failures = ['lpcnet-f', 'texture'].map((generator) => ({
    group: 'g-1',
    generator,
    code: 'corpora/generator-failed',
    message: `${generator} stopped`,
  }));
  const clips = ['texture', 'world'].map(clip);
  expect(() => throwDeadGenerators(['texture', 'world'], clips, failures)).not.toThrow();
  expect(() => throwDeadGenerators(['texture', 'lpcnet-f'], clips, failures)).toThrow(
    'lpcnet-f gave no usable sound: lpcnet-f stopped',
  );
});
