import { expect, test } from 'vitest';
import { roundTrip } from '../audio/io/codec.ts';
import { createRng } from '../core/rng.ts';
import { CORPUS_RATE } from './equalise.ts';
import { isSameTake, screenRecording, screenSound } from './screen.ts';

/** Syllables of random length, pitch and colour: another seed says something else. */
function babble(seed: number, seconds: number): Float32Array {
  const rng = createRng(`babble ${seed}`);
  const out = new Float32Array(Math.round(seconds * CORPUS_RATE));
  // Silence at both ends, as recordings have.
  const end = out.length - 0.2 * CORPUS_RATE;
  for (let start = 0.2 * CORPUS_RATE; start < end; ) {
    const length = Math.round(rng.between(0.15, 0.4) * CORPUS_RATE);
    const hz = rng.between(90, 180);
    const bright = rng.between(0.1, 0.95);
    let smooth = 0;
    for (let i = 0; i < length && start + i < end; i += 1) {
      const pulse = ((start + i) * hz) % CORPUS_RATE < hz ? 1 : 0;
      smooth = bright * smooth + pulse + 0.02 * rng.normal();
      out[start + i] = 0.2 * smooth * Math.sin((Math.PI * i) / length);
    }
    start += length + Math.round(rng.between(0, 0.06) * CORPUS_RATE);
  }
  return out;
}

test.each(['vorbis', 'mp3', 'g722'] as const)(
  'a take is known again after %s, another level and more silence',
  async (codec) => {
    for (const seed of [1, 2, 3]) {
      const x = babble(seed, 2);
      const padded = new Float32Array(x.length + 8000);
      padded.set(
        x.map((value) => 0.3 * value),
        5000,
      );
      const coded = await roundTrip({ samples: [padded], sampleRate: CORPUS_RATE }, { codec });
      expect(isSameTake(screenSound(x), screenSound(coded.audio.samples[0]!))).toBe(true);
    }
  },
);

test('other takes of the same length are others', () => {
  const all = Array.from({ length: 8 }, (_, seed) => screenSound(babble(seed, 2)));
  for (const [i, one] of all.entries()) {
    for (const other of all.slice(i + 1)) expect(isSameTake(one, other)).toBe(false);
  }
});

test('what cannot be decoded was not heard', async () => {
  expect(await screenRecording('no/such/file.ogg')).toEqual({ activeSec: 0, print: [] });
});
