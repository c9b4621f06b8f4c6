/**
 * `ringtrue doctor`: what is installed, what is missing, and the command that mends it.
 * @module
 */

import { spawnSync } from 'node:child_process';
import { access, constants, mkdir, readFile, statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { toRingtrueError } from '../../core/errors.ts';
import { installedVersion } from '../../core/node/environment.ts';
import { cacheFolder } from '../../core/node/files.ts';
import { packageUrl } from '../../core/node/modules.ts';
import { defineCommand } from '../command.ts';
import { formatTable } from '../table.ts';

interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** False where only some work needs it. */
  readonly required: boolean;
  readonly detail: string;
  /** What needs it. */
  readonly for: string;
  /** The command that mends it; null if it is fine, or no command does. */
  readonly mend: string | null;
  /** What to do where no command mends it, or one choice of it is yours; null if there is nothing to say. */
  readonly advice: string | null;
}

/** Where neither apt nor dpkg is. */
const NO_DEBIAN =
  'packages of Debian are read with its own programs: build the corpus on Debian or Ubuntu, or study a folder of your own';

const MIN_NODE: readonly [number, number] = [20, 19];
const GIGABYTE = 1e9;
/** speech-mini with its packages takes about 0.4 GB. */
const MIN_FREE_BYTES = 1 * GIGABYTE;

/** The `doctor` command. */
export const command = defineCommand({
  name: 'doctor',
  summary: 'Check what is installed and what is missing, with the command that mends it',
  options: z.object({}),
  examples: [
    {
      line: 'ringtrue doctor',
      does: 'lists every check; exits with 1 if something that all work needs is missing',
    },
  ],
  async run(_options, { print, result }) {
    const pins = await readPins();
    const apt = checkProgram('apt-get', 'downloading corpus packages', {
      mend: null,
      advice: NO_DEBIAN,
    });
    const installed = (name: string, advice: string) =>
      apt.ok ? { mend: `apt-get install ${name}`, advice: null } : { mend: null, advice };
    const checks = [
      checkNode(),
      await checkPackage('node-av', 'decoding and encoding', pins),
      await checkCodecs(pins),
      await checkDetectors(),
      await checkPackage('onnxruntime-node', 'ONNX detectors', pins),
      await checkPackage('onnxruntime-web', 'ONNX models in a browser', pins),
      await checkPackage('koffi', 'the neural vocoder of `corpus build speech-mini`', pins),
      apt,
      checkProgram('dpkg-deb', 'unpacking corpus packages', installed('dpkg', NO_DEBIAN)),
      checkProgram(
        'npm',
        'downloading two speech generators',
        installed('npm', 'it comes with Node.js from https://nodejs.org'),
      ),
      await checkCache(),
      await checkCorpus('speech-mini', 'the demo and training'),
      await checkCorpus('backgrounds', 'corruptions with real backgrounds and rooms'),
      {
        name: 'machine',
        ok: true,
        required: false,
        detail: `${availableParallelism()} cores, ${(totalmem() / GIGABYTE).toFixed(1)} GB memory`,
        for: 'speed',
        mend: null,
        advice: null,
      },
    ];
    print(
      formatTable(
        [
          { title: '' },
          { title: 'check' },
          { title: 'found' },
          { title: 'needed for' },
          { title: 'mend with' },
        ],
        checks.map((check) => [
          check.ok ? '✓' : check.required ? '✗' : '–',
          check.name,
          check.detail,
          check.for,
          check.mend ?? '',
        ]),
      ),
    );
    for (const { name, advice } of checks) if (advice !== null) print(`${name}: ${advice}.`);
    const broken = checks.filter((check) => !check.ok && check.required);
    print(broken.length === 0 ? '\nReady.' : `\n${broken.length} of these must be mended first.`);
    result({ ok: broken.length === 0, checks: checks.map((check) => ({ ...check })) });
    return broken.length === 0 ? 0 : 1;
  },
});

function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1]);
  return {
    name: 'Node.js',
    ok,
    required: true,
    detail: process.versions.node,
    for: 'everything',
    mend: null,
    advice: ok ? null : `install ${MIN_NODE.join('.')} or newer from https://nodejs.org`,
  };
}

/** Versions of the optional packages that this one was tested with, by name. */
async function readPins(): Promise<Readonly<Record<string, string>>> {
  const schema = z.object({ peerDependencies: z.record(z.string(), z.string()) });
  const text = await readFile(packageUrl('package.json'), 'utf8');
  return schema.parse(JSON.parse(text)).peerDependencies;
}

/** A package that does not load is broken; one of another version may work, and was not tried. */
async function checkPackage(
  name: string,
  purpose: string,
  pins: Readonly<Record<string, string>>,
): Promise<Check> {
  const pin = pins[name] ?? '';
  const base = { name, for: purpose, advice: null };
  const mend = `npm install --ignore-scripts ${name}@${pin}`;
  try {
    // By name, not by a literal: this only asks whether the package loads; rooms own its use.
    await import(name);
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return { ...base, ok: false, required: name === 'node-av', detail: reason.slice(0, 60), mend };
  }
  const version = (await installedVersion(name)) ?? 'of no known version';
  if (version === pin) {
    return { ...base, ok: true, required: name === 'node-av', detail: version, mend: null };
  }
  return { ...base, ok: false, required: false, detail: `${version}, tested with ${pin}`, mend };
}

function checkProgram(
  name: string,
  purpose: string,
  missing: Pick<Check, 'mend' | 'advice'>,
): Check {
  const { status, stdout } = spawnSync(name, ['--version'], { encoding: 'utf8' });
  const base = { name, required: false, for: purpose };
  if (status !== 0) return { ...base, ok: false, detail: 'not found', ...missing };
  const detail = (stdout.split('\n')[0] ?? '').slice(0, 60);
  return { ...base, ok: true, detail, mend: null, advice: null };
}

const MOVE_CACHE = 'export RINGTRUE_CACHE=FOLDER';

async function checkCache(): Promise<Check> {
  const folder = cacheFolder();
  const base = { name: 'cache folder', required: true, for: 'corpora, scores' };
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const ok = free >= MIN_FREE_BYTES;
    return {
      ...base,
      ok,
      detail: `${folder}, ${(free / GIGABYTE).toFixed(1)} GB free`,
      mend: ok ? null : MOVE_CACHE,
      advice: ok ? null : 'FOLDER is one on a disk with more space; or free some on this one',
    };
  } catch {
    return {
      ...base,
      ok: false,
      detail: `${folder} cannot be written`,
      mend: MOVE_CACHE,
      advice: 'FOLDER is one that you may write',
    };
  }
}

/** Which codecs the media library has both ways. */
async function checkCodecs(pins: Readonly<Record<string, string>>): Promise<Check> {
  const base = {
    name: 'codecs',
    required: false,
    for: 'round trips, and corruptions of the same names',
    advice: null,
  };
  const mend = `npm install --ignore-scripts node-av@${pins['node-av']}`;
  try {
    const { availableCodecs, CODEC_NAMES } = await import('../../audio/io/codec.ts');
    const here = await availableCodecs();
    const missing = CODEC_NAMES.filter((name) => !here.includes(name));
    if (missing.length === 0) {
      return { ...base, ok: true, detail: `all ${here.length}`, mend: null };
    }
    return { ...base, ok: false, detail: `without ${missing.join(' ')}`, mend };
  } catch (error) {
    return { ...base, ok: false, detail: toRingtrueError(error).message, mend };
  }
}

/** The detectors that ship load from their files. */
async function checkDetectors(): Promise<Check> {
  const base = { name: 'detectors', required: true, for: 'scan, study and demo' };
  try {
    const { loadDetector } = await import('../../models/registry.ts');
    const names = ['lfcc-gmm', 'acoustic-logistic', 'lcnn'];
    for (const name of names) await (await loadDetector(name)).dispose();
    return { ...base, ok: true, detail: names.join(', '), mend: null, advice: null };
  } catch (error) {
    const { code, message, hint } = toRingtrueError(error);
    // The hint of a missing package is the command that installs it.
    const told =
      code === 'core/missing-dependency'
        ? { mend: hint, advice: null }
        : { mend: null, advice: hint };
    return { ...base, ok: false, detail: message, ...told };
  }
}

async function checkCorpus(name: string, purpose: string): Promise<Check> {
  const base = { name: `corpus ${name}`, required: false, for: purpose, advice: null };
  try {
    await access(join(cacheFolder('corpora', name), 'manifest.jsonl'));
    return { ...base, ok: true, detail: 'built', mend: null };
  } catch {
    return { ...base, ok: false, detail: 'not built', mend: `ringtrue corpus build ${name}` };
  }
}
