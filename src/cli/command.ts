/**
 * The command contract: one typed table a command makes parser, help and docs.
 * @module
 */

import type * as z from 'zod';
import type { Json } from '../core/errors.ts';
import type { OnProgress } from '../core/progress.ts';

/** What a command gets besides its options. */
export interface CommandContext {
  /** Positional arguments, in order. */
  readonly args: readonly string[];
  /** True with `--json`: print exactly one document with `result`, nothing else on stdout. */
  readonly json: boolean;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
  /** Writes text for people to stdout; silent with `--json`. */
  print(text: string): void;
  /** Writes the one JSON document; silent without `--json`. */
  result(value: Json): void;
}

/** A command, as its file in `cli/commands/` exports it. */
export interface Command<S extends z.ZodObject = z.ZodObject> {
  /** `scan`, or `study run` for a sub-command. */
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  /** Positional arguments: `FILE…` takes one or more, `[FILE]` none or one. */
  readonly arguments?: readonly {
    readonly name: string;
    readonly description: string;
    readonly required: boolean;
    readonly many: boolean;
  }[];
  /** Flags; `--json` and `--help` are added to all. */
  readonly options: S;
  /** At least one line that can be typed, with what it does. */
  readonly examples: readonly { readonly line: string; readonly does: string }[];
  /** Returns the exit code: 0 done, 1 failed, 3 an assertion failed; a thrown error is 1, wrong use 2. */
  run(options: z.output<S>, context: CommandContext): Promise<0 | 1 | 3>;
}

/** Types the options of a command from its schema. */
export function defineCommand<S extends z.ZodObject>(command: Command<S>): Command<S> {
  return command;
}
