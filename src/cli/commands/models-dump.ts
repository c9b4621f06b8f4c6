/**
 * `ringtrue models dump NAME`.
 * @module
 */

import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { toRingtrueError } from '../../core/errors.ts';
import { checkGraph } from '../../graph/check.ts';
import { dumpGraph } from '../../graph/dump.ts';
import { findFolder, readDetectorFolder } from '../../models/registry.ts';
import { defineCommand } from '../command.ts';

/** The `models dump` command. */
export const command = defineCommand({
  name: 'models dump',
  summary: 'Print the graph of a detector or of any .onnx file, and what is wrong with it',
  arguments: [
    {
      name: 'NAME',
      description: 'detector: a name, the folder of a training, or an .onnx file',
      required: true,
      many: false,
    },
  ],
  options: z.object({}),
  examples: [
    { line: 'ringtrue models dump ./mine', does: 'one node a line, with types and dims' },
    { line: 'ringtrue models dump theirs.onnx --json', does: 'the same text and the findings' },
  ],
  async run(_options, { args, print, result }) {
    const [ref = ''] = args;
    const bytes = ref.endsWith('.onnx')
      ? await readFile(ref).catch((error: unknown) => {
          throw toRingtrueError(error, 'core/io-failed');
        })
      : (await readDetectorFolder(await findFolder(ref))).onnx;
    const [graph, findings] = [dumpGraph(bytes), checkGraph(bytes)];
    print(graph.trimEnd());
    for (const { kind, graph: where, message } of findings)
      print(`${kind} in ${where}: ${message}`);
    if (findings.length === 0) print('nothing is wrong with it');
    result({ graph, findings: findings.map((finding) => ({ ...finding })) });
    return 0;
  },
});
