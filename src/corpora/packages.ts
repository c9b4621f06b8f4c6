/**
 * Debian and npm packages, downloaded and unpacked into a cache without root.
 * @module
 */

import { execFile } from 'node:child_process';
import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RingtrueError } from '../core/errors.ts';
import { hashFile, writeFileAtomic } from '../core/node/files.ts';
import type { WorkContext } from '../core/progress.ts';

const run = promisify(execFile);
const MAX_OUTPUT = 64 * 1024 * 1024;

/** What a corpus needs of the registries. */
export interface PackageList {
  /** Debian packages whose files are read. */
  readonly data: readonly string[];
  /** Debian packages whose programs are run: the libraries they lack on this machine come along. */
  readonly programs: readonly string[];
  /** npm packages, exact versions, with what they depend on. */
  readonly npm: readonly { readonly name: string; readonly version: string }[];
}

/** Unpacked packages. */
export interface PackageRoot {
  /** Root of the unpacked Debian packages: `usr/bin/…` lies below it. */
  readonly debian: string;
  /** Folder with `node_modules`. */
  readonly npm: string;
  /** Environment for programs below `debian`. */
  readonly env: NodeJS.ProcessEnv;
  /** Each downloaded file with its SHA-256. */
  readonly downloads: readonly { readonly file: string; readonly sha256: string }[];
}

/**
 * Downloads and unpacks packages; what is there already is not fetched again.
 * @param folder cache of this list of packages
 * @throws RingtrueError `corpora/package-unavailable`
 */
export async function fetchPackages(
  list: PackageList,
  folder: string,
  { onProgress, signal }: WorkContext = {},
): Promise<PackageRoot> {
  const done = join(folder, 'packages.json');
  const debian = join(folder, 'debian');
  const npm = join(folder, 'npm');
  const known = await readJson(done);
  const wanted = JSON.stringify(list);
  if (known?.wanted === wanted) {
    return { debian, npm, env: environment(debian), downloads: known.downloads };
  }
  const task = 'download packages';
  onProgress?.({ type: 'start', task });
  const archives = join(folder, 'archives');
  await mkdir(archives, { recursive: true });
  const apt = await aptOptions(folder, list.data[0] ?? list.programs[0] ?? 'base-files', signal);
  const libraries = await missingLibraries(list.programs, apt, archives, signal);
  const debs = [...new Set([...list.data, ...list.programs, ...libraries])];
  await command(
    'apt-get',
    [...apt, 'download', ...debs],
    archives,
    signal,
    `the Debian packages ${debs.join(', ')}`,
  );
  for (const { name, version } of list.npm) {
    await command(
      'npm',
      ['pack', '--silent', `${name}@${version}`],
      archives,
      signal,
      `the npm package ${name}@${version}`,
    );
  }
  onProgress?.({ type: 'end', task });

  onProgress?.({ type: 'start', task: 'unpack packages' });
  const fresh = `${debian}.${process.pid}.tmp`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  const files = (await readdir(archives)).sort();
  for (const file of files.filter((name) => name.endsWith('.deb'))) {
    await command('dpkg-deb', ['-x', join(archives, file), fresh], archives, signal, file);
  }
  await rm(debian, { recursive: true, force: true });
  await rename(fresh, debian);
  for (const { name, version } of list.npm) {
    const target = join(npm, 'node_modules', name);
    await rm(target, { recursive: true, force: true });
    await mkdir(target, { recursive: true });
    const archive = `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
    await command(
      'tar',
      ['xzf', join(archives, archive), '-C', target, '--strip-components=1'],
      archives,
      signal,
      archive,
    );
  }
  const downloads = [];
  for (const file of files) downloads.push({ file, sha256: await hashFile(join(archives, file)) });
  await writeFileAtomic(done, JSON.stringify({ wanted, downloads }));
  onProgress?.({ type: 'end', task: 'unpack packages' });
  return { debian, npm, env: environment(debian), downloads };
}

function environment(debian: string): NodeJS.ProcessEnv {
  const libraries = [
    join(debian, 'usr/lib/x86_64-linux-gnu'),
    join(debian, 'usr/lib/aarch64-linux-gnu'),
    join(debian, 'usr/lib'),
  ];
  // A fixed locale: some programs read numbers by it.
  return { ...process.env, LD_LIBRARY_PATH: libraries.join(':'), LC_ALL: 'C' };
}

async function readJson(
  path: string,
): Promise<{ wanted: string; downloads: PackageRoot['downloads'] } | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return null;
  }
}

/** The machine's package lists if it has them, otherwise lists of our own, fetched without root. */
async function aptOptions(
  folder: string,
  probe: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const options = ['-o', 'Debug::NoLocking=1', '-o', 'APT::Sandbox::User='];
  const { stdout } = await run('apt-cache', ['policy', probe]).catch(() => ({ stdout: '' }));
  if (/Candidate: (?!\(none\))/.test(stdout)) return options;
  const lists = join(folder, 'lists');
  await mkdir(join(lists, 'partial'), { recursive: true });
  await mkdir(join(folder, 'cache', 'archives', 'partial'), { recursive: true });
  const own = [
    ...options,
    '-o',
    `Dir::State::lists=${lists}`,
    '-o',
    `Dir::Cache=${join(folder, 'cache')}`,
  ];
  await command(
    'apt-get',
    [...own, 'update', '-qq'],
    folder,
    signal,
    'the lists of Debian packages',
  );
  return own;
}

/** Libraries that the programs need and this machine lacks, as apt would install them. */
async function missingLibraries(
  programs: readonly string[],
  apt: readonly string[],
  cwd: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  if (programs.length === 0) return [];
  // apt leaves out of its list what lies in its cache of archives: an empty one shows everything.
  const empty = join(cwd, '..', 'empty');
  await mkdir(join(empty, 'partial'), { recursive: true });
  const output = await command(
    'apt-get',
    [
      ...apt,
      '-o',
      `Dir::Cache::archives=${empty}`,
      'install',
      '--print-uris',
      '-y',
      '-qq',
      '--no-install-recommends',
      ...programs,
    ],
    cwd,
    signal,
    'what the speech generators depend on',
  );
  // Lines are: 'address' file_version_arch.deb size hash.
  const names = [...output.matchAll(/^'[^']*' ([^_ ]+)_\S+ \d+/gm)].map((match) => match[1]!);
  return names.filter((name) => !programs.includes(name));
}

async function command(
  program: string,
  args: readonly string[],
  cwd: string,
  signal: AbortSignal | undefined,
  what: string,
): Promise<string> {
  try {
    const { stdout } = await run(program, [...args], {
      cwd,
      maxBuffer: MAX_OUTPUT,
      ...(signal === undefined ? {} : { signal }),
    });
    return stdout;
  } catch (error) {
    if (signal?.aborted) throw new RingtrueError('core/cancelled', 'cancelled');
    const stderr =
      error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new RingtrueError(
      'corpora/package-unavailable',
      `${program} could not get ${what}: ${stderr.slice(-400)}`,
      {
        details: { program },
        cause: error,
      },
    );
  }
}

/** True if a path exists. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
