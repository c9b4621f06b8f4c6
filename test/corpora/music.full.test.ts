import { expect, test } from 'vitest';
import { buildTwice, tally } from '../helpers/build-twice.ts';

test('music builds from packages: two fakes a window, a genuine control, one engine in one split', () =>
  buildTwice('music', ({ clips, failures }) => {
    expect(failures).toEqual([]);
    expect(tally(clips, ({ group }) => group?.album ?? '')).toEqual({
      fillets: 7,
      sectoid: 7,
      macroform: 7,
      muldjord: 7,
      'manolo-camp': 7,
      'reno-project': 7,
    });
    const controls = clips.filter(({ group }) => group?.family === 'codec-control');
    expect(controls.map(({ label, generator }) => [label, generator])).toEqual(
      controls.map(() => ['bonafide', undefined]),
    );
    expect(controls.length).toBe(6);
    const sequenced = clips.filter(({ group }) => group?.family === 'sequenced');
    expect(tally(sequenced, ({ split, generator }) => `${split} ${generator}`)).toEqual({
      'eval sequenced-timgm6mb': expect.any(Number),
      'eval sequenced-fluidr3mono': expect.any(Number),
    });
  }));
