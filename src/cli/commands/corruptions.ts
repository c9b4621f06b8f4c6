/**
 * `ringtrue corruptions [NAME]`.
 * @module
 */

import * as z from 'zod';
import { describeFields, toJsonSchema } from '../../core/schema.ts';
import { corruptions, findCorruption } from '../../corruptions/registry.ts';
import { optionExamples, optionsOfLevels } from '../../corruptions/step.ts';
import type { Corruption } from '../../corruptions/types.ts';
import { defineCommand } from '../command.ts';
import { formatTable } from '../table.ts';

/** The `corruptions` command. */
export const command = defineCommand({
  name: 'corruptions',
  summary: 'List the corruptions with their families and levels, or one with its options',
  arguments: [
    {
      name: 'NAME',
      description: 'corruption that is shown with its options',
      required: false,
      many: false,
    },
  ],
  options: z.object({}),
  examples: [
    { line: 'ringtrue corruptions', does: 'every corruption with its levels, level 1 the mildest' },
    { line: 'ringtrue corruptions echo', does: 'options and levels of one' },
  ],
  async run(_options, { args, print, result }) {
    const [name] = args;
    if (name !== undefined) {
      const corruption = findCorruption(name);
      print(`${corruption.name} (${corruption.family}): ${corruption.summary}\n`);
      print(
        formatTable(
          [
            { title: 'option' },
            { title: 'values' },
            { title: 'unit' },
            { title: 'default' },
            { title: 'meaning' },
          ],
          describeFields(corruption.schema).map((field) => [
            field.name,
            field.choices?.join(' | ') ?? field.kind,
            field.unit ?? '',
            String(field.default),
            field.description,
          ]),
        ),
      );
      const { withLevel, withoutLevel } = optionExamples(corruption);
      print('');
      if (withLevel !== null) print(`With a level: ${withLevel}`);
      print(
        withoutLevel === null
          ? `Each value of ${optionsOfLevels(corruption).join(', ')} is a level`
          : `In place of a level: ${withoutLevel}`,
      );
      print(
        `\n${formatTable(
          [
            { title: 'level', align: 'right' },
            { title: 'value', align: 'right' },
            { title: 'unit' },
          ],
          corruption.levels.map(({ level, value, unit }) => [String(level), String(value), unit]),
        )}`,
      );
      result({
        ...entryOf(corruption),
        summary: corruption.summary,
        options: toJsonSchema(corruption.schema),
      });
      return 0;
    }
    print(
      formatTable(
        [
          { title: 'corruption' },
          { title: 'family' },
          { title: 'levels, mildest first' },
          { title: 'what it does' },
        ],
        corruptions().map(({ name: shown, family, levels, summary }) => [
          shown,
          family,
          `${levels.map(({ value }) => value).join(', ')} ${levels[0]?.unit ?? ''}`,
          summary,
        ]),
      ),
    );
    result(corruptions().map(entryOf));
    return 0;
  },
});

function entryOf({ name, family, levels }: Corruption) {
  return { name, family, levels: levels.map(({ level, value, unit }) => ({ level, value, unit })) };
}
