export function largestStep(
  x: Float32Array,
  cuts: readonly number[],
  sampleRate: number,
): number;
