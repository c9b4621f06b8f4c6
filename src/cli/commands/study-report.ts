/**
 * `ringtrue study report RUN`.
 * @module
 */

import * as z from 'zod';
import { renderReport } from '../../bench/report/render.ts';
import { defineCommand } from '../command.ts';

/** The `study report` command. */
export const command = defineCommand({
  name: 'study report',
  summary: 'Write the report of a finished run: one HTML file with plots and players',
  arguments: [{ name: 'RUN', description: 'run folder', required: true, many: false }],
  options: z.object({}),
  examples: [
    { line: 'ringtrue study report runs/demo', does: 'writes runs/demo/report.html again' },
  ],
  async run(_options, { args, onProgress, signal, print, result }) {
    const path = await renderReport(args[0] ?? '', { onProgress, signal });
    print(path);
    result({ report: path });
    return 0;
  },
});
