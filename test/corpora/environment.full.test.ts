import { expect, test } from 'vitest';
import { buildTwice, tally } from '../helpers/build-twice.ts';

test('environment builds from packages: a window has its recording and two fakes, in every class and split', () =>
  buildTwice('environment', ({ clips, failures }) => {
    expect(failures).toEqual([]);
    expect(new Set(clips.map(({ group }) => group?.class)).size).toBeGreaterThan(12);
    for (const split of ['train', 'dev', 'eval']) {
      const some = clips.filter((clip) => clip.split === split);
      for (const { source, durationSec } of some.filter(({ label }) => label === 'bonafide')) {
        const fakes = some.filter((clip) => clip.source === source && clip.label === 'spoof');
        expect(fakes.length).toBe(2);
        for (const fake of fakes) expect(fake.durationSec).toBe(durationSec);
      }
    }
    const generators = tally(clips, ({ generator = 'none' }) => generator);
    // A mosaic needs a sound much longer than a window, which need not be among so few.
    for (const id of [
      'griflim',
      'lpc',
      'phase-random',
      'phase-vocoder',
      'texture',
      'world',
      'procedural',
    ])
      expect(generators[id], id).toBeGreaterThan(0);
  }));
