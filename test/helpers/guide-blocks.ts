/**
 * The blocks of code in a page of documentation.
 * @module
 */

import { readFile } from 'node:fs/promises';

/** A fenced block. */
export interface CodeBlock {
  readonly language: string;
  readonly code: string;
  /** Line of the page that it begins at. */
  readonly line: number;
}

/** Fenced blocks of a Markdown page, in order. */
export async function codeBlocks(path: string): Promise<CodeBlock[]> {
  const blocks: CodeBlock[] = [];
  let open: { language: string; lines: string[]; line: number } | null = null;
  for (const [i, text] of (await readFile(path, 'utf8')).split('\n').entries()) {
    const fence = /^```(\w*)$/.exec(text);
    if (open === null && fence !== null)
      open = { language: fence[1] ?? '', lines: [], line: i + 1 };
    else if (open !== null && text === '```') {
      blocks.push({ ...open, code: `${open.lines.join('\n')}\n` });
      open = null;
    } else open?.lines.push(text);
  }
  if (open !== null) throw new Error(`${path}: the block of line ${open.line} does not end`);
  return blocks;
}

/** Name of the file that the first line of a block gives it, as a comment. */
export function fileName({ code, line }: CodeBlock): string {
  const name = /^(?:#|\/\/) (\S+)\n/.exec(code)?.[1];
  if (name === undefined) throw new Error(`the block of line ${line} does not name its file`);
  return name;
}
