import { expect, test } from 'vitest';
import { errorFromData, RingtrueError, toRingtrueError } from './errors.ts';

test('an error crosses a thread as data and comes back the same', () => {
  const error = new RingtrueError('audio/limit-duration', 'a.wav lasts 9 h', {
    details: { path: 'a.wav' },
  });
  const copy = errorFromData(JSON.parse(JSON.stringify(error)));
  expect(copy.toJSON()).toEqual(error.toJSON());
  expect(copy.hint).toBe('Cut it, or raise the limit.');
});

test.each([
  ['ENOENT', 'core/io-not-found'],
  ['EROFS', 'core/io-denied'],
  ['ENOSPC', 'core/io-disk-full'],
  ['EIO', 'core/io-failed'],
])('the system error %s becomes %s', (system, code) => {
  const thrown = Object.assign(new Error('x'), { code: system, syscall: 'open' });
  expect(toRingtrueError(thrown).code).toBe(code);
});

test('anything else is an internal error that says so', () => {
  expect(toRingtrueError(new TypeError('x is undefined')).message).toBe('internal: x is undefined');
  expect(toRingtrueError('text', 'corpora/generator-failed').code).toBe('corpora/generator-failed');
});
