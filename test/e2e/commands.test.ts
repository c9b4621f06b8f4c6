import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands/index.ts';
import { describeFields } from '../../src/core/schema.ts';

test.each(COMMANDS.map((entry) => [entry.name, entry] as const))(
  '%s: the list and the command agree, every option is described, every example names it',
  async (_name, entry) => {
    const { command } = await entry.load();
    expect(command.name).toBe(entry.name);
    expect(command.summary).toBe(entry.summary);
    for (const field of describeFields(command.options)) {
      expect(field.description, field.flag).not.toBe('');
    }
    expect(command.examples.length).toBeGreaterThan(0);
    for (const { line } of command.examples) expect(line).toContain(`ringtrue ${entry.name}`);
  },
);
