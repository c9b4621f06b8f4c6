/**
 * Every kind of bad input, by the command line: a code and a hint of its own, and the rest goes on.
 * A full disk is in full-disk.full.test.ts, a clip that vanishes while running in src/bench/run.test.ts.
 */
import { chmod, mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeWav } from '../../src/audio/io/wav.ts';
import { errorEntry } from '../../src/core/errors.ts';
import { createRng } from '../../src/core/rng.ts';
import { buildToyCorpus } from '../../src/corpora/toy.ts';
import { runRingtrue } from '../helpers/command-line.ts';
import { buildWav, type WavPlan } from '../helpers/wav-files.ts';

let folder: string;
let good: Uint8Array;
let plane: Float32Array;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bad input é-'));
  const clips = await buildToyCorpus(join(folder, 'toy'), {
    speakers: 3,
    clipsPerSpeaker: 4,
    durationSec: 2,
  });
  good = await readFile(join(folder, 'toy', clips[0]!.path));
  plane = Float32Array.from(
    { length: (good.length - 44) / 2 },
    (_, i) => new DataView(good.buffer, good.byteOffset).getInt16(44 + 2 * i, true) / 32768,
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ringtrue = (...args: string[]) => runRingtrue(args, { cwd: folder });

function wav(more: Partial<WavPlan>): Uint8Array {
  return buildWav({
    kind: 'pcm-16',
    form: 'RIFF',
    channels: 1,
    sampleRate: 16000,
    extensible: false,
    dataSize: 'true',
    before: [],
    after: [],
    data: new Uint8Array(0),
    ...more,
  });
}

/** A WAV file that says it holds eight hours at 8 kHz, and does, in a hole on the disk. */
async function writeEightHours(path: string): Promise<void> {
  const bytes = 8 * 3600 * 8000;
  const header = Buffer.from(wav({ sampleRate: 8000, kind: 'pcm-8' }).subarray(0, 44));
  header.writeUInt32LE(36 + bytes, 4);
  header.writeUInt32LE(bytes, 40);
  const file = await open(path, 'w');
  await file.write(header);
  await file.truncate(44 + bytes);
  await file.close();
}

describe('recordings', () => {
  const SCORED = 'scored';
  const WORD = 'a path with spaces, ünïcode 名前 and\na line break.wav';
  /** Name of the file, how it is made, and what the scan says of it. */
  const cases: readonly [
    name: string,
    make: (path: string) => Promise<unknown>,
    outcome: string,
    hint?: RegExp,
  ][] = [
    ['empty.wav', (path) => writeFile(path, ''), 'audio/empty'],
    [
      'truncated.wav',
      (path) => writeFile(path, good.subarray(0, 0.8 * good.length)),
      'audio/truncated',
      /--partial/,
    ],
    ['header-only.wav', (path) => writeFile(path, good.subarray(0, 44)), 'audio/truncated'],
    ['half-header.wav', (path) => writeFile(path, good.subarray(0, 20)), 'audio/unreadable'],
    ['zero-length.wav', (path) => writeFile(path, wav({})), 'audio/no-samples'],
    [
      'nan.wav',
      (path) => {
        const samples = plane.slice();
        samples[1000] = Number.NaN;
        return writeFile(path, wav({ kind: 'float-32', data: new Uint8Array(samples.buffer) }));
      },
      'audio/not-finite',
    ],
    [
      'single-sample.wav',
      (path) => writeFile(path, wav({ data: Uint8Array.of(0, 64) })),
      'verdict/too-short',
    ],
    ['8-hours.wav', writeEightHours, 'audio/limit-duration', /--max-duration/],
    [
      '192-khz.wav',
      (path) => {
        const samples = Float32Array.from(
          { length: 12 * plane.length },
          (_, i) => plane[(i / 12) | 0]!,
        );
        return writeFile(path, writeWav({ samples: [samples], sampleRate: 192000 }));
      },
      SCORED,
    ],
    [
      '32-channels.wav',
      (path) => writeFile(path, writeWav({ samples: Array(32).fill(plane), sampleRate: 16000 })),
      SCORED,
    ],
    ['wrong-extension.mp3', (path) => writeFile(path, good), SCORED],
    ['text.mp3', (path) => writeFile(path, 'this is a letter\n'.repeat(400)), 'audio/unreadable'],
    [WORD, (path) => writeFile(path, good), SCORED],
    [
      'unreadable.wav',
      async (path) => {
        await writeFile(path, good);
        await chmod(path, 0);
      },
      'core/io-denied',
    ],
    ['gone.wav', (path) => symlink('nowhere.wav', path), 'core/io-not-found'],
    ['a folder.wav', (path) => mkdir(path), 'datasets/empty'],
    [
      'silent.wav',
      (path) =>
        writeFile(path, writeWav({ samples: [new Float32Array(32000)], sampleRate: 16000 })),
      'verdict/silence',
    ],
    [
      'clipped.wav',
      (path) => {
        const samples = plane.map((x) => Math.max(-0.9, Math.min(0.9, 40 * x)));
        return writeFile(path, writeWav({ samples: [samples], sampleRate: 16000 }));
      },
      'verdict/clipped',
    ],
    [
      'hiss.wav',
      (path) => {
        const rng = createRng('hiss');
        const samples = Float32Array.from({ length: 32000 }, () => 0.1 * rng.normal());
        return writeFile(path, writeWav({ samples: [samples], sampleRate: 16000 }));
      },
      'verdict/no-speech',
    ],
  ];

  test('each has its outcome, its hint, and the scan goes on to the end', async () => {
    await mkdir(join(folder, 'odd'));
    for (const [name, make] of cases) await make(join(folder, 'odd', name));
    const names = cases.map(([name]) => join('odd', name));
    const { status, stdout, stderr } = ringtrue('scan', ...names, '--json', '--quiet');
    expect(stderr).toBe('');
    expect(status).toBe(1);
    const results: { file: string; status: string; code?: string; hint?: string }[] =
      JSON.parse(stdout);
    expect(results.map(({ file }) => file)).toEqual(names);
    expect(results.map(({ status: state, code }) => code ?? state)).toEqual(
      cases.map(([, , outcome]) => outcome),
    );
    for (const [i, { code, hint }] of results.entries()) {
      if (code === undefined) continue;
      expect(hint, code).toMatch(cases[i]![3] ?? /\w{3}/);
    }
    const people = ringtrue('scan', ...names, '--quiet').stdout;
    expect(people).toContain(String.raw`and\na line break.wav`);
  });

  test('what there is of a truncated recording is scanned if asked', () => {
    const { status, stdout } = ringtrue('scan', 'odd/truncated.wav', '--partial', '--json');
    expect(JSON.parse(stdout)[0].status).toBe('scored');
    expect(status).toBe(0);
  });

  test('in a study they are failed or refused trials, and the others are scored', async () => {
    const bad = [
      'empty.wav',
      'truncated.wav',
      'nan.wav',
      'text.mp3',
      'silent.wav',
      'unreadable.wav',
    ];
    const rows = (await readFile(join(folder, 'toy/manifest.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const manifest = [
      ...rows.map((row) => ({ ...row, path: join('toy', row.path) })),
      ...bad.map((name) => ({ id: name, path: `odd/${name}`, label: 'spoof', split: 'eval' })),
    ];
    await writeFile(
      join(folder, 'mixed.jsonl'),
      manifest.map((row) => JSON.stringify(row)).join('\n'),
    );
    const { status, stdout, stderr } = ringtrue(
      ...['study', 'run', './mixed.jsonl', '--split', 'eval', '-d', 'lfcc-gmm'],
      ...['-c', 'clean,mp3@3', '--out', 'mixed-run', '--json', '--quiet'],
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const { results, failures } = JSON.parse(stdout);
    for (const { failed, refused, n } of results) {
      expect({ failed, refused }).toEqual({ failed: 5, refused: 1 });
      expect(n.spoof).toBeGreaterThan(0);
    }
    expect(failures.map(({ code }: { code: string }) => code).sort()).toEqual(
      [
        ...['audio/empty', 'audio/truncated', 'audio/not-finite', 'audio/unreadable'],
        ...['core/io-denied', 'verdict/silence'],
      ].sort(),
    );
  });
});

describe('studies and their folders', () => {
  const study = (...more: string[]) =>
    ringtrue(...['study', 'run', ...more, '-d', 'lfcc-gmm', '-c', 'clean', '--quiet']);

  test.each([
    [
      'unknown keys in YAML',
      'bench/bad-study',
      2,
      async () => {
        await writeFile(
          join(folder, 'typo.yaml'),
          'corpus: ./toy\ndetectors: [lfcc-gmm]\nconditons: [clean]\n',
        );
        return ringtrue('study', 'run', 'typo.yaml');
      },
    ],
    [
      'YAML that is none',
      'bench/bad-study',
      2,
      async () => {
        await writeFile(join(folder, 'broken.yaml'), 'corpus: [toy\n  - {');
        return ringtrue('study', 'run', 'broken.yaml');
      },
    ],
    [
      'a level that does not exist',
      'corruptions/unknown-level',
      2,
      async () => ringtrue('study', 'run', './toy', '-d', 'lfcc-gmm', '-c', 'mp3@9'),
    ],
    [
      'a class that is missing',
      'datasets/class-missing',
      1,
      async () => {
        await mkdir(join(folder, 'one/spoof'), { recursive: true });
        await mkdir(join(folder, 'one/bonafide'), { recursive: true });
        await writeFile(join(folder, 'one/spoof/a.wav'), good);
        return study('./one');
      },
    ],
    [
      'ids that are there twice',
      'datasets/duplicate-id',
      1,
      async () => {
        const row = { path: 'toy/a.wav', label: 'spoof' };
        const text = [0, 0].map(() => JSON.stringify({ id: 'same', ...row })).join('\n');
        await writeFile(join(folder, 'twice.jsonl'), text);
        return study('./twice.jsonl');
      },
    ],
    [
      'an output folder that is read-only',
      'core/io-denied',
      1,
      async () => {
        await mkdir(join(folder, 'locked'));
        await chmod(join(folder, 'locked'), 0o555);
        return study('./toy', '--out', 'locked/run');
      },
    ],
    [
      'a file to be written into a read-only folder',
      'core/io-denied',
      1,
      async () => ringtrue('corrupt', 'odd/192-khz.wav', 'locked/x.wav', '--with', 'mp3@1'),
    ],
    [
      'a folder that may not be listed',
      'core/io-denied',
      1,
      async () => {
        await mkdir(join(folder, 'closed/spoof/inner'), { recursive: true });
        await chmod(join(folder, 'closed/spoof/inner'), 0);
        return study('./closed');
      },
    ],
    [
      'corrupted Parquet',
      'store/bad-parquet',
      1,
      async () => {
        await writeFile(join(folder, 'scores.parquet'), 'PAR1 nothing PAR1');
        return ringtrue('metrics', 'scores.parquet');
      },
    ],
    [
      'a manifest with a row that is none',
      'datasets/bad-manifest',
      1,
      async () => {
        await writeFile(join(folder, 'torn.jsonl'), '{"id": "a", "path": "a.wav", "lab');
        return study('./torn.jsonl');
      },
    ],
  ] as const)('%s: %s', async (_, code, status, run) => {
    const outcome = await run();
    expect(outcome.stderr).toContain(`error ${code}: `);
    expect(outcome.stderr).toMatch(/\n {2}hint: \w/);
    expect(outcome.status).toBe(status);
    expect(errorEntry(code).wrongUse === true).toBe(status === 2);
  });

  test('a damaged shard of a run is made again, and nothing else is', async () => {
    const run = () => study('./toy', '--out', 'run', '--no-cache');
    expect(run().status).toBe(0);
    const before = await readFile(join(folder, 'run/summary.json'), 'utf8');
    const shard = join(folder, 'run/trials/000001.parquet');
    const bytes = await readFile(shard);
    bytes[bytes.length >> 1]! ^= 0xff;
    await writeFile(shard, bytes);
    expect(run().status).toBe(0);
    expect(await readFile(join(folder, 'run/summary.json'), 'utf8')).toBe(before);
    const events = (await readFile(join(folder, 'run/log.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.filter(({ event }) => event === 'damaged')).toMatchObject([{ unit: 1 }]);
    expect(
      events
        .filter(({ event }) => event === 'start')
        .map((e) => e.unitsLeft)
        .at(-1),
    ).toBe(1);
  });

  test('a folder that may not be written is a warning where only a note would be saved', async () => {
    await chmod(join(folder, 'toy'), 0o555);
    const { status, stderr } = ringtrue('corpus', 'verify', './toy', '--bound', '0.5');
    await chmod(join(folder, 'toy'), 0o755);
    expect(stderr).toContain('verify.json was not saved');
    expect(status).toBe(0);
  });
});
