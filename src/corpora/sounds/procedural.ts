/**
 * Water, fire and wind by rule: drops, crackles and gusts of noise, as games and films make them.
 * @module
 */

import { gaussianNoise } from '../../audio/dsp/noise.ts';
import type { Rng } from '../../core/rng.ts';

const RATE = 16000;

/** A sound by rule: samples at 16 kHz. */
type Rule = (length: number, rng: Rng) => Float32Array;

const RULES: Readonly<Record<string, Rule>> = {
  /** Drops are damped sines, as bubbles are (Minnaert 1933); many of them, over a bed of noise. */
  water(length, rng) {
    const out = gaussianNoise(new Float32Array(length), rng.split('bed')).map((v) => 0.03 * v);
    scatter(length, rng.between(80, 400), rng.split('drops'), (start, drop) => {
      const hz = 700 * Math.exp(1.8 * drop.uniform());
      const decaySec = drop.between(2, 10) / hz;
      const gain = 0.1 * Math.exp(0.8 * drop.normal());
      for (let i = 0; i < 8 * decaySec * RATE && start + i < length; i += 1) {
        out[start + i]! +=
          gain * Math.exp(-i / (decaySec * RATE)) * Math.sin((2 * Math.PI * hz * i) / RATE);
      }
    });
    return out;
  },
  /** Crackles are short bursts of noise, most of them faint, over a low roar. */
  fire(length, rng) {
    const out = lowPass(gaussianNoise(new Float32Array(length), rng.split('roar')), 0.03);
    scatter(length, rng.between(15, 60), rng.split('crackles'), (start, crackle) => {
      const decaySec = crackle.between(0.0005, 0.006);
      const gain = 0.15 * Math.exp(1.2 * crackle.normal());
      for (let i = 0; i < 8 * decaySec * RATE && start + i < length; i += 1) {
        out[start + i]! += gain * Math.exp(-i / (decaySec * RATE)) * crackle.normal();
      }
    });
    return out;
  },
  /** Gusts are a slow random walk of level, which also opens and closes a low-pass. */
  wind(length, rng) {
    const noise = gaussianNoise(new Float32Array(length), rng.split('air'));
    const gusts = rng.split('gusts');
    const pull = 1 / (RATE * rng.between(0.3, 1.5));
    let level = 0;
    let low = 0;
    for (let i = 0; i < length; i += 1) {
      level += -pull * level + Math.sqrt(2 * pull) * gusts.normal();
      const open = 0.05 * Math.exp(0.5 * Math.max(-3, Math.min(3, level)));
      low += open * (noise[i]! - low);
      noise[i] = low * Math.exp(0.5 * level);
    }
    return noise;
  },
};

/** True for a class of sound that there is a rule for. */
export function isProcedural(kind: string | undefined): boolean {
  return kind !== undefined && kind in RULES;
}

/**
 * Makes a sound of a class by rule.
 * @param kind `water`, `fire` or `wind`
 * @returns `[length]` at 16 kHz
 */
export function procedural(kind: string | undefined, length: number, rng: Rng): Float32Array {
  const rule = RULES[kind ?? ''];
  if (rule === undefined) throw new RangeError(`internal: no rule for ${kind}`);
  return rule(length, rng);
}

/** Events at random times, so many a second on average, each with a stream of its own. */
function scatter(
  length: number,
  perSec: number,
  rng: Rng,
  event: (start: number, rng: Rng) => void,
): void {
  const times = rng.split('times');
  let at = 0;
  for (let n = 0; ; n += 1) {
    at += (-Math.log(1 - times.uniform()) * RATE) / perSec;
    if (at >= length) return;
    event(Math.floor(at), rng.split(n));
  }
}

/** One pole: the share of each new sample. */
function lowPass(x: Float32Array, share: number): Float32Array {
  let low = 0;
  return x.map((value) => {
    low += share * (value - low);
    return low;
  });
}
