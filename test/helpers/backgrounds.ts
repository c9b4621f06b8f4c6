import { join } from 'node:path';
import { createRng } from '../../src/core/rng.ts';
import { type BackgroundTake, storeTake, writeManifest } from '../../src/corpora/backgrounds.ts';

const RATE = 16000;

/**
 * Writes a corpus `backgrounds` of two made-up recordings of each kind below a cache folder, in the very
 * form of the real one: what reads it cannot tell.
 * @param seed other seeds give other recordings
 */
export async function writeSmallBackgrounds(cache: string, seed: number): Promise<string> {
  const out = join(cache, 'corpora', 'backgrounds');
  const rng = createRng(seed).split('backgrounds');
  const noise = (seconds: number, shape: (t: number) => number): Float32Array =>
    Float32Array.from(
      { length: RATE * seconds },
      (_, i) => rng.normal() * shape(i / RATE) + 0.2 * Math.sin(i * (0.1 + seed / 100)),
    );
  const decay = (rt60Sec: number): Float32Array =>
    Float32Array.from({ length: RATE * rt60Sec }, (_, i) =>
      i === 40 ? 3 : i < 40 ? 0 : rng.normal() * 10 ** ((-3 * (i - 40)) / RATE / rt60Sec),
    );
  const takes: Pick<BackgroundTake, 'kind' | 'samples'>[] = [
    { kind: 'speech', samples: noise(3, (t) => 0.2 + Math.abs(Math.sin(9 * t))) },
    { kind: 'speech', samples: noise(5, (t) => 0.2 + Math.abs(Math.sin(7 * t))) },
    { kind: 'music', samples: noise(4, (t) => 0.3 + (t % 0.5)) },
    { kind: 'music', samples: noise(1, (t) => 0.3 + (t % 0.3)) },
    { kind: 'ambience', samples: noise(2, () => 1) },
    { kind: 'ambience', samples: noise(6, (t) => 1 + t / 6) },
    { kind: 'impulse-response', samples: decay(0.4) },
    { kind: 'impulse-response', samples: decay(1.5) },
  ];
  const clips = [];
  for (const [i, take] of takes.entries()) {
    const id = `${take.kind}-${i}`;
    clips.push(
      await storeTake({ ...take, id, package: 'none', source: id, licence: 'CC0-1.0' }, out),
    );
  }
  await writeManifest(clips, out, []);
  return out;
}
