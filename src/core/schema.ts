/**
 * One zod object schema becomes command-line flags, help, JSON Schema and a docs table.
 * Describe every field with `.describe('what it is')` and give units and short flags by
 * `.meta({ unit: 'dB', short: 'n' })`.
 * @module
 */

import * as z from 'zod';
import { type ErrorCode, type Json, RingtrueError } from './errors.ts';

/** One field of an option schema, ready to be shown or parsed. */
export interface OptionField {
  /** Field name in code, camelCase. */
  readonly name: string;
  /** Command-line flag without dashes, kebab-case. */
  readonly flag: string;
  /** One letter, if the field has a short flag. */
  readonly short?: string;
  readonly kind: 'string' | 'number' | 'boolean' | 'choice' | 'list' | 'object';
  /** The closed set, of a `choice` or of numbers. */
  readonly choices?: readonly string[];
  readonly unit?: string;
  /** Largest `number`, where there is one; the value itself may be excluded. */
  readonly max?: number;
  /** For `list`: values hold commas of their own, so that commas do not part them (`.meta({ whole: true })`). */
  readonly whole?: boolean;
  readonly description: string;
  readonly required: boolean;
  readonly default?: Json;
}

/** The fields of a zod object schema, in order. */
export function describeFields(schema: z.ZodObject): OptionField[] {
  return Object.entries(schema.shape).map(([name, type]) => describeField(name, type as z.ZodType));
}

function describeField(name: string, type: z.ZodType): OptionField {
  let inner: z.ZodType = type;
  let required = true;
  let fallback: Json | undefined;
  let description = type.description;
  let meta: Record<string, unknown> = { ...type.meta() };
  for (;;) {
    if (inner instanceof z.ZodDefault) {
      required = false;
      // Defaults of option schemas are JSON by construction: they come from a command line or a file.
      fallback = inner.def.defaultValue as Json;
      inner = inner.def.innerType as z.ZodType;
    } else if (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable) {
      required = false;
      inner = inner.def.innerType as z.ZodType;
    } else if (inner instanceof z.ZodPipe) {
      inner = inner.def.in as z.ZodType;
    } else break;
    description ??= inner.description;
    meta = { ...inner.meta(), ...meta };
  }
  const choices =
    inner instanceof z.ZodEnum
      ? inner.options.map(String)
      : isNumberLiteral(inner)
        ? [...inner.values].map(String)
        : undefined;
  return {
    name,
    flag: toKebab(name),
    kind: kindOf(inner),
    description: description ?? '',
    required,
    ...(choices === undefined ? {} : { choices }),
    ...(typeof meta.short === 'string' ? { short: meta.short } : {}),
    ...(typeof meta.unit === 'string' ? { unit: meta.unit } : {}),
    ...(inner instanceof z.ZodNumber && hasMax(inner) ? { max: inner.maxValue } : {}),
    ...(meta.whole === true ? { whole: true } : {}),
    ...(fallback === undefined ? {} : { default: fallback }),
  };
}

function kindOf(type: z.ZodType): OptionField['kind'] {
  if (type instanceof z.ZodEnum) return 'choice';
  if (type instanceof z.ZodNumber || isNumberLiteral(type)) return 'number';
  if (type instanceof z.ZodBoolean) return 'boolean';
  if (type instanceof z.ZodArray) return 'list';
  if (type instanceof z.ZodString) return 'string';
  return 'object';
}

/** Whole numbers have one of their own, which nobody asked for. */
function hasMax(type: z.ZodNumber): type is z.ZodNumber & { readonly maxValue: number } {
  return type.maxValue !== null && type.maxValue < Number.MAX_SAFE_INTEGER;
}

function isNumberLiteral(type: z.ZodType): type is z.ZodLiteral<number> {
  return (
    type instanceof z.ZodLiteral && [...type.values].every((value) => typeof value === 'number')
  );
}

function toKebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** JSON Schema (2020-12) of a zod schema, for editors and server docs. */
export function toJsonSchema(schema: z.ZodType): Json {
  return z.toJSONSchema(schema, { io: 'input' }) as Json;
}

/** A Markdown table of a schema's fields, as the docs pages print it. */
export function toMarkdownTable(schema: z.ZodObject): string {
  const rows = describeFields(schema).map((field) => {
    const type =
      field.choices === undefined ? field.kind : field.choices.map((c) => `\`${c}\``).join(', ');
    const fallback =
      field.default === undefined
        ? field.required
          ? 'required'
          : ''
        : `\`${JSON.stringify(field.default)}\``;
    return `| \`${field.name}\` | ${type} | ${field.unit ?? ''} | ${fallback} | ${field.description} |`;
  });
  return ['| option | type | unit | default | meaning |', '|---|---|---|---|---|', ...rows].join(
    '\n',
  );
}

/**
 * Parses untrusted data with a schema.
 * @param where what is being parsed, put in front of each option's path in the message; `--` for flags
 * @throws RingtrueError with `code` (default `core/invalid-options`), listing every problem by its path
 */
export function parseOptions<S extends z.ZodType>(
  schema: S,
  value: unknown,
  { where = 'options', code = 'core/invalid-options' }: { where?: string; code?: ErrorCode } = {},
): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => ({
    path: issue.path.join('.'),
    problem: issue.message,
  }));
  const lines = problems.map(({ path, problem }) => {
    if (path === '') return `${where}: ${problem}`;
    return where === '--' ? `--${toKebab(path)}: ${problem}` : `${where}.${path}: ${problem}`;
  });
  throw new RingtrueError(code, lines.join('; '), { details: { problems } });
}
