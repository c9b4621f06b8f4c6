/**
 * WAV files of every kind, byte by byte from the specifications, independent of the writer under test.
 * @module
 */

/** How samples are stored: PCM, float, A-law (1 byte), µ-law (1 byte). */
export const WAV_KINDS = {
  'pcm-8': { tag: 1, bytes: 1 },
  'pcm-16': { tag: 1, bytes: 2 },
  'pcm-24': { tag: 1, bytes: 3 },
  'pcm-32': { tag: 1, bytes: 4 },
  'float-32': { tag: 3, bytes: 4 },
  'float-64': { tag: 3, bytes: 8 },
  'a-law': { tag: 6, bytes: 1 },
  'mu-law': { tag: 7, bytes: 1 },
} as const;

/** Names of {@link WAV_KINDS}. */
export type WavKind = keyof typeof WAV_KINDS;

/** What a WAV file is built of. */
export interface WavPlan {
  readonly kind: WavKind;
  readonly form: 'RIFF' | 'RF64' | 'BW64';
  readonly channels: number;
  readonly sampleRate: number;
  readonly extensible: boolean;
  /** The size that the data chunk states: the true one, or what writers leave that cannot seek back. */
  readonly dataSize: 'true' | 'open' | 'zero';
  /** Chunks before the samples and after them. */
  readonly before: readonly (readonly [id: string, body: Uint8Array])[];
  readonly after: readonly (readonly [id: string, body: Uint8Array])[];
  /** Bytes of the samples, interleaved. */
  readonly data: Uint8Array;
}

/** The bytes of a WAV file. */
export function buildWav(plan: WavPlan): Uint8Array {
  const { tag, bytes } = WAV_KINDS[plan.kind];
  const { channels, sampleRate, extensible, data } = plan;
  const large = plan.form !== 'RIFF';
  const format = [
    ...u16(extensible ? 0xfffe : tag),
    ...u16(channels),
    ...u32(sampleRate),
    ...u32(sampleRate * channels * bytes),
    ...u16(channels * bytes),
    ...u16(8 * bytes),
    ...(extensible
      ? [
          ...u16(22),
          ...u16(8 * bytes),
          ...u32(0),
          ...u16(tag),
          ...[0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71],
        ]
      : []),
  ];
  const chunks = (list: WavPlan['before']) => list.flatMap(([id, body]) => chunk(id, body));
  const after = chunks(plan.after);
  const middle = [...chunks(plan.before), ...chunk('fmt ', Uint8Array.from(format))];
  const padded = data.length + (data.length % 2);
  const riffSize = 4 + (large ? 36 : 0) + middle.length + 8 + padded + after.length;
  const stated = { true: large ? 0xffffffff : data.length, open: 0xffffffff, zero: 0 };
  const riffStated = { true: large ? 0xffffffff : riffSize, open: 0xffffffff, zero: 0 };
  const sizes = [...u64(riffSize), ...u64(data.length), ...u64(data.length / bytes / channels)];
  return Uint8Array.from([
    ...latin1(plan.form),
    ...u32(riffStated[plan.dataSize]),
    ...latin1('WAVE'),
    ...(large ? chunk('ds64', Uint8Array.from([...sizes, ...u32(0)])) : []),
    ...middle,
    ...latin1('data'),
    ...u32(stated[plan.dataSize]),
    ...data,
    ...(data.length % 2 === 1 ? [0] : []),
    ...after,
  ]);
}

/** The body of an INFO list. */
export function infoList(tags: Readonly<Record<string, string>>): Uint8Array {
  const entries = Object.entries(tags).flatMap(([id, value]) =>
    chunk(id, Uint8Array.from([...latin1(value), 0])),
  );
  return Uint8Array.from([...latin1('INFO'), ...entries]);
}

function chunk(id: string, body: Uint8Array): number[] {
  return [...latin1(id), ...u32(body.length), ...body, ...(body.length % 2 === 1 ? [0] : [])];
}

function latin1(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

function u16(value: number): number[] {
  return [value & 0xff, value >> 8];
}

function u32(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => Math.floor(value / 2 ** shift) % 256);
}

function u64(value: number): number[] {
  return [...u32(value % 2 ** 32), ...u32(Math.floor(value / 2 ** 32))];
}
