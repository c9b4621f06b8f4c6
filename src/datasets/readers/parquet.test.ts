import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readBytes } from '../../archives/files.ts';
import { openCorpus } from '../open.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-parquet-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const soundOf = (row: number): Uint8Array => new TextEncoder().encode(`sound ${row}`);

/** A file as the model hub writes it: a struct of bytes and path, then columns of text or classes. */
async function put(
  path: string,
  columns: Readonly<Record<string, readonly (string | bigint)[]>>,
  classes: Readonly<Record<string, readonly string[]>> = {},
): Promise<void> {
  const names = Object.keys(columns);
  const rows = columns[names[0]!]!.length;
  const buffer = parquetWriteBuffer({
    schema: [
      { name: 'root', num_children: 1 + names.length },
      { name: 'audio', num_children: 2, repetition_type: 'OPTIONAL' },
      { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
      { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      ...names.map((name) =>
        typeof columns[name]![0] === 'bigint'
          ? ({ name, type: 'INT64', repetition_type: 'OPTIONAL' } as const)
          : ({
              name,
              type: 'BYTE_ARRAY',
              converted_type: 'UTF8',
              repetition_type: 'OPTIONAL',
            } as const),
      ),
    ],
    columnData: [
      {
        name: 'audio',
        data: Array.from({ length: rows }, (_, i) => ({ bytes: soundOf(i), path: `${i}.wav` })),
      },
      ...names.map((name) => ({ name, data: [...columns[name]!] })),
    ],
    kvMetadata: [
      {
        key: 'huggingface',
        value: JSON.stringify({
          info: {
            features: Object.fromEntries(
              Object.entries(classes).map(([name, values]) => [name, { names: values }]),
            ),
          },
        }),
      },
    ],
  });
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), Buffer.from(buffer));
}

describe('Parquet files of the model hub', () => {
  test('become clips with labels by word or class, splits by file name', async () => {
    await put('data/train-00000-of-00001.parquet', {
      label: ['Real', 'fake'],
      speaker: ['ann', 'bob'],
      system: ['', 'vits'],
      language: ['de', 'de'],
    });
    await put(
      'data/validation-00000-of-00001.parquet',
      { label: [1n, 0n] },
      { label: ['spoof', 'bonafide'] },
    );
    const corpus = await openCorpus({ reader: 'parquet', root });
    expect(corpus.clips).toEqual([
      {
        id: 'data/train-00000-of-00001.parquet/0',
        path: join(root, 'data/train-00000-of-00001.parquet!/audio/0'),
        medium: 'audio',
        label: 'bonafide',
        split: 'train',
        speaker: 'ann',
        language: 'de',
      },
      {
        id: 'data/train-00000-of-00001.parquet/1',
        path: join(root, 'data/train-00000-of-00001.parquet!/audio/1'),
        medium: 'audio',
        label: 'spoof',
        split: 'train',
        speaker: 'bob',
        language: 'de',
        generator: 'vits',
      },
      expect.objectContaining({ label: 'bonafide', split: 'dev' }),
      expect.objectContaining({ label: 'spoof', split: 'dev' }),
    ]);
    for (const [i, { path }] of corpus.clips.entries()) {
      expect(Buffer.from(await readBytes(path)).equals(soundOf(i % 2))).toBe(true);
    }
  });

  test('take other words and columns by options, and refuse what they do not know', async () => {
    await put('test.parquet', { kind: ['bona', 'tts'], other: ['x', 'y'] });
    const options = { reader: 'parquet', root, label: 'kind', bonafide: 'bona', spoof: 'tts' };
    expect((await openCorpus(options)).clips.map(({ label }) => label)).toEqual([
      'bonafide',
      'spoof',
    ]);
    await expect(openCorpus({ ...options, spoof: 'vc' })).rejects.toMatchObject({
      code: 'datasets/bad-manifest',
      message: expect.stringContaining('row 1: kind is "tts"'),
    });
    await expect(openCorpus({ ...options, label: 'none' })).rejects.toMatchObject({
      code: 'datasets/bad-layout',
      message: expect.stringContaining('no column none; there are audio, kind, other'),
    });
    // Without a column of labels it is a folder for scanning.
    expect((await openCorpus({ reader: 'parquet', root })).clips[0]).not.toHaveProperty('label');
  });

  test('without recordings are refused with the columns that there are', async () => {
    const buffer = parquetWriteBuffer({
      columnData: [{ name: 'label', data: ['real'], type: 'STRING' }],
    });
    await writeFile(join(root, 'labels.parquet'), Buffer.from(buffer));
    await expect(openCorpus(join(root, 'labels.parquet'))).rejects.toMatchObject({
      code: 'datasets/bad-layout',
      message: expect.stringContaining('no column of recordings (audio); there are label'),
    });
  });

  test('of DFADD tell label, synthesiser and speaker by their own columns', async () => {
    await put('test-00000-of-00001.parquet', {
      audio_name: ['p225_001.wav', 'p226_002_mic1.wav', 'x.wav'],
      label: ['bonafide', 'GradTTS', 'spoof'],
    });
    const corpus = await openCorpus({ reader: 'dfadd', root });
    expect(
      corpus.clips.map(({ label, generator, speaker, split, group }) => ({
        label,
        generator,
        speaker,
        split,
        group,
      })),
    ).toEqual([
      { label: 'bonafide', generator: undefined, speaker: 'vctk/p225', split: 'eval' },
      {
        label: 'spoof',
        generator: 'GradTTS',
        speaker: 'vctk/p226',
        split: 'eval',
        group: { family: 'diffusion' },
      },
      { label: 'spoof', generator: undefined, speaker: undefined, split: 'eval' },
    ]);
    await put('test-00000-of-00001.parquet', { audio_name: ['a.wav'], label: ['who knows'] });
    await expect(openCorpus({ reader: 'dfadd', root })).rejects.toMatchObject({
      code: 'datasets/bad-manifest',
      message: expect.stringContaining('row 0: the label is "who knows"'),
    });
  });
});
