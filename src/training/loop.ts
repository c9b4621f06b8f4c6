/**
 * The training loop of networks: steps, validations, checkpoints. Killed at any moment, the same call
 * continues from the last checkpoint with the very numbers that an uninterrupted one would have had.
 * @module
 */

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { hostArray } from '../compiler/arrays.ts';
import { np } from '../compiler/jax.ts';
import { RingtrueError, toRingtrueError } from '../core/errors.ts';
import { hashBytes } from '../core/hash.ts';
import { throwIfAborted } from '../core/progress.ts';
import { frontEndSchema } from '../models/network/front-end.ts';
import { createNetwork, type NetworkModel, parseNetworkModel } from '../models/network/index.ts';
import type { Backend } from '../runtime/backend.ts';
import { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
import {
  type Belonging,
  type Checkpoint,
  type Progress,
  progressSchema,
  readCheckpoint,
  writeCheckpoint,
} from './checkpoint.ts';
import { writeCurves } from './curves.ts';
import { type Batches, createBatches } from './data/batches.ts';
import type { LabelledClip } from './data/labelled.ts';
import { type CompiledTrees, compileStep, compileTrees, loadStep } from './engine.ts';
import { refuseBad, type StatePaths, statePaths } from './finite.ts';
import { nextPlateau, PLATEAU_START } from './optimisers/index.ts';
import type { Candidate, FitContext, Network, NetworkSettings, Weights } from './recipe.ts';
import type { DevFigures } from './run-folder.ts';
import {
  exampleInput,
  firstState,
  keptState,
  readMetrics,
  scoreFunction,
  shownWeights,
  stateOf,
  stepFunction,
  stepInputs,
} from './step.ts';
import { type HostValues, hostScalar, leaf } from './trees.ts';
import { validate } from './validation.ts';
import { packWeights, unpackWeights, WEIGHTS_FILE } from './weights.ts';

/** Steps that the log tells of, over a whole training: more would not be seen in a curve. */
const LOGGED_STEPS = 5000;
const TASK = 'train';

/** Where a training begins. */
const START: Progress = {
  step: 0,
  epochLoss: { sum: 0, count: 0 },
  best: null,
  bad: 0,
  plateau: PLATEAU_START,
  done: false,
};

/** What the parts of the loop share. */
interface Session {
  readonly network: Network;
  readonly context: FitContext;
  readonly backend: Backend;
  readonly batches: Batches;
  readonly steps: number;
  readonly compiledStep: CompiledTrees;
  readonly belonging: Belonging;
  readonly paths: StatePaths;
  readonly dev: readonly LabelledClip[];
  readonly files: { readonly last: string; readonly best: string };
}

/**
 * Trains a network, or continues its training, and exports the best weights; given weights are exported as they are.
 * @throws RingtrueError `models/bad-file` (weights that do not fit), `training/diverged` (with what went bad first), `training/class-missing`,
 * `training/bad-checkpoint`, `training/out-of-memory`, `training/worker-crashed`, `core/cancelled` (a
 * checkpoint was written; in a validation the one before it stands), `core/io-disk-full`, `compiler/trace`, `compiler/unsupported`
 */
export async function trainNetwork(network: Network, context: FitContext): Promise<Candidate> {
  const { settings } = network;
  const processors = availableParallelism();
  const backend = createOnnxNodeBackend({ threads: settings.computeThreads ?? processors });
  const seed = context.rng.split('data').uint32();
  const bytes = settings.keepSoundMb * 2 ** 20;
  const batches = createBatches({
    train: context.train,
    settings: {
      frontEnd: frontEndSchema.parse(network.frontEnd),
      length: { sec: network.data.sec, short: network.data.short },
      crop: network.data.crop,
      augment: network.data.augment,
      speed: network.data.speed,
      seed,
      keepBytes: bytes,
    },
    sampling: network.data.sampling,
    batch: settings.batch * settings.accumulate,
    threads: settings.dataThreads ?? Math.max(1, processors - 1),
    cacheBytes: bytes,
    onFailure: (clip, { code, message }) => context.onFailure(clip, code, message),
  });
  try {
    const steps = settings.epochs * batches.perEpoch;
    const form = firstState(network, { rng: context.rng.split('init'), dims: batches.dims, steps });
    const compiledStep = compileStep(stepFunction(network, steps), {
      state: form,
      batch: exampleInput(network, batches.dims),
    });
    // What cannot be exported fails before the first step, not after the last one.
    const firstExport = exportedModel(network, {
      weights: shownWeights(network, form, steps),
      dims: batches.dims,
    });
    const belonging: Belonging = {
      training: context.training,
      compiled: codeHash(network, [compiledStep.model, firstExport.onnx]),
    };
    const session: Session = {
      network,
      context,
      backend,
      batches,
      steps,
      compiledStep,
      belonging,
      paths: statePaths(form),
      dev: [...context.dev].sort((a, b) => (a.id < b.id ? -1 : 1)),
      files: {
        last: join(context.run, 'checkpoints', 'last.safetensors'),
        best: join(context.run, 'checkpoints', 'best.safetensors'),
      },
    };
    if (context.weights !== undefined)
      return exported(session, unpackWeights(context.weights, shownWeights(network, form, steps)));
    const kept = keptState(form);
    const read = async (path: string): Promise<Checkpoint | null> => {
      const found = await readCheckpoint(path, {
        form: kept,
        ...belonging,
        progress: progressSchema,
      });
      return found === null ? null : { ...found, state: stateOf(network, found.state) };
    };
    const found = (await read(session.files.last)) ?? (await read(session.files.best));
    if (found?.progress.done !== true)
      await runSteps(session, found ?? { state: form, progress: START });
    const best = await read(session.files.best);
    if (best === null)
      throw new RingtrueError('training/bad-checkpoint', `${session.files.best} is not there`);
    return exported(session, shownWeights(network, best.state, steps));
  } catch (thrown) {
    throw memoryError(toRingtrueError(thrown), settings);
  } finally {
    await batches.close();
  }
}

/**
 * Hash of what a recipe's code makes of its settings.
 * @param models the step, and the scores under the first weights
 */
function codeHash(
  { frontEnd, data, export: hearing }: Network,
  models: readonly Uint8Array[],
): string {
  const told = JSON.stringify({ models: models.map(hashBytes), frontEnd, data, hearing });
  return hashBytes(new TextEncoder().encode(told));
}

async function runSteps(session: Session, from: Checkpoint): Promise<void> {
  const { network, context, backend, batches, steps, files } = session;
  const { settings } = network;
  const { work, log } = context;
  const prepared = await loadStep(backend, session.compiledStep, { state: from.state });
  const keys = context.rng.split('steps');
  const logEvery = Math.max(1, Math.ceil(steps / LOGGED_STEPS));
  let { progress } = from;
  const save = async (path: string): Promise<void> => {
    const state = keptState(await prepared.snapshot());
    await writeCheckpoint(path, { state, progress }, session.belonging);
  };
  const first = progress.step;
  work.onProgress?.({ type: 'start', task: TASK, total: steps, unit: 'steps', done: first });
  await log.write({ event: 'start', step: first, steps, perEpoch: batches.perEpoch });
  const startedMs = performance.now();
  let waitedMs = 0;
  let validatedMs = 0;
  let savedMs = startedMs;
  let note = '';
  try {
    // Whatever comes, there is a good checkpoint.
    if (first === 0) await save(files.last);
    while (progress.step < steps) {
      if (work.signal?.aborted) {
        await save(files.last);
        throwIfAborted(work.signal);
      }
      const askedMs = performance.now();
      // Messages of the threads and interrupts come in here: a step blocks this thread.
      await setImmediate();
      const batch = await batches.at(progress.step);
      waitedMs += performance.now() - askedMs;
      const { step, plateau } = progress;
      const { accumulate } = settings;
      const inputs = stepInputs(batch, { rng: keys, step, scale: plateau.scale, accumulate });
      let told: HostValues = {};
      for (const input of inputs) told = await prepared.step(input);
      const metrics = readMetrics(told, session.paths);
      refuseBad(metrics, {
        step,
        details: { learningRate: metrics.learningRate },
        kept: `checkpoint is ${files.last}`,
      });
      progress = {
        ...progress,
        step: step + 1,
        epochLoss: {
          sum: progress.epochLoss.sum + metrics.loss,
          count: progress.epochLoss.count + 1,
        },
      };
      if (step % logEvery === 0) {
        const { loss, gradientNorm, learningRate } = metrics;
        await log.write({ event: 'step', step, loss, gradientNorm, learningRate });
      }
      if (progress.step % batches.perEpoch === 0) {
        const epoch = progress.step / batches.perEpoch;
        if (epoch % settings.validateEvery === 0 || progress.step === steps) {
          const beganMs = performance.now();
          const dev = await validate(network, {
            backend,
            weights: shownWeights(network, await prepared.snapshot(), steps),
            clips: session.dev,
            examples: batches.fixed,
            seed: 1,
            signal: work.signal,
          });
          const { sum, count } = progress.epochLoss;
          progress = afterValidation(progress, { dev, epoch, settings, steps });
          const best = progress.best?.epoch === epoch;
          // The best one first: were it the other way round, a kill between them would lose it.
          if (best) await save(files.best);
          await save(files.last);
          savedMs = performance.now();
          validatedMs += savedMs - beganMs;
          const elapsedSec = (savedMs - startedMs - validatedMs) / 1000;
          const stepsPerSec = (progress.step - first) / Math.max(elapsedSec, 1e-9);
          const totalSec = (savedMs - startedMs) / 1000;
          await log.write({
            event: 'epoch',
            epoch,
            step: progress.step,
            trainLoss: sum / count,
            dev,
            best,
            learningRate: metrics.learningRate,
            stepsPerSec,
            waitShare: waitedMs / 1000 / Math.max(elapsedSec, 1e-9),
            validationSec: (savedMs - beganMs) / 1000,
            secLeft: ((steps - progress.step) * totalSec) / (progress.step - first),
          });
          await writeCurves(context.run);
          note = devNote(epoch, dev);
          if (progress.done) break;
        }
      } else if (performance.now() - savedMs >= 1000 * settings.checkpointSec) {
        await save(files.last);
        savedMs = performance.now();
      }
      work.onProgress?.({
        type: 'advance',
        task: TASK,
        done: progress.step,
        note: `loss ${metrics.loss.toFixed(3)}${note}`,
      });
    }
  } finally {
    await prepared.dispose();
  }
  const reason = progress.step < steps ? 'no progress' : 'all epochs';
  await log.write({ event: 'end', reason, sec: (performance.now() - startedMs) / 1000 });
  work.onProgress?.({ type: 'end', task: TASK, note: `${reason}${note}` });
}

function devNote(epoch: number, { eer }: DevFigures): string {
  const share = (value: number): string => (100 * value).toFixed(1);
  const interval =
    eer.low === null || eer.high === null ? '' : ` [${share(eer.low)}–${share(eer.high)}]`;
  return `, epoch ${epoch}: dev EER ${share(eer.value)} %${interval}`;
}

/** What a validation changes: the best weights, patience, the learning rate, whether it goes on. */
function afterValidation(
  progress: Progress,
  {
    dev,
    epoch,
    settings,
    steps,
  }: { dev: DevFigures; epoch: number; settings: NetworkSettings; steps: number },
): Progress {
  const value = {
    eer: dev.eer.value,
    auc: 1 - dev.auc.value,
    loss: dev.loss,
  }[settings.select];
  const better = progress.best === null || value < progress.best.value;
  const bad = better ? 0 : progress.bad + 1;
  return {
    step: progress.step,
    epochLoss: { sum: 0, count: 0 },
    best: better ? { value, epoch } : progress.best,
    bad,
    plateau:
      settings.plateau === undefined
        ? progress.plateau
        : nextPlateau(progress.plateau, dev.loss, settings.plateau),
    done: progress.step === steps || (settings.patience > 0 && bad >= settings.patience),
  };
}

/** Memory that ran out, in the runtime or in Node, with what helps. */
function memoryError(error: RingtrueError, settings: NetworkSettings): RingtrueError {
  const inNode =
    error.cause instanceof RangeError && /allocation|array length/i.test(error.message);
  if (error.code !== 'runtime/out-of-memory' && !inNode) return error;
  return new RingtrueError(
    'training/out-of-memory',
    `a step of ${settings.batch} examples at once does not fit: ${error.message}`,
    { details: { batch: settings.batch, accumulate: settings.accumulate }, cause: error },
  );
}

/** Stretches that the exported detector takes at once. */
const SCORED_TOGETHER = 16;

/** The detector of weights. */
function exported(session: Session, weights: Weights<HostValues, HostValues>): Candidate {
  const { network, batches, context } = session;
  const { model, onnx } = exportedModel(network, { weights, dims: batches.dims });
  return {
    setting: context.weights === undefined ? 'best weights' : 'given weights',
    files: {
      'model.json': `${JSON.stringify(model, null, 2)}\n`,
      'model.onnx': onnx,
      [WEIGHTS_FILE]: packWeights(weights, { recipe: network.name }),
    },
    create: (card) => createNetwork({ model, onnx, card, backend: createOnnxNodeBackend() }),
  };
}

/**
 * A network as detector: weights are constants of the graph, its batch axis is free.
 * @throws RingtrueError `compiler/trace`, `compiler/unsupported`
 */
function exportedModel(
  network: Network,
  {
    weights,
    dims,
  }: { readonly weights: Weights<HostValues, HostValues>; readonly dims: readonly number[] },
): { readonly model: NetworkModel; readonly onnx: Uint8Array } {
  const features = hostArray(
    [1, ...dims],
    new Float32Array(dims.reduce((product, dim) => product * dim, 1)),
  );
  const scores = scoreFunction(network);
  const options = {
    constants: 1,
    freeAxis: 'batch',
    metadata: {
      'ringtrue.kind': 'network',
      'ringtrue.recipe': network.name,
      'ringtrue.frontEnd': JSON.stringify(network.frontEnd),
    },
  };
  let compiled = compileTrees(scores, [{ ...weights }, features, hostScalar(1)], options);
  const { program } = compiled;
  const used = new Set([...program.equations.flatMap(({ inputs }) => inputs), ...program.outputs]);
  // A network that does not ask how much of a stretch is recording has no such input.
  const asksValid = used.has(program.inputs[1]!);
  if (!asksValid) {
    compiled = compileTrees(
      (given, x) => scores(given!, x!, np.ones([leaf(x!).shape[0]!])),
      [{ ...weights }, features],
      options,
    );
  }
  const [featuresPort, validPort] = compiled.inputs;
  const model: NetworkModel = parseNetworkModel(
    {
      kind: 'network',
      frontEnd: network.frontEnd,
      length: { sec: network.data.sec, short: network.data.short },
      ...network.export,
      batch: SCORED_TOGETHER,
      inputs: { features: featuresPort!.name, valid: validPort?.name ?? null },
      output: compiled.outputs[0]!.name,
    },
    network.name,
  );
  return { model, onnx: compiled.model };
}
