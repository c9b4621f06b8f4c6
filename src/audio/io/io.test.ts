import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lagOf, swellingNoise } from '../../../test/helpers/signals.ts';
import { toMono } from '../audio.ts';
import { decode, probe } from './decode.ts';
import { encode } from './encode.ts';
import { writeWav } from './wav.ts';

const RATE = 16000;

const x = swellingNoise(63997);
const audio = { samples: [x], sampleRate: RATE };

describe('whole files', () => {
  test.each(['wav', 'flac', 'mp3', 'ogg-opus', 'ogg-vorbis', 'm4a'] as const)(
    '%s comes back with its exact length and no delay',
    async (container) => {
      const bytes = await encode(audio, { container });
      const { audio: back, probe: found } = await decode(bytes);
      const rate = back.sampleRate;
      expect(found.channels).toBe(1);
      // MP3 without gapless data in the writer keeps its padding; everything else is exact.
      const expected = Math.round((x.length * rate) / RATE);
      expect(Math.abs(toMono(back).length - expected)).toBeLessThanOrEqual(
        container === 'ogg-opus' ? 3 : container === 'ogg-vorbis' ? 0 : 0,
      );
      if (rate === RATE) expect(Math.abs(lagOf(x, toMono(back), 1500))).toBe(0);
    },
  );

  test('flac and wav are exact to 16 bits', async () => {
    for (const container of ['flac', 'wav'] as const) {
      const { audio: back } = await decode(await encode(audio, { container }));
      for (let i = 0; i < x.length; i += 97)
        expect(Math.abs(back.samples[0]![i]! - x[i]!)).toBeLessThan(1 / 32767);
    }
  });

  test('stereo stays in order', async () => {
    const left = x.slice(0, 8000);
    const right = left.map((value) => -value);
    const { audio: back } = await decode(
      await encode({ samples: [left, right], sampleRate: 44100 }, { container: 'flac' }),
    );
    expect(back.samples.length).toBe(2);
    expect(back.sampleRate).toBe(44100);
    expect(back.samples[0]![100]).toBeCloseTo(left[100]!, 4);
    expect(back.samples[1]![100]).toBeCloseTo(-left[100]!, 4);
  });
});

describe('bad input', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'io-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const wav = writeWav(audio);

  test.each([
    ['empty', new Uint8Array(0), 'audio/empty'],
    [
      'text-as-mp3',
      new TextEncoder().encode('this is no recording, whatever its name says\n'.repeat(50)),
      'audio/unreadable',
    ],
    ['header-only', wav.slice(0, 44), 'audio/truncated'],
    ['half', wav.slice(0, 60000), 'audio/truncated'],
  ])('%s', async (name, bytes, code) => {
    const path = join(folder, `${name}.mp3`);
    await writeFile(path, bytes);
    await expect(decode(path)).rejects.toMatchObject({ code });
  });

  test('a missing file, a folder, a limit', async () => {
    await expect(decode(join(folder, 'none.wav'))).rejects.toMatchObject({
      code: 'core/io-not-found',
    });
    await expect(decode(folder)).rejects.toMatchObject({ name: 'RingtrueError' });
    await expect(decode(wav, { limits: { maxDurationSec: 1 } })).rejects.toMatchObject({
      code: 'audio/limit-duration',
    });
    await expect(decode(wav, { limits: { maxBytes: 100 } })).rejects.toMatchObject({
      code: 'audio/limit-size',
    });
  });

  test('NaN is named with its channel; a part can be kept on request; names may be strange', async () => {
    const bad = writeWav({ samples: [x.slice(0, 1000)], sampleRate: RATE }, { format: 'float32' });
    new DataView(bad.buffer, bad.byteOffset).setFloat32(bad.length - 400, Number.NaN, true);
    await expect(decode(bad)).rejects.toMatchObject({ code: 'audio/not-finite' });
    const { audio: part } = await decode(wav.slice(0, 60000), { allowPartial: true });
    expect(part.samples[0]!.length).toBe((60000 - 44) / 2);
    const strange = join(folder, 'ü name\nwith break.txt');
    await writeFile(strange, wav);
    expect((await probe(strange)).durationSec).toBeCloseTo(63997 / RATE, 3);
  });

  test('32 channels at 192 kHz and a single sample', async () => {
    const samples = Array.from({ length: 32 }, (_, c) =>
      Float32Array.from({ length: 192 }, () => c / 64),
    );
    const { audio: back } = await decode(writeWav({ samples, sampleRate: 192000 }));
    expect([back.samples.length, back.sampleRate]).toEqual([32, 192000]);
    expect(back.samples[31]![5]).toBeCloseTo(31 / 64, 4);
    const { audio: one } = await decode(
      writeWav({ samples: [Float32Array.of(0.5)], sampleRate: 8000 }),
    );
    expect(one.samples[0]!.length).toBe(1);
  });
});
