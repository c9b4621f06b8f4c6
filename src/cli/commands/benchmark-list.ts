/**
 * `ringtrue benchmark list`: the kinds of benchmarks with their options, and the files that come along.
 * @module
 */

import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import * as z from 'zod';
import { crossDomainSchema, leaveOneOutSchema } from '../../benchmarks/benchmark-file.ts';
import { papersFolder } from '../../benchmarks/papers.ts';
import { readBenchmark } from '../../benchmarks/read.ts';
import { describeFields } from '../../core/schema.ts';
import { defineCommand } from '../command.ts';
import { formatTable } from '../table.ts';

const KINDS = [
  {
    name: 'cross-domain',
    summary: 'Train in one domain, test in it and across; threshold transfer, diversity, leakage',
    schema: crossDomainSchema,
  },
  {
    name: 'leave-one-out',
    summary: 'Leave one corpus, language, system out; unions of two, vintage',
    schema: leaveOneOutSchema,
  },
] as const;

/** The `benchmark list` command. */
export const command = defineCommand({
  name: 'benchmark list',
  summary: 'List the kinds of benchmarks, what their files may say, and the files that come along',
  options: z.strictObject({}),
  examples: [
    { line: 'ringtrue benchmark list', does: 'shows what a benchmark file may say' },
    { line: 'ringtrue benchmark list --json', does: 'prints the same as JSON' },
  ],
  async run(_, { print, result }) {
    const files = await shippedFiles();
    result({
      kinds: KINDS.map(({ name, summary, schema }) => ({
        name,
        summary,
        options: describeFields(schema).map(({ name: option, kind, description, required }) => ({
          name: option,
          kind,
          description,
          required,
        })),
      })),
      files,
    });
    for (const { name, summary, schema } of KINDS) {
      print(`benchmark: ${name}\n  ${summary}\n`);
      const fields = describeFields(schema).filter(({ name: field }) => field !== 'benchmark');
      print(
        `${formatTable(
          [{ title: 'option' }, { title: 'meaning' }],
          fields.map(({ name: field, description }) => [field, description]),
        )}\n`,
      );
    }
    print(`Files:\n${files.map(({ path, benchmark }) => `  ${path}  (${benchmark})`).join('\n')}`);
    return 0;
  },
});

async function shippedFiles(): Promise<{ path: string; benchmark: string }[]> {
  const folder = papersFolder();
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const files: { path: string; benchmark: string }[] = [];
  for (const name of names.sort()) {
    if (!/\.ya?ml$/.test(name)) continue;
    const path = join(folder, name);
    // Other papers may bring YAML files of other kinds.
    const file = await readBenchmark(path).catch(() => null);
    if (file !== null)
      files.push({ path: relative(process.cwd(), path), benchmark: file.benchmark.benchmark });
  }
  return files;
}
