/**
 * YAML in and out: study files, recipes, the settings that a run resolved.
 * @module
 */

import { parseDocument, stringify } from 'yaml';
import { type ErrorCode, RingtrueError } from './errors.ts';

/**
 * Reads one YAML document (JSON is YAML); a key that comes twice is an error.
 * @param where names the file in messages
 * @throws RingtrueError with `code`, with the line
 */
export function parseYaml(
  text: string,
  { where, code }: { readonly where: string; readonly code: ErrorCode },
): unknown {
  const document = parseDocument(text, { uniqueKeys: true });
  const [problem] = document.errors;
  if (problem !== undefined) {
    throw new RingtrueError(code, `${where}: ${problem.message.trimEnd()}`, {
      details: { line: problem.linePos?.[0].line ?? null },
    });
  }
  return document.toJS();
}

/** Plain data as YAML text. */
export function toYaml(value: unknown): string {
  return stringify(value);
}
