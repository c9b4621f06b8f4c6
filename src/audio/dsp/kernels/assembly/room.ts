/** Image sources of a rectangular room. */

/** Adds `gain` at one sample. */
@inline
function addAt(out: usize, sample: i32, gain: f64): void {
  const at = out + (<usize>sample << 2);
  store<f32>(at, <f32>(<f64>load<f32>(at) + gain));
}

/**
 * Adds what each image of a source brings: `strength[bounces] / distance` at its sample. Images along an axis are
 * doubles (m from the microphone) with their counts of walls as words, nearest first, an even number along z.
 */
export function addImages(
  x: usize,
  xWalls: usize,
  xs: usize,
  y: usize,
  yWalls: usize,
  ys: usize,
  z: usize,
  zWalls: usize,
  zs: usize,
  strength: usize,
  reach: f64,
  direct: f64,
  perMetre: f64,
  n: usize,
  out: usize,
): void {
  const end = <i32>n;
  for (let a: usize = 0; a < xs; a++) {
    const x0 = load<f64>(x + (a << 3));
    for (let b: usize = 0; b < ys; b++) {
      const y0 = load<f64>(y + (b << 3));
      const partial = x0 * x0 + y0 * y0;
      if (partial > reach * reach) continue;
      const walls = load<u32>(xWalls + (a << 2)) + load<u32>(yWalls + (b << 2));
      const strengths = strength + (<usize>walls << 3);
      // Two images at a time; what a count of walls is worth lies in a table.
      for (let c: usize = 0; c < zs; c += 2) {
        const z0 = v128.load(z + (c << 3));
        const distance = f64x2.sqrt(f64x2.add(f64x2.splat(partial), f64x2.mul(z0, z0)));
        const exact = f64x2.mul(f64x2.sub(distance, f64x2.splat(direct)), f64x2.splat(perMetre));
        // To the nearest whole number, halves up, as Math.round does.
        const up = f64x2.ceil(exact);
        const above = f64x2.gt(f64x2.sub(up, f64x2.splat(0.5)), exact);
        const sample = f64x2.sub(up, v128.and(above, f64x2.splat(1)));
        const gains = v128.load64_lane(
          strengths + (<usize>load<u32>(zWalls + (c << 2), 4) << 3),
          v128.load64_zero(strengths + (<usize>load<u32>(zWalls + (c << 2)) << 3)),
          1,
        );
        const brought = f64x2.div(gains, f64x2.pmax(f64x2.splat(0.1), distance));
        const first = <i32>f64x2.extract_lane(sample, 0);
        const second = <i32>f64x2.extract_lane(sample, 1);
        if (first >= end) break;
        if (first >= 0) addAt(out, first, f64x2.extract_lane(brought, 0));
        if (second >= end) break;
        if (second >= 0) addAt(out, second, f64x2.extract_lane(brought, 1));
      }
    }
  }
}
