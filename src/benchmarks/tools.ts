/**
 * The tools of a benchmark's scoring: those of a study, with trained detectors under names of the benchmark's
 * own. One trained detector may stand in several cells, so its card cannot name them.
 * @module
 */

import { openTools as openOwnTools } from '../bench/own-tools.ts';
import type { OpenTools } from '../bench/tools.ts';
import type { Detector } from '../models/types.ts';

/** A detector as a benchmark calls it. */
export interface NamedDetector {
  readonly name: string;
  /** Folder of its model.json and card.json. */
  readonly folder: string;
}

const PREFIX = 'benchmark:';

/** How a plan refers to a trained detector. */
export function detectorRef({ name, folder }: NamedDetector): string {
  return `${PREFIX}${JSON.stringify([name, folder])}`;
}

/** Opens the tools. */
export const openTools: OpenTools = async (setup) => {
  const tools = await openOwnTools(setup);
  return {
    ...tools,
    async loadDetector(ref) {
      if (!ref.startsWith(PREFIX)) return tools.loadDetector(ref);
      // Written by detectorRef.
      const [name, folder] = JSON.parse(ref.slice(PREFIX.length)) as [string, string];
      return renamed(await tools.loadDetector(folder), name);
    },
  };
};

function renamed(detector: Detector, name: string): Detector {
  const { id, card, needs } = detector;
  return {
    id,
    name,
    card,
    needs,
    score: (batch, options) => detector.score(batch, options),
    dispose: () => detector.dispose(),
  };
}
