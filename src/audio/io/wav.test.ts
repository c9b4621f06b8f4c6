import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { damage } from '../../../test/helpers/damage.ts';
import { swellingNoise } from '../../../test/helpers/signals.ts';
import {
  buildWav,
  infoList,
  WAV_KINDS,
  type WavKind,
  type WavPlan,
} from '../../../test/helpers/wav-files.ts';
import { RingtrueError } from '../../core/errors.ts';
import { createRng } from '../../core/rng.ts';
import type { Audio } from '../audio.ts';
import { decode } from './decode.ts';
import { decodeTrack, openInput } from './demux.ts';
import { G711_TABLES } from './g711.ts';
import { fillLimits } from './limits.ts';
import { readWav, readWavHeader, readWavSamples, type WavFormat, writeWav } from './wav.ts';

const KINDS = Object.keys(WAV_KINDS) as WavKind[];
const PLAIN: Omit<WavPlan, 'kind' | 'data'> = {
  form: 'RIFF',
  channels: 1,
  sampleRate: 8000,
  extensible: false,
  dataSize: 'true',
  before: [],
  after: [],
};

/** What the bytes of one sample mean, by the definitions of the formats. */
function sampleAt(kind: WavKind, data: DataView, at: number): number {
  switch (kind) {
    case 'pcm-8':
      return data.getUint8(at) / 128 - 1;
    case 'pcm-16':
      return data.getInt16(at, true) / 2 ** 15;
    case 'pcm-24':
      // The three bytes as the upper ones of 32 bits.
      return (
        ((data.getUint8(at) << 8) | (data.getUint8(at + 1) << 16) | (data.getUint8(at + 2) << 24)) /
        2 ** 31
      );
    case 'pcm-32':
      return data.getInt32(at, true) / 2 ** 31;
    case 'float-32':
      return data.getFloat32(at, true);
    case 'float-64':
      return data.getFloat64(at, true);
    default:
      return G711_TABLES[kind][data.getUint8(at)]!;
  }
}

/** Random samples as they are stored; floats lie in [-2, 2). */
function randomData(kind: WavKind, samples: number, seed: number): Uint8Array {
  const rng = createRng(seed);
  const { bytes } = WAV_KINDS[kind];
  const out = new Uint8Array(samples * bytes);
  const view = new DataView(out.buffer);
  for (let at = 0; at < out.length; at += bytes) {
    if (kind === 'float-32') view.setFloat32(at, rng.between(-2, 2), true);
    else if (kind === 'float-64') view.setFloat64(at, rng.between(-2, 2), true);
    else for (let i = 0; i < bytes; i += 1) out[at + i] = rng.int(256);
  }
  return out;
}

function planesOf(kind: WavKind, channels: number, data: Uint8Array): Float32Array[] {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const { bytes } = WAV_KINDS[kind];
  const frames = data.length / bytes / channels;
  return Array.from({ length: channels }, (_, channel) =>
    Float32Array.from({ length: frames }, (__, i) =>
      sampleAt(kind, view, (i * channels + channel) * bytes),
    ),
  );
}

/** What the media library makes of a WAV file. */
async function byTheLibrary(bytes: Uint8Array): Promise<Audio> {
  const input = await openInput({
    name: 'the sound',
    path: null,
    size: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
    close: () => undefined,
  });
  const { audio } = await decodeTrack(input, { found: input.probe(0), limits: fillLimits() });
  input.close();
  return audio;
}

const chunkBody = fc.uint8Array({ maxLength: 41 });
const chunks = fc.array(fc.tuple(fc.constantFrom('JUNK', 'bext', 'LIST', 'id3 '), chunkBody), {
  maxLength: 3,
});

const plans = fc
  .record({
    kind: fc.constantFrom(...KINDS),
    form: fc.constantFrom('RIFF' as const, 'RF64' as const, 'BW64' as const),
    channels: fc.integer({ min: 1, max: 32 }),
    sampleRate: fc.constantFrom(1, 8000, 11025, 44100, 192000, 4294967295),
    extensible: fc.boolean(),
    before: chunks,
    after: chunks,
    frames: fc.integer({ min: 1, max: 40 }),
    seed: fc.nat(),
  })
  .map(({ frames, seed, ...plan }) => ({
    ...plan,
    dataSize: 'true' as const,
    data: randomData(plan.kind, frames * plan.channels, seed),
  }));

describe('reading WAV', () => {
  test('every kind of sample, header and channel count gives the stored values', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { samples, sampleRate } = readWav(buildWav(plan));
        expect(sampleRate).toBe(plan.sampleRate);
        expect(samples).toEqual(planesOf(plan.kind, plan.channels, plan.data));
      }),
      { seed: 1, numRuns: 600 },
    );
  });

  test.each(KINDS)('%s as the media library reads it', async (kind) => {
    const data = randomData(kind, 2 * 500, 7);
    const bytes = buildWav({ ...PLAIN, kind, channels: 2, data });
    expect(readWav(bytes)).toEqual(await byTheLibrary(bytes));
  });

  test.each(['open', 'zero'] as const)('a size left %s by its writer', (dataSize) => {
    fc.assert(
      fc.property(plans, (plan) => {
        // Without its size the samples go to the end, and a byte that pads them is none.
        const open = { ...plan, form: 'RIFF' as const, dataSize, after: [] };
        const bytes = buildWav(open);
        const whole = bytes.subarray(0, bytes.length - (plan.data.length % 2));
        expect(readWav(whole).samples).toEqual(planesOf(plan.kind, plan.channels, plan.data));
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  test('tags of an INFO list, and of several', () => {
    const before: WavPlan['before'] = [
      ['LIST', infoList({ INAM: 'na\u00efve title', IART: 'x' })],
      ['LIST', infoList({ ICMT: '' })],
      ['LIST', Uint8Array.of(97, 100, 116, 108)],
    ];
    const bytes = buildWav({ ...PLAIN, kind: 'pcm-8', before, data: Uint8Array.of(1, 2, 3) });
    const { tags } = readWavHeader((at, length) => bytes.subarray(at, at + length), bytes.length);
    expect(tags).toEqual({ INAM: 'na\u00efve title', IART: 'x', ICMT: '' });
  });

  test('samples larger than one piece, in pieces that do not end with a frame', () => {
    const data = randomData('pcm-24', 7 * 30011, 3);
    const { samples } = readWav(buildWav({ ...PLAIN, kind: 'pcm-24', channels: 7, data }));
    expect(samples).toEqual(planesOf('pcm-24', 7, data));
  });

  test('only what is needed is read, and at most a piece at once', () => {
    const data = randomData('pcm-16', 300_000, 4);
    const bytes = buildWav({
      ...PLAIN,
      kind: 'pcm-16',
      data,
      before: [['JUNK', new Uint8Array(500_000)]],
      after: [['id3 ', new Uint8Array(500_000)]],
    });
    let total = 0;
    let most = 0;
    const read = (offset: number, length: number): Uint8Array => {
      total += length;
      most = Math.max(most, length);
      return bytes.subarray(offset, offset + length);
    };
    readWavSamples(read, readWavHeader(read, bytes.length));
    expect(total).toBeLessThan(data.length + 1000);
    expect(most).toBeLessThanOrEqual(1 << 18);
  });

  test('a file that shrinks while it is read is truncated', () => {
    const bytes = buildWav({ ...PLAIN, kind: 'pcm-16', data: new Uint8Array(4000) });
    const header = readWavHeader((at, length) => bytes.subarray(at, at + length), bytes.length);
    const shrunk = bytes.subarray(0, 1000);
    expect(() => readWavSamples((at, n) => shrunk.subarray(at, at + n), header)).toThrow(
      expect.objectContaining({ code: 'audio/truncated' }),
    );
  });

  test.each([
    ['no bytes', new Uint8Array(0), 'audio/empty'],
    ['another file', new TextEncoder().encode('RIFF....AVI LIST'), 'audio/unreadable'],
    [
      'a header alone',
      buildWav({ ...PLAIN, kind: 'pcm-16', data: new Uint8Array(0) }),
      'audio/no-samples',
    ],
    [
      'an end in the middle of the format',
      buildWav({ ...PLAIN, kind: 'pcm-16', data: new Uint8Array(2) }).subarray(0, 24),
      'audio/unreadable',
    ],
    [
      'an end before the samples',
      buildWav({ ...PLAIN, kind: 'pcm-16', data: new Uint8Array(2) }).subarray(0, 36),
      'audio/truncated',
    ],
    [
      'no channels',
      buildWav({ ...PLAIN, kind: 'pcm-16', channels: 0, data: new Uint8Array(2) }),
      'audio/unreadable',
    ],
    [
      'no sample rate',
      buildWav({ ...PLAIN, kind: 'pcm-16', sampleRate: 0, data: new Uint8Array(2) }),
      'audio/unreadable',
    ],
    [
      'chunks without end',
      Uint8Array.from([
        ...new TextEncoder().encode('RIFF\0\0\0\0WAVE'),
        ...new TextEncoder().encode('JUNK\0\0\0\0'.repeat(20_000)),
      ]),
      'audio/unreadable',
    ],
  ])('%s', (_, bytes, code) => {
    expect(() => readWav(bytes)).toThrow(expect.objectContaining({ code }));
  });
});

describe('writing WAV', () => {
  const STEPS = { pcm16: 2 ** 15, pcm24: 2 ** 23 } as const;

  test('what is written is read again, rounded to the nearest step and clipped', () => {
    const formats = fc.constantFrom<WavFormat>('pcm16', 'pcm24', 'float32');
    const shape = fc.record({
      format: formats,
      channels: fc.integer({ min: 1, max: 32 }),
      frames: fc.integer({ min: 1, max: 50 }),
      sampleRate: fc.integer({ min: 1, max: 384000 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(shape, ({ format, channels, frames, sampleRate, seed }) => {
        const rng = createRng(seed);
        const samples = Array.from({ length: channels }, () =>
          Float32Array.from({ length: frames }, () => rng.between(-1.2, 1.2)),
        );
        const bytes = writeWav({ samples, sampleRate }, { format });
        const back = readWav(bytes);
        const expected =
          format === 'float32'
            ? samples
            : samples.map((plane) => {
                const steps = STEPS[format];
                return plane.map(
                  (x) => Math.min(steps - 1, Math.max(-steps, Math.floor(x * steps + 0.5))) / steps,
                );
              });
        expect(back).toEqual({ samples: expected, sampleRate });
        // The size of the whole and of the samples, which other readers go by.
        expect(new DataView(bytes.buffer).getUint32(4, true)).toBe(bytes.length - 8);
      }),
      { seed: 3, numRuns: 400 },
    );
  });

  test('what is written is read by the media library, up to 32 channels', async () => {
    for (const format of ['pcm16', 'pcm24', 'float32'] as const) {
      for (const channels of [1, 2, 3, 32]) {
        const samples = Array.from({ length: channels }, (_, c) => swellingNoise(301, `${c}`));
        const bytes = writeWav({ samples, sampleRate: 44100 }, { format });
        expect(readWav(bytes)).toEqual(await byTheLibrary(bytes));
      }
    }
  });
});

/** What a damaged file may do: give sound no larger than its bytes allow, or fail with a code. */
async function survives(work: () => Promise<{ samples: readonly Float32Array[] }>, bytes: number) {
  try {
    const { samples } = await work();
    const held = samples.reduce((sum, plane) => sum + plane.length, 0);
    return held <= bytes ? 'read' : `${held} samples of ${bytes} bytes`;
  } catch (error) {
    return error instanceof RingtrueError && error.code.startsWith('audio/')
      ? error.code
      : `raw: ${error}`;
  }
}

describe('damaged WAV', () => {
  const whole = KINDS.flatMap((kind, i) =>
    (['RIFF', 'RF64'] as const).map((form) => {
      const channels = 1 + (i % 3);
      return buildWav({
        ...PLAIN,
        kind,
        form,
        channels,
        extensible: i % 2 === 0,
        before: [['LIST', infoList({ INAM: 'title', ICMT: 'comment' })]],
        after: [['id3 ', Uint8Array.of(1, 2, 3)]],
        data: randomData(kind, channels * 50, i),
      });
    }),
  );

  test('4,000 damaged files are read or refused with a code', async () => {
    const outcomes = new Map<string, number>();
    for (let i = 0; i < 4000; i += 1) {
      const bytes = damage(whole[i % whole.length]!, createRng(`wav ${i}`));
      const outcome = await survives(
        async () => readWav(bytes, { allowPartial: i % 3 === 0 }),
        bytes.length,
      );
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    const codes = ['read', 'audio/unreadable', 'audio/truncated', 'audio/not-finite'];
    for (const code of codes) expect(outcomes.get(code)).toBeGreaterThan(10);
    for (const code of ['audio/empty', 'audio/no-samples']) codes.push(code);
    expect([...outcomes.keys()].filter((outcome) => !codes.includes(outcome))).toEqual([]);
  });

  test('also where the media library has the last word', async () => {
    const outcomes = new Set<string>();
    for (let i = 0; i < 600; i += 1) {
      const bytes = damage(whole[i % whole.length]!, createRng(`decode ${i}`));
      outcomes.add(await survives(async () => (await decode(bytes)).audio, 100 * bytes.length));
    }
    expect(outcomes).toContain('read');
    expect([...outcomes].filter((outcome) => !/^(read|audio\/)/.test(outcome))).toEqual([]);
  });
});
