/**
 * Which line of user code made an operation: an operation that cannot be lowered, or whose shapes do not
 * fit, is reported with it.
 * @module
 */

/** What identifies an equation across differentiation, which copies equations and loses their origin. */
interface Recorded {
  readonly primitive: string;
  readonly params: object;
  readonly inputs: readonly { readonly aval: { readonly shape: readonly number[] } }[];
}

let lines: Map<string, string> | null = null;

/** Frames of these are the engine, not the user; tests beside the engine are its users. */
const ENGINE =
  /@jax-js[\\/]jax|[\\/](?:src|dist)[\\/](?:compiler|models[\\/]layers|training[\\/]losses)[\\/](?!.*\.test\.)|node:internal/;

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
  const key = keyOf(
    equation.primitive,
    equation.params,
    equation.inputs.map(({ aval }) => aval.shape),
  );
  if (lines.has(key)) return;
  const line = userLine(new Error().stack);
  if (line !== null) lines.set(key, line);
}

/** Key of an equation: its operation, parameters and shapes. */
export function equationKey(
  primitive: string,
  params: object,
  shapes: readonly (readonly number[])[],
): string {
  return keyOf(primitive, params, shapes);
}

function keyOf(primitive: string, params: object, shapes: readonly (readonly number[])[]): string {
  return primitive === 'jit'
    ? 'jit'
    : `${primitive} ${JSON.stringify(params)} ${JSON.stringify(shapes)}`;
}

/** The innermost line of a stack that is not the engine's, as `file:line:column`; null if there is none. */
export function userLine(stack: string | undefined): string | null {
  for (const frame of stack?.split('\n').slice(1) ?? []) {
    if (ENGINE.test(frame)) continue;
    const place = /(?:\(|at )((?:file:\/\/)?[^()\s]+:\d+:\d+)\)?$/.exec(frame.trim())?.[1];
    if (place !== undefined) return place.replace(/^file:\/\//, '');
  }
  return null;
}
