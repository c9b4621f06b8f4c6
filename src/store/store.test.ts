import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCache, pruneCache } from './cache.ts';
import { type Columns, decodeRows, encodeRows, readRows, writeRows } from './parquet.ts';
import type { TrialRow } from './trial.ts';
import { readShard, readTrials, shardPath, TRIAL_COLUMNS, writeTrials } from './trials.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringtrue-store-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const row: TrialRow = {
  run: '0123456789abcdef',
  detector: 'lfcc-gmm',
  corpus: 'toy',
  split: 'eval',
  clip: 'a/é 1',
  condition: 'mp3@2',
  corruption: 'mp3',
  level: 2,
  value: 32,
  seed: 1,
  score: -0.1234567890123456,
  llr: null,
  refused: null,
  sha256: null,
  failed: null,
  durationSec: 2.5,
  encodedBytes: 1234,
  label: 'spoof',
  speaker: null,
  language: 'fr',
  generator: 'vocoder',
  source: null,
  group: { age: '30s' },
};

const columns = {
  name: { type: 'text' },
  note: { type: 'text', nullable: true },
  score: { type: 'number' },
  count: { type: 'integer', nullable: true },
  ok: { type: 'boolean' },
  tags: { type: 'attributes', nullable: true },
} as const;

describe('Parquet rows', () => {
  test('a column that files may lack is null where they are older; others must be there', async () => {
    const newer = {
      ...columns,
      hash: { type: 'text', nullable: true, mayLack: true },
    } as const satisfies Columns;
    const old = { name: 'a', note: null, score: 1, count: null, ok: true, tags: null };
    const bytes = encodeRows(columns, [old]);
    const where = { where: 'memory' };
    expect(await decodeRows(bytes, newer, where)).toEqual([{ ...old, hash: null }]);
    const written = [{ ...old, hash: 'ab' }];
    expect(await decodeRows(encodeRows(newer, written), newer, where)).toEqual(written);
    const required = { ...columns, hash: { type: 'text', nullable: true } } as const;
    await expect(decodeRows(bytes, required, where)).rejects.toThrow('it has no column hash');
  });

  const text = fc.string({ unit: 'grapheme' });
  const rows = fc.array(
    fc.record({
      name: text,
      note: fc.option(text),
      score: fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
      count: fc.option(fc.integer()),
      ok: fc.boolean(),
      tags: fc.option(
        fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), text, { noNullPrototype: true }),
      ),
    }),
    { maxLength: 30 },
  );

  test('come back as they were written', async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (written) => {
        const read = await decodeRows(encodeRows(columns, written), columns, { where: 'memory' });
        expect(read).toEqual(written);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  test('any flipped byte of a sealed file is noticed before it is parsed', async () => {
    const written = Array.from({ length: 20 }, (_, i) => ({
      ...row,
      clip: `clip-${i}`,
      score: i / 7,
    }));
    const bytes = encodeRows(TRIAL_COLUMNS, written);
    for (let at = 0; at < bytes.length; at += 3) {
      const damaged = bytes.slice();
      damaged[at]! ^= 1 << (at % 8);
      await expect(
        decodeRows(damaged, TRIAL_COLUMNS, { where: 'damaged.parquet', sealed: true }),
      ).rejects.toMatchObject({ code: 'store/bad-parquet' });
    }
  });

  test.each(['', 'PAR1', 'not a parquet file at all', 'PAR1PAR1PAR1'])(
    'a file with the bytes %j is store/bad-parquet and is named',
    async (content) => {
      const path = join(folder, 'bad.parquet');
      await writeFile(path, content);
      await expect(readRows(path, columns)).rejects.toMatchObject({
        code: 'store/bad-parquet',
        details: { file: path },
      });
    },
  );

  test('a truncated file, a missing column and a wrong type are store/bad-parquet', async () => {
    const path = join(folder, 'cut.parquet');
    const bytes = encodeRows(columns, [
      { name: 'a', note: null, score: 1, count: 3, ok: true, tags: null },
    ]);
    await writeFile(path, bytes.slice(0, -20));
    await expect(readRows(path, columns)).rejects.toMatchObject({ code: 'store/bad-parquet' });
    await writeFile(path, bytes);
    await expect(readRows(path, { absent: { type: 'text' } })).rejects.toThrow(/no column absent/);
    await expect(readRows(path, { note: { type: 'text' } })).rejects.toThrow(
      /row 1, column note: null is not text/,
    );
  });

  test('a value that does not fit its column is not written', () => {
    expect(() => encodeRows({ score: { type: 'number' } }, [{ score: Number.NaN }])).toThrow(
      /internal: row 1, column score/,
    );
  });

  test('a missing file and a folder that cannot be made have codes of their own', async () => {
    await expect(readRows(join(folder, 'none.parquet'), columns)).rejects.toMatchObject({
      code: 'core/io-not-found',
    });
    await writeFile(join(folder, 'file'), '');
    await expect(writeRows(join(folder, 'file', 'x.parquet'), columns, [])).rejects.toMatchObject({
      code: expect.stringMatching(/^core\/io-/),
    });
  });
});

describe('trials', () => {
  test('shards are read in order and a trial that is there twice is an error', async () => {
    const run = join(folder, 'run');
    await writeTrials(shardPath(run, 10), [{ ...row, clip: 'b' }]);
    await writeTrials(shardPath(run, 2), [
      row,
      { ...row, score: null, refused: 'verdict/silence', clip: 'c' },
    ]);
    expect((await readTrials(run)).map(({ clip }) => clip)).toEqual(['a/é 1', 'c', 'b']);
    await writeTrials(shardPath(run, 11), [row]);
    await expect(readTrials(run)).rejects.toMatchObject({ code: 'store/bad-run' });
  });

  test('a row with two outcomes or an unknown code is refused', async () => {
    const path = shardPath(join(folder, 'bad-run'), 0);
    await writeTrials(path, [{ ...row, refused: 'verdict/silence' }]);
    await expect(readShard(path)).rejects.toMatchObject({ code: 'store/bad-parquet' });
    await writeRows(path, TRIAL_COLUMNS, [{ ...row, score: null, failed: 'no/such-code' }]);
    await expect(readShard(path)).rejects.toMatchObject({ code: 'store/bad-parquet' });
  });

  test('a folder without trials is store/bad-run', async () => {
    await expect(readTrials(join(folder, 'nothing'))).rejects.toMatchObject({
      code: 'store/bad-run',
    });
  });
});

describe('cache', () => {
  test('returns what was put, whatever the order of the key, and forgets damaged entries', async () => {
    const root = join(folder, 'cache');
    const cache = openCache(root);
    expect(await cache.get('k')).toBeUndefined();
    await cache.put({ a: 1, b: 2 }, { score: 0.1 + 0.2 });
    expect(await cache.get({ b: 2, a: 1 })).toEqual({ score: 0.1 + 0.2 });
    const [path] = (await readdir(root, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const text = await readFile(path!, 'utf8');
    for (const damaged of ['', 'x', text.slice(0, -1), text.replace('score', 'scare')]) {
      await writeFile(path!, damaged);
      expect(await cache.get({ a: 1, b: 2 })).toBeUndefined();
    }
    await cache.put({ a: 1, b: 2 }, 7);
    expect(await cache.get({ a: 1, b: 2 })).toBe(7);
  });

  test('pruning keeps the newest that fit', async () => {
    const root = join(folder, 'prune');
    expect(await pruneCache(root, 100)).toEqual({ removed: 0, kept: 0, bytes: 0 });
    const cache = openCache(root);
    for (const [i, key] of ['old', 'mid', 'new'].entries()) {
      await cache.put(key, i);
      const files = await readdir(root, { recursive: true, withFileTypes: true });
      for (const file of files.filter((entry) => entry.isFile())) {
        const path = join(file.parentPath, file.name);
        if ((await readFile(path, 'utf8')).endsWith(`\n${i}`)) await utimes(path, i + 1, i + 1);
      }
    }
    expect(await pruneCache(root, 140)).toMatchObject({ removed: 1, kept: 2 });
    expect(await cache.get('old')).toBeUndefined();
    expect(await cache.get('new')).toBe(2);
  });

  test('a large cache far below its limit is told by one of its folders', async () => {
    const root = join(folder, 'large');
    await mkdir(join(root, '00'), { recursive: true });
    for (let i = 0; i < 100; i += 1) await writeFile(join(root, '00', `${i}.json`), 'x'.repeat(9));
    const estimate = { removed: 0, kept: 25600, bytes: 230400 };
    expect(await pruneCache(root, 2 * 230400 + 1)).toEqual(estimate);
    // Nearer to the limit it is counted.
    expect(await pruneCache(root, 2 * 230400)).toEqual({ removed: 0, kept: 100, bytes: 900 });
  });
});
