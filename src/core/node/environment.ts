/**
 * What a run depended on besides its settings: versions, code and machine.
 * @module
 */

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { packageUrl } from './modules.ts';

/** `environment.json` of a run folder. */
export interface Environment {
  readonly schema: 1;
  /** Whole hash of the run: what decides its results. */
  readonly run: string;
  readonly ringtrue: string;
  /** Hash of the code that computes its results. */
  readonly code: string;
  /** Versions of the packages that can change a result; null if not installed. */
  readonly packages: Readonly<Record<string, string | null>>;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMb: number;
  readonly started: string;
}

/** What a result depends on. */
export interface DependsOn {
  /** Folders and files of the built package. */
  readonly code: readonly string[];
  /** Packages that can change a result. */
  readonly packages: readonly string[];
}

/** Describes this machine and this build. */
export async function describeEnvironment({
  code,
  packages: names,
}: DependsOn): Promise<Omit<Environment, 'run' | 'started'>> {
  const packages: Record<string, string | null> = {};
  for (const name of names) packages[name] = await installedVersion(name);
  return {
    schema: 1,
    ringtrue: (await readVersion(fileURLToPath(packageUrl('package.json')))) ?? 'unknown',
    code: await hashCode(code, packages),
    packages,
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryMb: Math.round(totalmem() / 2 ** 20),
  };
}

/** Hash over the built files and the versions of native packages: other code may give other results. */
async function hashCode(
  code: readonly string[],
  packages: Readonly<Record<string, string | null>>,
): Promise<string> {
  const root = fileURLToPath(packageUrl('dist'));
  const hash = createHash('sha256').update(JSON.stringify(packages));
  for (const path of (await listCode(root, code)).sort()) {
    hash.update(`\n${path}\n`).update(await readFile(join(root, path)));
  }
  return hash.digest('hex');
}

async function listCode(root: string, code: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const part of code) {
    if (part.endsWith('.js')) files.push(part);
    else {
      const names = await readdir(join(root, part), { recursive: true }).catch(() => []);
      for (const name of names) if (name.endsWith('.js')) files.push(join(part, name));
    }
  }
  return files;
}

/** Version of a package as it is installed; null if it is not. */
export async function installedVersion(name: string): Promise<string | null> {
  // The exports of a package may hide its package.json, so it is looked for where Node would look.
  for (const folder of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    const version = await readVersion(join(folder, name, 'package.json'));
    if (version !== null) return version;
  }
  return null;
}

async function readVersion(path: string): Promise<string | null> {
  try {
    return z.object({ version: z.string() }).parse(JSON.parse(await readFile(path, 'utf8')))
      .version;
  } catch {
    return null;
  }
}
