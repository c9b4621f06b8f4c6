import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RingtrueError } from '../core/errors.ts';
import type { ProgressEvent } from '../core/progress.ts';
import { fetchPackages, type PackageList } from './packages.ts';

/** What the mirror does when a file is asked for. */
type Fault = 'missing' | 'changed' | 'cut once' | 'half';

const PACKAGES = {
  'ringtrue-alpha': { depends: '' },
  'ringtrue-beta': { depends: '' },
  'ringtrue-speaker': { depends: 'ringtrue-library' },
  'ringtrue-library': { depends: '' },
};
/** Long enough that a connection can be cut in the middle. */
const CONTENT = createHash('sha512').update('ringtrue').digest('hex').repeat(4000);

let root = '';
let server: Server;
let address = '';
let tarball: Buffer;
let list: PackageList;
const files = new Map<string, Buffer>();
const faults = new Map<string, Fault>();
let sendRest: (() => void) | undefined;
let asked: { path: string; range: string | undefined }[] = [];
let folder = '';
let runs = 0;
const saved = { ...process.env };

/** Builds a Debian package with one file, stored uncompressed. */
function buildDeb(name: string, version: string, depends: string): Buffer {
  const source = join(root, `${name}_${version}`);
  mkdirSync(join(source, 'DEBIAN'), { recursive: true });
  mkdirSync(join(source, 'usr/share', name), { recursive: true });
  const control = [
    `Package: ${name}`,
    `Version: ${version}`,
    'Architecture: all',
    'Maintainer: Ringtrue <nobody@example.org>',
    'Description: test package',
    ...(depends === '' ? [] : [`Depends: ${depends}`]),
  ];
  writeFileSync(join(source, 'DEBIAN/control'), `${control.join('\n')}\n`);
  writeFileSync(join(source, 'usr/share', name, 'text'), `${version} ${CONTENT}`);
  const deb = `${source}.deb`;
  execFileSync('dpkg-deb', ['-Znone', '--root-owner-group', '--build', source, deb]);
  return readFileSync(deb);
}

/** Fills the mirror with one version of every package. */
function publish(version: string): void {
  for (const path of [...files.keys()]) if (path.startsWith('/debian/')) files.delete(path);
  const index: string[] = [];
  for (const [name, { depends }] of Object.entries(PACKAGES)) {
    const bytes = buildDeb(name, version, depends);
    const file = `${name}_${version}_all.deb`;
    files.set(`/debian/${file}`, bytes);
    index.push(
      `Package: ${name}`,
      `Version: ${version}`,
      'Architecture: all',
      ...(depends === '' ? [] : [`Depends: ${depends}`]),
      `Filename: ./${file}`,
      `Size: ${bytes.length}`,
      `SHA256: ${createHash('sha256').update(bytes).digest('hex')}`,
      '',
    );
  }
  files.set('/debian/Packages', Buffer.from(index.join('\n')));
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-packages-'));
  server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').replace('/./', '/');
    const { range } = request.headers;
    asked.push({ path, range });
    const bytes = files.get(path);
    const fault = faults.get(path);
    if (bytes === undefined || fault === 'missing') {
      response.writeHead(404).end();
      return;
    }
    const from = Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': bytes.length - from,
      'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT',
      ...(from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    });
    if (fault === 'cut once') {
      faults.delete(path);
      response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
      return;
    }
    if (fault === 'half') {
      // The other half comes when the test has seen the first one.
      response.write(bytes.subarray(0, bytes.length >> 1));
      sendRest = () => response.end(bytes.subarray(bytes.length >> 1));
      return;
    }
    const sent = Buffer.from(bytes.subarray(from));
    if (fault === 'changed') sent.write('changed', sent.length >> 1);
    response.end(sent);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // The server listens on a port, not on a pipe.
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  await mkdir(join(root, 'package'));
  await writeFile(
    join(root, 'package', 'package.json'),
    '{"name":"ringtrue-npm","version":"1.0.0"}',
  );
  tarball = execFileSync('tar', ['cz', '-C', root, 'package']);
  const sha512 = createHash('sha512').update(tarball).digest();
  list = {
    data: ['ringtrue-alpha', 'ringtrue-beta'],
    programs: ['ringtrue-speaker'],
    npm: [{ name: 'ringtrue-npm', version: '1.0.0', sha512: sha512.toString('hex') }],
  };
  const dist = {
    tarball: `${address}/npm/ringtrue-npm-1.0.0.tgz`,
    integrity: `sha512-${sha512.toString('base64')}`,
  };
  const version = { name: 'ringtrue-npm', version: '1.0.0', dist };
  const document = { name: 'ringtrue-npm', versions: { '1.0.0': version } };
  files.set('/npm/ringtrue-npm', Buffer.from(JSON.stringify(document)));
  files.set('/npm/ringtrue-npm-1.0.0.tgz', tarball);
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(root, { recursive: true });
});

beforeEach(async () => {
  publish('1.0');
  faults.clear();
  asked = [];
  runs += 1;
  folder = join(root, `cache ${runs}`);
  // A machine without package lists that knows our mirror alone.
  const machine = join(root, `machine ${runs}`);
  await mkdir(join(machine, 'lists', 'partial'), { recursive: true });
  await mkdir(join(machine, 'archives', 'partial'), { recursive: true });
  await writeFile(join(machine, 'sources.list'), `deb [trusted=yes] ${address}/debian ./\n`);
  const conf = {
    'Dir::Etc::sourcelist': join(machine, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::lists': join(machine, 'lists'),
    'Dir::Cache': machine,
    'Acquire::http::Proxy': 'DIRECT',
    'Acquire::Retries': '1',
    'APT::Sandbox::User': '',
  };
  const lines = Object.entries(conf).map(([key, value]) => `${key} "${value}";\n`);
  await writeFile(join(machine, 'apt.conf'), lines.join(''));
  Object.assign(process.env, {
    APT_CONFIG: join(machine, 'apt.conf'),
    npm_config_registry: `${address}/npm/`,
    npm_config_cache: join(machine, 'npm'),
    npm_config_fetch_retries: '0',
    no_proxy: '127.0.0.1',
  });
});

afterEach(() => {
  for (const key of Object.keys(process.env)) if (!(key in saved)) delete process.env[key];
  Object.assign(process.env, saved);
});

const debianPath = (name: string): string => `/debian/${name}_1.0_all.deb`;
const fetched = (): string[] =>
  asked.map(({ path }) => path).filter((path) => path.endsWith('.deb') || path.endsWith('.tgz'));

async function failure(): Promise<RingtrueError> {
  return fetchPackages(list, folder).then(
    () => expect.unreachable(),
    (error: RingtrueError) => error,
  );
}

test('packages come with the libraries of programs, once, and are unpacked', async () => {
  const { debian, npm, downloads } = await fetchPackages(list, folder);
  for (const name of Object.keys(PACKAGES)) {
    const text = await readFile(join(debian, 'usr/share', name, 'text'), 'utf8');
    expect(text).toBe(`1.0 ${CONTENT}`);
  }
  const installed = join(npm, 'node_modules', 'ringtrue-npm', 'package.json');
  expect(JSON.parse(await readFile(installed, 'utf8')).version).toBe('1.0.0');
  expect(downloads).toHaveLength(5);
  for (const { file, sha256 } of downloads) {
    const bytes = files.get(`/debian/${file}`) ?? tarball;
    expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  }
  asked = [];
  expect(await fetchPackages(list, folder)).toEqual(expect.objectContaining({ debian, downloads }));
  expect(asked).toEqual([]);
});

test('progress tells how much has come, of how much', async () => {
  faults.set(debianPath('ringtrue-alpha'), 'half');
  const events: ProgressEvent[] = [];
  const size = Object.keys(PACKAGES).reduce(
    (sum, name) => sum + files.get(debianPath(name))!.length,
    0,
  );
  const total = Math.round(size / 1e5) / 10;
  const onProgress = (event: ProgressEvent): void => {
    events.push(event);
    if (event.type !== 'advance' || event.task !== 'download packages' || event.done < 0.2) return;
    sendRest?.();
  };
  await fetchPackages(list, folder, { onProgress });
  const of = (task: string) => events.filter((event) => 'task' in event && event.task === task);
  const [start, ...others] = of('download packages');
  expect(start).toEqual({ type: 'start', task: 'download packages', total, unit: 'MB' });
  expect(
    others.some((event) => event.type === 'advance' && event.done > 0 && event.done < total),
  ).toBe(true);
  expect(others.at(-1)?.type).toBe('end');
  expect(of('download npm packages').map(({ type }) => type)).toEqual(['start', 'advance', 'end']);
  expect(of('unpack packages')).toMatchObject([
    { type: 'start', total: 5 },
    ...[1, 2, 3, 4, 5].map((done) => ({ type: 'advance', done })),
    { type: 'end' },
  ]);
});

test('each package that the mirror lacks is named; the others are kept and not fetched again', async () => {
  faults.set(debianPath('ringtrue-beta'), 'missing');
  faults.set('/npm/ringtrue-npm', 'missing');
  const error = await failure();
  expect(error.code).toBe('corpora/package-unavailable');
  expect(error.details).toEqual({
    packages: [
      { name: 'ringtrue-beta', reason: expect.stringContaining('404') },
      { name: 'ringtrue-npm@1.0.0', reason: 'E404' },
    ],
  });
  expect(error.message).toContain('2 packages could not be had: ringtrue-beta (404');
  expect(error.hint).toContain('Check the network');
  faults.clear();
  asked = [];
  await fetchPackages(list, folder);
  expect(fetched().sort()).toEqual([debianPath('ringtrue-beta'), '/npm/ringtrue-npm-1.0.0.tgz']);
});

test('packages that no list knows are named', async () => {
  list = { ...list, data: [...list.data, 'ringtrue-nowhere'] };
  const error = await failure();
  list = { ...list, data: list.data.slice(0, -1) };
  expect(error.code).toBe('corpora/package-unavailable');
  expect(error.details).toEqual({
    packages: [{ name: 'ringtrue-nowhere', reason: 'Unable to locate package ringtrue-nowhere' }],
  });
});

test('a package with other bytes is refused by its checksum, thrown away, and fetched anew', async () => {
  faults.set(debianPath('ringtrue-alpha'), 'changed');
  faults.set('/npm/ringtrue-npm-1.0.0.tgz', 'changed');
  const error = await failure();
  expect(error.code).toBe('corpora/package-checksum');
  expect(error.details).toEqual({
    packages: [
      { name: 'ringtrue-alpha', reason: expect.stringContaining('Hash Sum mismatch') },
      { name: 'ringtrue-npm@1.0.0', reason: 'EINTEGRITY' },
    ],
  });
  expect((await readdir(join(folder, 'archives'))).sort()).toEqual([
    'ringtrue-beta_1.0_all.deb',
    'ringtrue-library_1.0_all.deb',
    'ringtrue-speaker_1.0_all.deb',
  ]);
  faults.clear();
  const { debian } = await fetchPackages(list, folder);
  expect(await readFile(join(debian, 'usr/share/ringtrue-alpha/text'), 'utf8')).toContain(CONTENT);
});

test('a registry that vouches for another tarball than the recorded one is refused', async () => {
  const [wanted] = list.npm;
  const other = { ...list, npm: [{ ...wanted!, sha512: '0'.repeat(128) }] };
  const error = await fetchPackages(other, folder).catch((thrown: RingtrueError) => thrown);
  expect(error).toMatchObject({
    code: 'corpora/package-checksum',
    details: { packages: [{ name: 'ringtrue-npm@1.0.0', reason: 'the checksum differs' }] },
  });
  expect(await readdir(join(folder, 'archives'))).not.toContain('ringtrue-npm-1.0.0.tgz');
});

test('a connection that is cut continues where it was cut', async () => {
  faults.set(debianPath('ringtrue-beta'), 'cut once');
  await fetchPackages(list, folder);
  const ranges = asked.filter(({ path }) => path === debianPath('ringtrue-beta'));
  expect(ranges.map(({ range }) => range)).toEqual([
    undefined,
    expect.stringMatching(/^bytes=[1-9]\d*-$/),
  ]);
});

test('files left of an earlier download are used only with the right bytes', async () => {
  const archives = join(folder, 'archives');
  await mkdir(archives, { recursive: true });
  const right = files.get(debianPath('ringtrue-alpha'))!;
  const changed = Buffer.from(right);
  changed.write('changed', changed.length >> 1);
  const spoiled = files.get(debianPath('ringtrue-beta'))!;
  await writeFile(join(archives, 'ringtrue-alpha_1.0_all.deb'), changed);
  await writeFile(join(archives, 'ringtrue-beta_1.0_all.deb'), spoiled.subarray(0, 1000));
  await writeFile(
    join(archives, 'ringtrue-library_1.0_all.deb'),
    files.get(debianPath('ringtrue-library'))!,
  );
  await writeFile(join(archives, 'ringtrue-stray_1.0_all.deb'), 'no package at all');
  const { debian } = await fetchPackages(list, folder);
  expect(await readFile(join(debian, 'usr/share/ringtrue-alpha/text'), 'utf8')).toBe(
    `1.0 ${CONTENT}`,
  );
  expect(fetched()).not.toContain(debianPath('ringtrue-library'));
  expect(fetched()).toContain(debianPath('ringtrue-alpha'));
  expect(fetched()).toContain(debianPath('ringtrue-beta'));
});

test('lists of the machine that name a version which is gone are fetched anew', async () => {
  await promisify(execFile)('apt-get', ['update', '-qq']);
  publish('1.1');
  const { debian } = await fetchPackages(list, folder);
  expect(await readFile(join(debian, 'usr/share/ringtrue-alpha/text'), 'utf8')).toContain('1.1 ');
});

test('without a network, or without apt, the reason is told', async () => {
  const sources = join(root, `machine ${runs}`, 'sources.list');
  await writeFile(sources, 'deb [trusted=yes] http://127.0.0.1:1/debian ./\n');
  process.env.npm_config_registry = 'http://127.0.0.1:1/';
  const offline = await failure();
  expect(offline.code).toBe('corpora/package-unavailable');
  expect(offline.details).toEqual({
    packages: [
      {
        name: 'the lists of Debian packages',
        reason: expect.stringMatching(/Could not connect|Connection refused/i),
      },
      { name: 'ringtrue-npm@1.0.0', reason: 'ECONNREFUSED' },
    ],
  });
  process.env.PATH = root;
  expect((await failure()).message).toContain('apt-get is not installed');
});
