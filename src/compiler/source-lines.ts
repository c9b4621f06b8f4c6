/**
 * Which line of user code made an operation: an operation that cannot be lowered, or whose shapes do not
 * fit, is reported with it.
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

let lines: Map<string, string> | null = null;

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

/** Runs a function while lines of user code are recorded; the map goes from {@link equationKey} to a line. */
export function recordingLines<T>(run: () => T): { value: T; lines: Map<string, string> } {
  const outer = lines;
  const limit = Error.stackTraceLimit;
  const own = new Map<string, string>();
  lines = own;
  Error.stackTraceLimit = 60;
  try {
    return { value: run(), lines: own };
  } finally {
    lines = outer;
    Error.stackTraceLimit = limit;
  }
}

/** Called for every equation that is traced. */
export function recordEquation(equation: Recorded): void {
  if (lines === null) return;
  const key = equationKey(
    equation.primitive,
    equation.params,
    equation.inputs.map(({ aval }) => aval),
  );
  if (lines.has(key)) return;
  const line = userLine(new Error().stack);
  if (line !== null) lines.set(key, line);
}

/** Key of an equation: its operation, parameters, and shapes and element types of its operands. */
export function equationKey(
  primitive: string,
  params: object,
  operands: readonly Operand[],
): string {
  if (primitive === 'jit') return primitive;
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
  /** Line of user code that made it; null where it is not known. */
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
    readonly lines: ReadonlyMap<string, string>;
    readonly showSize?: (size: number) => string;
  },
): Origin {
  const line = known.get(equationKey(primitive, params, inputs)) ?? null;
  const operands = inputs.map(({ dtype, shape }) => `${dtype}[${shape.map(showSize)}]`);
  const text = `${line === null ? '' : `${line}: `}${primitive}(${operands.join(', ')})`;
  return { primitive, line, text };
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
