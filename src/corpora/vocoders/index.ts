/**
 * Every way to make a fake of the real recording itself, by generator id.
 * @module
 */

import type { Rng } from '../../core/rng.ts';
import type { FakeKind, Family } from '../composition.ts';
import { CORPUS_RATE } from '../equalise.ts';
import type { PackageRoot } from '../packages.ts';
import { griffinLim } from './griffin-lim.ts';
import { lpcnet } from './lpcnet.ts';
import { mlsa } from './mlsa.ts';
import { psola } from './psola.ts';

/** A copy method. */
export interface Copy {
  readonly family: Family;
  readonly kind: Exclude<FakeKind, 'tts'>;
  /** Copies a plane at 16 kHz. @returns as many samples */
  copy(x: Float32Array, root: PackageRoot, rng: Rng): Float32Array | Promise<Float32Array>;
}

/** The copy methods. */
export const COPIES: Readonly<Record<string, Copy>> = {
  griflim: {
    family: 'signal-vocoder',
    kind: 'copy',
    copy: (x) => griffinLim(x, CORPUS_RATE),
  },
  psola: {
    family: 'transformation',
    kind: 'conversion',
    copy: (x, _root, rng) => psola(x, CORPUS_RATE, rng.pick([0.8, 0.85, 1.2, 1.3])),
  },
  mlsa: {
    family: 'signal-vocoder',
    kind: 'copy',
    copy: (x, root) => mlsa(x, { pitch: 1, warp: 0 }, root),
  },
  'mlsa-vc': {
    family: 'transformation',
    kind: 'conversion',
    copy: (x, root, rng) =>
      mlsa(
        x,
        rng.pick([
          { pitch: rng.between(0.6, 0.75), warp: 0.06 },
          { pitch: rng.between(1.35, 1.7), warp: -0.06 },
        ]),
        root,
      ),
  },
  'lpcnet-f': {
    family: 'neural-vocoder',
    kind: 'copy',
    copy: (x, root) => lpcnet(x, { quantised: false }, root),
  },
  'lpcnet-q': {
    family: 'neural-vocoder',
    kind: 'copy',
    copy: (x, root) => lpcnet(x, { quantised: true }, root),
  },
};
