/**
 * `ringtrue corpus list`.
 * @module
 */

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { cacheFolder } from '../../core/node/files.ts';
import { CORPORA } from '../../corpora/build.ts';
import { defineCommand } from '../command.ts';
import { formatTable } from '../table.ts';

/** The `corpus list` command. */
export const command = defineCommand({
  name: 'corpus list',
  summary: 'List the corpora that can be built, and which are',
  options: z.object({}),
  examples: [
    { line: 'ringtrue corpus list', does: 'names, contents, megabytes to download, whether built' },
  ],
  async run(_options, { print, result }) {
    const rows = await Promise.all(
      CORPORA.map(async (entry) => ({
        ...entry,
        built: await access(join(cacheFolder('corpora', entry.name), 'manifest.jsonl')).then(
          () => true,
          () => false,
        ),
      })),
    );
    print(
      formatTable(
        [
          { title: 'corpus' },
          { title: 'download', align: 'right' },
          { title: 'built' },
          { title: 'what it is' },
        ],
        rows.map((row) => [
          row.name,
          `${row.downloadMb} MB`,
          row.built ? 'yes' : 'no',
          row.summary,
        ]),
      ),
    );
    result(rows);
    return 0;
  },
});
