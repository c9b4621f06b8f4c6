/**
 * Every corruption by name.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { backgroundNoise } from './background-noise.ts';
import { backgroundAmbience, backgroundMusic, backgroundSpeech } from './backgrounds.ts';
import { highPass, lowPass } from './band-filters.ts';
import { noiseSuppression, packetLoss } from './calls.ts';
import {
  agc,
  bandLimit,
  clip,
  gain,
  narrowBandCall,
  resampleCorruption,
  reverb,
} from './channel.ts';
import { aac, g711Alaw, g711Mulaw, g722, g726, mp3, opus, vorbis } from './codecs.ts';
import { echo } from './echo.ts';
import { gaussianNoiseCorruption } from './gaussian-noise.ts';
import { occludeBand, occludeLoud, occludeQuiet, occludeTime } from './occlusion.ts';
import { quantize } from './quantize.ts';
import { reverbMeasured } from './reverb-measured.ts';
import { smooth } from './smooth.ts';
import { autotune, pitchShiftCorruption, timeStretchCorruption } from './time-and-pitch.ts';
import type { Corruption, CorruptionLevel } from './types.ts';

/** The twelve with public names of the robustness study, then those of real channels. */
const ALL: readonly Corruption[] = [
  gaussianNoiseCorruption,
  backgroundNoise,
  smooth,
  echo,
  highPass,
  lowPass,
  pitchShiftCorruption,
  timeStretchCorruption,
  autotune,
  quantize,
  opus,
  mp3,
  aac,
  vorbis,
  g711Mulaw,
  g711Alaw,
  g722,
  g726,
  narrowBandCall,
  packetLoss,
  noiseSuppression,
  reverb,
  reverbMeasured,
  backgroundSpeech,
  backgroundMusic,
  backgroundAmbience,
  clip,
  gain,
  agc,
  resampleCorruption,
  bandLimit,
  occludeBand,
  occludeTime,
  occludeQuiet,
  occludeLoud,
];

/** The names of the robustness study: what the demo runs. */
export const TWELVE: readonly string[] = ALL.slice(0, 12).map(({ name }) => name);

/** All corruptions. */
export function corruptions(): readonly Corruption[] {
  return ALL;
}

/** A corruption by name. @throws RingtrueError `corruptions/unknown` */
export function findCorruption(name: string): Corruption {
  const found = ALL.find((corruption) => corruption.name === name);
  if (found === undefined) {
    const known = ALL.map((corruption) => corruption.name);
    throw new RingtrueError(
      'corruptions/unknown',
      `there is no corruption ${JSON.stringify(name)}; there are ${known.join(', ')}`,
      {
        details: { known },
      },
    );
  }
  return found;
}

/** A level of a corruption. @throws RingtrueError `corruptions/unknown-level` */
export function findLevel(corruption: Corruption, level: number): CorruptionLevel<unknown> {
  const found = corruption.levels.find((candidate) => candidate.level === level);
  if (found === undefined) {
    const levels = corruption.levels.map((each) => `${each.level} (${each.value} ${each.unit})`);
    throw new RingtrueError(
      'corruptions/unknown-level',
      `${corruption.name} has no level ${level}; it has ${levels.join(', ')}`,
      {
        details: { corruption: corruption.name, level, levels: corruption.levels.length },
      },
    );
  }
  return found;
}
