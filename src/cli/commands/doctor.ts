/**
 * `ringtrue doctor`: what is installed, what is missing, and the command that mends it.
 * @module
 */

import { spawnSync } from 'node:child_process';
import { access, constants, mkdir, statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { toRingtrueError } from '../../core/errors.ts';
import { cacheFolder } from '../../core/node/files.ts';
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
  /** The command that mends it; null if it is fine. */
  readonly mend: string | null;
}

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
    const checks = [
      checkNode(),
      await checkPackage('node-av', '6.1.1', 'decoding and encoding'),
      await checkCodecs(),
      await checkDetectors(),
      await checkPackage('onnxruntime-node', '1.30.0', 'ONNX detectors'),
      await checkPackage('onnxruntime-web', '1.30.0', 'ONNX models in a browser'),
      await checkPackage('koffi', '3.3.4', 'the neural vocoder of `corpus build speech-mini`'),
      checkProgram(
        'apt-get',
        ['--version'],
        'downloading corpus packages',
        'use Debian or Ubuntu, or your own corpus',
      ),
      checkProgram('dpkg-deb', ['--version'], 'unpacking corpus packages', 'apt-get install dpkg'),
      checkProgram(
        'npm',
        ['--version'],
        'downloading two speech generators',
        'install Node.js with npm',
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
    mend: ok ? null : `install Node.js ${MIN_NODE.join('.')} or newer`,
  };
}

async function checkPackage(name: string, version: string, purpose: string): Promise<Check> {
  try {
    // By name, not by a literal: this only asks whether the package loads; rooms own its use.
    await import(name);
    return {
      name,
      ok: true,
      required: name === 'node-av',
      detail: 'loads',
      for: purpose,
      mend: null,
    };
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return {
      name,
      ok: false,
      required: name === 'node-av',
      detail: reason.slice(0, 60),
      for: purpose,
      mend: `npm install --ignore-scripts ${name}@${version}`,
    };
  }
}

function checkProgram(name: string, args: readonly string[], purpose: string, mend: string): Check {
  const { status, stdout } = spawnSync(name, [...args], { encoding: 'utf8' });
  const ok = status === 0;
  return {
    name,
    ok,
    required: false,
    detail: ok ? (stdout.split('\n')[0] ?? '').slice(0, 60) : 'not found',
    for: purpose,
    mend: ok ? null : mend,
  };
}

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
      mend: ok ? null : 'free some space, or set RINGTRUE_CACHE to a folder on another disk',
    };
  } catch {
    return {
      ...base,
      ok: false,
      detail: `${folder} cannot be written`,
      mend: 'set RINGTRUE_CACHE to a folder that you may write',
    };
  }
}

/** Which codecs the media library has both ways. */
async function checkCodecs(): Promise<Check> {
  const base = { name: 'codecs', required: false, for: 'corruptions of the same names' };
  const mend = 'npm install --ignore-scripts node-av@6.1.1';
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
    const names = ['lfcc-gmm', 'acoustic-logistic'];
    for (const name of names) await (await loadDetector(name)).dispose();
    return { ...base, ok: true, detail: names.join(', '), mend: null };
  } catch (error) {
    const { message, hint } = toRingtrueError(error);
    return { ...base, ok: false, detail: message, mend: hint };
  }
}

async function checkCorpus(name: string, purpose: string): Promise<Check> {
  const base = { name: `corpus ${name}`, required: false, for: purpose };
  try {
    await access(join(cacheFolder('corpora', name), 'manifest.jsonl'));
    return { ...base, ok: true, detail: 'built', mend: null };
  } catch {
    return { ...base, ok: false, detail: 'not built', mend: `ringtrue corpus build ${name}` };
  }
}
