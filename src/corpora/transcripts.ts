/**
 * Transcripts of the Asterisk core sounds.
 * @module
 */

/** One prompt: its file below the voice's folder (without ending) and what is said. */
export interface Prompt {
  readonly name: string;
  readonly text: string;
}

/**
 * Parses `prompt/name: text` lines; `;` starts a comment, bracketed texts describe sounds or comment, a byte order
 * mark may lead.
 */
export function parseTranscripts(content: string): Prompt[] {
  const prompts: Prompt[] = [];
  for (const raw of content.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const line = raw.trim();
    if (line === '' || line.startsWith(';')) continue;
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const text = line.slice(colon + 1).trim();
    if (text === '' || /[[\]()]/.test(text)) continue;
    prompts.push({ name: line.slice(0, colon).trim(), text });
  }
  return prompts;
}
