import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProgressEvent } from '../core/progress.ts';
import { buildToyCorpus } from '../corpora/toy.ts';
import { eer } from '../metrics/eer.ts';
import { readTrials, shardPath } from '../store/trials.ts';
import { type RunOptions, runStudy } from './run.ts';
import { checkStudy, parseStudy } from './study.ts';
import { thresholdClause } from './thresholds.ts';

const tools = new URL('../../test/fixtures/bench/tools.mjs', import.meta.url);
let root: string;
let corpus: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-run-'));
  process.env.RINGTRUE_CACHE = join(root, 'cache');
  corpus = join(root, 'toy');
  await buildToyCorpus(corpus, { speakers: 3, clipsPerSpeaker: 6, durationSec: 0.5 });
});
afterAll(async () => {
  delete process.env.RINGTRUE_CACHE;
  await rm(root, { recursive: true, force: true });
});

function study(more: Record<string, unknown> = {}) {
  return checkStudy({
    corpus,
    split: 'all',
    detectors: ['steady', 'crossings'],
    conditions: ['clean', 'identity@1', 'hiss@*', { chain: ['gain@3', 'hiss@1'] }],
    interval: { replicates: 100 },
    ...more,
  });
}

let runs = 0;
function options(more: RunOptions = {}): RunOptions {
  runs += 1;
  return { out: join(root, `run-${runs}`), tools, workers: 1, cache: false, ...more };
}

async function devFolders(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith('dev'));
}

async function fileOf(folder: string, name: string): Promise<string> {
  return readFile(join(folder, name), 'utf8');
}

describe('running a study', () => {
  test('every clip under every condition by every detector, with figures', async () => {
    const events: string[] = [];
    const { folder, summary } = await runStudy(
      study({ assert: ['eer(steady, clean) <= 1', 'auc(steady, hiss@3) > 2'] }),
      options({ workers: 2 }),
      { onProgress: (event) => events.push(event.type) },
    );
    const rows = await readTrials(folder);
    expect(rows).toHaveLength(36 * 6 * 2);
    expect(new Set(rows.map((row) => row.run)).size).toBe(1);
    expect(rows.every((row) => row.score !== null && row.durationSec > 0.3)).toBe(true);
    expect(rows.find((row) => row.detector === 'steady')).toMatchObject({
      llr: expect.any(Number),
      split: 'all',
      corpus: 'toy',
    });
    // What a scan would tell: scale × score + offset, bounded by the 24 clips that calibrated it.
    const bound = Math.log(25);
    for (const { score, llr } of rows.filter(({ detector }) => detector === 'steady')) {
      expect(llr).toBe(Math.max(-bound, Math.min(bound, 2 * score! - 8)));
    }
    expect(rows.some(({ score, llr }) => llr !== null && llr !== 2 * score! - 8)).toBe(true);
    expect(summary.results).toHaveLength(12);
    expect(summary.corpus.n).toEqual({ bonafide: 18, spoof: 18 });
    const [clean] = summary.results;
    expect(clean).toMatchObject({ detector: 'steady', condition: 'clean', failed: 0, refused: 0 });
    expect(clean?.eer?.low).toBeLessThanOrEqual(clean?.eer?.value ?? -1);
    expect(clean?.atThreshold).toMatchObject({ threshold: 4, fixedOn: 'toy dev' });
    expect(clean?.cllr?.value).toBeGreaterThan(0);
    expect(summary.results[6]?.cllr).toBeUndefined();
    expect(summary.assertions).toMatchObject([{ ok: true }, { ok: false, bound: 2 }]);
    expect(summary.robustness.map(({ corruption, levels }) => [corruption, levels])).toEqual([
      ['identity', 1],
      ['hiss', 3],
      ['identity', 1],
      ['hiss', 3],
    ]);
    expect(
      summary.groups.some(({ by, condition }) => by === 'generator' && condition === 'pooled'),
    ).toBe(true);
    expect(JSON.parse(await fileOf(folder, 'summary.json'))).toEqual(summary);
    expect(events[0]).toBe('start');
    expect(events.at(-1)).toBe('end');
    const log = (await fileOf(folder, 'log.jsonl')).trim().split('\n');
    expect(log.map((line) => JSON.parse(line).event)).toContain('unit');
    expect(JSON.parse(await fileOf(folder, 'environment.json'))).toMatchObject({
      node: process.version,
      code: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(await readdir(folder)).not.toContain('lock');
  });

  test('a threshold that no card names is fixed on clean dev clips, which are no trials of the study', async () => {
    const given = options({ workers: 2 });
    const asked = study({ split: 'eval', assert: ['error(crossings, clean) <= 1'] });
    const { folder, summary } = await runStudy(asked, given);
    const rows = await readTrials(folder);
    expect(rows).toHaveLength(12 * 6 * 2);
    const [fixed] = summary.detectors.flatMap(({ threshold }) =>
      threshold?.from === 'dev' ? [threshold] : [],
    );
    const devFolder = join(folder, fixed!.folder);
    const dev = await readTrials(devFolder);
    expect(dev.map((row) => [row.split, row.condition, row.detector])).toEqual(
      Array.from({ length: 12 }, () => ['dev', 'clean', 'crossings']),
    );
    const judged = new Set(rows.map(({ clip }) => clip));
    expect(dev.some(({ clip }) => judged.has(clip))).toBe(false);
    const of = (label: string) =>
      Float64Array.from(dev.flatMap((row) => (row.label === label ? row.score! : [])));
    const { threshold } = eer({ bonafide: of('bonafide'), spoof: of('spoof') });
    expect(summary.detectors.map((detector) => detector.threshold)).toEqual([
      { from: 'card', value: 4, fixedOn: 'toy dev' },
      {
        ...{ from: 'dev', value: threshold, fixedOn: 'toy dev', n: { bonafide: 6, spoof: 6 } },
        ...{ heard: null, folder: expect.stringMatching(/^dev-[0-9a-f]{8}$/) },
      },
    ]);
    for (const { detector, atThreshold } of summary.results) {
      expect(atThreshold?.threshold).toBe(detector === 'steady' ? 4 : threshold);
    }
    expect(summary.groups.every(({ fpr, fnr }) => fpr !== undefined || fnr !== undefined)).toBe(
      true,
    );
    expect(summary.assertions).toMatchObject([{ ok: true }]);
    // A shard that is lost is scored again; nothing else is.
    await rm(shardPath(devFolder, 0));
    expect((await runStudy(asked, given)).summary).toEqual(summary);
    expect(await fileOf(folder, 'log.jsonl')).toContain('"unitsLeft":0');
  });

  test('thresholds are fixed before anything is judged, anew where the dev split is another', async () => {
    const grown = join(root, 'grown');
    await cp(corpus, grown, { recursive: true });
    const asked = study({ corpus: grown, split: 'eval', conditions: ['clean'] });
    const given = options();
    const tasks: string[] = [];
    const onProgress = (event: ProgressEvent) => {
      if (event.type === 'start') tasks.push(event.task);
    };
    const first = await runStudy(asked, given, { onProgress });
    expect(tasks.slice(0, 2)).toEqual(['clean dev trials', 'trials']);
    const judged = await readTrials(first.folder);
    const manifest = join(grown, 'manifest.jsonl');
    const lines = (await readFile(manifest, 'utf8')).trim().split('\n');
    const clips = lines.map((line) => JSON.parse(line));
    const more = { ...clips.find(({ split }) => split === 'dev'), id: 'one-more' };
    await writeFile(manifest, [...clips, more].map((clip) => JSON.stringify(clip)).join('\n'));
    tasks.length = 0;
    const again = await runStudy(asked, given, { onProgress });
    // What was judged is judged still; only the threshold is fixed again.
    expect(tasks).toEqual(['clean dev trials', 'figures']);
    expect(await readTrials(again.folder)).toEqual(judged);
    expect(await devFolders(again.folder)).toHaveLength(2);
    const counted = again.summary.detectors.map(({ threshold }) =>
      threshold?.from === 'dev' ? threshold.n.bonafide + threshold.n.spoof : null,
    );
    expect(counted).toEqual([null, 13]);
  });

  test('whether a detector was trained on the dev clips that fix its threshold is told with it', async () => {
    const warnings: string[] = [];
    const { summary } = await runStudy(
      study({ split: 'eval', detectors: ['crossings', 'veteran'], conditions: ['clean'] }),
      options(),
      { onProgress: (event) => event.type === 'warning' && warnings.push(event.message) },
    );
    const [silent, veteran] = summary.detectors.map(({ name, threshold }) =>
      thresholdClause(name, threshold!),
    );
    expect(silent).toMatch(/: its card does not say whether it was trained on them$/);
    const heard =
      'it was trained on data of the same name as 12 of the 12 (toy dev), perhaps on them, and 12 of the 12 could not be compared with what it was trained on (its card lists no hashes of clips of toy dev)';
    expect(veteran).toMatch(
      /^veteran -0\.\d+, fixed here on the clean clips of toy dev \(6 bona fide \+ 6 spoof\): /,
    );
    expect(veteran?.endsWith(`: ${heard}`)).toBe(true);
    expect(warnings).toContain(`clean dev clips fix the threshold of veteran: ${heard}`);
  });

  test('clips that are judged fix no threshold; where cards name all of them no dev clip is scored', async () => {
    const all = await runStudy(study({ conditions: ['clean'] }), options());
    expect(all.summary.detectors[1]?.threshold).toEqual({
      from: 'none',
      why: 'the study judges all clips of the corpus, and what is judged fixes no threshold',
    });
    expect(all.summary.results[1]?.atThreshold).toBeUndefined();
    expect(await devFolders(all.folder)).toEqual([]);
    const onDev = await runStudy(study({ split: 'dev', conditions: ['clean'] }), options());
    expect(onDev.summary.detectors[1]?.threshold).toMatchObject({ from: 'none' });
    const known = study({ split: 'eval', detectors: ['steady'], conditions: ['clean'] });
    expect(await devFolders((await runStudy(known, options())).folder)).toEqual([]);
  });

  test('a detector that fails on dev clips, or a corpus without any, leaves no threshold and says why', async () => {
    const failing = study({ split: 'eval', detectors: ['nan'], conditions: ['clean'] });
    const { summary } = await runStudy(failing, options());
    expect(summary.detectors[0]?.threshold).toEqual({
      from: 'none',
      why: 'of the clean dev clips it scored 0 bona fide and 0 spoof',
    });
    const manifest = join(root, 'no-dev.jsonl');
    const lines = (await readFile(join(corpus, 'manifest.jsonl'), 'utf8')).trim().split('\n');
    const rest = lines.map((line) => JSON.parse(line)).filter(({ split }) => split !== 'dev');
    const placed = rest.map((clip) => ({ ...clip, path: join(corpus, clip.path) }));
    await writeFile(manifest, placed.map((clip) => JSON.stringify(clip)).join('\n'));
    const bare = study({ corpus: manifest, split: 'eval', detectors: ['crossings'] });
    const found = (await runStudy(bare, options())).summary.detectors[0]?.threshold;
    expect(found).toEqual({ from: 'none', why: 'the corpus has no dev split' });
  });

  test('identity gives the clean scores exactly, and the clean EER (C2)', async () => {
    const { folder, summary } = await runStudy(study(), options());
    const rows = await readTrials(folder);
    const scoreOf = new Map(rows.map((r) => [`${r.detector} ${r.condition} ${r.clip}`, r.score]));
    for (const row of rows.filter(({ condition }) => condition === 'identity@1')) {
      expect(row.score).toBe(scoreOf.get(`${row.detector} clean ${row.clip}`));
    }
    for (const name of ['steady', 'crossings']) {
      const of = (condition: string) =>
        summary.results.find((r) => r.detector === name && r.condition === condition);
      expect(of('identity@1')?.eer).toEqual(of('clean')?.eer);
      expect(of('identity@1')?.eerMinusClean).toMatchObject({ value: 0, low: 0, high: 0 });
    }
  });

  test('one worker, two workers, a warm cache, and the resolved study give the same bits', async () => {
    const one = await runStudy(study(), options());
    const two = await runStudy(study(), options({ workers: 2, cache: true }));
    const warm = await runStudy(study(), options({ cache: true }));
    const again = await runStudy(
      parseStudy(await fileOf(one.folder, 'study.yaml')),
      options({ cwd: root }),
    );
    const expected = await readTrials(one.folder);
    for (const { folder, summary } of [two, warm, again]) {
      expect(await readTrials(folder)).toEqual(expected);
      expect(summary).toEqual(one.summary);
    }
    const cached = (await fileOf(warm.folder, 'log.jsonl')).match(/"cached":(\d+)/g) ?? [];
    const count = cached.reduce((sum, text) => sum + Number(text.slice(9)), 0);
    expect(count).toBe(expected.length);
  });

  test('a new condition or detector computes only what is new', async () => {
    await runStudy(
      study({ detectors: ['steady'], conditions: ['clean'] }),
      options({ cache: true }),
    );
    const { folder } = await runStudy(
      study({ conditions: ['clean', 'gain@2'] }),
      options({ cache: true }),
    );
    const log = (await fileOf(folder, 'log.jsonl')).split('\n').filter((line) => line !== '');
    const units = log.map((line) => JSON.parse(line)).filter(({ event }) => event === 'unit');
    const cached = units.reduce((sum, unit) => sum + unit.cached, 0);
    // Clean scores of both detectors are known from here and from the tests before.
    expect(cached).toBeGreaterThanOrEqual(36);
    expect(cached).toBeLessThan(36 * 4);
  });
});

describe('resuming', () => {
  test('missing, damaged and foreign shards are made again, whole ones are kept', async () => {
    const base = options();
    const first = await runStudy(study(), base);
    const expected = await readTrials(first.folder);
    const bytes = await readFile(shardPath(first.folder, 0));
    await rm(shardPath(first.folder, 0));
    const damaged = new Uint8Array(await readFile(shardPath(first.folder, 1)));
    damaged[200]! ^= 1;
    await writeFile(shardPath(first.folder, 1), damaged);
    await writeFile(shardPath(first.folder, 2), bytes);
    await writeFile(shardPath(first.folder, 999), bytes);
    await writeFile(join(first.folder, 'trials', 'x.parquet.1-ab.tmp'), 'half');
    await appendFile(join(first.folder, 'log.jsonl'), '{"time": "half a li');
    const second = await runStudy(study(), base);
    expect(await readTrials(first.folder)).toEqual(expected);
    expect(second.summary).toEqual(first.summary);
    const log = await fileOf(first.folder, 'log.jsonl');
    expect(log).toContain('"event":"damaged","unit":1');
    expect(log).toContain(`"unitsLeft":3`);
    expect(await readdir(join(first.folder, 'trials'))).toHaveLength(18);
  });

  test('another study is not let into the folder; another interval is', async () => {
    const base = options();
    const first = await runStudy(study(), base);
    await expect(runStudy(study({ seed: 2 }), base)).rejects.toMatchObject({
      code: 'bench/run-mismatch',
    });
    const again = await runStudy(study({ interval: { replicates: 200 } }), base);
    expect(again.summary.interval.replicates).toBe(200);
    expect(again.summary.results[0]?.eer?.value).toBe(first.summary.results[0]?.eer?.value);
  });

  test('a cancelled run ends with core/cancelled and continues', async () => {
    const base = options();
    const abort = new AbortController();
    const stopped = runStudy(study({ detectors: ['steady:10'] }), base, {
      signal: abort.signal,
      onProgress: (event) => {
        if (event.type === 'advance' && event.done > 40) abort.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'core/cancelled' });
    const done = (await readdir(join(base.out ?? '', 'trials'))).length;
    expect(done).toBeLessThan(18);
    const { folder } = await runStudy(study({ detectors: ['steady:10'] }), base);
    expect(await readTrials(folder)).toHaveLength(36 * 6);
  });

  test('a folder in which this process works is locked', async () => {
    const base = options();
    const both = await Promise.allSettled([runStudy(study(), base), runStudy(study(), base)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const rejected = both.find((result) => result.status === 'rejected');
    expect(rejected?.reason).toMatchObject({ code: 'bench/run-locked' });
  });
});

describe('bad clips, conditions and detectors', () => {
  async function pollutedCorpus(name: string, pollute: (folder: string) => Promise<void>) {
    const folder = join(root, name);
    await cp(corpus, folder, { recursive: true });
    await pollute(folder);
    return folder;
  }

  /** Gives the rows of a manifest to a function that may change them. */
  async function editManifest(folder: string, edit: (rows: Record<string, unknown>[]) => void) {
    const path = join(folder, 'manifest.jsonl');
    const rows = (await readFile(path, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    edit(rows);
    await writeFile(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  }

  test('each is a row with a code, and the run goes on', async () => {
    const folder = await pollutedCorpus('polluted', (at) =>
      editManifest(at, (rows) => {
        rows[0]!.path = 'audio/none.wav';
        rows[1]!.path = 'audio/text.wav';
        rows[2]!.path = 'audio/short.wav';
        for (const row of rows.slice(0, 3)) delete row.sha256;
        rows[3]!.sha256 = 'f'.repeat(64);
        void writeFile(join(at, 'audio/text.wav'), 'no sound at all');
        const header = Buffer.alloc(44 + 200);
        header.write('RIFF');
        header.writeUInt32LE(16000, 24);
        header.writeInt16LE(9, 50);
        void writeFile(join(at, 'audio/short.wav'), header);
      }),
    );
    const { folder: run, summary } = await runStudy(
      study({
        corpus: folder,
        detectors: ['steady', 'nan', 'fussy'],
        conditions: ['clean', 'spoil@1'],
      }),
      options(),
    );
    const rows = await readTrials(run);
    expect(rows).toHaveLength(36 * 2 * 3);
    const codes = (filter: (row: (typeof rows)[number]) => boolean) => [
      ...new Set(rows.filter(filter).map((row) => row.failed ?? row.refused ?? 'scored')),
    ];
    const ids = [...new Set(rows.map(({ clip }) => clip))];
    const manifest = (await readFile(join(folder, 'manifest.jsonl'), 'utf8')).split('\n');
    const idOf = (line: number) => JSON.parse(manifest[line]!).id;
    expect(ids).toHaveLength(36);
    expect(codes(({ clip }) => clip === idOf(0))).toEqual(['core/io-not-found']);
    expect(codes(({ clip }) => clip === idOf(1))).toEqual(['audio/unreadable']);
    expect(codes(({ clip }) => clip === idOf(3))).toEqual(['corpora/checksum']);
    const short = rows.filter(({ clip, condition }) => clip === idOf(2) && condition === 'clean');
    expect(short.map(({ refused }) => refused)).toEqual(Array(3).fill('verdict/too-short'));
    const good = (row: (typeof rows)[number]) => ![0, 1, 2, 3].map(idOf).includes(row.clip);
    expect(codes((r) => good(r) && r.condition === 'spoil@1')).toEqual(['audio/not-finite']);
    expect(codes((r) => good(r) && r.condition === 'clean' && r.detector === 'nan')).toEqual([
      'models/bad-output',
    ]);
    expect(codes((r) => good(r) && r.condition === 'clean' && r.detector === 'steady')).toEqual([
      'scored',
    ]);
    // One such clip must not take its batch with it.
    expect(
      codes((r) => good(r) && r.condition === 'clean' && r.detector === 'fussy').sort(),
    ).toEqual(['core/internal', 'scored']);
    expect(summary.failures.find(({ code }) => code === 'audio/not-finite')?.kind).toBe('failed');
    const spoiled = summary.results.find((r) => r.condition === 'spoil@1');
    expect(spoiled).toMatchObject({ n: { bonafide: 0, spoof: 0 }, problem: expect.any(String) });
    expect(await fileOf(run, 'log.jsonl')).toContain('not to my taste');
  });

  test('a clip that kills its worker is lost alone', async () => {
    let killer = '';
    const folder = await pollutedCorpus('killer', (at) =>
      editManifest(at, (rows) => {
        killer = `killer-${rows[5]!.id}`;
        rows[5]!.id = killer;
      }),
    );
    const { folder: run } = await runStudy(
      study({ corpus: folder, conditions: ['clean'] }),
      options({ workers: 2 }),
    );
    const rows = await readTrials(run);
    expect(rows).toHaveLength(72);
    const failed = rows.filter((row) => row.failed !== null);
    expect(failed.map(({ clip, failed: code }) => [clip, code])).toEqual(
      Array(2).fill([killer, 'bench/worker-crashed']),
    );
  });

  test('failed trials are tried again only if asked', async () => {
    const folder = await pollutedCorpus('moved', async () => undefined);
    const manifest = (await readFile(join(folder, 'manifest.jsonl'), 'utf8')).split('\n');
    const path = join(folder, JSON.parse(manifest[0]!).path);
    const bytes = await readFile(path);
    const base = options();
    const moved = study({ corpus: folder, conditions: ['clean'] });
    // The planned size is part of the run's name, so the clip is spoilt without changing it.
    await writeFile(path, Buffer.alloc(bytes.length));
    const first = await runStudy(moved, base);
    expect(first.summary.failures).toMatchObject([{ code: 'corpora/checksum', count: 2 }]);
    await writeFile(path, bytes);
    expect((await runStudy(moved, base)).summary.failures).toHaveLength(1);
    expect((await runStudy(moved, { ...base, retryFailed: true })).summary.failures).toEqual([]);
  });

  test('a clip that vanishes or changes while the study runs has a code of its own', async () => {
    const folder = await pollutedCorpus('vanishing', (at) =>
      editManifest(at, (rows) => {
        for (const row of rows) delete row.sha256;
      }),
    );
    const rows = (await readFile(join(folder, 'manifest.jsonl'), 'utf8'))
      .split('\n')
      .map((line) => JSON.parse(line));
    const last = [...rows].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(-2);
    let meddled: Promise<unknown> | undefined;
    const { summary } = await runStudy(
      study({ corpus: folder, detectors: ['steady:20'], conditions: ['clean'] }),
      options(),
      {
        onProgress: (event) => {
          if (event.type !== 'start' || event.task !== 'trials') return;
          meddled ??= Promise.all([
            rm(join(folder, last[0].path)),
            appendFile(join(folder, last[1].path), 'more'),
          ]);
        },
      },
    );
    await meddled;
    expect(summary.failures.map(({ code }) => code).sort()).toEqual([
      'bench/clip-changed',
      'bench/clip-vanished',
    ]);
  });

  test('what cannot run at all ends before the work, and says why', async () => {
    const base = options();
    await expect(runStudy(study({ detectors: ['nobody'] }), base)).rejects.toThrow(/nobody/);
    await expect(runStudy(study({ corpus: join(root, 'none') }), base)).rejects.toMatchObject({
      code: 'core/io-not-found',
    });
    await expect(
      runStudy(study({ assert: ['eer(nobody, clean) < 1'] }), base),
    ).rejects.toMatchObject({ code: 'bench/unknown-assertion' });
    await writeFile(join(root, 'a-file'), '');
    await expect(
      runStudy(study(), options({ out: join(root, 'a-file', 'run') })),
    ).rejects.toMatchObject({ code: expect.stringMatching(/^core\/io-/) });
    await mkdir(join(root, 'unknown', 'trials'), { recursive: true });
    await writeFile(join(root, 'unknown', 'trials', '000000.parquet'), '');
    await expect(runStudy(study(), options({ out: join(root, 'unknown') }))).rejects.toMatchObject({
      code: 'bench/run-mismatch',
    });
  });
});
