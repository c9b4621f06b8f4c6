/**
 * Several trained detectors as one, fitted on dev (card 08, fusion).
 * @module
 */

import { readdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import * as z from 'zod';
import { toRingtrueError } from '../../core/errors.ts';
import { throwIfAborted } from '../../core/progress.ts';
import { createFusion, type FusionModel } from '../../models/fusion/index.ts';
import { findFolder, loadDetector } from '../../models/registry.ts';
import type { Detector } from '../../models/types.ts';
import { exportFusion } from '../export-onnx.ts';
import { type FusionTable, fitFusion } from '../fit-fusion.ts';
import { defineClassicalRecipe, type ReadClip } from '../recipe.ts';

/** Files of a member's folder that its detector needs, or that say where it comes from. */
const MEMBER_FILE = /\.(?:json|onnx|md)$/;

/** Clips that are scored together. */
const BATCH = 16;

/** The recipe. */
export const fusion = defineClassicalRecipe({
  name: 'fusion',
  summary: 'Several detectors as one: their scores through a map that was fitted on dev',
  limits: [
    'Its dev figures are those of the data that it was fitted on: quote the held-out ones.',
    'Where all members are deceived, so is the fusion; it costs the time of all of them.',
  ],
  settings: z.strictObject({
    detectors: z
      .array(z.string().min(1))
      .min(2)
      .default(['lfcc-gmm', 'acoustic-logistic'])
      .describe('names, folders, ONNX files, addresses or commands of trained detectors'),
    method: z
      .enum(['logistic', 'mean', 'mlp'])
      .default('logistic')
      .describe('prior-weighted logistic regression, mean of z-normalised scores, small network'),
    prior: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.5)
      .describe('share of spoof that the classes are weighted by'),
    penalty: z.number().min(0).default(1e-3).describe('L2 penalty of the logistic regression'),
    hidden: z.int().positive().max(256).default(8).describe('units of the network’s hidden layer'),
    steps: z.int().positive().default(300).describe('training steps of the network'),
  }),
  async fit({ detectors: refs, ...training }, { dev, read, rng, work }) {
    const open: Detector[] = [];
    try {
      for (const ref of refs) open.push(await loadDetector(ref));
      const table = await scoreTable(open, await read(dev), () => throwIfAborted(work.signal));
      const { scaling, map } = await fitFusion(table, training, rng);
      const members: FusionModel['members'] = [];
      const files: Record<string, string | Uint8Array> = {};
      for (const [i, ref] of refs.entries()) {
        const { name } = open[i]!.card;
        const place = await memberPlace(ref);
        if (place.folder === null) members.push({ name, ref: place.ref, ...scaling[i]! });
        else {
          const folder = `members/${i}`;
          members.push({ name, folder, ...scaling[i]! });
          Object.assign(files, await readMember(place.folder, folder));
        }
      }
      const model: FusionModel = { kind: 'fusion', members, map };
      return [
        {
          setting: training.method,
          name: `fusion-${training.method}`,
          files: {
            'model.json': `${JSON.stringify(model, null, 2)}\n`,
            'model.onnx': exportFusion(model),
            ...files,
          },
          learntFrom: {
            split: 'dev',
            members: open.flatMap(({ card }) => card.trainedOn),
            languages: open.flatMap(({ card }) => card.languages),
          },
          create: async (card) => {
            const parts: Detector[] = [];
            for (const ref of refs) parts.push(await loadDetector(ref));
            return createFusion(model, { members: parts, card });
          },
        },
      ];
    } finally {
      for (const detector of open) await detector.dispose();
    }
  },
});

async function scoreTable(
  detectors: readonly Detector[],
  clips: readonly ReadClip[],
  check: () => void,
): Promise<FusionTable> {
  const rows = clips.map(() => new Float64Array(detectors.length));
  for (let at = 0; at < clips.length; at += BATCH) {
    const part = clips.slice(at, at + BATCH).map(({ input }) => input);
    for (const [i, detector] of detectors.entries()) {
      check();
      const scores = await detector.score(part);
      for (const [j, { score }] of scores.entries()) rows[at + j]![i] = score;
    }
  }
  return { rows, labels: clips.map(({ clip }) => clip.label) };
}

/** Folder of a detector of ours, which is copied into the fusion; else what it is called by. */
async function memberPlace(
  ref: string,
): Promise<{ folder: string } | { folder: null; ref: string }> {
  if (/^(?:https?:\/\/|command:)/i.test(ref)) return { folder: null, ref };
  if (ref.endsWith('.onnx')) return { folder: null, ref: resolve(ref) };
  return { folder: await findFolder(ref) };
}

/** Files of a detector's folder and of its own members, under another name. */
async function readMember(
  folder: string,
  name: string,
): Promise<Record<string, string | Uint8Array>> {
  const files: Record<string, string | Uint8Array> = {};
  try {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isFile() && MEMBER_FILE.test(entry.name))
        files[`${name}/${entry.name}`] = await readFile(path);
      if (entry.isDirectory() && (entry.name === 'members' || basename(folder) === 'members'))
        Object.assign(files, await readMember(path, `${name}/${entry.name}`));
    }
  } catch (error) {
    throw toRingtrueError(error, 'core/io-failed');
  }
  return files;
}
