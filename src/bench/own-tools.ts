/**
 * The tools of a study by default: our decoders, corruptions and detectors.
 * @module
 */

import { decode } from '../audio/io/decode.ts';
import { createIsolatedDecoder } from '../audio/io/isolated.ts';
import { applyCondition, conditionAssets, parseConditions } from '../corruptions/chain.ts';
import { findCorruption } from '../corruptions/registry.ts';
import { refusalOf } from '../models/refusal.ts';
import { loadDetector } from '../models/registry.ts';
import { describeCondition } from './plan.ts';
import type { OpenTools } from './tools.ts';

/** Opens decoders, corruptions and detectors; the decoding process starts with the first foreign file. */
export const openTools: OpenTools = async ({ limits, cwd }) => {
  const { maxDurationSec, maxBytes, maxTimeSec, maxMemoryMb } = limits;
  const bounds = { maxDurationSec, maxBytes, maxTimeSec, maxMemoryMb };
  const isolated = createIsolatedDecoder({ limits: bounds });
  return {
    parseConditions: (spec) =>
      Promise.all(
        parseConditions(spec).map(async (condition) => {
          const assets = await conditionAssets(condition);
          const described = describeCondition(condition, findCorruption);
          return assets === undefined ? described : { ...described, assets };
        }),
      ),
    loadDetector: (ref) => loadDetector(ref, { cwd }),
    decode: async ({ path }, trusted) => {
      const decoded = trusted
        ? await decode(path, { limits: bounds })
        : await isolated.decode(path);
      return decoded.audio;
    },
    corrupt: applyCondition,
    refusalOf: (audio, needs) => refusalOf(audio, needs)?.code ?? null,
    close: () => isolated.close(),
  };
};
