import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readWav, writeWav } from '../../audio/io/wav.ts';
import { createRng } from '../../core/rng.ts';
import { addPlugIns } from '../add-plug-ins.ts';
import type { Group } from '../composition.ts';
import type { Recording } from '../recording.ts';
import { speakGroups } from '../speak-groups.ts';
import { checkPlugIns, type PlugInOptions, plugInSpeaker, readPlugIns } from './plug-in.ts';

let folder = '';
/** A program that writes as many samples as the text has letters, or as its input has bytes. */
let program = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plug-in-'));
  program = join(folder, 'my synthesiser.mjs');
  await writeFile(
    program,
    `import { readFileSync, writeFileSync } from 'node:fs';
const [how, what, out] = process.argv.slice(2);
if (what === 'Fail, please.') { console.error('cannot say that'); process.exit(3); }
if (how === 'nothing') process.exit(0);
const count = how === 'rubbish' ? 1 : how === 'text' ? what.length : (readFileSync(what).length - 44) / 2;
const wav = Buffer.alloc(44 + 2 * count, 1);
wav.write('RIFF', 0); wav.writeUInt32LE(36 + 2 * count, 4); wav.write('WAVEfmt ', 8);
wav.writeUInt32LE(16, 16); wav.writeUInt16LE(1, 20); wav.writeUInt16LE(1, 22);
wav.writeUInt32LE(16000, 24); wav.writeUInt32LE(32000, 28); wav.writeUInt16LE(2, 32); wav.writeUInt16LE(16, 34);
wav.write('data', 36); wav.writeUInt32LE(2 * count, 40);
writeFileSync(out, how === 'rubbish' ? 'no sound, but long enough to be taken for a file of it' : wav);
`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

const line = (how: string, what: string): string =>
  `'${process.execPath}' '${program}' ${how} ${what} {out}`;
const real = (n: number, language = 'en'): Recording => ({
  id: `r${n}`,
  path: `r${n}.wav`,
  text: `Text number ${n}`,
  speaker: 'someone',
  language,
  domain: 'prompts',
  package: 'none',
  licence: 'none',
  codec: 'pcm',
});
const group = (n: number, more: Partial<Group> = {}): Group => ({
  id: `g${n}`,
  split: 'eval',
  real: real(n),
  fakes: [],
  donor: real(n),
  ...more,
});

/** Speaks all groups with one generator and returns the files. */
async function speak(options: PlugInOptions, groups: readonly Group[], stage: string) {
  const [plugIn] = checkPlugIns([options], { where: 'generators', known: [] });
  const fakes = [{ generator: plugIn!.name, kind: 'tts', family: 'x' }] as const;
  await mkdir(join(folder, stage), { recursive: true });
  return speakGroups(
    {
      groups: groups.map((each) => ({ ...each, fakes })),
      speakers: { [plugIn!.name]: plugInSpeaker(plugIn!) },
      stage: join(folder, stage),
      root: { debian: folder, npm: folder, env: process.env, downloads: [] },
      workers: 2,
    },
    {},
  );
}

test('three lines of YAML are a generator; what is wrong is told by field', async () => {
  const path = join(folder, 'mine.yaml');
  await writeFile(
    path,
    '- name: mine\n  command: my-tts --text {text} -o {out}\n  family: neural-tts\n',
  );
  const [plugIn] = checkPlugIns(await readPlugIns(path), { where: path, known: [] });
  expect(plugIn).toMatchObject({ name: 'mine', split: 'eval', share: 0.25 });
  const problems: [string, RegExp][] = [
    ['name: x', /expected array/],
    ['- name: x\n  family: y', /a command or a function is needed/],
    ['- name: x\n  family: y\n  command: say {text}', /\{out\} is missing/],
    ['- name: x\n  family: y\n  command: say {out}', /\{text\} or \{in\} is missing/],
    ['- name: x\n  family: y\n  command: say "{text} {out}', /open "/],
    ['- name: X y\n  family: y\n  command: say {text} {out}', /0\.name: small letters/],
    ['- name: x\n  command: say {text} {out}', /0\.family/],
    ['- name: x\n  famly: y', /famly/],
    ['- name: [', /mine\.yaml/],
  ];
  for (const [text, message] of problems) {
    await writeFile(path, text);
    await expect(readPlugIns(path)).rejects.toMatchObject({
      code: 'corpora/bad-generators',
      message: expect.stringMatching(message),
    });
  }
  await expect(readPlugIns(join(folder, 'none.yaml'))).rejects.toMatchObject({
    code: 'corpora/bad-generators',
  });
  expect(() =>
    checkPlugIns([{ name: 'espeak', command: 'x {text} {out}', family: 'y' }], {
      where: 'mine.yaml',
      known: ['espeak'],
    }),
  ).toThrow(/already/);
});

test('a command speaks texts with spaces and quotes; one that fails does not stop the others', async () => {
  const groups = [
    group(1),
    group(2, { real: { ...real(2), text: 'Fail, please.' } }),
    group(3, { real: { ...real(3), text: `It's "odd" $HOME {out}` } }),
  ];
  const command = line('text', '{text}');
  const files = await speak({ name: 'mine', command, family: 'x' }, groups, 'texts');
  expect([...files.keys()].sort()).toEqual(['g1', 'g3']);
  const lengthOf = async (id: string): Promise<number> =>
    readWav(await readFile(files.get(id)!.mine!)).samples[0]!.length;
  expect(await lengthOf('g1')).toBe('Text number 1'.length);
  expect(await lengthOf('g3')).toBe(`It's "odd" $HOME {out}`.length);
});

test('a command gets the real recording at 16 kHz', async () => {
  const samples = [new Float32Array(4800).map((_, i) => Math.sin(i / 10) / 2)];
  await writeFile(join(folder, 'r1.wav'), writeWav({ samples, sampleRate: 48000 }));
  const files = await speak(
    { name: 'mine', command: line('copy', '{in}'), family: 'x' },
    [group(1)],
    'copies',
  );
  expect(readWav(await readFile(files.get('g1')!.mine!)).samples[0]!.length).toBe(1600);
});

test('a function returns sound', async () => {
  const make = ({ text }: { text: string }) => ({
    samples: [new Float32Array(text.length).fill(0.1)],
    sampleRate: 16000,
  });
  const files = await speak({ name: 'mine', make, family: 'x' }, [group(1)], 'functions');
  expect(readWav(await readFile(files.get('g1')!.mine!)).samples[0]!.length).toBe(13);
});

test.each([
  ['does not start', () => ({ command: 'no-such-program-here {text} {out}' }), /ENOENT/],
  ['fails', () => ({ command: line('text', "'Fail, please.' {text}") }), /cannot say that/],
  ['writes nothing', () => ({ command: line('nothing', '{text}') }), /wrote no sound/],
  ['writes no sound', () => ({ command: line('rubbish', '{text}') }), /mine: /],
  [
    'throws',
    () => ({
      make: () => {
        throw new Error('out of breath');
      },
    }),
    /out of breath/,
  ],
])('a generator that %s every time is an error with a hint', async (name, options, message) => {
  const how = options();
  await expect(
    speak({ name: 'mine', family: 'x', ...how }, [group(1), group(2)], name),
  ).rejects.toMatchObject({
    code: 'corpora/generator-failed',
    message: expect.stringMatching(message),
    hint: expect.stringMatching('command' in how ? /by hand.*\{out\}/ : /function/),
  });
});

test('fakes are added to a share of the groups where generators are unseen', () => {
  const groups = [
    ...Array.from({ length: 8 }, (_, n) => group(n, { part: 'unseen-generator' })),
    ...Array.from({ length: 8 }, (_, n) => group(8 + n, { part: 'unseen-speaker' })),
    ...Array.from({ length: 8 }, (_, n) => group(16 + n, { split: 'train' })),
  ];
  const plan = (options: Partial<PlugInOptions>): Group[] => {
    const checked = checkPlugIns(
      [{ name: 'mine', command: 'x {in} {out}', family: 'y', ...options }],
      {
        where: 'generators',
        known: [],
      },
    );
    return addPlugIns(groups, checked, createRng(1)).filter(({ fakes }) => fakes.length > 0);
  };
  expect(plan({}).map(({ part }) => part)).toEqual(['unseen-generator', 'unseen-generator']);
  expect(plan({})[0]?.fakes).toMatchObject([{ generator: 'mine', kind: 'copy', family: 'y' }]);
  expect(plan({ split: 'train', share: 1 }).length).toBe(8);
  expect(() => plan({ languages: ['fi'] })).toThrow(/no sentence in fi/);
});
