/**
 * Label lines of partly faked Mandarin: `STEM 0.00-1.25-T/1.25-1.80-F/1.80-4.53-T 0`.
 * @module
 */

import { badCell, type Row, readFixed } from '../../tables.ts';
import type { Tree } from '../../tree.ts';
import { parseSpans, type Span } from './spans.ts';

/** A line. */
export interface PartlyFake {
  readonly row: Row<string>;
  readonly stem: string;
  readonly label: 'bonafide' | 'spoof';
  readonly spans: readonly Span[];
}

/**
 * Lines of a label file; the last column is 1 for a wholly genuine utterance.
 * @throws RingtrueError `datasets/bad-manifest`, also where the column and the spans disagree
 */
export async function readPartlyFake(tree: Tree, table: string): Promise<PartlyFake[]> {
  const rows = await readFixed(tree, table, ['stem', 'spans', 'genuine']);
  return rows.map((row) => {
    const { stem, spans: text, genuine } = row.cells;
    const spans = parseSpans(row, text.split('/'), { T: 'bonafide', F: 'spoof' });
    if (genuine !== '0' && genuine !== '1') {
      throw badCell(row, `the last column is ${JSON.stringify(genuine)}, expected 0 or 1`);
    }
    const isGenuine = spans.every(({ label }) => label === 'bonafide');
    if (isGenuine !== (genuine === '1')) {
      throw badCell(row, `the last column is ${genuine}, its spans say otherwise`);
    }
    return { row, stem, label: isGenuine ? 'bonafide' : 'spoof', spans };
  });
}
