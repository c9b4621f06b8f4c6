/**
 * `ringtrue models [NAME]`.
 * @module
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Json } from '../../core/errors.ts';
import { RingtrueError } from '../../core/errors.ts';
import { listDetectors } from '../../models/registry.ts';
import { defineCommand } from '../command.ts';
import { formatTable } from '../table.ts';

/** The `models` command. */
export const command = defineCommand({
  name: 'models',
  summary: 'List the detectors that have a name here, or show the card of one',
  arguments: [
    { name: 'NAME', description: 'detector whose card is shown', required: false, many: false },
  ],
  options: z.object({}),
  examples: [
    { line: 'ringtrue models', does: 'names, training data, thresholds' },
    { line: 'ringtrue models lfcc-gmm', does: 'the whole card: figures with intervals, limits' },
  ],
  async run(_options, { args, print, result }) {
    const [name] = args;
    const entries = await listDetectors();
    if (name !== undefined) {
      const entry = entries.find((candidate) => candidate.name === name);
      if (entry === undefined) {
        throw new RingtrueError(
          'models/unknown',
          `there is no detector ${name}; there are ${entries.map((e) => e.name).join(', ')}`,
        );
      }
      print(await readFile(join(entry.folder, 'card.md'), 'utf8'));
      // A card is plain data by its schema.
      result(JSON.parse(JSON.stringify(entry.card)) as Json);
      return 0;
    }
    print(
      formatTable(
        [
          { title: 'detector' },
          { title: 'trained on' },
          { title: 'languages' },
          { title: 'threshold' },
          { title: 'what it is' },
        ],
        entries.map(({ card, name: shown }) => {
          const [point] = card.operatingPoints;
          return [
            shown,
            card.trainedOn.map((t) => `${t.corpus} ${t.split}`).join(', '),
            card.languages.join(' '),
            point === undefined ? '' : `${point.threshold.toFixed(3)} (${point.name})`,
            card.summary,
          ];
        }),
      ),
    );
    result(
      JSON.parse(
        JSON.stringify(entries.map(({ name: shown, card }) => ({ name: shown, card }))),
      ) as Json,
    );
    return 0;
  },
});
