import { spawnSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ZipFile } from 'yazl';
import { runStudy } from '../../src/bench/run.ts';
import { checkStudy } from '../../src/bench/study.ts';
import { buildToyCorpus } from '../../src/corpora/toy.ts';
import type { Clip } from '../../src/datasets/clip.ts';
import { openCorpus } from '../../src/datasets/open.ts';
import { readTrials } from '../../src/store/trials.ts';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const PROTOCOLS = { train: 'train.trn', dev: 'dev.trl', eval: 'eval.trl' } as const;

let root: string;
/** Files of the tree by their path in it. */
let files: Map<string, string>;
let clips: Clip[];
const cache = process.env.RINGTRUE_CACHE;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-packed-'));
  process.env.RINGTRUE_CACHE = join(root, 'cache');
  const toy = join(root, 'toy');
  clips = await buildToyCorpus(toy, { speakers: 3, clipsPerSpeaker: 1, durationSec: 1.6 });
  files = new Map();
  const rows = new Map<string, string[]>();
  for (const [i, clip] of clips.entries()) {
    const split = clip.split ?? 'eval';
    const id = `LA_${split[0]!.toUpperCase()}_${1000000 + i}`;
    // What a file is, its content says: the toy recordings are WAV.
    files.set(`LA/ASVspoof2019_LA_${split}/flac/${id}.flac`, join(toy, clip.path));
    const key = clip.label === 'spoof' ? `${clip.generator} spoof` : '- bonafide';
    rows.set(split, [...(rows.get(split) ?? []), `${clip.speaker} ${id} - ${key}`]);
  }
  for (const [split, lines] of rows) {
    const name = `ASVspoof2019.LA.cm.${PROTOCOLS[split as keyof typeof PROTOCOLS]}.txt`;
    await writeFile(join(root, name), `${lines.join('\r\n')}\r\n`);
    files.set(`LA/ASVspoof2019_LA_cm_protocols/${name}`, join(root, name));
  }
  for (const [path, from] of files) {
    await mkdir(dirname(join(root, 'folder', path)), { recursive: true });
    await copyFile(from, join(root, 'folder', path));
  }
  await packZip('LA.zip');
  await packTar('LA.tar');
  await pipeline((await tarOf()).stream, createGzip(), createWriteStream(join(root, 'LA.tar.gz')));
});
afterAll(async () => {
  if (cache === undefined) delete process.env.RINGTRUE_CACHE;
  else process.env.RINGTRUE_CACHE = cache;
  await rm(root, { recursive: true, force: true });
});

async function packZip(name: string): Promise<void> {
  const zip = new ZipFile();
  // Half of them as they are, half deflated.
  for (const [i, [path, from]] of [...files].entries()) {
    zip.addFile(from, path, { compress: i % 2 === 0 });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(join(root, name)));
}

async function tarOf(): Promise<{ stream: ReturnType<typeof pack> }> {
  const stream = pack();
  for (const [path, from] of files) stream.entry({ name: path }, await readFile(from));
  stream.finalize();
  return { stream };
}

async function packTar(name: string): Promise<void> {
  await pipeline((await tarOf()).stream, createWriteStream(join(root, name)));
}

function ringtrue(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, RINGTRUE_CACHE: join(root, 'cache') },
  });
  return { status, stdout, stderr };
}

let runs = 0;
async function trialsOf(corpus: unknown) {
  runs += 1;
  const study = checkStudy({
    corpus,
    split: 'all',
    detectors: ['lfcc-gmm'],
    conditions: ['clean', 'gaussian-noise@2', 'g711-mulaw@1'],
    interval: { replicates: 100 },
  });
  const options = { out: join(root, `run-${runs}`), workers: 1, cache: false };
  const { folder, summary } = await runStudy(study, options);
  const rows = await readTrials(folder);
  expect(rows).toHaveLength(clips.length * 3);
  expect(rows.every(({ failed }) => failed === null)).toBe(true);
  return { rows: rows.map(({ run: _, ...row }) => row), summary };
}

describe('a study over a published set', () => {
  test('gives the same trials from a folder, a zip, a tar and a tar.gz', async () => {
    const reader = 'asvspoof2019-la';
    const folder = await trialsOf({ reader, root: join(root, 'folder') });
    expect(folder.rows.some(({ score }) => score !== null)).toBe(true);
    for (const name of ['LA.zip', 'LA.tar', 'LA.tar.gz']) {
      const packed = await trialsOf({ reader, root: join(root, name) });
      expect(packed.rows, name).toEqual(folder.rows);
      expect(packed.summary.results, name).toEqual(folder.summary.results);
    }
  });

  test('scores recordings in Parquet files as it does their files', async () => {
    const sounds = await Promise.all(clips.map((clip) => readFile(join(root, 'toy', clip.path))));
    const buffer = parquetWriteBuffer({
      schema: [
        { name: 'root', num_children: 2 },
        { name: 'audio', num_children: 2, repetition_type: 'OPTIONAL' },
        { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
        { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
        { name: 'label', type: 'INT64', repetition_type: 'OPTIONAL' },
      ],
      columnData: [
        { name: 'audio', data: sounds.map((bytes, i) => ({ bytes, path: `${i}.wav` })) },
        { name: 'label', data: clips.map(({ label }) => (label === 'spoof' ? 1n : 0n)) },
      ],
      kvMetadata: [
        {
          key: 'huggingface',
          value: JSON.stringify({
            info: { features: { label: { names: ['real', 'fake'], _type: 'ClassLabel' } } },
          }),
        },
      ],
      rowGroupSize: 5,
    });
    await writeFile(join(root, 'test-00000-of-00001.parquet'), Buffer.from(buffer));
    const packed = await trialsOf(join(root, 'test-00000-of-00001.parquet'));
    const plain = await trialsOf(join(root, 'toy'));
    const clean = ({ rows }: typeof packed) =>
      rows
        .filter(({ condition }) => condition === 'clean')
        .map(({ score, label }) => [label, score]);
    const sorted = (pairs: ReturnType<typeof clean>) =>
      pairs.map((pair) => JSON.stringify(pair)).sort();
    expect(sorted(clean(packed))).toEqual(sorted(clean(plain)));
    expect(packed.rows.every(({ split }) => split === 'eval' || split === 'all')).toBe(true);
  });

  test('a manifest may name files in archives', async () => {
    const rows = [...files.keys()]
      .filter((path) => path.endsWith('.flac'))
      .map((path, i) => `LA.${i % 2 ? 'zip' : 'tar.gz'}!/${path},${i % 2 ? 'fake' : 'real'}`);
    await writeFile(join(root, 'mine.csv'), `path,label\n${rows.join('\n')}\n`);
    const { status, stdout } = ringtrue('datasets', 'check', 'mine.csv', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, missing: [], reader: null });
  });
});

describe('the command line', () => {
  test('scans what is in an archive as it scans a folder', () => {
    const scan = (path: string) => {
      const { stdout } = ringtrue('scan', path, '--detectors', 'acoustic-logistic', '--json');
      const results = JSON.parse(stdout) as {
        file: string;
        verdict: unknown;
        detectors: unknown;
      }[];
      return results.map(({ file, verdict, detectors }) => ({
        file: file.slice(file.indexOf('LA/ASV')),
        verdict,
        detectors,
      }));
    };
    const folder = scan('folder');
    expect(folder).toHaveLength(clips.length);
    expect(scan('LA.zip')).toEqual(folder);
    const [one] = [...files.keys()].filter((path) => path.endsWith('.flac'));
    expect(scan(`LA.tar.gz!/${one}`)).toEqual(folder.filter(({ file }) => file === one));
  });

  test('recognises a set in an archive, and says what a whole copy has more', () => {
    const { status, stdout } = ringtrue('datasets', 'check', 'LA.tar');
    expect(stdout).toContain('recognised: asvspoof2019-la');
    expect(stdout).toContain(`not whole: ${clips.length} clips`);
    expect(stdout).toContain('a whole copy 7355 and 63882');
    expect(status).toBe(1);
  });

  test('says what is missing, where it should be, and what to do', async () => {
    const copy = join(root, 'holed');
    for (const [path, from] of files) {
      if (path.includes('_dev/')) continue;
      await mkdir(dirname(join(copy, path)), { recursive: true });
      await copyFile(from, join(copy, path));
    }
    await mkdir(join(copy, 'elsewhere'));
    await copyFile([...files.values()][0]!, join(copy, 'elsewhere/other.flac'));
    const { status, stdout } = ringtrue('datasets', 'check', 'holed', '--json');
    expect(status).toBe(1);
    const found = JSON.parse(stdout) as { missing: string[]; hints: string[]; reader: string };
    const dev = clips.filter(({ split }) => split === 'dev').length;
    expect(found.reader).toBe('asvspoof2019-la');
    expect(found.missing).toHaveLength(dev);
    expect(found.hints[0]).toContain(`none of the ${dev} recordings in ${copy}`);
    expect(found.hints[1]).toContain('elsewhere/other.flac');
    expect(found.hints.at(-2)).toContain('ringtrue datasets asvspoof2019-la');
    expect(found.hints.at(-1)).toContain('datashare.ed.ac.uk');
  });

  test('shows the layout where a folder is none of that set', async () => {
    await mkdir(join(root, 'nothing'), { recursive: true });
    const { status, stderr } = ringtrue('datasets', 'check', 'nothing', '--reader', 'partialspoof');
    expect(status).toBe(1);
    expect(stderr).toContain('datasets/bad-layout');
    expect(stderr).toContain('rttm_2cls_0sil');
  });

  test('a corpus with its manifest in an archive is verified, and the result found beside it', async () => {
    const zip = new ZipFile();
    zip.addFile(join(root, 'toy/manifest.jsonl'), 'toy/manifest.jsonl');
    for (const { path } of clips) zip.addFile(join(root, 'toy', path), `toy/${path}`);
    zip.end();
    await pipeline(zip.outputStream, createWriteStream(join(root, 'toy.zip')));
    const { stderr } = ringtrue('corpus', 'verify', 'toy.zip', '--json', '--quiet');
    expect(stderr).not.toContain('archives/');
    const kept = JSON.parse(await readFile(join(root, 'toy.zip.verify.json'), 'utf8'));
    const corpus = await openCorpus(join(root, 'toy.zip'));
    expect(corpus.name).toBe('toy');
    expect(corpus.confound?.auc).toBe(kept.joint.auc);
  });

  test('a broken archive is told by its code', async () => {
    const whole = await readFile(join(root, 'LA.tar.gz'));
    await writeFile(join(root, 'cut.tar.gz'), whole.subarray(0, whole.length / 2));
    const { status, stderr } = ringtrue('datasets', 'check', 'cut.tar.gz');
    expect(status).toBe(1);
    expect(stderr).toContain('archives/damaged');
    await expect(openCorpus(join(root, 'cut.tar.gz'))).rejects.toMatchObject({
      code: 'archives/damaged',
    });
  });
});
