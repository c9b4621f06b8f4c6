/** SHA-256 of every case's result, by name. */
export function runCases(modules: {
  readonly dsp: object;
  readonly corruptions: object;
  readonly metrics: object;
}): Promise<Record<string, string>>;
