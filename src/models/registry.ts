/**
 * Detectors by name, folder, ONNX file, address or command.
 * @module
 */

import { readdir, readFile } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RingtrueError } from '../core/errors.ts';
import { cacheFolder } from '../core/node/files.ts';
import { packageUrl } from '../core/node/modules.ts';
import { parseOptions } from '../core/schema.ts';
import { createOnnxNodeBackend } from '../runtime/onnx-node.ts';
import { cacheSessions } from '../runtime/session-cache.ts';
import { createAcousticLogistic, unpackAcousticLogistic } from './acoustic-logistic/index.ts';
import { createCommandDetector } from './foreign/command.ts';
import { createHttpDetector } from './foreign/http.ts';
import { openOnnxDetector } from './foreign/onnx.ts';
import { createFusion, parseFusionModel } from './fusion/index.ts';
import { createGmm, ENCODER_FILE, unpackGmmModel } from './gmm/index.ts';
import { DETECTOR_KINDS, type DetectorKind, type PlainKind } from './kinds.ts';
import { createLfccGmm, unpackLfccGmm } from './lfcc-gmm/index.ts';
import { type NetworkFiles, readExported } from './network/export.ts';
import { createNetwork, parseNetworkModel } from './network/index.ts';
import { type Card, cardSchema, type Detector } from './types.ts';

/** Makes a detector of what its folder holds. */
type Create = (
  model: unknown,
  about: { readonly card: Card; readonly where: string; readonly folder: string },
) => Detector | Promise<Detector>;

/** Equal networks that are open at the same time share one session. */
const networks = cacheSessions(createOnnxNodeBackend());

/** How each kind of `model.json` becomes a detector. */
const KINDS: Readonly<Record<DetectorKind, Create>> = {
  'lfcc-gmm': (model, { card, where }) => createLfccGmm(unpackLfccGmm(model, where), card),
  'acoustic-logistic': (model, { card, where }) =>
    createAcousticLogistic(unpackAcousticLogistic(model, where), card),
  gmm: async (model, { card, where, folder }) => {
    const parts = unpackGmmModel(model, where);
    const encoder =
      parts.features.family === 'autoencoder' ? await readPart(folder, ENCODER_FILE) : null;
    return createGmm(parts, { card, encoder, backend: networks });
  },
  fusion: async (model, { card, where, folder }) => {
    const fusion = parseFusionModel(model, where);
    const members: Detector[] = [];
    try {
      for (const member of fusion.members) {
        members.push(
          member.folder === undefined
            ? await loadDetector(member.ref ?? member.name)
            : await openFolder(join(folder, member.folder)),
        );
      }
    } catch (error) {
      for (const member of members) await member.dispose();
      throw error;
    }
    return createFusion(fusion, { members, card });
  },
  network: async (model, { card, where, folder }) =>
    createNetwork({
      model: parseNetworkModel(model, where),
      onnx: await readPart(folder, 'model.onnx'),
      card,
      backend: networks,
    }),
};

const COMMAND_PREFIX = 'command:';

/** A detector that can be named. */
export interface DetectorEntry {
  readonly name: string;
  readonly folder: string;
  readonly card: Card;
}

/** Folders that hold named detectors: shipped ones, then those trained on this machine. */
function shelves(): string[] {
  return [fileURLToPath(packageUrl('models')), cacheFolder('models')];
}

/** Every detector that has a name here, shipped first. */
export async function listDetectors(): Promise<DetectorEntry[]> {
  const entries: DetectorEntry[] = [];
  for (const shelf of shelves()) {
    for (const name of (await readdir(shelf).catch(() => [])).sort()) {
      const folder = join(shelf, name);
      const card = await readCard(folder).catch(() => null);
      if (card !== null && !entries.some((entry) => entry.name === name))
        entries.push({ name, folder, card });
    }
  }
  return entries;
}

/**
 * Opens a detector.
 * @param ref a name of {@link listDetectors}, a folder with model.json and card.json, an `.onnx` file that was
 * exported here or has its `.json` beside it, an `http:` or `https:` address, or `command:PROGRAM ARGUMENTS…`
 * @param cwd folder that relative paths of files start from
 * @throws RingtrueError `models/unknown`, `models/bad-file`, `core/invalid-options`,
 * `core/missing-dependency`
 */
export async function loadDetector(
  ref: string,
  { cwd = process.cwd() }: { cwd?: string } = {},
): Promise<Detector> {
  if (ref.startsWith(COMMAND_PREFIX))
    return createCommandDetector(ref.slice(COMMAND_PREFIX.length));
  if (/^https?:\/\//i.test(ref)) return createHttpDetector(ref);
  if (ref.endsWith('.onnx')) return openOnnxFile(resolve(cwd, ref));
  return openFolder(await findFolder(ref, cwd));
}

/**
 * Folder of a detector.
 * @param ref a name of {@link listDetectors}, or a path
 * @throws RingtrueError `models/unknown`
 */
export async function findFolder(ref: string, cwd = process.cwd()): Promise<string> {
  const entries = await listDetectors();
  const named = entries.find((entry) => entry.name === ref);
  if (named !== undefined) return named.folder;
  if (ref.includes('/') || isAbsolute(ref)) return resolve(cwd, ref);
  const known = entries.map((entry) => entry.name);
  throw new RingtrueError(
    'models/unknown',
    `there is no detector ${ref}; there are ${known.join(', ')}`,
    {
      details: { known },
    },
  );
}

/** An exported file describes itself, unless a `.json` lies beside it. */
async function openOnnxFile(path: string): Promise<Detector> {
  const described = await readFile(path.replace(/\.onnx$/, '.json')).catch(() => null);
  const onnx = described === null ? await readFile(path).catch(() => null) : null;
  const files = onnx === null ? null : readExported(onnx, basename(path));
  if (files === null) return openOnnxDetector(path);
  return createNetwork({ ...files, backend: createOnnxNodeBackend() });
}

/** What the folder of a detector that is no network holds for its export. */
export interface PlainFiles {
  /** As `model.json` says. */
  readonly kind: PlainKind;
  /** Content of `model.onnx`. */
  readonly onnx: Uint8Array;
  readonly card: Card;
  readonly network: null;
}

/** What the folder of a detector holds for its export. */
export type DetectorFiles =
  | PlainFiles
  | (Omit<PlainFiles, 'kind' | 'network'> & {
      readonly kind: 'network';
      readonly network: NetworkFiles;
    });

/**
 * Reads the folder of a detector.
 * @throws RingtrueError `models/unknown`, `models/bad-file`
 */
export async function readDetectorFolder(folder: string): Promise<DetectorFiles> {
  const card = await readCard(folder);
  const where = join(basename(folder), 'model.json');
  const model = await readJson(join(folder, 'model.json'), where);
  const kind = kindOf(model, where);
  const onnx = await readPart(folder, 'model.onnx');
  if (kind !== 'network') return { kind, onnx, card, network: null };
  return { kind, onnx, card, network: { model: parseNetworkModel(model, where), onnx, card } };
}

function kindOf(model: unknown, where: string): DetectorKind {
  const found =
    typeof model === 'object' && model !== null && 'kind' in model ? String(model.kind) : '';
  const kind = DETECTOR_KINDS.find((name) => name === found);
  if (kind === undefined) {
    throw new RingtrueError(
      'models/bad-file',
      `${where}: kind is ${JSON.stringify(found)}, expected ${DETECTOR_KINDS.join(' or ')}`,
    );
  }
  return kind;
}

async function openFolder(folder: string): Promise<Detector> {
  const card = await readCard(folder);
  const where = join(basename(folder), 'model.json');
  const model = await readJson(join(folder, 'model.json'), where);
  return KINDS[kindOf(model, where)](model, { card, where, folder });
}

async function readCard(folder: string): Promise<Card> {
  const where = join(basename(folder), 'card.json');
  return parseOptions(cardSchema, await readJson(join(folder, 'card.json'), where), {
    where,
    code: 'models/bad-file',
  });
}

async function readPart(folder: string, name: string): Promise<Uint8Array> {
  try {
    return await readFile(join(folder, name));
  } catch (error) {
    throw new RingtrueError('models/bad-file', `there is no ${join(basename(folder), name)}`, {
      cause: error,
    });
  }
}

async function readJson(path: string, where: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new RingtrueError('models/unknown', `there is no ${where}`, { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RingtrueError('models/bad-file', `${where} is not JSON: ${String(error)}`, {
      cause: error,
    });
  }
}
