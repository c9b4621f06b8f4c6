/**
 * The dev split under given weights, by a graph that has them as constants.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { throwIfAborted } from '../core/progress.ts';
import { chooseCluster } from '../metrics/cluster.ts';
import { evaluateRoc } from '../metrics/evaluate.ts';
import type { Backend } from '../runtime/backend.ts';
import { assemble } from './data/batches.ts';
import type { Example } from './data/example.ts';
import type { LabelledClip } from './data/labelled.ts';
import { type Prepared, prepareFunction } from './engine.ts';
import type { Network, Weights } from './recipe.ts';
import type { DevFigures } from './run-folder.ts';
import { evaluationFunction } from './step.ts';
import { branch, type HostValues, hostLeaf } from './trees.ts';

/** Clips scored at once. */
const BATCH = 32;

/** What is validated, and how. */
export interface ValidationOptions {
  readonly backend: Backend;
  readonly weights: Weights<HostValues, HostValues>;
  /** In the order in which they are scored. */
  readonly clips: readonly LabelledClip[];
  /** Features of a few clips; null where one cannot be read. */
  examples(clips: readonly LabelledClip[]): Promise<readonly (Example | null)[]>;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Loss (mean over clips), EER and AUC with intervals. Features are asked for a batch at a time: those of
 * the whole split need not fit into memory.
 * @throws RingtrueError `training/diverged` where a score or the loss is not finite,
 * `training/class-missing` where no clip of a class can be read, `core/cancelled`
 */
export async function validate(network: Network, options: ValidationOptions): Promise<DevFigures> {
  const { scored, loss } = await scoreClips(network, options);
  const rows = scored.map(({ clip, score }) => ({
    clip: clip.id,
    label: clip.label,
    score,
    speaker: clip.speaker ?? null,
    source: clip.source ?? null,
  }));
  for (const label of new Set(options.clips.map((clip) => clip.label))) {
    if (rows.some((row) => row.label === label)) continue;
    throw new RingtrueError(
      'training/class-missing',
      `the dev split has no ${label} clip that can be read`,
      { details: { split: 'dev', label } },
    );
  }
  const bad = rows.find(({ score }) => !Number.isFinite(score));
  if (bad !== undefined) {
    throw new RingtrueError(
      'training/diverged',
      `the dev clip ${bad.clip} has the score ${bad.score}`,
      { details: { what: 'score', paths: [bad.clip] } },
    );
  }
  if (!Number.isFinite(loss)) {
    throw new RingtrueError('training/diverged', `the loss over the dev clips is ${loss}`, {
      details: { what: 'dev loss', paths: [], loss: String(loss) },
    });
  }
  const { clusters } = chooseCluster(rows);
  const { eer, auc } = evaluateRoc(
    rows.map((row, i) => ({ ...row, cluster: clusters[i]! })),
    { seed: options.seed },
  );
  return { loss, eer, auc };
}

interface ScoredClip {
  readonly clip: LabelledClip;
  readonly score: number;
}

async function scoreClips(
  network: Network,
  { backend, weights, clips, examples, signal }: ValidationOptions,
): Promise<{ scored: ScoredClip[]; loss: number }> {
  const f = evaluationFunction(network);
  const scored: ScoredClip[] = [];
  let sum = 0;
  let prepared: Prepared | undefined;
  let size = 0;
  const run = async (part: readonly DevExample[]): Promise<void> => {
    const { features, valid, label } = assemble(
      part.map(({ example }) => example),
      part.map(({ clip }) => clip),
    );
    if (prepared === undefined || size !== part.length) {
      await prepared?.dispose();
      prepared = undefined;
      const given = [{ ...weights }, features, valid, label];
      prepared = await prepareFunction(backend, f, given, { constants: 1 });
      size = part.length;
    }
    const result = await prepared.run(features, valid, label);
    const scores = hostLeaf(branch(result, 'score')).data;
    scored.push(...part.map(({ clip }, i) => ({ clip, score: Number(scores[i]) })));
    sum += part.length * hostLeaf(branch(result, 'loss')).data[0]!;
  };
  try {
    let waiting: DevExample[] = [];
    for (let at = 0; at < clips.length; at += BATCH) {
      throwIfAborted(signal);
      const asked = clips.slice(at, at + BATCH);
      const made = await examples(asked);
      waiting.push(
        ...asked.flatMap((clip, i) => {
          const example = made[i];
          return example === null || example === undefined ? [] : [{ clip, example }];
        }),
      );
      if (waiting.length < BATCH) continue;
      await run(waiting.slice(0, BATCH));
      waiting = waiting.slice(BATCH);
    }
    // What is left over goes through a graph of its own size: nothing is padded.
    if (waiting.length > 0) await run(waiting);
  } finally {
    await prepared?.dispose();
  }
  return { scored, loss: sum / scored.length };
}

interface DevExample {
  readonly clip: LabelledClip;
  readonly example: Example;
}
