/**
 * `ringtrue models export NAME`.
 * @module
 */

import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { type Json, RingtrueError, toRingtrueError } from '../../core/errors.ts';
import { writeFileAtomic } from '../../core/node/files.ts';
import { openCorpus } from '../../datasets/open.ts';
import {
  compareEngines,
  describedOnEngines,
  type EngineAgreement,
  type EngineDetector,
  networkOnEngines,
} from '../../models/engines.ts';
import { exportDetector } from '../../models/export.ts';
import { exportNetwork, type NetworkFiles } from '../../models/network/export.ts';
import {
  type DetectorFiles,
  findFolder,
  loadDetector,
  type PlainFiles,
  readDetectorFolder,
} from '../../models/registry.ts';
import { measureExport } from '../../training/export-cost.ts';
import { WEIGHTS_FILE } from '../../training/weights.ts';
import { defineCommand } from '../command.ts';

const options = z.object({
  out: z
    .string()
    .optional()
    .describe('.onnx file to be written; NAME.onnx unless only weights are wanted')
    .meta({ unit: 'file' }),
  withFrontEnd: z
    .boolean()
    .default(false)
    .describe('put the front end into the graph: it then takes samples in place of features'),
  int8: z.boolean().default(false).describe('weights as 8-bit integers, a quarter of the size'),
  corpus: z
    .string()
    .optional()
    .describe(
      'corpus on whose dev split (all of it if it has none) the change of scores is measured',
    ),
  safetensors: z
    .string()
    .optional()
    .describe('file for the weights by name; `ringtrue train RECIPE --weights FILE` takes them')
    .meta({ unit: 'file' }),
});

/** The `models export` command. */
export const command = defineCommand({
  name: 'models export',
  summary:
    'Write a detector as one .onnx file with its card, or the weights of a network as safetensors',
  arguments: [
    {
      name: 'NAME',
      description: 'detector: a name, or the folder of a training',
      required: true,
      many: false,
    },
  ],
  options,
  examples: [
    {
      line: 'ringtrue models export ./mine --out mine.onnx --with-front-end',
      does: 'one file from 16 kHz samples to a score, for browsers and phones',
    },
    {
      line: 'ringtrue models export lfcc-gmm --out lfcc-gmm.onnx --with-front-end',
      does: 'the same of a shipped detector, with the .json that describes it',
    },
    {
      line: 'ringtrue models export ./mine --out small.onnx --int8 --corpus my-corpus',
      does: 'a smaller file, with what that costs on the dev split',
    },
    {
      line: 'ringtrue models export ./mine --safetensors weights.safetensors',
      does: 'the weights by name, for other programs',
    },
  ],
  async run(
    { out, withFrontEnd, int8, corpus: spec, safetensors },
    { args, onProgress, signal, print, result },
  ) {
    const [ref = ''] = args;
    const folder = await findFolder(ref);
    const files = await readDetectorFolder(folder);
    const told: { [key: string]: Json } = { name: files.card.name };
    if (safetensors !== undefined) {
      requireNetwork(files, 'has no weights for --safetensors');
      await writeFileAtomic(safetensors, await readWeightsFile(folder));
      print(`${safetensors}: weights by name`);
      told.safetensors = safetensors;
    }
    const path = out ?? (safetensors === undefined ? `${files.card.name}.onnx` : undefined);
    if (path === undefined) {
      result(told);
      return 0;
    }
    if (!path.endsWith('.onnx'))
      throw new RingtrueError('cli/usage', `--out ${path}: expected a name that ends in .onnx`);
    if (files.network === null) {
      if (int8) requireNetwork(files, 'has no weights for --int8');
      if (spec !== undefined && !withFrontEnd) {
        throw new RingtrueError(
          'cli/usage',
          `--corpus: ${path} takes no samples without --with-front-end, so it cannot be scored`,
        );
      }
      Object.assign(told, await writeDetector(files, path, { withFrontEnd, print, signal }));
    } else {
      const how = { withFrontEnd, int8, print, signal };
      Object.assign(told, await writeNetwork(files.network, path, how));
    }
    if (spec !== undefined) {
      const corpus = await openCorpus(spec, {}, { onProgress, signal });
      const dev = corpus.clips.filter(({ split }) => split === 'dev');
      const [before, after] = [await loadDetector(folder), await loadDetector(path)];
      const clips = dev.length === 0 ? corpus.clips : dev;
      const cost = await measureExport(before, after, clips, { onProgress, signal });
      await before.dispose();
      await after.dispose();
      const share = (value: number): string => `${(100 * value).toFixed(1)} %`;
      print(
        `${corpus.name}${dev.length === 0 ? '' : ' dev'}, ${cost.n.bonafide} bona fide and ${cost.n.spoof} spoof: scores change by at most ${cost.largestChange.toPrecision(2)} (their standard deviation is ${cost.spread.toPrecision(2)}), EER ${share(cost.eerBefore)} → ${share(cost.eerAfter)}`,
      );
      told.cost = { ...cost, n: { ...cost.n } };
    }
    result(told);
    return 0;
  },
});

/** Null where the engine of browsers is not installed: exporting does not need it. */
async function comparedEngines(
  detector: EngineDetector,
  options: { readonly signal: AbortSignal },
): Promise<EngineAgreement | null> {
  try {
    return await compareEngines(detector, options);
  } catch (thrown) {
    const error = toRingtrueError(thrown);
    if (error.code === 'core/missing-dependency' && error.details.package === 'onnxruntime-web')
      return null;
    throw error;
  }
}

function engineText(engines: EngineAgreement | null): string {
  return engines === null
    ? 'not compared with the engine of browsers: the package onnxruntime-web is not installed or does not load'
    : `Node and the engine of browsers (WebAssembly): scores of ${engines.stretches} stretches differ by at most ${engines.largest.toPrecision(2)}, ${engines.tolerance} is borne`;
}

/** Writes a detector that is no network and says what came of it. */
async function writeDetector(
  files: PlainFiles,
  path: string,
  {
    withFrontEnd,
    print,
    signal,
  }: { withFrontEnd: boolean; print(text: string): void; signal: AbortSignal },
): Promise<{ [key: string]: Json }> {
  const { onnx, inputs, outputs, takes, description } = exportDetector(files, { withFrontEnd });
  const told = { path, inputs, output: outputs[0]!, bytes: onnx.length, takes };
  const size = `${inputs.join(', ')} → ${outputs.join(', ')}, ${kilobytes(onnx)}`;
  if (description === null) {
    await requireUndescribed(path);
    await writeFileAtomic(path, onnx);
    print(`${path}: ${size}`);
    print(`  ${inputs[0]}: ${takes}`);
    return told;
  }
  const beside = besideOf(path);
  const json = new TextEncoder().encode(`${JSON.stringify(description, null, 2)}\n`);
  // Before it is written: a file that is there has passed.
  const engines = await comparedEngines(describedOnEngines({ onnx, json, path }), { signal });
  await writeFileAtomic(path, onnx);
  await writeFileAtomic(beside, json);
  print(`${path}: ${size}`);
  print(`  ${inputs[0]}: ${takes}`);
  print(`${beside}: how it is fed, with its card`);
  print(engineText(engines));
  return { ...told, description: beside, engines: engines === null ? null : { ...engines } };
}

/** Writes a network and says what came of it. */
async function writeNetwork(
  files: NetworkFiles,
  path: string,
  {
    withFrontEnd,
    int8,
    print,
    signal,
  }: { withFrontEnd: boolean; int8: boolean; print(text: string): void; signal: AbortSignal },
): Promise<{ [key: string]: Json }> {
  const { quantised, ...exported } = exportNetwork(files, { withFrontEnd, int8 });
  const { onnx, model } = exported;
  await requireUndescribed(path);
  // Before it is written: a file that is there has passed.
  const engines = await comparedEngines(networkOnEngines(exported), { signal });
  await writeFileAtomic(path, onnx);
  const { inputs, output } = model;
  const names = [inputs.features, ...(inputs.valid === null ? [] : [inputs.valid])];
  print(`${path}: ${names.join(', ')} → ${output}, ${kilobytes(onnx)}`);
  print(engineText(engines));
  const told = {
    ...{ path, inputs: names, output, bytes: onnx.length },
    engines: engines === null ? null : { ...engines },
  };
  if (!int8) return told;
  const before = exportNetwork(files, { withFrontEnd }).onnx;
  const worst = quantised.reduce((most, { error }) => Math.max(most, error), 0);
  print(
    `int8: ${kilobytes(before)} became ${kilobytes(onnx)}; ${quantised.length} arrays of weights, rounded by at most ${(100 * worst).toFixed(2)} % of the largest of a channel`,
  );
  return { ...told, bytesBefore: before.length, largestRounding: worst };
}

/** A `.json` beside a file says how it is fed: one that is there already belongs to something else. */
async function requireUndescribed(path: string): Promise<void> {
  const beside = besideOf(path);
  const isThere = await access(beside).then(
    () => true,
    () => false,
  );
  if (!isThere) return;
  throw new RingtrueError(
    'cli/usage',
    `--out ${path}: ${beside} is there, which would be read as the description of ${path}; move it away or choose another name`,
  );
}

function besideOf(path: string): string {
  return path.replace(/\.onnx$/, '.json');
}

function requireNetwork({ kind, card, network }: DetectorFiles, lacks: string): void {
  if (network !== null) return;
  throw new RingtrueError(
    'models/cannot-export',
    `${card.name} is of the kind ${kind} and ${lacks}; networks have them`,
  );
}

function kilobytes({ length }: Uint8Array): string {
  return `${(length / 1000).toFixed(1)} kB`;
}

async function readWeightsFile(folder: string): Promise<Uint8Array> {
  try {
    return await readFile(join(folder, WEIGHTS_FILE));
  } catch (error) {
    throw new RingtrueError(
      'models/cannot-export',
      `${folder} has no ${WEIGHTS_FILE}: it was trained before there was one`,
      { cause: error },
    );
  }
}
