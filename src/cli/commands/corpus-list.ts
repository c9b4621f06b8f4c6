/**
 * `ringtrue corpus list`.
 * @module
 */

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { cacheFolder } from '../../core/node/files.ts';
import { CORPORA, corpusVersion } from '../../corpora/build.ts';
import { type Build, describeOutdated, isOutdated, readBuild } from '../../datasets/built.ts';
import { defineCommand } from '../command.ts';
import { formatTable } from '../table.ts';

/** The `corpus list` command. */
export const command = defineCommand({
  name: 'corpus list',
  summary: 'List the corpora that can be built, and which are, in which version',
  options: z.object({}),
  examples: [
    {
      line: 'ringtrue corpus list',
      does: 'names, contents, megabytes to download, version that is built',
    },
  ],
  async run(_options, { print, result }) {
    const rows = await Promise.all(
      CORPORA.map(async (entry) => {
        const folder = cacheFolder('corpora', entry.name);
        const built = await access(join(folder, 'manifest.jsonl')).then(
          () => true,
          () => false,
        );
        return { entry, built, build: built ? await readBuild(folder) : undefined };
      }),
    );
    print(
      formatTable(
        [
          { title: 'corpus' },
          { title: 'download', align: 'right' },
          { title: 'built' },
          { title: 'what it is' },
        ],
        rows.map(({ entry, built, build }) => [
          entry.name,
          `${entry.downloadMb} MB`,
          built ? builtText(build) : 'no',
          entry.summary,
        ]),
      ),
    );
    for (const { build } of rows) {
      if (build !== undefined && isOutdated(build)) print(describeOutdated(build));
    }
    result(
      rows.map(({ entry, built, build }) => ({
        ...entry,
        built,
        /** Of what is built, and of what would be; null where there is none. */
        version: build?.version ?? null,
        builds: corpusVersion(entry.name) ?? null,
        outdated: build !== undefined && isOutdated(build),
      })),
    );
    return 0;
  },
});

function builtText(build: Build | undefined): string {
  if (build === undefined) return 'yes';
  return `version ${build.version}${isOutdated(build) ? ', old' : ''}`;
}
