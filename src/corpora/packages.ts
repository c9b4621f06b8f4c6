/**
 * Debian and npm packages, downloaded and unpacked into a cache without root.
 * @module
 */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RingtrueError } from '../core/errors.ts';
import { hashFile, writeFileAtomic } from '../core/node/files.ts';
import type { OnProgress, WorkContext } from '../core/progress.ts';

const run = promisify(execFile);
const MAX_OUTPUT = 64 * 1024 * 1024;
/** Tasks of the progress. */
const LOOK_UP = 'look up packages';
const DOWNLOAD = 'download packages';
/** Time between two looks at how much has come, in ms. */
const LOOK_MS = 250;
/** Characters of a program's message that an error keeps. */
const MAX_REASON = 400;

/** What a corpus needs of the registries. */
export interface PackageList {
  /** Debian packages whose files are read. */
  readonly data: readonly string[];
  /** Debian packages whose programs are run: the libraries they lack on this machine come along. */
  readonly programs: readonly string[];
  /** npm packages, exact versions, with what they depend on; SHA-512 of the tarballs as hex. */
  readonly npm: readonly {
    readonly name: string;
    readonly version: string;
    readonly sha512: string;
  }[];
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
 * Downloads and unpacks packages; what is there already, with the bytes that it should have, is not fetched again.
 * A file whose checksum is not the one of the package lists (npm: of `list`) is never unpacked.
 * @param folder cache of this list of packages
 * @throws RingtrueError `corpora/package-unavailable` and `corpora/package-checksum`, both naming each
 * package that failed with its reason in `details.packages`, `core/cancelled`
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
  const wanted = JSON.stringify({
    data: list.data,
    programs: list.programs,
    npm: list.npm.map(({ name, version }) => ({ name, version })),
  });
  if (known?.wanted === wanted) {
    return { debian, npm, env: environment(debian), downloads: known.downloads };
  }
  const archives = join(folder, 'archives');
  await mkdir(archives, { recursive: true });
  const [debs, tarballs] = await Promise.all([
    downloadDebian(list, folder, archives, { onProgress, signal }),
    downloadNpm(list.npm, archives, { onProgress, signal }),
  ]);
  throwFailures([...debs.failures, ...tarballs.failures]);

  const task = 'unpack packages';
  const total = debs.files.length + list.npm.length;
  let unpacked = 0;
  const advance = (): void => {
    unpacked += 1;
    onProgress?.({ type: 'advance', task, done: unpacked });
  };
  onProgress?.({ type: 'start', task, total, unit: 'packages' });
  const fresh = `${debian}.${process.pid}.tmp`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  for (const file of debs.files) {
    await command('dpkg-deb', ['-x', join(archives, file), fresh], archives, signal, file);
    advance();
  }
  await rm(debian, { recursive: true, force: true });
  await rename(fresh, debian);
  for (const { name, version } of list.npm) {
    const target = join(npm, 'node_modules', name);
    await rm(target, { recursive: true, force: true });
    await mkdir(target, { recursive: true });
    const archive = tarballName(name, version);
    await command(
      'tar',
      ['xzf', join(archives, archive), '-C', target, '--strip-components=1'],
      archives,
      signal,
      archive,
    );
    advance();
  }
  const downloads = [];
  for (const file of [...new Set([...debs.files, ...tarballs.files])].sort()) {
    downloads.push({ file, sha256: await hashFile(join(archives, file)) });
  }
  await writeFileAtomic(done, JSON.stringify({ wanted, downloads }));
  onProgress?.({ type: 'end', task });
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

/** A package that could not be had. */
interface Failure {
  readonly name: string;
  readonly reason: string;
  /** True where something came, but not the bytes of the checksum. */
  readonly checksum: boolean;
}

/** Names of files in the archive folder, sorted, and what is lacking. */
interface Download {
  readonly files: readonly string[];
  readonly failures: readonly Failure[];
}

function throwFailures(failures: readonly Failure[]): void {
  if (failures.length === 0) return;
  const told = failures.map(({ name, reason }) => `${name} (${reason})`).join(', ');
  throw new RingtrueError(
    failures.every(({ checksum }) => checksum)
      ? 'corpora/package-checksum'
      : 'corpora/package-unavailable',
    `${failures.length} packages could not be had: ${told}`,
    { details: { packages: failures.map(({ name, reason }) => ({ name, reason })) } },
  );
}

async function downloadDebian(
  list: PackageList,
  folder: string,
  archives: string,
  work: WorkContext,
): Promise<Download> {
  const { onProgress, signal } = work;
  const [probe] = [...list.data, ...list.programs];
  if (probe === undefined) return { files: [], failures: [] };
  const newLists = async () => {
    const task = 'download lists of packages';
    onProgress?.({ type: 'start', task });
    const own = await ownLists(folder, probe, signal);
    onProgress?.({ type: 'end', task });
    return own;
  };
  if (await hasCandidate(MACHINE_LISTS, probe)) {
    const found = await downloadBy(MACHINE_LISTS, list, archives, work);
    if (found.failures.length === 0) return found;
    // Lists that are some weeks old name versions that the mirror no longer has: fetch new ones.
    const own = await newLists();
    return 'apt' in own ? downloadBy(own.apt, list, archives, work) : found;
  }
  const own = await newLists();
  if ('apt' in own) return downloadBy(own.apt, list, archives, work);
  return {
    files: [],
    failures: [{ name: 'the lists of Debian packages', reason: own.reason, checksum: false }],
  };
}

/** No lock and no other user: what apt writes here lies in folders of ours. */
const MACHINE_LISTS: readonly string[] = ['-o', 'Debug::NoLocking=1', '-o', 'APT::Sandbox::User='];

async function hasCandidate(apt: readonly string[], name: string): Promise<boolean> {
  const { stdout } = await run('apt-cache', [...apt, 'policy', name]).catch(() => ({ stdout: '' }));
  return /Candidate: (?!\(none\))/.test(stdout);
}

/** Package lists of our own, fetched without root; apt-get ends well even if it could fetch none. */
async function ownLists(
  folder: string,
  probe: string,
  signal: AbortSignal | undefined,
): Promise<{ apt: readonly string[] } | { reason: string }> {
  const lists = join(folder, 'lists');
  const cache = join(folder, 'cache');
  await mkdir(join(lists, 'partial'), { recursive: true });
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
  const own = ['-o', `Dir::State::lists=${lists}`, '-o', `Dir::Cache=${cache}`];
  const apt = [...MACHINE_LISTS, ...own];
  const { errors } = await attempt('apt-get', [...apt, 'update', '-qq'], folder, signal);
  if (await hasCandidate(apt, probe)) return { apt };
  return { reason: firstLine(errors) || `none of them has ${probe}` };
}

/** A file of a Debian package as the package lists describe it. */
interface DebianFile {
  readonly name: string;
  readonly uri: string;
  readonly file: string;
  readonly bytes: number;
  readonly algorithm: string;
  readonly hash: string;
}

async function downloadBy(
  apt: readonly string[],
  list: PackageList,
  archives: string,
  { onProgress, signal }: WorkContext,
): Promise<Download> {
  onProgress?.({ type: 'start', task: LOOK_UP });
  const asked = await describeFiles(apt, [...list.data, ...list.programs], archives, signal);
  if (asked.failures.length > 0) return { files: [], failures: asked.failures };
  const names = await missingLibraries(list.programs, apt, archives, signal);
  const libraries = await describeFiles(apt, names, archives, signal);
  const all = [...asked.files, ...libraries.files];
  const lacking = await filter(all, async (file) => !(await isIntact(file, archives)));
  onProgress?.({ type: 'end', task: LOOK_UP });
  let errors = '';
  if (lacking.length > 0) {
    // apt takes whatever has the right size for the right file.
    for (const { file } of lacking) await rm(join(archives, file), { force: true });
    const args = [...apt, 'download', '-qq', ...lacking.map(({ name }) => name)];
    const watching = watchDownload(lacking, archives, onProgress);
    ({ errors } = await attempt('apt-get', args, archives, signal).finally(watching.stop));
  }
  const failed = await filter(lacking, async (file) => !(await isIntact(file, archives)));
  if (lacking.length > 0 && failed.length === 0) onProgress?.({ type: 'end', task: DOWNLOAD });
  for (const { file } of failed) {
    await rm(join(archives, file), { force: true });
    await rm(join(archives, `${file}.FAILED`), { force: true });
  }
  return {
    files: all.map(({ file }) => file).sort(),
    failures: [
      ...libraries.failures,
      ...failed.map(({ name, uri }): Failure => {
        const told = errors.split('\n').find((line) => line.includes(`Failed to fetch ${uri} `));
        const reason = told?.slice(told.indexOf(uri) + uri.length).trim() ?? firstLine(errors);
        const checksum = told === undefined || /Hash Sum mismatch|unexpected size/.test(reason);
        return { name, reason: reason || 'the checksum differs', checksum };
      }),
    ],
  };
}

/** Starts the task and tells how much has come, in MB, by the sizes of what lies in the folder, until stopped. */
function watchDownload(
  files: readonly DebianFile[],
  archives: string,
  onProgress: OnProgress | undefined,
): { stop(): void } {
  const megabytes = (bytes: number): number => Math.round(bytes / 1e5) / 10;
  const total = megabytes(files.reduce((sum, { bytes }) => sum + bytes, 0));
  onProgress?.({ type: 'start', task: DOWNLOAD, total, unit: 'MB' });
  let stopped = false;
  const look = async (): Promise<void> => {
    const sizes = await Promise.all(
      files.map(({ file }) =>
        stat(join(archives, file)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
    );
    const done = megabytes(sizes.reduce((sum, size) => sum + size, 0));
    if (!stopped) onProgress?.({ type: 'advance', task: DOWNLOAD, done });
  };
  const timer = setInterval(look, LOOK_MS);
  return {
    stop() {
      stopped = true;
      clearInterval(timer);
    },
  };
}

/** Where the mirror has packages, and the checksums of its lists. */
async function describeFiles(
  apt: readonly string[],
  packages: readonly string[],
  archives: string,
  signal: AbortSignal | undefined,
): Promise<{ files: DebianFile[]; failures: Failure[] }> {
  const names = [...new Set(packages)];
  if (names.length === 0) return { files: [], failures: [] };
  // apt is silent about files that lie in the folder where it runs: in an empty one it tells all.
  const args = [...apt, 'download', '--print-uris', ...names];
  const { output, errors } = await attempt('apt-get', args, await emptyFolder(archives), signal);
  // Lines are: 'address' file_version_arch.deb size algorithm:hash.
  const files = [...output.matchAll(/^'(.*)' (([^_ ]+)_\S+) (\d+) (\w+):([0-9a-f]+)$/gm)].map(
    ([, uri = '', file = '', name = '', size = '', algorithm = '', hash = '']): DebianFile => ({
      name,
      uri,
      file,
      bytes: Number(size),
      algorithm: algorithm.toLowerCase(),
      hash,
    }),
  );
  const absent = names.filter((name) => !files.some((file) => file.name === name));
  return {
    files,
    failures: absent.map((name) => {
      const told = errors.split('\n').find((line) => line.split(/[\s']/).includes(name));
      return { name, reason: told?.replace('E: ', '') ?? firstLine(errors), checksum: false };
    }),
  };
}

async function isIntact(
  { file, algorithm, hash }: Pick<DebianFile, 'file' | 'algorithm' | 'hash'>,
  archives: string,
): Promise<boolean> {
  const bytes = await readFile(join(archives, file)).catch(() => null);
  return bytes !== null && createHash(algorithm).update(bytes).digest('hex') === hash;
}

async function filter<T>(items: readonly T[], test: (item: T) => Promise<boolean>): Promise<T[]> {
  const passed = await Promise.all(items.map(test));
  return items.filter((_, i) => passed[i]);
}

async function emptyFolder(archives: string): Promise<string> {
  const empty = join(archives, '..', 'empty');
  await mkdir(join(empty, 'partial'), { recursive: true });
  return empty;
}

/** Libraries that the programs need and this machine lacks, as apt would install them. */
async function missingLibraries(
  programs: readonly string[],
  apt: readonly string[],
  archives: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  if (programs.length === 0) return [];
  // apt leaves out of its list what lies in its cache of archives: an empty one shows everything.
  const empty = await emptyFolder(archives);
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
    archives,
    signal,
    'what the speech generators depend on',
  );
  // Lines are: 'address' file_version_arch.deb size hash.
  const names = [...output.matchAll(/^'[^']*' ([^_ ]+)_\S+ \d+/gm)].map((match) => match[1]!);
  return names.filter((name) => !programs.includes(name));
}

function tarballName(name: string, version: string): string {
  return `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
}

async function downloadNpm(
  packages: PackageList['npm'],
  archives: string,
  { onProgress, signal }: WorkContext,
): Promise<Download> {
  if (packages.length === 0) return { files: [], failures: [] };
  const task = 'download npm packages';
  onProgress?.({ type: 'start', task, total: packages.length, unit: 'packages' });
  let come = 0;
  const failures: Failure[] = [];
  const fetchOne = async ({ name, version, sha512 }: (typeof packages)[number]) => {
    const file = tarballName(name, version);
    const checked = { file, algorithm: 'sha512', hash: sha512 };
    if (await isIntact(checked, archives)) return file;
    await rm(join(archives, file), { force: true });
    const spec = `${name}@${version}`;
    const args = ['pack', '--loglevel=error', spec];
    const { failed, errors } = await attempt('npm', args, archives, signal);
    if (!(await isIntact(checked, archives))) {
      await rm(join(archives, file), { force: true });
      const code = /npm (?:ERR!|error) code (\w+)/.exec(errors)?.[1];
      failures.push({
        name: spec,
        reason: failed ? (code ?? firstLine(errors)) : 'the checksum differs',
        checksum: !failed || code === 'EINTEGRITY',
      });
    }
    return file;
  };
  const files = await Promise.all(
    packages.map(async (wanted) => {
      const file = await fetchOne(wanted);
      come += 1;
      onProgress?.({ type: 'advance', task, done: come });
      return file;
    }),
  );
  if (failures.length === 0) onProgress?.({ type: 'end', task });
  return { files, failures };
}

/** The first line that says something. */
function firstLine(text: string): string {
  const line = text.split('\n').find((candidate) => candidate.trim() !== '') ?? '';
  return line.replace(/^[EW]: /, '').slice(0, MAX_REASON);
}

/** Runs a program to its end. @throws RingtrueError `core/cancelled` */
async function attempt(
  program: string,
  args: readonly string[],
  cwd: string,
  signal: AbortSignal | undefined,
): Promise<{ failed: boolean; output: string; errors: string }> {
  try {
    const { stdout, stderr } = await run(program, [...args], {
      cwd,
      maxBuffer: MAX_OUTPUT,
      // Its messages are read.
      env: { ...process.env, LC_ALL: 'C' },
      ...(signal === undefined ? {} : { signal }),
    });
    return { failed: false, output: stdout, errors: stderr };
  } catch (error) {
    if (signal?.aborted) throw new RingtrueError('core/cancelled', 'cancelled');
    // What execFile rejects with carries what the program wrote.
    const { code, stdout = '', stderr = '' } = error as Partial<Record<string, string>>;
    if (code === 'ENOENT') {
      return { failed: true, output: '', errors: `${program} is not installed` };
    }
    return { failed: true, output: stdout, errors: stderr.trim() || String(error) };
  }
}

async function command(
  program: string,
  args: readonly string[],
  cwd: string,
  signal: AbortSignal | undefined,
  what: string,
): Promise<string> {
  const { failed, output, errors } = await attempt(program, args, cwd, signal);
  if (!failed) return output;
  throw new RingtrueError(
    'corpora/package-unavailable',
    `${program} could not get ${what}: ${errors.slice(-MAX_REASON)}`,
    { details: { program } },
  );
}

/** True if a path exists. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
