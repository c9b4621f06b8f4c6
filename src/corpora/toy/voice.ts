/**
 * The toy voice: a source–filter synthesiser after Klatt ("Software for a cascade/parallel formant
 * synthesizer", JASA 67, 1980) with the glottal pulse of Klatt and Klatt (JASA 87, 1990). One plan of
 * an utterance can be spoken in several manners: the human one, and those of the toy generators.
 * @module
 */

import { cosTurns, portableExp } from '../../core/portable-math.ts';
import type { Rng } from '../../core/rng.ts';

/** Hz; all toy clips have it. */
export const TOY_SAMPLE_RATE = 16000;
/** Control values change every 5 ms. */
const FRAME = 80;

/** What stays the same in all that one speaker says. */
export interface ToySpeaker {
  readonly pitchHz: number;
  /** Formant frequencies are multiplied by it: a shorter vocal tract has higher ones. */
  readonly tract: number;
  /** Share of breath noise in the voice. */
  readonly breath: number;
  /** Relative spread of successive pitch periods. */
  readonly jitter: number;
  /** Relative spread of successive pulse heights. */
  readonly shimmer: number;
  /** Phones a second. */
  readonly rate: number;
}

/** How a plan is spoken. */
export interface ToyManner {
  /** Multiplies jitter; shimmer stays, or the peak of a clip would tell. */
  readonly irregularity: number;
  /** Multiplies breath noise in voiced sound. */
  readonly breathiness: number;
  /** Multiplies the slow random movement of formants and pitch. */
  readonly wander: number;
  /** Multiplies formant bandwidths. */
  readonly bandwidth: number;
  /** Frames of 5 ms for which control values are held. */
  readonly holdFrames: number;
}

/** Targets of one stretch of sound. */
interface Phone {
  readonly frames: number;
  readonly formantsHz: readonly number[];
  readonly voice: number;
  readonly friction: number;
  readonly frictionHz: number;
}

/** What is said: targets and melody, the same for every manner. */
export interface ToyPlan {
  readonly phones: readonly Phone[];
  readonly frames: number;
  /** Relative pitch at the start and end of the sentence. */
  readonly melody: readonly [number, number];
  /** The phones as letters. */
  readonly transcript: string;
}

/** First three formants in Hz of an adult man, after Peterson and Barney (JASA 24, 1952). */
const VOWELS: readonly (readonly [letter: string, f1: number, f2: number, f3: number])[] = [
  ['i', 270, 2290, 3010],
  ['e', 530, 1840, 2480],
  ['a', 730, 1090, 2440],
  ['o', 570, 840, 2410],
  ['u', 300, 870, 2240],
];
/** Centre of the noise in Hz and loudness of the fricatives. */
const FRICATIVES: readonly (readonly [letter: string, hz: number, loudness: number])[] = [
  ['s', 5200, 0.9],
  ['x', 3100, 1],
  ['f', 4300, 0.45],
];
const BANDWIDTHS_HZ = [70, 90, 130, 200];

/** Draws a speaker. */
export function drawSpeaker(rng: Rng): ToySpeaker {
  return {
    pitchHz: rng.between(95, 215),
    tract: rng.between(0.93, 1.15),
    breath: rng.between(0.2, 0.26),
    jitter: rng.between(0.012, 0.022),
    shimmer: rng.between(0.06, 0.12),
    rate: rng.between(7, 9),
  };
}

/** Draws a sentence of about `seconds`. */
export function drawPlan(rng: Rng, speaker: ToySpeaker, seconds: number): ToyPlan {
  const target = Math.round((seconds * TOY_SAMPLE_RATE) / FRAME);
  const phones: Phone[] = [];
  let frames = 0;
  let transcript = '';
  const say = (phone: Phone): void => {
    phones.push(phone);
    frames += phone.frames;
  };
  const length = (): number =>
    Math.max(8, Math.round((TOY_SAMPLE_RATE / FRAME / speaker.rate) * rng.between(0.7, 1.3)));
  let [, ...neutral] = VOWELS[1]!;
  while (frames < target) {
    if (rng.uniform() < 0.45) {
      const [letter, frictionHz, loudness] = rng.pick(FRICATIVES);
      transcript += letter;
      say({
        frames: length(),
        formantsHz: scaled(neutral),
        voice: 0,
        friction: loudness,
        frictionHz,
      });
    }
    const [letter, ...vowel] = rng.pick(VOWELS);
    transcript += letter;
    neutral = vowel;
    say({
      frames: Math.round(length() * 1.4),
      formantsHz: scaled(vowel),
      voice: rng.between(0.8, 1),
      friction: 0,
      frictionHz: 4000,
    });
    if (rng.uniform() < 0.12) {
      transcript += ' ';
      say({ frames: length(), formantsHz: scaled(vowel), voice: 0, friction: 0, frictionHz: 4000 });
    }
  }
  return {
    phones,
    frames: target,
    melody: [rng.between(1.05, 1.2), rng.between(0.8, 0.95)],
    transcript: transcript.trim(),
  };

  function scaled(formants: readonly number[]): number[] {
    return [...formants, 3500].map((hz) => hz * speaker.tract);
  }
}

/** Speaks a plan. The signal is raw: no common level, spectrum or noise floor yet. */
export function speak(
  plan: ToyPlan,
  speaker: ToySpeaker,
  manner: ToyManner,
  rng: Rng,
): Float64Array {
  const controls = renderControls(plan, speaker, manner, rng.split('controls'));
  const pulses = rng.split('pulses');
  const breath = rng.split('breath');
  const hiss = rng.split('hiss');
  const out = new Float64Array(plan.frames * FRAME);
  const formants = BANDWIDTHS_HZ.map((bandwidthHz) =>
    createResonator(bandwidthHz * manner.bandwidth),
  );
  const friction = createResonator(1400 * manner.bandwidth);
  let period = 1;
  let position = 1;
  let height = 1;
  let previous = 0;
  for (let frame = 0; frame < plan.frames; frame += 1) {
    const control = controls[frame]!;
    for (const [k, formant] of formants.entries()) formant.tune(control.formantsHz[k]!);
    friction.tune(control.frictionHz);
    for (let i = frame * FRAME; i < (frame + 1) * FRAME; i += 1) {
      if (position >= period) {
        position -= period;
        const spread = manner.irregularity * speaker.jitter * pulses.normal();
        period = (TOY_SAMPLE_RATE / control.pitchHz) * (1 + Math.max(-0.2, Math.min(0.2, spread)));
        height = 1 + speaker.shimmer * pulses.normal();
      }
      // Derivative of the pulse t² − t³ while the glottis is open; it closes at once.
      const open = position / (0.6 * period);
      const pulse = open < 1 ? height * open * (2 - 3 * open) : 0;
      const noise =
        triangular(breath) * speaker.breath * manner.breathiness * (open < 1 ? 1 : 0.35);
      position += 1;
      // One pole at about 1.3 kHz: the fall of the glottal spectrum beyond the pulse's own.
      previous += 0.4 * (control.voice * (pulse + noise) - previous);
      let sample = previous;
      for (const formant of formants) sample = formant.step(sample);
      out[i] = sample + 0.12 * friction.step(control.friction * triangular(hiss));
    }
  }
  return out;
}

interface Control {
  readonly formantsHz: readonly number[];
  readonly pitchHz: number;
  readonly voice: number;
  readonly friction: number;
  readonly frictionHz: number;
}

/** Control values a frame: targets approached exponentially, with the slow wander of muscles. */
function renderControls(
  plan: ToyPlan,
  speaker: ToySpeaker,
  manner: ToyManner,
  rng: Rng,
): Control[] {
  const controls: Control[] = [];
  const formantsHz = [...plan.phones[0]!.formantsHz];
  const wander = new Float64Array(5);
  let voice = 0;
  let friction = 0;
  let frictionHz = 4000;
  for (const phone of plan.phones) {
    for (let n = 0; n < phone.frames && controls.length < plan.frames; n += 1) {
      const at = controls.length / plan.frames;
      for (let k = 0; k < 5; k += 1) wander[k] = 0.9 * wander[k]! + 0.43 * rng.normal();
      for (let k = 0; k < 4; k += 1)
        formantsHz[k]! += 0.22 * (phone.formantsHz[k]! - formantsHz[k]!);
      voice += 0.35 * (phone.voice - voice);
      friction += 0.35 * (phone.friction - friction);
      frictionHz += 0.35 * (phone.frictionHz - frictionHz);
      const pitch = plan.melody[0] + (plan.melody[1] - plan.melody[0]) * at;
      controls.push({
        formantsHz: formantsHz.map((hz, k) => hz * (1 + 0.025 * manner.wander * wander[k]!)),
        pitchHz: speaker.pitchHz * pitch * (1 + 0.012 * manner.wander * wander[4]!),
        voice,
        friction,
        frictionHz,
      });
    }
  }
  return controls.map((_, n) => controls[n - (n % manner.holdFrames)]!);
}

interface Resonator {
  /** Moves the resonance. */
  tune(hz: number): void;
  step(x: number): number;
}

/** Klatt's second-order resonator, gain 1 at 0 Hz. */
function createResonator(bandwidthHz: number): Resonator {
  const radius = portableExp((-Math.PI * bandwidthHz) / TOY_SAMPLE_RATE);
  const c = -radius * radius;
  let a = 1;
  let b = 0;
  let y1 = 0;
  let y2 = 0;
  return {
    tune(hz) {
      b = 2 * radius * cosTurns(Math.min(hz, 0.48 * TOY_SAMPLE_RATE) / TOY_SAMPLE_RATE);
      a = 1 - b - c;
    },
    step(x) {
      const y = a * x + b * y1 + c * y2;
      y2 = y1;
      y1 = y;
      return y;
    },
  };
}

/** Noise of variance 1/6 from one draw: the sum of two uniform halves. */
export function triangular(rng: Rng): number {
  const bits = rng.uint32();
  return ((bits & 0xffff) + (bits >>> 16)) / 65535 - 1;
}
