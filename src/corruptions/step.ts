/**
 * Steps of conditions: a corruption at a level, with options, as text and as parameters.
 * @module
 */

import { type Json, RingtrueError } from '../core/errors.ts';
import { canonicalJson } from '../core/hash.ts';
import { describeFields, type OptionField, parseOptions } from '../core/schema.ts';
import { findLevel } from './registry.ts';
import type { Condition, ConditionStep, Corruption } from './types.ts';

/** Options of a step by name. */
type Options = Readonly<Record<string, Json>>;

/** The condition of some steps; its id is `clean` for none. */
export function conditionOf(steps: readonly ConditionStep[]): Condition {
  return { id: steps.length === 0 ? 'clean' : steps.map(stepId).join('+'), steps };
}

/** How a step is written and read: `mp3@2`, `echo@3~mode=reference`, `echo~gain=0.4`. */
export function stepId({ corruption, level, options }: ConditionStep): string {
  return `${corruption}${level === null ? '' : `@${level}`}${optionsText(options)}`;
}

/** The corruption of a step with its options, without its level: what levels are compared within. */
export function variantOf({ corruption, options }: ConditionStep): string {
  return `${corruption}${optionsText(options)}`;
}

/** `~a=1~b=two`, by name. */
function optionsText(options: Options = {}): string {
  return Object.keys(options)
    .sort()
    .map((name) => `~${name}=${valueText(options[name]!)}`)
    .join('');
}

/** A `+` would part a chain; `1e21` is the same number as `1e+21`. */
function valueText(value: Json): string {
  return String(value).replace('e+', 'e');
}

/**
 * Reads options of a corruption.
 * @param text `~NAME=VALUE` for each, or nothing
 * @throws RingtrueError `corruptions/bad-condition`, `corruptions/unknown-option`, `corruptions/bad-option`
 */
export function readOptions(corruption: Corruption, text: string): Options {
  const fields = describeFields(corruption.schema);
  const given: Record<string, Json> = {};
  for (const part of text.split('~').slice(1)) {
    const [, name, value] = /^([^=\s]+)=(\S+)$/.exec(part) ?? [];
    if (name === undefined || value === undefined || name in given) {
      throw new RingtrueError(
        'corruptions/bad-condition',
        `${corruption.name}${text}: ${JSON.stringify(part)} is not NAME=VALUE, once for each option`,
      );
    }
    const field = fields.find((each) => each.name === name);
    if (field === undefined) {
      const known = fields.map((each) => each.name);
      throw new RingtrueError(
        'corruptions/unknown-option',
        `${corruption.name} has no option ${JSON.stringify(name)}; it has ${known.join(', ')}`,
        { details: { corruption: corruption.name, option: name, known } },
      );
    }
    given[name] = readValue(field, value);
  }
  const parsed = parsedOptions(corruption, given);
  return Object.fromEntries(Object.keys(given).map((name) => [name, parsed[name]!]));
}

/** A value as its field wants it; what does not fit stays text, and the schema says so. */
function readValue({ kind }: OptionField, text: string): Json {
  if (kind === 'choice' || kind === 'string') return text;
  if (text === 'true' || text === 'false') return text === 'true';
  return Number.isFinite(Number(text)) ? Number(text) : text;
}

function parsedOptions({ name, schema }: Corruption, given: unknown): Options {
  // Options are JSON by construction: they come from text, and `draw` gives them on as JSON.
  return parseOptions(schema, given, { where: name, code: 'corruptions/bad-option' }) as Options;
}

/** The options that make the levels of a corruption: those that differ between levels. */
export function optionsOfLevels({ levels }: Corruption): string[] {
  const [first, ...others] = levels.map(({ params }) => params as Options);
  return Object.keys(first ?? {}).filter((name) =>
    others.some((params) => canonicalJson(params[name]!) !== canonicalJson(first![name]!)),
  );
}

/**
 * A step for each level, with options. Options that make the levels take the place of them: one step without a
 * level, which names all of them, unless their values are those of a level. Other options with the value that they
 * have anyway are left out, so that the same thing has one id.
 * @param levels all by default
 * @throws RingtrueError `corruptions/unknown-level`; `corruptions/bad-option` where a level is named and an
 *   option that makes it
 */
export function levelSteps(
  corruption: Corruption,
  { levels, options = {} }: { levels?: readonly number[]; options?: Options } = {},
): ConditionStep[] {
  const { name } = corruption;
  const makers = optionsOfLevels(corruption);
  const given = makers.filter((option) => option in options);
  if (given.length === 0) {
    const numbers = levels ?? corruption.levels.map(({ level }) => level);
    return numbers.map((level) => {
      // Parsed by the schema of this corruption.
      const params = findLevel(corruption, level).params as Options;
      return { corruption: name, level, ...changedOptions(options, params) };
    });
  }
  if (levels !== undefined) {
    throw new RingtrueError(
      'corruptions/bad-option',
      `${name}: its levels are values of ${given.join(', ')}; expected a level or ${given.join(', ')}, not both`,
      { details: { corruption: name, options: given } },
    );
  }
  const all = parsedOptions(corruption, options);
  const made = Object.fromEntries(makers.map((option) => [option, all[option]!]));
  // Parsed by the schema of this corruption.
  const same = corruption.levels.find(
    ({ params }) => changedOptions(made, params as Options).options === undefined,
  );
  if (same !== undefined) {
    return [
      { corruption: name, level: same.level, ...changedOptions(all, same.params as Options) },
    ];
  }
  const others = changedOptions(options, parsedOptions(corruption, {})).options ?? {};
  return [{ corruption: name, level: null, options: { ...others, ...made } }];
}

function changedOptions(options: Options, usual: Options): Pick<ConditionStep, 'options'> {
  const changed = Object.entries(options).filter(
    ([name, value]) => canonicalJson(value) !== canonicalJson(usual[name]!),
  );
  return changed.length === 0 ? {} : { options: Object.fromEntries(changed) };
}

/** Parameters of a step, for `draw`. @throws RingtrueError `corruptions/unknown-level`, `corruptions/bad-option` */
export function stepParams(corruption: Corruption, { level, options }: ConditionStep): unknown {
  if (level === null) return parsedOptions(corruption, options ?? {});
  const { params } = findLevel(corruption, level);
  // Parsed by the schema of this corruption, as are those of a level.
  return options === undefined ? params : { ...(params as Options), ...options };
}

/** How conditions with options of a corruption are written: with values that change what is heard. */
export function optionExamples(corruption: Corruption): {
  /** Null where every option is one that makes the levels. */
  readonly withLevel: string | null;
  /** Null where each value of the options that make the levels is one of a level. */
  readonly withoutLevel: string | null;
} {
  const { name, schema } = corruption;
  const makers = optionsOfLevels(corruption);
  const fields = describeFields(schema);
  const fits = (options: Options): boolean => schema.safeParse(options).success;
  const beside = fields
    .filter((field) => !makers.includes(field.name))
    .flatMap((field) => otherValues(field).map((value) => ({ [field.name]: value })))
    .find(fits);
  const inPlace = fields
    .filter((field) => makers.includes(field.name))
    .reduce<Options[]>(
      (sets, field) =>
        sets.flatMap((set) => otherValues(field).map((value) => ({ ...set, [field.name]: value }))),
      [{}],
    )
    .find((options) => fits(options) && levelSteps(corruption, { options })[0]?.level === null);
  return {
    withLevel: beside === undefined ? null : `${name}@1${optionsText(beside)}`,
    withoutLevel: inPlace === undefined ? null : `${name}${optionsText(inPlace)}`,
  };
}

/** Values to show besides the default: the others of a choice, or numbers, not all of which may be allowed. */
function otherValues(field: OptionField): Json[] {
  const { kind, choices, max, default: usual } = field;
  if (choices !== undefined)
    return choices.map((choice) => readValue(field, choice)).filter((value) => value !== usual);
  if (kind === 'boolean') return [usual !== true];
  if (typeof usual !== 'number') return [];
  const near = [1.5 * usual, 1.25 * usual, 2 * usual].map((value) => Number(value.toPrecision(3)));
  return max === undefined || max === usual ? near : [...near, max];
}
