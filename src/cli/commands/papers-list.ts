/**
 * `ringtrue papers list`: published methods that are run again here.
 * @module
 */

import * as z from 'zod';
import { listPapers } from '../../benchmarks/papers.ts';
import { defineCommand } from '../command.ts';
import { formatTable } from '../table.ts';

/** The `papers list` command. */
export const command = defineCommand({
  name: 'papers list',
  summary: 'List the published methods that are run again here, with what they need',
  options: z.strictObject({}),
  examples: [{ line: 'ringtrue papers list', does: 'names them with their corpora and minutes' }],
  async run(_, { print, result }) {
    const papers = (await listPapers()).map(({ name, paper }) => ({
      name,
      id: paper.id,
      title: paper.title,
      corpora: [...paper.corpora],
      minutes: paper.minutes,
    }));
    result(papers);
    print(
      formatTable(
        [
          { title: 'name' },
          { title: 'title' },
          { title: 'corpora' },
          { title: 'minutes', align: 'right' },
        ],
        papers.map(({ name, title, corpora, minutes }) => [
          name,
          title,
          corpora.join(', '),
          String(minutes),
        ]),
      ),
    );
    return 0;
  },
});
