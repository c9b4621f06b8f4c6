/**
 * Largest step from one sample to the next within 1 ms of cuts inside a clip: what a bad join leaves.
 * @param {Float32Array} x
 * @param {readonly number[]} cuts in samples; those at the ends of the clip do not count
 * @param {number} sampleRate Hz
 * @returns {number}
 */
export function largestStep(x, cuts, sampleRate) {
  const reach = Math.round(sampleRate / 1000);
  let most = 0;
  for (const cut of cuts) {
    if (cut <= 0 || cut >= x.length) continue;
    for (let i = Math.max(1, cut - reach); i <= Math.min(x.length - 1, cut + reach); i += 1) {
      most = Math.max(most, Math.abs(x[i] - x[i - 1]));
    }
  }
  return most;
}
