import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lagOf, snrOf, swellingNoise } from '../../../test/helpers/signals.ts';
import { muxVideo } from '../../../test/helpers/video-files.ts';
import { createRng } from '../../core/rng.ts';
import type { EncoderSpec } from './codec-engine.ts';
import { type DecodeOptions, decode, probe } from './decode.ts';
import { AAC, FLAC, MP3, OPUS, VORBIS } from './encoders.ts';
import { G711_TABLES } from './g711.ts';
import { type MuxTrack, muxFile } from './mux.ts';

const FRAMES = 20011;
const pcm = (encoder: string): EncoderSpec => ({ encoder, layout: 's16', frameSize: 1600 });
const AC3: EncoderSpec = { encoder: 'ac3', layout: 'fltp' };
const WMA: EncoderSpec = { encoder: 'wmav2', layout: 'fltp' };
const G722: EncoderSpec = { encoder: 'g722', layout: 's16', frameSize: 320 };
const G726: EncoderSpec = { encoder: 'g726', layout: 's16', frameSize: 320 };
const ADPCM: EncoderSpec = { encoder: 'adpcm_ms', layout: 's16' };

/** Channels that differ, so that a wrong order shows. */
function track(
  spec: EncoderSpec,
  sampleRate: number,
  channels: number,
  bitRate?: number,
): MuxTrack & { planes: Float32Array[] } {
  const planes = Array.from({ length: channels }, (_, c) => swellingNoise(FRAMES, `channel ${c}`));
  return { spec, planes, settings: { sampleRate, bitRate } };
}

interface Case {
  readonly muxer: string;
  readonly track: ReturnType<typeof track>;
  readonly container: string;
  readonly codec: string;
  /** Samples by which the result is longer than the original. @default 0 */
  readonly extra?: number;
  /** Samples by which the sound comes late. @default 0 */
  readonly late?: number;
  readonly options?: DecodeOptions;
}

const MATROSKA = 'matroska,webm';
const MOV = 'mov,mp4,m4a,3gp,3g2,mj2';

/** Containers that say where the sound begins and ends: exact. The others keep what their codec adds. */
const CASES: readonly Case[] = [
  { muxer: 'matroska', track: track(OPUS, 48000, 2, 96000), container: MATROSKA, codec: 'opus' },
  { muxer: 'matroska', track: track(VORBIS, 44100, 2), container: MATROSKA, codec: 'vorbis' },
  { muxer: 'matroska', track: track(FLAC, 16000, 2), container: MATROSKA, codec: 'flac' },
  { muxer: 'matroska', track: track(MP3, 16000, 1, 64000), container: MATROSKA, codec: 'mp3' },
  {
    muxer: 'matroska',
    track: track(pcm('pcm_s16le'), 16000, 6),
    container: MATROSKA,
    codec: 'pcm_s16le',
  },
  { muxer: 'webm', track: track(OPUS, 48000, 1, 48000), container: MATROSKA, codec: 'opus' },
  { muxer: 'webm', track: track(VORBIS, 16000, 1), container: MATROSKA, codec: 'vorbis' },
  { muxer: 'mp4', track: track(AAC, 44100, 2, 128000), container: MOV, codec: 'aac' },
  { muxer: 'mp4', track: track(OPUS, 48000, 1, 48000), container: MOV, codec: 'opus' },
  { muxer: 'mp4', track: track(FLAC, 16000, 1), container: MOV, codec: 'flac' },
  { muxer: 'mov', track: track(pcm('pcm_s16le'), 22050, 2), container: MOV, codec: 'pcm_s16le' },
  { muxer: 'ipod', track: track(AAC, 16000, 1, 64000), container: MOV, codec: 'aac' },
  { muxer: '3gp', track: track(AAC, 16000, 1, 32000), container: MOV, codec: 'aac' },
  { muxer: 'ogg', track: track(OPUS, 48000, 1, 32000), container: 'ogg', codec: 'opus' },
  { muxer: 'ogg', track: track(VORBIS, 22050, 2), container: 'ogg', codec: 'vorbis' },
  { muxer: 'ogg', track: track(FLAC, 16000, 1), container: 'ogg', codec: 'flac' },
  { muxer: 'flac', track: track(FLAC, 16000, 1), container: 'flac', codec: 'flac' },
  { muxer: 'mp3', track: track(MP3, 16000, 1, 64000), container: 'mp3', codec: 'mp3' },
  {
    muxer: 'aiff',
    track: track(pcm('pcm_s16be'), 16000, 2),
    container: 'aiff',
    codec: 'pcm_s16be',
  },
  { muxer: 'au', track: track(pcm('pcm_mulaw'), 8000, 1), container: 'au', codec: 'pcm_mulaw' },
  { muxer: 'caf', track: track(pcm('pcm_s16be'), 16000, 1), container: 'caf', codec: 'pcm_s16be' },
  { muxer: 'wav', track: track(pcm('pcm_alaw'), 8000, 2), container: 'wav', codec: 'a-law' },
  { muxer: 'wav', track: track(pcm('pcm_mulaw'), 8000, 2), container: 'wav', codec: 'mu-law' },
  { muxer: 'wav', track: track(G726, 8000, 1, 32000), container: 'wav', codec: 'adpcm_g726' },
  // Two samples a byte; the filters of G.722 take 22 samples.
  {
    muxer: 'wav',
    track: track(G722, 16000, 1),
    container: 'wav',
    codec: 'adpcm_g722',
    extra: 1,
    late: 22,
  },
  {
    muxer: 'g722',
    track: track(G722, 16000, 1),
    container: 'g722',
    codec: 'adpcm_g722',
    options: { format: { codec: 'g722' } },
    extra: 1,
    late: 22,
  },
  {
    muxer: 'g726',
    track: track(G726, 8000, 1, 32000),
    container: 'g726',
    codec: 'adpcm_g726',
    options: { format: { codec: 'g726' } },
    extra: 1,
  },
  // Whole blocks: the encoder says no better.
  {
    muxer: 'wav',
    track: track(ADPCM, 16000, 1),
    container: 'wav',
    codec: 'adpcm_ms',
    extra: 349,
  },
  // Bare AAC has no place for the 1,024 samples of priming, nor for its end.
  {
    muxer: 'adts',
    track: track(AAC, 16000, 1, 64000),
    container: 'aac',
    codec: 'aac',
    extra: 1493,
    late: 1024,
  },
  // The priming is said, the end is not: whole frames of 1,024 and of 1,536, of which 256 are priming.
  {
    muxer: 'matroska',
    track: track(AAC, 16000, 1, 64000),
    container: MATROSKA,
    codec: 'aac',
    extra: 469,
  },
  {
    muxer: 'matroska',
    track: track(AC3, 48000, 6, 384000),
    container: MATROSKA,
    codec: 'ac3',
    extra: 1237,
  },
  // The decoder drops the two frames that Microsoft's encoders add; this encoder adds one.
  {
    muxer: 'asf',
    track: track(WMA, 16000, 1, 48000),
    container: 'asf',
    codec: 'wmav2',
    extra: -43,
    late: -512,
  },
];

describe('containers', () => {
  test.each(CASES.map((each) => [`${each.codec} in ${each.muxer}`, each] as const))(
    '%s: length, rate, channels, alignment, probe',
    async (_, { muxer, track: written, container, codec, extra = 0, late = 0, options }) => {
      const { sampleRate } = written.settings;
      const bytes = await muxFile(muxer, [written], { tags: { title: 'A title' } });
      const { audio, probe: found, damagedPackets } = await decode(bytes, options);
      expect(audio.sampleRate).toBe(sampleRate);
      expect(audio.samples.map((plane) => plane.length)).toEqual(
        written.planes.map(() => FRAMES + extra),
      );
      for (const [channel, plane] of written.planes.entries()) {
        // The last of six is the one for low frequencies in AC-3: as good as silent.
        if (codec === 'ac3' && channel === 3) continue;
        expect(lagOf(plane, audio.samples[channel]!, 1500)).toBe(late);
      }
      expect(damagedPackets).toBeUndefined();
      expect(found).toMatchObject({
        container,
        codec,
        sampleRate,
        channels: written.planes.length,
      });
      expect(found.tracks).toMatchObject([
        { index: 0, codec, sampleRate, channels: written.planes.length },
      ]);
      expect(found.bitRate).toBeGreaterThan(10_000);
      const { tracks: __, ...alone } = await probe(bytes, options);
      expect(alone).toMatchObject({ container, codec, sampleRate });
      expect(Math.abs(alone.durationSec! - FRAMES / sampleRate)).toBeLessThan(0.1);
    },
  );

  test('lossless codecs give the samples of 16 bits', async () => {
    for (const muxer of ['flac', 'matroska', 'mp4', 'ogg']) {
      const written = track(FLAC, 16000, 2);
      const { audio } = await decode(await muxFile(muxer, [written]));
      for (const [channel, plane] of written.planes.entries()) {
        const expected = plane.map((x) => Math.round(x * 32768) / 32768 + 0);
        expect(audio.samples[channel]).toEqual(expected);
      }
    }
  });
});

test('what a container says wrongly of its length takes no sound away', async () => {
  const flac = await muxFile('flac', [track(FLAC, 16000, 1)]);
  const view = new DataView(flac.buffer, flac.byteOffset);
  // STREAMINFO: the lower 32 bits of the number of samples (RFC 9639 §8.2).
  expect(view.getUint32(22)).toBe(FRAMES);
  view.setUint32(22, 1000);
  expect((await decode(flac)).audio.samples[0]!.length).toBe(FRAMES);
});

test('links of a chained Ogg file come one after the other', async () => {
  for (const written of [track(VORBIS, 22050, 1), track(OPUS, 48000, 1, 48000)]) {
    const link = await muxFile('ogg', [written]);
    const next = { muxerOptions: { serial_offset: '1' } };
    const same = await muxFile('ogg', [written], next);
    const { audio } = await decode(Uint8Array.from([...link, ...same]));
    // Each link keeps at most a packet of padding.
    expect(Math.abs(audio.samples[0]!.length - 2 * FRAMES)).toBeLessThan(2048);
    // The library does not go on where the number of channels changes: said, not hidden.
    const planes = [...written.planes, ...written.planes];
    const stereo = await muxFile('ogg', [{ ...written, planes }], next);
    const mixed = Uint8Array.from([...link, ...stereo]);
    await expect(decode(mixed)).rejects.toMatchObject({
      code: 'audio/truncated',
      message: expect.stringContaining('cannot be read beyond'),
    });
    const { audio: part } = await decode(mixed, { allowPartial: true });
    expect(part.samples[0]!.length).toBeGreaterThanOrEqual(FRAMES);
  }
});

test('the same sound gives the same bytes', async () => {
  for (const muxer of ['ogg', 'matroska', 'mp4', 'flac']) {
    const one = await muxFile(muxer, [track(FLAC, 16000, 1)]);
    expect(await muxFile(muxer, [track(FLAC, 16000, 1)])).toEqual(one);
  }
});

describe('several tracks', () => {
  const seconds = 1.5;
  const tone = (rate: number, hz: number, channels = 1): Float32Array[] =>
    Array.from({ length: channels }, (_, c) =>
      Float32Array.from(
        { length: seconds * rate },
        (__, i) => 0.4 * Math.sin((2 * Math.PI * (hz + 100 * c) * i) / rate),
      ),
    );
  /** Cycles a second by crossings of zero. */
  const pitchOf = (plane: Float32Array, rate: number): number => {
    let crossings = 0;
    for (let i = 1000; i < plane.length - 1000; i += 1) {
      if (plane[i - 1]! < 0 && plane[i]! >= 0) crossings += 1;
    }
    return (crossings * rate) / (plane.length - 2000);
  };
  const first = (spec: EncoderSpec, rate: number): MuxTrack => ({
    spec,
    planes: tone(rate, 400),
    settings: { sampleRate: rate, bitRate: 64000 },
    tags: { language: 'ger' },
  });
  const second = (spec: EncoderSpec, rate: number): MuxTrack => ({
    spec,
    planes: tone(rate, 900, 2),
    settings: { sampleRate: rate, bitRate: 96000 },
    tags: { language: 'eng' },
  });

  test.each([
    ['mp4', 'mpeg4', first(AAC, 16000), second(AAC, 44100)],
    ['mov', 'mpeg4', first(pcm('pcm_s16le'), 16000), second(AAC, 44100)],
    ['matroska', 'ffv1', first(FLAC, 16000), second(OPUS, 48000)],
    ['webm', 'libvpx', first(OPUS, 48000), second(VORBIS, 44100)],
  ] as const)('%s with pictures: the first sound track, or the one asked for', async (...args) => {
    const [muxer, pictures, one, two] = args;
    // The pictures go on for half a second after the sound.
    const bytes = await muxVideo(muxer, pictures, seconds + 0.5, [one, two]);
    for (const [index, { planes, settings }, hz] of [
      [0, one, 400],
      [1, two, 900],
    ] as const) {
      const { audio, probe: found } = await decode(bytes, index === 0 ? {} : { track: index });
      expect(audio.sampleRate).toBe(settings.sampleRate);
      expect(audio.samples.map((plane) => plane.length)).toEqual(planes.map((p) => p.length));
      for (const [channel, plane] of audio.samples.entries()) {
        expect(pitchOf(plane, audio.sampleRate) / (hz + 100 * channel)).toBeCloseTo(1, 1);
        expect(snrOf(planes[channel]!, plane, 2000)).toBeGreaterThan(15);
      }
      expect(found.tracks).toMatchObject([
        { index: 0, channels: 1, sampleRate: one.settings.sampleRate, language: 'ger' },
        { index: 1, channels: 2, sampleRate: two.settings.sampleRate, language: 'eng' },
      ]);
      expect(found.channels).toBe(planes.length);
    }
    await expect(decode(bytes, { track: 2 })).rejects.toMatchObject({ code: 'audio/no-track' });
    await expect(probe(bytes, { track: -1 })).rejects.toMatchObject({ code: 'audio/no-track' });
  });

  test('pictures alone are no sound', async () => {
    for (const [muxer, pictures] of [
      ['mp4', 'mpeg4'],
      ['webm', 'libvpx'],
    ] as const) {
      const bytes = await muxVideo(muxer, pictures, 1, []);
      await expect(decode(bytes)).rejects.toMatchObject({ code: 'audio/no-track' });
    }
  });
});

describe('ways in', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'decode-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('a path of any name, bytes and a stream give the same', async () => {
    async function* pieces(bytes: Uint8Array) {
      for (let at = 0; at < bytes.length; at += 777) yield bytes.subarray(at, at + 777);
    }
    for (const muxer of ['ogg', 'flac', 'mp4'] as const) {
      const bytes = await muxFile(muxer, [track(FLAC, 16000, 2)]);
      const path = join(folder, `f\u00efle with spaces\nand a break 'quoted' ${muxer}.mp3`);
      await writeFile(path, bytes);
      const fromBytes = await decode(bytes);
      expect(await decode(path)).toEqual(fromBytes);
      expect(await decode(pieces(bytes))).toEqual(fromBytes);
      expect(await probe(path)).toMatchObject({ container: fromBytes.probe.container });
    }
  });

  test('bare G.711: codes to samples, by name or by option, in one or two channels', async () => {
    const codes = Uint8Array.from({ length: 512 }, (_, i) => i % 256);
    for (const [ending, law] of [
      ['ulaw', 'mu-law'],
      ['al', 'a-law'],
    ] as const) {
      const path = join(folder, `x.${ending}`);
      await writeFile(path, codes);
      const { audio } = await decode(path);
      expect(audio).toEqual({
        samples: [Float32Array.from(codes, (code) => G711_TABLES[law][code]!)],
        sampleRate: 8000,
      });
    }
    const format = { codec: 'g711-alaw', sampleRate: 16000, channels: 2 } as const;
    const { audio, probe: found } = await decode(codes, { format });
    expect(audio.samples.map((plane) => plane.length)).toEqual([256, 256]);
    expect(audio.samples[1]![0]).toBe(G711_TABLES['a-law'][1]);
    expect(found).toMatchObject({ durationSec: 256 / 16000, bitRate: 256000 });
  });

  test('bare GSM, G.722 and G.726 by their names', async () => {
    // There is no GSM encoder here: frames of 33 bytes that begin with 0xD hold any parameters.
    const rng = createRng(3);
    const gsm = Uint8Array.from({ length: 33 * 50 }, (_, i) =>
      i % 33 === 0 ? 0xd0 + rng.int(16) : rng.int(256),
    );
    const g722 = await muxFile('g722', [track(G722, 16000, 1)]);
    const g726 = await muxFile('g726', [track(G726, 8000, 1, 32000)]);
    for (const [ending, bytes, frames, sampleRate] of [
      ['gsm', gsm, 160 * 50, 8000],
      ['g722', g722, FRAMES + 1, 16000],
      ['g726', g726, FRAMES + 1, 8000],
    ] as const) {
      const path = join(folder, `x.${ending}`);
      await writeFile(path, bytes);
      const { audio } = await decode(path);
      expect([audio.samples[0]!.length, audio.sampleRate]).toEqual([frames, sampleRate]);
    }
  });

  test('AMR of both bands: frames of 20 ms', async () => {
    // There is no AMR encoder here: frames of the highest mode with any parameters (RFC 4867 \u00a75).
    const rng = createRng(4);
    for (const [magic, header, size, sampleRate, codec] of [
      ['#!AMR\n', 0x3c, 31, 8000, 'amr_nb'],
      ['#!AMR-WB\n', 0x44, 60, 16000, 'amr_wb'],
    ] as const) {
      const frames = Array.from({ length: 50 }, () => [
        header,
        ...Array.from({ length: size }, () => rng.int(256)),
      ]);
      const bytes = Uint8Array.from([...new TextEncoder().encode(magic), ...frames.flat()]);
      const { audio, probe: found } = await decode(bytes);
      expect([audio.samples[0]!.length, audio.sampleRate]).toEqual([sampleRate, sampleRate]);
      expect(found).toMatchObject({ codec, container: 'amr', channels: 1 });
    }
  });

  test('the content decides against the name', async () => {
    const path = join(folder, 'sound.gsm');
    await writeFile(path, await muxFile('flac', [track(FLAC, 16000, 1)]));
    expect((await decode(path)).probe.codec).toBe('flac');
  });
});
