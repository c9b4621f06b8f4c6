/**
 * Assertions of a study: comparisons of figures, such as
 * `eer(lcnn, mp3@3) - eer(lcnn, clean) < 0.10`.
 *
 * ```
 * comparison = sum ('<' | '<=' | '>' | '>=') sum
 * sum        = product (('+' | '-') product)*
 * product    = factor (('*' | '/') factor)*
 * factor     = number ['%'] | METRIC '(' detector ',' condition ')' | '(' sum ')' | '-' factor
 * ```
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import type { ConditionResult } from './summary.ts';

/** What can be asserted; `fpr`, `fnr` and `error` are at the detector's fixed threshold. */
export const ASSERTABLE = {
  eer: (result) => result.eer?.value,
  auc: (result) => result.auc?.value,
  minDcf: (result) => result.minDcf?.value,
  actDcf: (result) => result.actDcf?.value,
  cllr: (result) => result.cllr?.value,
  minCllr: (result) => result.minCllr?.value,
  fpr: (result) => result.atThreshold?.fpr.value,
  fnr: (result) => result.atThreshold?.fnr.value,
  error: (result) => result.atThreshold?.error.value,
} as const satisfies Record<string, (result: ConditionResult) => number | undefined>;

/** Name of an assertable figure. */
export type AssertableMetric = keyof typeof ASSERTABLE;

/** A sum, as a tree. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | {
      readonly kind: 'figure';
      readonly metric: AssertableMetric;
      readonly detector: string;
      readonly condition: string;
    }
  | { readonly kind: 'negate'; readonly of: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: '+' | '-' | '*' | '/';
      readonly left: Expression;
      readonly right: Expression;
    };

/** An assertion that was read. */
export interface Assertion {
  readonly text: string;
  readonly left: Expression;
  readonly comparison: '<' | '<=' | '>' | '>=';
  readonly right: Expression;
}

/** What came of an assertion. */
export interface AssertionResult {
  readonly text: string;
  /** Value of the left side; null if a figure is missing because nothing was scored. */
  readonly value: number | null;
  /** Value of the right side. */
  readonly bound: number | null;
  readonly ok: boolean;
}

/** What assertions of a study may name. */
export interface AssertionNames {
  readonly detectors: readonly { readonly name: string; readonly hasThreshold: boolean }[];
  readonly conditions: readonly string[];
}

/**
 * Reads an assertion and checks that the study runs what it names.
 * @throws RingtrueError `bench/unknown-assertion`
 */
export function parseAssertion(text: string, names: AssertionNames): Assertion {
  const reader = new Reader(text);
  const left = reader.sum();
  const comparison = reader.take(/(<=|>=|<|>)/y);
  if (comparison === undefined) throw reader.error('expected <, <=, > or >=');
  const right = reader.sum();
  if (!reader.atEnd()) throw reader.error('expected the end');
  const assertion: Assertion = {
    text,
    left,
    // The pattern above takes nothing else.
    comparison: comparison as Assertion['comparison'],
    right,
  };
  checkNames(text, left, names);
  checkNames(text, right, names);
  return assertion;
}

/** Decides an assertion on the results of a run; one that needs a missing figure does not hold. */
export function decideAssertion(
  assertion: Assertion,
  results: readonly ConditionResult[],
): AssertionResult {
  const value = evaluate(assertion.left, results);
  const bound = evaluate(assertion.right, results);
  return {
    text: assertion.text,
    value,
    bound,
    ok: value !== null && bound !== null && COMPARE[assertion.comparison](value, bound),
  };
}

const COMPARE = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
} as const satisfies Record<Assertion['comparison'], (a: number, b: number) => boolean>;

function evaluate(tree: Expression, results: readonly ConditionResult[]): number | null {
  switch (tree.kind) {
    case 'number':
      return tree.value;
    case 'figure': {
      const result = results.find(
        ({ detector, condition }) => detector === tree.detector && condition === tree.condition,
      );
      return (result === undefined ? undefined : ASSERTABLE[tree.metric](result)) ?? null;
    }
    case 'negate': {
      const value = evaluate(tree.of, results);
      return value === null ? null : -value;
    }
    case 'binary': {
      const left = evaluate(tree.left, results);
      const right = evaluate(tree.right, results);
      if (left === null || right === null) return null;
      const value = ARITHMETIC[tree.operator](left, right);
      return Number.isFinite(value) ? value : null;
    }
  }
}

const ARITHMETIC = {
  '+': (a: number, b: number) => a + b,
  '-': (a: number, b: number) => a - b,
  '*': (a: number, b: number) => a * b,
  '/': (a: number, b: number) => a / b,
};

function checkNames(text: string, tree: Expression, names: AssertionNames): void {
  if (tree.kind === 'negate') checkNames(text, tree.of, names);
  if (tree.kind === 'binary') {
    checkNames(text, tree.left, names);
    checkNames(text, tree.right, names);
  }
  if (tree.kind !== 'figure') return;
  const detector = names.detectors.find(({ name }) => name === tree.detector);
  if (detector === undefined) {
    throw unknown(
      text,
      'detector',
      tree.detector,
      names.detectors.map(({ name }) => name),
    );
  }
  if (!names.conditions.includes(tree.condition)) {
    throw unknown(text, 'condition', tree.condition, names.conditions);
  }
  const needsThreshold = tree.metric === 'fpr' || tree.metric === 'fnr' || tree.metric === 'error';
  if (needsThreshold && !detector.hasThreshold) {
    throw new RingtrueError(
      'bench/unknown-assertion',
      `assert "${text}": the card of ${tree.detector} has no operating point and the corpus no clean dev clips to fix one, so ${tree.metric} has no threshold`,
      { details: { assertion: text, detector: tree.detector }, hint: 'Assert eer or auc instead.' },
    );
  }
}

function unknown(
  text: string,
  what: string,
  name: string,
  known: readonly string[],
): RingtrueError {
  return new RingtrueError(
    'bench/unknown-assertion',
    `assert "${text}": the study runs no ${what} ${name}; it runs ${known.join(', ')}`,
    { details: { assertion: text, [what]: name } },
  );
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    this.#skipSpace();
    return this.#at === this.#text.length;
  }

  /** Takes what a sticky pattern matches at this place, without the space before it. */
  take(pattern: RegExp): string | undefined {
    this.#skipSpace();
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match[1] ?? match[0];
  }

  error(expected: string): RingtrueError {
    return new RingtrueError(
      'bench/unknown-assertion',
      `assert "${this.#text}", character ${this.#at + 1}: ${expected}`,
      { details: { assertion: this.#text, character: this.#at + 1 } },
    );
  }

  sum(): Expression {
    let left = this.#product();
    for (;;) {
      const operator = this.take(/[+-]/y);
      if (operator === undefined) return left;
      // The pattern above takes nothing else.
      left = { kind: 'binary', operator: operator as '+' | '-', left, right: this.#product() };
    }
  }

  #product(): Expression {
    let left = this.#factor();
    for (;;) {
      const operator = this.take(/[*/]/y);
      if (operator === undefined) return left;
      // The pattern above takes nothing else.
      left = { kind: 'binary', operator: operator as '*' | '/', left, right: this.#factor() };
    }
  }

  #factor(): Expression {
    if (this.take(/-/y) !== undefined) return { kind: 'negate', of: this.#factor() };
    if (this.take(/\(/y) !== undefined) {
      const inner = this.sum();
      if (this.take(/\)/y) === undefined) throw this.error('expected )');
      return inner;
    }
    const number = this.take(/(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/iy);
    if (number !== undefined) {
      const scale = this.take(/%/y) === undefined ? 1 : 100;
      return { kind: 'number', value: Number(number) / scale };
    }
    const metric = this.take(/[A-Za-z]\w*/y);
    if (metric === undefined) throw this.error('expected a number or METRIC(DETECTOR, CONDITION)');
    if (!(metric in ASSERTABLE)) {
      throw this.error(`${metric} is not one of ${Object.keys(ASSERTABLE).join(', ')}`);
    }
    if (this.take(/\(/y) === undefined) throw this.error('expected (');
    const detector = this.take(/([^,()]*[^,()\s])\s*,/y);
    if (detector === undefined) throw this.error('expected a detector and a comma');
    const condition = this.take(/([^,()]*[^,()\s])\s*\)/y);
    if (condition === undefined) throw this.error('expected a condition and )');
    // Membership was checked above.
    return { kind: 'figure', metric: metric as AssertableMetric, detector, condition };
  }

  #skipSpace(): void {
    while (this.#at < this.#text.length && /\s/.test(this.#text[this.#at]!)) this.#at += 1;
  }
}
