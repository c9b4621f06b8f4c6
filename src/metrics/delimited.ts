/**
 * Tables in text: comma- or tab-separated with quotes (RFC 4180), or words between blanks.
 * @module
 */

/** One row with the number of the line it starts on, from 1. */
export interface TextRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Rows of comma- or tab-separated text; blank lines are skipped, quoted cells may hold anything. */
export function parseDelimited(text: string, delimiter: ',' | '\t'): TextRow[] {
  const lines = splitLines(text);
  const rows: TextRow[] = [];
  for (let i = 0; i < lines.length; i += 1) {
    const line = i + 1;
    let content = lines[i]!;
    if (content.trim() === '') continue;
    if (!content.includes('"')) {
      rows.push({ line, cells: content.split(delimiter) });
      continue;
    }
    // An odd number of quotes: the cell goes on in the next line.
    while (count(content, '"') % 2 === 1 && i + 1 < lines.length) {
      i += 1;
      content += `\n${lines[i]}`;
    }
    rows.push({ line, cells: splitQuoted(content, delimiter) });
  }
  return rows;
}

/** Rows of words between blanks; blank lines are skipped. */
export function parseWords(text: string): TextRow[] {
  const rows: TextRow[] = [];
  for (const [i, content] of splitLines(text).entries()) {
    const trimmed = content.trim();
    if (trimmed !== '') rows.push({ line: i + 1, cells: trimmed.split(/\s+/) });
  }
  return rows;
}

/** A cell, quoted if it has to be. */
export function quoteCell(text: string): string {
  return /[",\n\r\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function splitLines(text: string): string[] {
  return text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
}

function count(text: string, letter: string): number {
  return text.split(letter).length - 1;
}

function splitQuoted(content: string, delimiter: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < content.length; i += 1) {
    const letter = content[i]!;
    if (quoted && letter === '"' && content[i + 1] === '"') {
      cell += '"';
      i += 1;
    } else if (letter === '"') quoted = !quoted;
    else if (letter === delimiter && !quoted) {
      cells.push(cell);
      cell = '';
    } else cell += letter;
  }
  cells.push(cell);
  return cells;
}
