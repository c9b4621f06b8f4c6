/**
 * Every way to copy a recording: the same words by the same speaker at the same time, made by a machine.
 * @module
 */

import { toMono } from '../../audio/audio.ts';
import { pitchShift } from '../../audio/dsp/phase-vocoder.ts';
import { roundTrip } from '../../audio/io/codec.ts';
import type { Rng } from '../../core/rng.ts';
import type { FakeKind, Family } from '../composition.ts';
import type { PackageRoot } from '../packages.ts';
import { griffinLim } from './griffin-lim.ts';
import { lpcVocoder } from './lpc.ts';
import { lpcnet } from './lpcnet.ts';
import { mlsa } from './mlsa.ts';
import { phaseVocoder } from './phase-vocoder.ts';
import { psola } from './psola.ts';
import { world } from './world.ts';

/** Rate in Hz at which copies are made. */
export const COPY_RATE = 16000;

/** A way to copy a recording. */
export interface Copy {
  readonly id: string;
  /** What does the work: copies by one engine are kept in one split. */
  readonly engine: string;
  /** Kind of synthesis, for leave-one-family-out protocols. */
  readonly family: Family;
  /** A copy keeps the speaker, a conversion moves pitch or vocal tract. */
  readonly kind: Exclude<FakeKind, 'tts'>;
  /** Of the software; what it makes has the licence of the recording. */
  readonly licence: string;
  /** Debian packages that it needs; none for our own. */
  readonly packages: readonly string[];
  /** Samples at 16 kHz by which a copy still comes late; what the methods' own frames delay is taken out. */
  readonly delaySamples: number;
  /**
   * Copies a plane at 16 kHz; less than 50 ms comes back unchanged.
   * @param root packages of the corpus, for those that run programs
   * @param rng draws noise, and pitch of a conversion
   * @returns `[x.length]`
   * @throws RingtrueError `corpora/generator-failed`
   */
  copy(x: Float32Array, root: PackageRoot, rng: Rng): Promise<Float32Array>;
}

const OWN = 'Apache-2.0';
const SPTK = { engine: 'mlsa', licence: 'BSD-3-Clause (SPTK)', packages: ['sptk'] };
const CODEC2 = {
  engine: 'lpcnet',
  licence: 'LGPL-2.1 and BSD (Codec2, LPCNet)',
  packages: ['libcodec2-1.0'],
};
const SHORTEST = 0.05 * COPY_RATE;
/** Half a hop of the filter's coefficients. */
const MLSA_DELAY = 40;

type Make = (x: Float32Array, root: PackageRoot, rng: Rng) => Float32Array | Promise<Float32Array>;

function own(
  id: string,
  family: Copy['family'],
  make: Make,
  more: Partial<Pick<Copy, 'engine' | 'kind' | 'licence' | 'packages' | 'delaySamples'>> = {},
): Copy {
  return {
    id,
    engine: id,
    family,
    kind: 'copy',
    licence: OWN,
    packages: [],
    delaySamples: 0,
    ...more,
    copy: async (x, root, rng) => (x.length < SHORTEST ? x.slice() : await make(x, root, rng)),
  };
}

const ALL: readonly Copy[] = [
  own('griflim', 'signal-vocoder', (x) => griffinLim(x, COPY_RATE)),
  own('lpc', 'signal-vocoder', (x, _, rng) => lpcVocoder(x, { sampleRate: COPY_RATE, rng })),
  own(
    'lpc-codec',
    'signal-vocoder',
    (x, _, rng) => lpcVocoder(x, { sampleRate: COPY_RATE, rng, coded: true }),
    { engine: 'lpc' },
  ),
  own('world', 'signal-vocoder', (x, _, rng) => world(x, { sampleRate: COPY_RATE, rng })),
  own('phase-vocoder', 'signal-vocoder', (x) => phaseVocoder(x)),
  own('mlsa', 'signal-vocoder', (x, root) => mlsa(x, { pitch: 1, warp: 0 }, root), {
    ...SPTK,
    delaySamples: MLSA_DELAY,
  }),
  own('lpcnet-f', 'neural-vocoder', (x, root) => lpcnet(x, { quantised: false }, root), CODEC2),
  own('lpcnet-q', 'neural-vocoder', (x, root) => lpcnet(x, { quantised: true }, root), CODEC2),
  own(
    'psola',
    'transformation',
    (x, _, rng) => psola(x, COPY_RATE, rng.pick([0.8, 0.85, 1.2, 1.3])),
    {
      kind: 'conversion',
    },
  ),
  own(
    'pitch-shift',
    'transformation',
    (x, _, rng) => pitchShift(x, rng.pick([2, 3, 4]), COPY_RATE, { fftSize: 1024 }),
    { engine: 'phase-vocoder', kind: 'conversion' },
  ),
  own(
    'mlsa-vc',
    'transformation',
    (x, root, rng) =>
      mlsa(
        x,
        rng.pick([
          { pitch: rng.between(0.6, 0.75), warp: 0.06 },
          { pitch: rng.between(1.35, 1.7), warp: -0.06 },
        ]),
        root,
      ),
    { ...SPTK, kind: 'conversion' },
  ),
  own(
    'codec-control',
    'codec-control',
    async (x) =>
      toMono(
        (
          await roundTrip(
            { samples: [x], sampleRate: COPY_RATE },
            { codec: 'opus', bitRate: 6000, application: 'voip' },
          )
        ).audio,
      ),
    { licence: 'BSD-3-Clause (libopus)' },
  ),
];

/**
 * Copies of a real recording by id. `codec-control` is no synthesis: the recording itself at 6 kbit/s, to
 * show how much of a detector is codec.
 */
export const COPIES: Readonly<Record<string, Copy>> = byId(ALL);

/** What is done to spoken sound, by id of the pair: the second half of a synthesiser with a vocoder. */
export const CASCADES: Readonly<Record<string, Copy>> = byId([
  own('tts+lpcnet', 'neural-vocoder', (x, root) => lpcnet(x, { quantised: false }, root), CODEC2),
]);

function byId(copies: readonly Copy[]): Record<string, Copy> {
  return Object.fromEntries(copies.map((copy) => [copy.id, copy]));
}
