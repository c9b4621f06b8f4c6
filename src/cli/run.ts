/**
 * The command line: finds the command, parses its flags from its schema, renders what it emits.
 * @module
 */

import { CommanderError, Command as Program } from 'commander';
import type { Json } from '../core/errors.ts';
import { errorEntry, RingtrueError, toRingtrueError } from '../core/errors.ts';
import { describeFields, type OptionField, parseOptions } from '../core/schema.ts';
import type { Command } from './command.ts';
import { COMMANDS } from './commands/index.ts';
import { createProgressRenderer } from './terminal.ts';

/**
 * Runs one command line and returns the exit code: 0 done, 1 failed, 2 wrong use, 3 an assertion of a
 * study failed.
 * @param argv arguments after the program's name
 */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  const json = argv.includes('--json');
  const renderer = createProgressRenderer(process.stderr, process.stderr.isTTY === true);
  const abort = new AbortController();
  const onInterrupt = (): void => {
    // A second interrupt ends at once; what was written is whole either way.
    if (abort.signal.aborted) process.exit(1);
    abort.abort();
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  try {
    if (argv.length === 0 || argv[0] === '--help' || argv[0] === '-h' || argv[0] === 'help') {
      process.stdout.write(overview());
      return 0;
    }
    if (argv[0] === '--version' || argv[0] === '-V') {
      const { readPackageVersion } = await import('./version.ts');
      process.stdout.write(`${await readPackageVersion()}\n`);
      return 0;
    }
    const help = groupHelp(argv);
    if (help !== undefined) {
      process.stdout.write(help);
      return 0;
    }
    const { command, rest } = await findCommand(argv);
    const parsed = parseArguments(command, rest);
    if (parsed === 'help') return 0;
    return await command.run(parsed.options, {
      args: parsed.args,
      json,
      onProgress: parsed.quiet ? () => undefined : renderer.onProgress,
      signal: abort.signal,
      print: (text) => {
        if (!json) renderer.above(() => process.stdout.write(`${text}\n`));
      },
      result: (value) => {
        if (json) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
      },
    });
  } catch (thrown) {
    renderer.close();
    return fail(toRingtrueError(thrown), json);
  } finally {
    renderer.close();
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onInterrupt);
  }
}

function fail(error: RingtrueError, json: boolean): number {
  if (json) {
    // Details are JSON by the contract of RingtrueError.
    const document: Json = { error: { ...error.toJSON() } };
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  }
  process.stderr.write(`error ${error.code}: ${error.message}\n  hint: ${error.hint}\n`);
  if (error.code === 'core/internal' && error.cause instanceof Error) {
    process.stderr.write(`${error.cause.stack ?? ''}\n`);
  }
  return errorEntry(error.code).wrongUse === true ? 2 : 1;
}

async function findCommand(
  argv: readonly string[],
): Promise<{ command: Command; rest: readonly string[] }> {
  for (const words of [2, 1]) {
    const name = argv.slice(0, words).join(' ');
    const entry = COMMANDS.find((candidate) => candidate.name === name);
    if (entry !== undefined)
      return { command: (await entry.load()).command, rest: argv.slice(words) };
  }
  const [word = '', second] = argv;
  const group = groupOf(word);
  if (group.length > 0) {
    const names = group.map(({ name }) => name.slice(word.length + 1));
    const given = second === undefined || second.startsWith('-') ? '' : `, not \`${second}\``;
    throw new RingtrueError('cli/usage', `\`${word}\` needs one of: ${names.join(', ')}${given}`, {
      hint: `ringtrue ${word} --help`,
    });
  }
  const near = COMMANDS.map(({ name }) => name.split(' ')[0]!).find((name) => isNear(name, word));
  throw new RingtrueError('cli/unknown-command', `there is no command \`${word}\``, {
    details: { commands: COMMANDS.map((entry) => entry.name) },
    ...(near === undefined ? {} : { hint: `Did you mean \`ringtrue ${near}\`?` }),
  });
}

/** Commands of two words that begin with this one. */
function groupOf(word: string): typeof COMMANDS {
  return COMMANDS.filter(({ name }) => name.startsWith(`${word} `));
}

/** The help of a group such as `study`, if that is asked for and `study` is no command itself. */
function groupHelp([word = '', flag]: readonly string[]): string | undefined {
  if (flag !== '--help' && flag !== '-h') return undefined;
  const group = groupOf(word);
  if (group.length === 0 || COMMANDS.some(({ name }) => name === word)) return undefined;
  return [
    `Usage: ringtrue ${word} COMMAND [options]`,
    '',
    ...summaries(group),
    '',
    'Examples:',
    ...group.map(({ name }) => `  ringtrue ${name} --help`),
    '',
  ].join('\n');
}

/** Whether one letter changed, swapped, added or left out makes one word of the other. */
function isNear(a: string, b: string): boolean {
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  let end = 0;
  const shorter = Math.min(a.length, b.length);
  while (end < shorter - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const middles = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  const [first = '', second = ''] = middles;
  const swapped = first.length === 2 && first[0] === second[1] && first[1] === second[0];
  return swapped || Math.max(first.length, second.length) === 1;
}

interface Parsed {
  readonly args: readonly string[];
  readonly options: Record<string, unknown>;
  readonly quiet: boolean;
}

function parseArguments(command: Command, argv: readonly string[]): Parsed | 'help' {
  const fields = describeFields(command.options);
  const program = new Program(`ringtrue ${command.name}`)
    .description(command.summary)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .allowExcessArguments(false);
  for (const argument of command.arguments ?? []) {
    const name = argument.many ? `${argument.name}...` : argument.name;
    program.argument(argument.required ? `<${name}>` : `[${name}]`, argument.description);
  }
  for (const field of fields) program.option(flagOf(field), helpOf(field));
  program.option('--json', 'print one JSON document on stdout; progress stays on stderr');
  program.option('--quiet', 'no progress on stderr');
  program.addHelpText(
    'after',
    `\nExamples:\n${command.examples.map(({ line, does }) => `  ${line}\n      ${does}`).join('\n')}\n`,
  );
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.code === 'commander.helpDisplayed') return 'help';
      throw new RingtrueError('cli/usage', error.message.replace(/^error: /, ''), {
        hint: `ringtrue ${command.name} --help`,
      });
    }
    throw error;
  }
  const raw = program.opts<Record<string, unknown>>();
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    const value = raw[field.name];
    if (value !== undefined) values[field.name] = fromText(field, value);
  }
  return {
    args: program.args,
    options: parseOptions(command.options, values, { where: '--' }),
    quiet: raw.quiet === true,
  };
}

function flagOf(field: OptionField): string {
  const short = field.short === undefined ? '' : `-${field.short}, `;
  if (field.kind === 'boolean') {
    return field.default === true ? `--no-${field.flag}` : `${short}--${field.flag}`;
  }
  const value = field.choices === undefined ? (field.unit ?? field.kind) : field.choices.join('|');
  return `${short}--${field.flag} <${value}${field.kind === 'list' ? '...' : ''}>`;
}

function helpOf(field: OptionField): string {
  const fallback =
    field.default === undefined || field.kind === 'boolean'
      ? ''
      : ` (default ${JSON.stringify(field.default)})`;
  return `${field.description}${field.required ? ' (required)' : ''}${fallback}`;
}

function fromText(field: OptionField, value: unknown): unknown {
  if (field.kind === 'number') {
    const number = value === '' ? Number.NaN : Number(value);
    if (!Number.isNaN(number)) return number;
    throw new RingtrueError(
      'core/invalid-options',
      `--${field.flag} is ${JSON.stringify(value)}; expected a number`,
    );
  }
  if (field.kind === 'list') {
    // Lists are given as repeated values or with commas: --detectors a,b or --detectors a b.
    return (Array.isArray(value) ? value : [value])
      .flatMap((item) => (field.whole === true ? [String(item)] : String(item).split(',')))
      .filter((item) => item !== '');
  }
  return value;
}

function overview(): string {
  return [
    'ringtrue: is this recording real, and how far can the answer be trusted?',
    '',
    'Usage: ringtrue COMMAND [options]',
    '',
    ...summaries(COMMANDS),
    '',
    'Every command has --help with an example, --json and --quiet.',
    'Exit codes: 0 done, 1 failed, 2 wrong use, 3 an assertion of a study failed.',
    '',
  ].join('\n');
}

function summaries(entries: typeof COMMANDS): string[] {
  const width = Math.max(...entries.map(({ name }) => name.length));
  return entries.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
}
