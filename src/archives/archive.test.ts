import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ZipFile } from 'yazl';
import { createRng } from '../core/rng.ts';
import { locateMember, openArchive, openMember } from './archive.ts';
import { openDisk } from './disk.ts';
import { hashFile, readBytes, stampFile } from './files.ts';
import { indexGzip, readSpan, stretchesFor } from './gzip.ts';
import { loadIndex, storeIndex } from './index-cache.ts';
import { cleanName, memberPath, splitMemberPath } from './names.ts';
import { unzip } from './zip.ts';

const LIMIT = 64 << 20;

let root: string;
const cache = process.env.RINGTRUE_CACHE;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-archives-'));
  process.env.RINGTRUE_CACHE = join(root, 'cache');
});
afterEach(async () => {
  if (cache === undefined) delete process.env.RINGTRUE_CACHE;
  else process.env.RINGTRUE_CACHE = cache;
  await rm(root, { recursive: true, force: true });
});

/** Bytes that deflate packs in part: noise, a ramp, silence. */
function bytesOf(seed: number, length: number): Uint8Array {
  const rng = createRng(seed);
  return Uint8Array.from({ length }, (_, i) => {
    const part = Math.floor((3 * i) / length);
    return part === 0 ? Math.floor(256 * rng.uniform()) : part === 1 ? (i >> 3) & 0xff : 0;
  });
}

const FILES: Readonly<Record<string, Uint8Array>> = {
  'LA/protocol.txt': new TextEncoder().encode('a bonafide\nb spoof\n'),
  'LA/flac/a (1) é.flac': bytesOf(1, 300_000),
  'LA/flac/b.flac': bytesOf(2, 70_001),
  'LA/flac/empty.flac': new Uint8Array(0),
  [`LA/${'deep/'.repeat(40)}c.flac`]: bytesOf(3, 5000),
};

async function writeZip(path: string, options: { compress: boolean }): Promise<void> {
  const zip = new ZipFile();
  zip.addEmptyDirectory('LA/flac');
  for (const [name, bytes] of Object.entries(FILES))
    zip.addBuffer(Buffer.from(bytes), name, options);
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
}

async function writeTar(
  path: string,
  files: Readonly<Record<string, Uint8Array>> = FILES,
): Promise<void> {
  const archive = pack();
  archive.entry({ name: 'LA', type: 'directory' });
  for (const [name, bytes] of Object.entries(files)) {
    archive.entry({ name: `./${name}` }, Buffer.from(bytes));
  }
  archive.finalize();
  await pipeline(archive, createWriteStream(path));
}

async function writeTarGz(path: string): Promise<void> {
  const plain = join(root, 'plain.tar');
  await writeTar(plain);
  await writeFile(path, gzipSync(await readFile(plain)));
}

const WRITERS = {
  'deflated.zip': (path: string) => writeZip(path, { compress: true }),
  'stored.zip': (path: string) => writeZip(path, { compress: false }),
  'all.tar': (path: string) => writeTar(path),
  'all.tar.gz': writeTarGz,
  'all.tgz': writeTarGz,
} as const;

describe.each(Object.entries(WRITERS))('%s', (name, write) => {
  test('lists its files and gives each of them back, whole and by pieces', async () => {
    const path = join(root, name);
    await write(path);
    const { places } = await openArchive(path);
    expect([...places.keys()].sort()).toEqual(Object.keys(FILES).sort());
    for (const [member, bytes] of Object.entries(FILES).reverse()) {
      const located = await locateMember(memberPath(path, member));
      const source = await openMember(located!, LIMIT);
      expect(source.size).toBe(bytes.length);
      expect(Buffer.from(source.read(0, source.size)).equals(bytes)).toBe(true);
      expect(Buffer.from(source.read(1000, 77)).equals(bytes.subarray(1000, 1077))).toBe(true);
      expect(source.read(bytes.length, 10)).toHaveLength(0);
      const tail = Math.min(3, bytes.length);
      expect(source.read(bytes.length - tail, 10)).toHaveLength(tail);
      source.close();
    }
  });

  test('a file is stamped, hashed and read like one in a folder', async () => {
    const path = join(root, name);
    await write(path);
    const inside = memberPath(path, 'LA/flac/b.flac');
    const outside = join(root, 'b.flac');
    await writeFile(outside, FILES['LA/flac/b.flac']!);
    expect(await hashFile(inside)).toBe(await hashFile(outside));
    expect(Buffer.from(await readBytes(inside)).equals(await readFile(outside))).toBe(true);
    expect(await stampFile(inside)).toEqual({
      bytes: 70_001,
      changedMs: (await stat(path)).mtimeMs,
    });
    await expect(stampFile(memberPath(path, 'LA/none.flac'))).rejects.toMatchObject({
      code: 'core/io-not-found',
    });
  });

  test('a file that is not there, and an archive in the archive, are told', async () => {
    const path = join(root, name);
    await write(path);
    await expect(locateMember(memberPath(path, 'LA/none.flac'))).rejects.toMatchObject({
      code: 'archives/no-member',
    });
    await expect(locateMember(memberPath(path, 'LA/x.zip!/a.wav'))).rejects.toMatchObject({
      code: 'archives/unsupported',
    });
  });

  test('one that was cut anywhere is damaged', async () => {
    const path = join(root, name);
    await write(path);
    const whole = await readFile(path);
    for (const share of [0, 0.001, 0.2, 0.5, 0.9, 0.99]) {
      const cut = join(root, `cut-${share}-${name}`);
      await writeFile(cut, whole.subarray(0, Math.floor(share * whole.length)));
      await expect(openArchive(cut), `${share}`).rejects.toMatchObject({
        code: 'archives/damaged',
        message: expect.stringContaining(cut),
      });
    }
  });

  test('no flipped byte passes unseen where a file is read', async () => {
    const path = join(root, name);
    await write(path);
    const whole = await readFile(path);
    const member = 'LA/flac/a (1) é.flac';
    const rng = createRng(5);
    let noticed = 0;
    for (let i = 0; i < 40; i += 1) {
      const bytes = Buffer.from(whole);
      const at = Math.floor(rng.uniform() * bytes.length);
      bytes[at]! ^= 1 << Math.floor(8 * rng.uniform());
      const damaged = join(root, `flip-${i}-${name}`);
      await writeFile(damaged, bytes);
      const read = readBytes(memberPath(damaged, member)).then(
        (found) => (Buffer.from(found).equals(FILES[member]!) ? 'same' : 'other'),
        (error: { code?: string }) => error.code,
      );
      const outcome = await read;
      if (outcome !== 'same') noticed += 1;
      // A plain tar has checksums of its headers only: there a flipped bit of the content is heard, not seen.
      if (name === 'all.tar') continue;
      expect(outcome, `bit ${at}`).toMatch(/^(?:same|archives\/)/);
    }
    expect(noticed).toBeGreaterThan(10);
  });
});

describe('names', () => {
  test('take paths apart at the archive, not at other exclamation marks', () => {
    expect(splitMemberPath('/data/LA.zip!/LA/a.flac')).toEqual({
      archive: '/data/LA.zip',
      member: 'LA/a.flac',
    });
    expect(splitMemberPath('C:\\data\\x.TAR.GZ!\\a\\b.wav')).toEqual({
      archive: 'C:\\data\\x.TAR.GZ',
      member: 'a/b.wav',
    });
    expect(splitMemberPath('/data/wow!/a.wav')).toBeUndefined();
    expect(splitMemberPath('/data/LA.zip')).toBeUndefined();
  });

  test.each(['../a.wav', '/etc/passwd', 'a/../../b', 'C:\\a.wav', 'a\\..\\b', 'a\0b'])(
    '%j leads out',
    (name) => {
      expect(() => cleanName(name, 'x.zip')).toThrowError(
        expect.objectContaining({ code: 'archives/unsafe-name' }),
      );
    },
  );

  test('are cleaned of dots, doubled slashes and folders', () => {
    expect(cleanName('./a//b/./c.wav', 'x')).toBe('a/b/c.wav');
    expect(cleanName('a/b/', 'x')).toBeUndefined();
    expect(cleanName('./', 'x')).toBeUndefined();
    expect(cleanName('a..b/..c', 'x')).toBe('a..b/..c');
  });
});

/** A zip archive of one file, by hand, with what is wrong about it. */
function oddZip({
  name = 'a.wav',
  content = bytesOf(1, 2000),
  method = 8,
  flags = 0,
  crc = crc32(content),
  size = content.length,
}: Partial<{
  name: string;
  content: Uint8Array;
  method: number;
  flags: number;
  crc: number;
  size: number;
}> = {}): Buffer {
  const packed = method === 8 ? deflateRawSync(content) : Buffer.from(content);
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  for (const [header, at] of [
    [local, 6],
    [central, 8],
  ] as const) {
    header.writeUInt16LE(flags, at);
    header.writeUInt16LE(method, at + 2);
    header.writeUInt32LE(crc, at + 8);
    header.writeUInt32LE(packed.length, at + 12);
    header.writeUInt32LE(size, at + 16);
    header.writeUInt16LE(Buffer.byteLength(name), at + 20);
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(46 + Buffer.byteLength(name), 12);
  end.writeUInt32LE(30 + Buffer.byteLength(name) + packed.length, 16);
  return Buffer.concat([local, Buffer.from(name), packed, central, Buffer.from(name), end]);
}

describe('bad zip archives', () => {
  const read = async (bytes: Buffer, member = 'a.wav'): Promise<Uint8Array> => {
    const path = join(root, 'odd.zip');
    await writeFile(path, bytes);
    const located = await locateMember(memberPath(path, member));
    const source = await openMember(located!, 1 << 20);
    return source.read(0, source.size);
  };

  test('the one made by hand is good where nothing is wrong', async () => {
    expect(await read(oddZip())).toHaveLength(2000);
    expect(await read(oddZip({ method: 0 }))).toHaveLength(2000);
  });

  test.each([
    ['another checksum', { crc: 1 }, 'archives/checksum'],
    ['another checksum of a stored file', { crc: 1, method: 0 }, 'archives/checksum'],
    ['encryption', { flags: 1 }, 'archives/encrypted'],
    ['an unknown method', { method: 14 }, 'archives/unsupported'],
    ['a size that is too small', { size: 1000 }, 'archives/damaged'],
    ['a size that is too large', { size: 3000 }, 'archives/damaged'],
    ['more than deflate can pack', { size: 2 ** 31 }, 'archives/too-large'],
    ['more than the limit', { content: new Uint8Array(2 << 20) }, 'archives/too-large'],
    ['a name that leads out', { name: '../a.wav' }, 'archives/unsafe-name'],
    ['an absolute name', { name: '/a.wav' }, 'archives/unsafe-name'],
  ] as const)('%s', async (_, what, code) => {
    await expect(read(oddZip(what))).rejects.toMatchObject({ code });
  });

  test('the same name twice, and something that is no zip', async () => {
    const zip = new ZipFile();
    zip.addBuffer(Buffer.from('a'), 'a.wav');
    zip.addBuffer(Buffer.from('b'), 'a.wav');
    zip.end();
    const twice = join(root, 'twice.zip');
    await pipeline(zip.outputStream, createWriteStream(twice));
    await expect(openArchive(twice)).rejects.toMatchObject({
      code: 'archives/damaged',
      message: expect.stringContaining('"a.wav" twice'),
    });
    const text = join(root, 'text.zip');
    await writeFile(text, 'not an archive, only a text of some length to be looked through');
    await expect(openArchive(text)).rejects.toMatchObject({ code: 'archives/damaged' });
    await expect(openArchive(join(root, 'none.zip'))).rejects.toMatchObject({
      code: 'core/io-not-found',
    });
  });
});

describe('tar archives', () => {
  test('the last of a name counts, links to files are files, other kinds are left out', async () => {
    const archive = pack();
    archive.entry({ name: 'a.wav' }, 'old');
    archive.entry({ name: 'a.wav' }, 'new!');
    archive.entry({ name: 'link.wav', type: 'link', linkname: 'a.wav' });
    archive.entry({ name: 'away.wav', type: 'symlink', linkname: '/etc/passwd' });
    archive.entry({ name: 'pipe', type: 'fifo' });
    archive.finalize();
    const path = join(root, 'x.tar');
    await pipeline(archive, createWriteStream(path));
    const { places } = await openArchive(path);
    expect([...places.keys()]).toEqual(['a.wav', 'link.wav']);
    expect(Buffer.from(await readBytes(memberPath(path, 'link.wav'))).toString()).toBe('new!');
  });

  test.each(['../out.wav', '/out.wav'])('the name %s is refused', async (name) => {
    const archive = pack();
    archive.entry({ name }, 'x');
    archive.finalize();
    const path = join(root, 'x.tar');
    await pipeline(archive, createWriteStream(path));
    await expect(openArchive(path)).rejects.toMatchObject({ code: 'archives/unsafe-name' });
  });

  test('a header that does not match its checksum is named by its place', async () => {
    const path = join(root, 'x.tar');
    await writeTar(path);
    const bytes = await readFile(path);
    bytes[600]! ^= 4;
    await writeFile(path, bytes);
    await expect(openArchive(path)).rejects.toMatchObject({
      code: 'archives/damaged',
      message: expect.stringContaining('at byte 512'),
    });
  });

  test('a size beyond the end of the archive, and one in binary', async () => {
    const path = join(root, 'x.tar');
    await writeTar(path, { 'a.wav': bytesOf(1, 600) });
    const bytes = await readFile(path);
    const header = bytes.subarray(512, 1024);
    const resize = (field: Buffer): void => {
      field.copy(header, 124);
      header.fill(0x20, 148, 156);
      const sum = header.reduce((total, byte) => total + byte, 0);
      header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    };
    resize(Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x58]));
    await writeFile(path, bytes);
    expect((await openArchive(path)).places.get('a.wav')).toMatchObject({ size: 600 });
    resize(Buffer.from('77777777777\0'));
    await writeFile(path, bytes);
    await expect(openArchive(path)).rejects.toMatchObject({ code: 'archives/damaged' });
  });
});

describe('gzip streams', () => {
  const index = async (
    packed: Uint8Array,
  ): Promise<[string, Buffer, Awaited<ReturnType<typeof indexGzip>>]> => {
    const path = join(root, 'x.gz');
    await writeFile(path, packed);
    const file = openDisk(path);
    const parts: Buffer[] = [];
    try {
      const found = await indexGzip(file, (bytes) => void parts.push(Buffer.from(bytes)));
      return [path, Buffer.concat(parts), found];
    } finally {
      file.close();
    }
  };

  test('unpack to the same bytes as by zlib, for any content, level and number of members', async () => {
    const content = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 400 }),
        fc.tuple(fc.nat(255), fc.nat(70_000)).map(([byte, n]) => new Uint8Array(n).fill(byte)),
        fc.tuple(fc.nat(9), fc.nat(40_000)).map(([seed, n]) => bytesOf(seed, n)),
      ),
      { maxLength: 6 },
    );
    const settings = fc.record({
      level: fc.nat(9),
      strategy: fc.constantFrom(0, 1, 2, 3, 4),
      memLevel: fc.integer({ min: 1, max: 9 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(content, settings), { minLength: 1, maxLength: 3 }),
        async (members) => {
          const raw = members.map(([parts]) => Buffer.concat(parts));
          const packed = raw.map((bytes, i) => gzipSync(bytes, members[i]![1]));
          const [, unpacked, { size }] = await index(Buffer.concat(packed));
          expect(unpacked.equals(Buffer.concat(raw))).toBe(true);
          expect(size).toBe(unpacked.length);
        },
      ),
      { seed: 7, numRuns: 40 },
    );
  });

  test('any span can be read, wherever its block begins', async () => {
    const parts = Array.from({ length: 4 }, (_, i) => bytesOf(i, 900_000 + i));
    const raw = Buffer.concat(Array.from({ length: 40 }, (_, i) => parts[i % 4]!));
    const cut = 17_000_001;
    const packed = Buffer.concat([
      gzipSync(raw.subarray(0, cut), { level: 1 }),
      gzipSync(raw.subarray(cut), { level: 6 }),
    ]);
    const [path, , { checkpoints }] = await index(packed);
    expect(checkpoints.length).toBeGreaterThan(6);
    // Points inside bytes, at even and at odd bits, need the empty blocks in front.
    const bits = new Set(checkpoints.map(({ bit }) => (bit % 8 === 0 ? 'whole' : bit % 2)));
    expect(bits).toEqual(new Set(['whole', 0, 1]));
    const file = openDisk(path);
    const rng = createRng(3);
    for (let i = 0; i < 40; i += 1) {
      const offset = Math.floor(rng.uniform() * raw.length);
      const size = Math.min(raw.length - offset, Math.floor(rng.uniform() ** 3 * 9e6));
      const stretches = stretchesFor(checkpoints, { offset, size }, file.size);
      const bytes = readSpan(file, stretches, { offset, size });
      expect(Buffer.from(bytes).equals(raw.subarray(offset, offset + size)), `${offset}`).toBe(
        true,
      );
    }
    file.close();
  });

  test('each part of the format that is broken is told', async () => {
    const good = gzipSync(bytesOf(1, 10_000));
    const broken = (change: (bytes: Buffer) => void): Buffer => {
      const bytes = Buffer.from(good);
      change(bytes);
      return bytes;
    };
    const cases: [string, Buffer][] = [
      ['checksum', broken((bytes) => bytes.writeUInt32LE(1, bytes.length - 8))],
      ['size', broken((bytes) => bytes.writeUInt32LE(1, bytes.length - 4))],
      ['no known type', broken((bytes) => bytes.writeUInt8(bytes[10]! | 7, 10))],
      ['unknown flags', broken((bytes) => bytes.writeUInt8(bytes[3]! | 0x80, 3))],
      ['something else follows', Buffer.concat([good, Buffer.from('more')])],
      ['ends inside', good.subarray(0, good.length - 5)],
      ['no gzip file', Buffer.from('text')],
    ];
    for (const [what, bytes] of cases) {
      await expect(index(bytes), what).rejects.toMatchObject({
        code: 'archives/damaged',
        message: expect.stringContaining(what === 'size' ? 'size that it says' : what),
      });
    }
    const [, padded] = await index(Buffer.concat([good, Buffer.alloc(600)]));
    expect(padded).toHaveLength(10_000);
  });

  test('a stream that unpacks to far more than it is gets refused', async () => {
    const member = gzipSync(Buffer.alloc(32 << 20));
    await expect(
      index(Buffer.concat(Array.from({ length: 9 }, () => member))),
    ).rejects.toMatchObject({ code: 'archives/too-large' });
  });

  test('the index is kept, and made again when it is damaged or the archive changed', async () => {
    const path = join(root, 'x.tar.gz');
    await writeTarGz(path);
    await openArchive(path);
    const folder = join(root, 'cache/archives');
    const [name] = await readdir(folder);
    const bytes = await readFile(join(folder, name!));
    const copy = join(root, 'again.tar.gz');
    await pipeline(createReadStream(path), createWriteStream(copy));
    const file = openDisk(path);
    const whole = await loadIndex(file);
    expect([...whole!.places.keys()].sort()).toEqual(Object.keys(FILES).sort());
    await storeIndex(file, whole!);
    expect(await loadIndex(file)).toEqual(whole);
    bytes[60]! ^= 1;
    await writeFile(join(folder, name!), bytes);
    expect(await loadIndex(file)).toBeUndefined();
    file.close();
    const other = openDisk(copy);
    expect(await loadIndex(other)).toBeUndefined();
    other.close();
  });
});

describe('Parquet files', () => {
  const SOUNDS = Array.from({ length: 25 }, (_, i) => bytesOf(i, 1000 + i));

  async function writeParquet(path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    const buffer = parquetWriteBuffer({
      schema: [
        { name: 'root', num_children: 2 },
        { name: 'audio', num_children: 2, repetition_type: 'OPTIONAL' },
        { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
        { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
        { name: 'label', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      ],
      columnData: [
        { name: 'audio', data: SOUNDS.map((bytes, i) => ({ bytes, path: `${i}.wav` })) },
        { name: 'label', data: SOUNDS.map((_, i) => (i % 2 === 0 ? 'bonafide' : 'spoof')) },
      ],
      rowGroupSize: 10,
    });
    await writeFile(path, Buffer.from(buffer));
  }

  test('give the bytes of any row', async () => {
    const path = join(root, 'data.parquet');
    await writeParquet(path);
    const { places } = await openArchive(path);
    expect(places.size).toBe(25);
    for (const row of [24, 0, 9, 10, 13]) {
      const bytes = await readBytes(memberPath(path, `audio/${row}`));
      expect(Buffer.from(bytes).equals(SOUNDS[row]!), `${row}`).toBe(true);
    }
    await expect(readBytes(memberPath(path, 'audio/25'))).rejects.toMatchObject({
      code: 'archives/no-member',
    });
  });

  test('a row group beyond the limit, and a damaged file, are refused', async () => {
    const path = join(root, 'data.parquet');
    await writeParquet(path);
    const located = await locateMember(memberPath(path, 'audio/3'));
    await expect(openMember(located!, 2000)).rejects.toMatchObject({ code: 'archives/too-large' });
    const bytes = await readFile(path);
    const cut = join(root, 'cut.parquet');
    await writeFile(cut, bytes.subarray(0, bytes.length - 40));
    await expect(openArchive(cut)).rejects.toMatchObject({ code: 'archives/damaged' });
    await writeFile(cut, 'text that is no Parquet file');
    await expect(openArchive(cut)).rejects.toMatchObject({ code: 'archives/damaged' });
  });
});

/** Python's zipfile 3.11: a stored and a deflated file in a folder, one file beside it, a comment at the end. */
const ARCHIVE = Buffer.from(
  'UEsDBBQAAAAAAAAAIQC1Aa8PCwAAAAsAAAALAAAAc291bmQvYS50eHRzdG9yZWQgdGV4dFBLAwQUAAAACAAAACEAM0RJ+xIAAAAYAQAACwAAAHNvdW5kL2IudHh0yy9LLVJIzEtRyAcx8kd5UB4AUEsDBBQAAAAAAAAAIQD0WSVnCgAAAAoAAAAJAAAAb3RoZXIudHh0bGVmdCBhbG9uZVBLAQIUAxQAAAAAAAAAIQC1Aa8PCwAAAAsAAAALAAAAAAAAAAAAAACAAQAAAABzb3VuZC9hLnR4dFBLAQIUAxQAAAAIAAAAIQAzREn7EgAAABgBAAALAAAAAAAAAAAAAACAATQAAABzb3VuZC9iLnR4dFBLAQIUAxQAAAAAAAAAIQD0WSVnCgAAAAoAAAAJAAAAAAAAAAAAAACAAW8AAABvdGhlci50eHRQSwUGAAAAAAMAAwCpAAAAoAAAABQAYSBjb21tZW50IGF0IHRoZSBlbmQ=',
  'base64',
);

test('an archive of another tool is unpacked, only what is asked for', async () => {
  const path = join(root, 'data.pk3');
  await writeFile(path, ARCHIVE);
  const files = await unzip(path, (name) => name.startsWith('sound/'));
  expect([...files].map(([name, bytes]) => [name, new TextDecoder().decode(bytes)])).toEqual([
    ['sound/a.txt', 'stored text'],
    ['sound/b.txt', 'over and over '.repeat(20)],
  ]);
});

test.each([
  ['no archive', Buffer.from('this is a text, not an archive at all')],
  ['a cut archive', ARCHIVE.subarray(100)],
  ['a damaged entry', Buffer.from(ARCHIVE).fill(0xff, 90, 110)],
])('%s of another name is refused', async (_, bytes) => {
  const path = join(root, 'data.pk3');
  await writeFile(path, bytes);
  await expect(unzip(path, () => true)).rejects.toMatchObject({ code: 'archives/damaged' });
});
