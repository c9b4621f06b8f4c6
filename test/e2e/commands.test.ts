import { spawnSync } from 'node:child_process';
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

const ringtrue = (...args: string[]) =>
  spawnSync(process.execPath, ['dist/cli/main.js', ...args], { encoding: 'utf8' });

test('every command and every group prints its help with an example', () => {
  const { status, stdout } = ringtrue('--help');
  expect(status).toBe(0);
  expect(COMMANDS.every(({ summary }) => stdout.includes(summary))).toBe(true);
  for (const words of [['study'], ['corpus'], ['study', 'run'], ['datasets'], ['metrics']]) {
    const help = ringtrue(...words, '--help');
    expect(help.status, words.join(' ')).toBe(0);
    expect(help.stdout).toMatch(/^Usage: ringtrue /);
    expect(help.stdout).toContain('Examples:');
  }
});

test.each([
  [['scna', 'x.wav'], 'Did you mean `ringtrue scan`?'],
  [['corrupton'], 'ringtrue --help'],
  [['study'], 'ringtrue study --help'],
  [['study', 'walk'], 'not `walk`'],
  [['scan'], 'ringtrue scan --help'],
  [['scan', 'x.wav', '--detector', 'lfcc-gmm'], '--detectors'],
  [['scan', 'x.wav', '--lr-limit', 'much'], '--lr-limit is "much"; expected a number'],
  [['scan', 'x.wav', '--lr-limit', '0.5'], '--lr-limit: '],
])('%j is wrong use, with what to do', (argv, told) => {
  const { status, stderr } = ringtrue(...argv);
  expect(status).toBe(2);
  expect(stderr).toMatch(/^error cli\/|^error core\/invalid-options/);
  expect(stderr).toContain('hint:');
  expect(stderr).toContain(told);
});
