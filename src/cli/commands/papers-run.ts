/**
 * `ringtrue papers run NAME`: runs a published method again and prints every claim with its interval and n.
 * @module
 */

import { join, resolve } from 'node:path';
import * as z from 'zod';
import { corporaOf, findPaper } from '../../benchmarks/papers.ts';
import type { Json } from '../../core/errors.ts';
import { writeFileAtomic } from '../../core/node/files.ts';
import { corpusTitle } from '../../report/figures.ts';
import { describeClaims } from '../claims.ts';
import { defineCommand } from '../command.ts';

const options = z.strictObject({
  out: z
    .string()
    .optional()
    .describe('result folder; runs/papers/NAME by default')
    .meta({ short: 'o' }),
});

/** The `papers run` command. */
export const command = defineCommand({
  name: 'papers run',
  summary: 'Run a published method again: every claim reproduced or not, with its interval and n',
  arguments: [
    {
      name: 'NAME',
      description: 'folder of the paper, or its number: `ringtrue papers list`',
      required: true,
      many: false,
    },
  ],
  options,
  examples: [
    {
      line: 'ringtrue papers run 02-xmad-bench',
      does: 'prints the claims; killed, the same command continues',
    },
    { line: 'ringtrue papers run 07 --json', does: 'prints them as JSON' },
  ],
  async run({ out }, { args, onProgress, signal, print, result }) {
    const { name, folder, paper } = await findPaper(args[0] ?? '');
    const target = resolve(out ?? join('runs', 'papers', name));
    const corpora = await corporaOf(paper, { onProgress, signal });
    const claims = await paper.run({ folder, out: target, onProgress, signal });
    // Claims are plain data; an absent note is left out.
    const document: Json = JSON.parse(
      JSON.stringify({ paper: paper.id, title: paper.title, folder: target, corpora, claims }),
    );
    await writeFileAtomic(join(target, 'claims.json'), `${JSON.stringify(document, null, 2)}\n`);
    result(document);
    const count = (status: string): number =>
      claims.filter((claim) => claim.status === status).length;
    print(`${paper.title}\n${corpora.map(corpusTitle).join(', ')}\n\n${describeClaims(claims)}`);
    print(
      `\n${count('reproduced')} reproduced, ${count('not-reproduced')} not reproduced, ${count('not-testable')} not testable: ${join(target, 'claims.json')}`,
    );
    return 0;
  },
});
