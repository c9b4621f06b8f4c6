/**
 * Command lines that a user writes, without a shell.
 * @module
 */

import { RingtrueError } from './errors.ts';

/**
 * Splits a command line into words as a POSIX shell does, without expanding anything.
 * @throws RingtrueError `core/invalid-options` if there is no word or a quote is left open
 */
export function splitCommandLine(commandLine: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (let i = 0; i < commandLine.length; i += 1) {
    const letter = commandLine[i]!;
    if (quote !== '') {
      const next = commandLine[i + 1] ?? '';
      if (letter === quote) quote = '';
      else if (letter === '\\' && quote === '"' && (next === '"' || next === '\\')) {
        word += next;
        i += 1;
      } else word += letter;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= '';
    } else if (letter === '\\' && i + 1 < commandLine.length) {
      i += 1;
      word = (word ?? '') + commandLine[i]!;
    } else if (/\s/.test(letter)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + letter;
  }
  if (word !== null) words.push(word);
  if (quote !== '' || words.length === 0) {
    throw new RingtrueError(
      'core/invalid-options',
      quote === '' ? 'the command is empty' : `the command has an open ${quote}: ${commandLine}`,
    );
  }
  return words;
}
