/**
 * The dev split under given weights, by a graph that has them as constants.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { chooseCluster } from '../metrics/cluster.ts';
import { evaluateRoc } from '../metrics/evaluate.ts';
import type { Backend } from '../runtime/backend.ts';
import { assemble, type Batch } from './data/batches.ts';
import type { Example } from './data/example.ts';
import type { LabelledClip } from './data/labelled.ts';
import { prepareFunction } from './engine.ts';
import type { Network, Weights } from './recipe.ts';
import type { DevFigures } from './run-folder.ts';
import { evaluationFunction } from './step.ts';
import { branch, type HostValues, hostLeaf } from './trees.ts';

/** Clips scored at once. */
const BATCH = 32;

/** An example with its clip. */
export interface DevExample {
  readonly clip: LabelledClip;
  readonly example: Example;
}

/**
 * Loss (mean over clips), EER and AUC with intervals.
 * @throws RingtrueError `training/diverged` where a score or the loss is not finite
 */
export async function validate(
  network: Network,
  {
    backend,
    weights,
    examples,
    seed,
  }: {
    readonly backend: Backend;
    readonly weights: Weights<HostValues, HostValues>;
    readonly examples: readonly DevExample[];
    readonly seed: number;
  },
): Promise<DevFigures> {
  const { scores, loss } = await scoreExamples(network, { backend, weights, examples });
  const rows = examples.map(({ clip }, i) => ({
    clip: clip.id,
    label: clip.label,
    score: scores[i]!,
    speaker: clip.speaker ?? null,
    source: clip.source ?? null,
  }));
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
    { seed },
  );
  return { loss, eer, auc };
}

async function scoreExamples(
  network: Network,
  {
    backend,
    weights,
    examples,
  }: {
    readonly backend: Backend;
    readonly weights: Weights<HostValues, HostValues>;
    readonly examples: readonly DevExample[];
  },
): Promise<{ scores: number[]; loss: number }> {
  const f = evaluationFunction(network);
  const scores: number[] = [];
  let sum = 0;
  // Whole batches, then what is left over by a graph of its own size: nothing is padded.
  const whole = examples.length - (examples.length % BATCH);
  for (const [from, to, size] of [
    [0, whole, BATCH],
    [whole, examples.length, examples.length - whole],
  ] as const) {
    if (from === to) continue;
    const batchAt = (at: number): Batch => {
      const part = examples.slice(at, at + size);
      return assemble(
        part.map(({ example }) => example),
        part.map(({ clip }) => clip),
      );
    };
    const first = batchAt(from);
    const prepared = await prepareFunction(
      backend,
      f,
      [{ ...weights }, first.features, first.valid, first.label],
      { constants: 1 },
    );
    try {
      for (let at = from; at < to; at += size) {
        const { features, valid, label } = batchAt(at);
        const result = await prepared.run(features, valid, label);
        scores.push(...Array.from(hostLeaf(branch(result, 'score')).data, Number));
        sum += size * hostLeaf(branch(result, 'loss')).data[0]!;
      }
    } finally {
      await prepared.dispose();
    }
  }
  return { scores, loss: sum / examples.length };
}
