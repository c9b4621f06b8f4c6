/**
 * Which line of user code made an operation: an operation that cannot be lowered, or whose shapes do not
 * fit, is reported with it. Differentiation copies operations and loses where they are from: they are told
 * apart by what they do to which shapes, and where several lines did the same, all are named.
 * @module
 */

/** Shape and element type of an operand. */
interface Operand {
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** What identifies an equation across differentiation, which copies equations and loses their origin. */
interface Recorded {
  readonly primitive: string;
  readonly params: object;
  readonly inputs: readonly { readonly aval: Operand }[];
}

/** Parameters of a nested call: jax-js traces its functions once for each form of their arguments. */
interface Call {
  readonly jaxpr: { readonly eqns: readonly Recorded[] };
}

/** Lines of user code by the key of what they made, see {@link equationKey}. */
export type Lines = ReadonlyMap<string, readonly string[]>;

/** Lines that a message names. */
const NAMED = 3;

let lines: Map<string, readonly string[]> | null = null;
let differentiating = false;

/** Folder of this package's code, with its scheme or without. */
const ROOT = decodeURI(new URL('..', import.meta.url).href).replace(/^file:\/\//, '');

/** Rooms of it that are the engine; recipes, and tests beside the engine, are its users. */
const ENGINE = /^(?:compiler|models\/layers|training)\/(?!recipes\/|.*\.test\.)/;

/** True for frames of the engine, of jax-js and of the runtime. */
function isEngine(frame: string): boolean {
  if (/@jax-js[\\/]jax|node:internal/.test(frame)) return true;
  const at = frame.replaceAll('\\', '/').indexOf(ROOT);
  return at >= 0 && ENGINE.test(frame.slice(at + ROOT.length));
}

/** Runs a function while lines of user code are recorded. */
export function recordingLines<T>(run: () => T): { value: T; lines: Lines } {
  const outer = lines;
  const limit = Error.stackTraceLimit;
  const own = new Map<string, readonly string[]>();
  lines = own;
  Error.stackTraceLimit = 60;
  try {
    return { value: run(), lines: own };
  } finally {
    lines = outer;
    Error.stackTraceLimit = limit;
  }
}

/**
 * Runs what traces the derivative of a function, or inside of that (`false`) the function itself. The line that
 * asks for a derivative is that of the equations which no line made: those of the function are traced again
 * with it.
 */
export function tracingDerivative<T>(isDerivative: boolean, run: () => T): T {
  const outer = differentiating;
  differentiating = isDerivative;
  try {
    return run();
  } finally {
    differentiating = outer;
  }
}

/** Adds lines that may have made equations of a key; one more than is named tells that there are others. */
export function addLines(
  to: Map<string, readonly string[]>,
  key: string,
  more: readonly string[],
): void {
  const known = to.get(key) ?? [];
  const fresh = more.filter((line) => !known.includes(line));
  if (fresh.length > 0) to.set(key, [...known, ...fresh].slice(0, NAMED + 1));
}

/** Called for every equation that is traced. */
export function recordEquation(equation: Recorded): void {
  if (lines === null) return;
  const own = lines;
  const wanting = keysOf(equation).filter((key) => {
    const known = own.get(key)?.length ?? 0;
    return known <= NAMED && !(differentiating && known > 0);
  });
  if (wanting.length === 0) return;
  const line = userLine(new Error().stack);
  if (line !== null) for (const key of wanting) addLines(own, key, [line]);
}

/** Keys of an equation, or of those inside of a nested call. */
function keysOf({ primitive, params, inputs }: Recorded): string[] {
  // Calls have this parameter.
  if (primitive === 'jit') return (params as Call).jaxpr.eqns.flatMap(keysOf);
  return [
    equationKey(
      primitive,
      params,
      inputs.map(({ aval }) => aval),
    ),
  ];
}

/** Key of an equation: its operation, parameters, and shapes and element types of its operands. */
export function equationKey(
  primitive: string,
  params: object,
  operands: readonly Operand[],
): string {
  const types = operands.map(({ dtype, shape }) => `${dtype}[${shape}]`);
  return `${primitive} ${JSON.stringify(params)} ${types.join()}`;
}

/** An equation of a program, as far as messages tell of it. */
interface Made {
  readonly primitive: string;
  readonly params: object;
  readonly inputs: readonly Operand[];
}

/** Which equation a message is about. */
export interface Origin {
  readonly primitive: string;
  /** Line of user code that made it, `A or B` where several may have; null where it is not known. */
  readonly line: string | null;
  /** `file:line:column: sqrt(int32[3])` */
  readonly text: string;
}

/**
 * Names an equation for a message.
 * @param options `lines` of its program; `showSize` writes a length of an axis
 */
export function originOf(
  { primitive, params, inputs }: Made,
  {
    lines: known,
    showSize = String,
  }: {
    readonly lines: Lines;
    readonly showSize?: (size: number) => string;
  },
): Origin {
  const line = alternatives(known.get(equationKey(primitive, params, inputs)) ?? []);
  const operands = inputs.map(({ dtype, shape }) => `${dtype}[${shape.map(showSize)}]`);
  const text = `${line === null ? '' : `${line}: `}${primitive}(${operands.join(', ')})`;
  return { primitive, line, text };
}

/** `A`, `A or B`, `A, B or C`, `A, B, C or others`; null for none. */
function alternatives(all: readonly string[]): string | null {
  const named = all.length > NAMED ? [...all.slice(0, NAMED), 'others'] : all;
  const last = named.at(-1);
  if (last === undefined) return null;
  return named.length === 1 ? last : `${named.slice(0, -1).join(', ')} or ${last}`;
}

/** The innermost line of a stack that is not the engine's, as `file:line:column`; null if there is none. */
export function userLine(stack: string | undefined): string | null {
  for (const frame of stack?.split('\n').slice(1) ?? []) {
    if (isEngine(frame)) continue;
    const place = /(?:\(|at )((?:file:\/\/)?[^()\s]+:\d+:\d+)\)?$/.exec(frame.trim())?.[1];
    if (place !== undefined) return place.replace(/^file:\/\//, '');
  }
  return null;
}
