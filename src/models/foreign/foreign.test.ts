import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readWav } from '../../audio/io/wav.ts';
import { splitCommandLine } from '../../core/command-line.ts';
import { createGraph } from '../../graph/build.ts';
import { cardSchema, type Detector, DetectorInput } from '../types.ts';
import { createCommandDetector } from './command.ts';
import { AUTHORIZATION_VARIABLE, createHttpDetector } from './http.ts';
import { openOnnxDetector } from './onnx.ts';

const RATE = 16000;

/** A clip of `sec` seconds that is `level` everywhere. */
function level(value: number, sec = 0.5, rate = RATE): DetectorInput {
  return new DetectorInput({
    samples: [new Float32Array(Math.round(sec * rate)).fill(value)],
    sampleRate: rate,
  });
}

async function scoresOf(detector: Detector, ...batch: DetectorInput[]): Promise<number[]> {
  return (await detector.score(batch)).map(({ score }) => score);
}

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringtrue-foreign-test-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('a program', () => {
  let temporary: string | undefined;
  beforeEach(async () => {
    temporary = process.env.TMPDIR;
    process.env.TMPDIR = join(folder, 'tmp');
    await mkdir(process.env.TMPDIR);
  });
  afterEach(async () => {
    const left = await readdir(join(folder, 'tmp'));
    if (temporary === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = temporary;
    // Whatever happened, no recording stays behind.
    expect(left).toEqual([]);
  });

  /** A detector that runs JavaScript; the paths are in `paths`. */
  async function script(code: string, timeoutMs = 20_000): Promise<Detector> {
    const path = join(folder, 'a program.cjs');
    await writeFile(path, `const paths = process.argv.slice(2); ${code}`);
    return createCommandDetector(`"${process.execPath}" '${path}'`, { timeoutMs });
  }

  test('gets mono WAV files at 16 kHz and prints a score for each', async () => {
    // 58 bytes of header: the last sample of each file is its score.
    const detector = await script(
      `for (const p of paths) { const b = require('node:fs').readFileSync(p); console.log(b.readUInt32LE(24) === 16000 && b.readUInt16LE(22) === 1 ? b.readFloatLE(b.length - 4) : 'bad'); }`,
    );
    expect(cardSchema.parse(detector.card).limits.join(' ')).toContain('unknown');
    expect(await scoresOf(detector, level(0.25), level(-0.5))).toEqual([0.25, -0.5]);
    expect(await scoresOf(detector)).toEqual([]);
  });

  test.each([
    ['a line too few', 'console.log(1)'],
    ['a line too many', 'console.log(1); console.log(2); console.log(3)'],
    ['a score that is not finite', 'console.log(1); console.log("inf")'],
    ['an empty line', 'console.log(""); console.log(2)'],
    ['a word', 'console.log("spoof"); console.log(2)'],
    ['nothing', ''],
  ])('%s is models/bad-output', async (_, code) => {
    const detector = await script(code);
    await expect(detector.score([level(0), level(0)])).rejects.toMatchObject({
      code: 'models/bad-output',
    });
  });

  test('an exit code is models/unreachable, with what the program complained of', async () => {
    const detector = await script('console.log(1); console.error("no weights"); process.exit(3)');
    await expect(detector.score([level(0)])).rejects.toMatchObject({
      code: 'models/unreachable',
      message: expect.stringMatching(/code 3: no weights/),
    });
  });

  test('a program that is not there is models/unreachable', async () => {
    const detector = createCommandDetector(join(folder, 'nothing-here'));
    await expect(detector.score([level(0)])).rejects.toMatchObject({ code: 'models/unreachable' });
  });

  test('a program that never ends is stopped', async () => {
    const detector = await script('setInterval(() => {}, 1000)', 50);
    await expect(detector.score([level(0)])).rejects.toMatchObject({ code: 'models/unreachable' });
  });

  test('cancelling stops the program', async () => {
    const detector = await script('setInterval(() => {}, 1000)');
    await expect(
      detector.score([level(0)], { signal: AbortSignal.timeout(50) }),
    ).rejects.toMatchObject({ code: 'core/cancelled' });
    await expect(detector.score([level(0)], { signal: AbortSignal.abort() })).rejects.toMatchObject(
      { code: 'core/cancelled' },
    );
  });

  test('a command line is split as a shell does', () => {
    expect(splitCommandLine(`a  'b c' "d \\"e\\" $x" f\\ g '' h'i'j`)).toEqual([
      'a',
      'b c',
      'd "e" $x',
      'f g',
      '',
      'hij',
    ]);
    for (const bad of ['', '   ', 'a "b', "a 'b"])
      expect(() => splitCommandLine(bad)).toThrow(
        expect.objectContaining({ code: 'core/invalid-options' }),
      );
  });
});

describe('an address', () => {
  let server: Server;
  let url = '';
  let answers: { status?: number; body: string | null; location?: string }[] = [];
  let seen: { headers: IncomingHttpHeaders; body: Uint8Array; method: string | undefined }[] = [];

  beforeEach(async () => {
    seen = [];
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const answer = answers[seen.length] ?? { body: '{"score":0}' };
        seen.push({
          headers: request.headers,
          body: Buffer.concat(parts),
          method: request.method,
        });
        if (answer.location !== undefined) response.setHeader('location', answer.location);
        // A null body is a server that never answers.
        if (answer.body !== null) response.writeHead(answer.status ?? 200).end(answer.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/score`;
  });
  afterEach(async () => {
    delete process.env[AUTHORIZATION_VARIABLE];
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const open = (options: Parameters<typeof createHttpDetector>[1] = {}) =>
    createHttpDetector(url, { retryDelaysMs: [0, 0], ...options });

  test('gets each clip as WAV with the authorization of the environment', async () => {
    process.env[AUTHORIZATION_VARIABLE] = 'Bearer abc';
    answers = [{ body: '{"score":1.5}' }, { body: '{"scores":[1,2,6]}' }];
    const detector = open();
    cardSchema.parse(detector.card);
    const [first, second] = await detector.score([level(0.25, 0.5, 8000), level(0.5, 1.5)]);
    expect(first).toEqual({ score: 1.5 });
    expect(second).toEqual({
      score: 3,
      windows: [
        { startSec: 0, endSec: 0.5, score: 1 },
        { startSec: 0.5, endSec: 1, score: 2 },
        { startSec: 1, endSec: 1.5, score: 6 },
      ],
    });
    expect(seen[0]?.method).toBe('POST');
    expect(seen[0]?.headers).toMatchObject({
      'content-type': 'audio/wav',
      authorization: 'Bearer abc',
    });
    expect(readWav(seen[0]!.body).sampleRate).toBe(RATE);
    expect(readWav(seen[1]!.body).samples[0]?.[100]).toBe(0.5);
  });

  test('a server error is tried three times', async () => {
    answers = [{ status: 503, body: '' }, { status: 500, body: '' }, { body: '{"score":2}' }];
    expect(await scoresOf(open(), level(0))).toEqual([2]);
    answers = Array.from({ length: 6 }, () => ({ status: 502, body: '' }));
    await expect(open().score([level(0)])).rejects.toMatchObject({
      code: 'models/unreachable',
      message: expect.stringMatching(/failed 3 times, last: status 502/),
    });
    expect(seen.length).toBe(6);
  });

  test.each([
    ['a refusal', { status: 401, body: 'no' }, 'models/unreachable'],
    [
      'a redirect',
      { status: 302, body: '', location: 'http://127.0.0.1:1/' },
      'models/unreachable',
    ],
    ['an answer that is not JSON', { body: '<html>' }, 'models/bad-output'],
    ['an answer without a score', { body: '{"result":1}' }, 'models/bad-output'],
    ['a score that is not finite', { body: '{"score":1e999}' }, 'models/bad-output'],
    ['a score that is a text', { body: '{"score":"1"}' }, 'models/bad-output'],
    ['no scores', { body: '{"scores":[]}' }, 'models/bad-output'],
    ['an answer that is too long', { body: ' '.repeat(5000) }, 'models/bad-output'],
  ])('%s is told at once', async (_, answer, code) => {
    answers = [answer];
    await expect(open({ maxResponseBytes: 4096 }).score([level(0)])).rejects.toMatchObject({
      code,
    });
    expect(seen.length).toBe(1);
  });

  test('a server that does not answer, or is not there, is models/unreachable', async () => {
    answers = [{ body: null }];
    await expect(
      open({ timeoutMs: 50, retryDelaysMs: [] }).score([level(0)]),
    ).rejects.toMatchObject({
      code: 'models/unreachable',
      message: expect.stringMatching(/no answer within 50 ms/),
    });
    const nowhere = createHttpDetector('http://127.0.0.1:1/', { retryDelaysMs: [0] });
    await expect(nowhere.score([level(0)])).rejects.toMatchObject({
      code: 'models/unreachable',
      message: expect.stringMatching(/failed 2 times/),
    });
  });

  test('cancelling ends the request', async () => {
    answers = [{ body: null }];
    await expect(
      open().score([level(0)], { signal: AbortSignal.timeout(50) }),
    ).rejects.toMatchObject({ code: 'core/cancelled' });
  });

  test('an address is http or https, without a name in it; a key in its query is not shown', () => {
    for (const bad of ['', 'file:///etc/passwd', 'http://me:secret@example.org/'])
      expect(() => createHttpDetector(bad)).toThrow(
        expect.objectContaining({ code: 'core/invalid-options' }),
      );
    const detector = createHttpDetector('https://example.org/score?key=secret');
    expect(JSON.stringify([detector.name, detector.card])).not.toContain('secret');
  });
});

describe('an ONNX model', () => {
  /** Outputs [mean, 0, samples] of each stretch: what the policy made of a clip can be read off. */
  function probe(): Uint8Array {
    const graph = createGraph({ name: 'probe' });
    const x = graph.input('x', [1, 'samples']);
    const axis = graph.initialiser('axis', [1], BigInt64Array.of(1n));
    const mean = graph.node('ReduceMean', [x, axis], { attributes: { keepdims: 1 } });
    const ones = graph.node('Add', [
      graph.node('Mul', [x, graph.initialiser('zero', [], Float32Array.of(0))]),
      graph.initialiser('one', [], Float32Array.of(1)),
    ]);
    const count = graph.node('ReduceSum', [ones, axis], { attributes: { keepdims: 1 } });
    const zero = graph.initialiser('zeros', [1, 1], Float32Array.of(0));
    graph.output(
      graph.node('Concat', [mean, zero, count], { attributes: { axis: 1 }, name: 'y' }),
      [1, 3],
    );
    return graph.bytes();
  }
  const plain = {
    input: 'x',
    output: 'y',
    sampleRate: RATE,
    length: { crop: 10 },
    highIs: 'spoof',
  };

  async function open(description: object | string, bytes = probe()): Promise<Detector> {
    const path = join(folder, 'probe.onnx');
    await writeFile(path, bytes);
    await writeFile(
      join(folder, 'probe.json'),
      typeof description === 'string' ? description : JSON.stringify(description),
    );
    return openOnnxDetector(path);
  }

  async function scoresWith(description: object, ...batch: DetectorInput[]): Promise<number[]> {
    const detector = await open({ ...plain, ...description });
    try {
      return await scoresOf(detector, ...batch);
    } finally {
      await detector.dispose();
    }
  }

  test('is scored at its rate; polarity is turned once', async () => {
    expect(await scoresWith({}, level(0.25), level(-0.5))).toEqual([0.25, -0.5]);
    expect(await scoresWith({ highIs: 'bonafide' }, level(0.25))).toEqual([-0.25]);
    expect(await scoresWith({ outputIndex: 2, sampleRate: 8000 }, level(0, 0.5))).toEqual([4000]);
  });

  test('softmax and sigmoid', async () => {
    const [sigmoid] = await scoresWith({ activation: 'sigmoid' }, level(0.5));
    expect(sigmoid).toBeCloseTo(1 / (1 + Math.exp(-0.5)), 6);
    // Softmax of [0.5, 0, 8] for a clip of 8 samples.
    const [softmax] = await scoresWith({ activation: 'softmax' }, level(0.5, 8 / RATE));
    expect(softmax).toBeCloseTo(Math.exp(0.5) / (Math.exp(0.5) + 1 + Math.exp(8)), 6);
  });

  test('lengths: pad, crop, repeat', async () => {
    const samples = { outputIndex: 2 };
    const clips = [level(0.5, 0.25), level(0.5, 2)];
    expect(await scoresWith({ length: { pad: 1 } }, ...clips)).toEqual([0.125, 0.5]);
    expect(await scoresWith({ length: { pad: 1 }, ...samples }, ...clips)).toEqual([RATE, RATE]);
    expect(await scoresWith({ length: { repeat: 1 } }, ...clips)).toEqual([0.5, 0.5]);
    expect(await scoresWith({ length: { repeat: 1 }, ...samples }, ...clips)).toEqual([RATE, RATE]);
    expect(await scoresWith({ length: { crop: 1 }, ...samples }, ...clips)).toEqual([4000, RATE]);
  });

  test('windows are averaged and told', async () => {
    const length = { windows: { sec: 1, hopSec: 0.5 } };
    const samples = new Float32Array(2 * RATE).fill(1, RATE);
    const detector = await open({ ...plain, length });
    const [long, short] = await detector.score([
      new DetectorInput({ samples: [samples], sampleRate: RATE }),
      level(0.5, 0.5),
    ]);
    expect(long).toEqual({
      score: 0.5,
      windows: [
        { startSec: 0, endSec: 1, score: 0 },
        { startSec: 0.5, endSec: 1.5, score: 0.5 },
        { startSec: 1, endSec: 2, score: 1 },
      ],
    });
    // Half a second is padded to the window.
    expect(short).toEqual({ score: 0.25, windows: [{ startSec: 0, endSec: 0.5, score: 0.25 }] });
    await detector.dispose();
  });

  test('normalising takes mean and scale away, also from silence', async () => {
    const normalise = 'zero-mean-unit-variance';
    const [offset, silence] = await scoresWith({ normalise }, level(0.5), level(0));
    expect(offset).toBeCloseTo(0, 6);
    expect(silence).toBe(0);
  });

  test('its id follows the model and the description; the card says what is not known', async () => {
    const first = await open(plain);
    const second = await open({ ...plain, highIs: 'bonafide' });
    const third = await open({ ...plain, name: 'named', limits: ['Reads no music.'] });
    expect(new Set([first.id, second.id, third.id]).size).toBe(3);
    expect((await open(plain)).id).toBe(first.id);
    expect([first.name, third.name]).toEqual(['probe', 'named']);
    expect(cardSchema.parse(third.card).limits).toEqual([
      'Reads no music.',
      expect.stringContaining('training data are unknown'),
      expect.stringContaining('not calibrated'),
    ]);
  });

  test.each([
    ['an unknown field', { ...plain, colour: 1 }, 'colour'],
    ['a missing field', { ...plain, highIs: undefined }, 'probe.json.highIs'],
    ['a wrong length', { ...plain, length: { pad: -1 } }, 'probe.json.length'],
    ['an input that is not there', { ...plain, input: 'z' }, 'probe.json.input'],
    ['an output that is not there', { ...plain, output: 'z' }, 'probe.json.output'],
    ['text that is not JSON', '{', 'probe.json is not JSON'],
  ])('%s is models/bad-file with the place', async (_, description, place) => {
    await expect(open(description)).rejects.toMatchObject({
      code: 'models/bad-file',
      message: expect.stringContaining(place),
    });
  });

  test('a missing description, a missing model, bytes that are none', async () => {
    const code = 'models/bad-file';
    const path = join(folder, 'alone.onnx');
    await expect(openOnnxDetector(path)).rejects.toMatchObject({ code });
    await writeFile(path, probe());
    await expect(openOnnxDetector(path)).rejects.toMatchObject({
      code,
      message: expect.stringContaining('alone.json'),
    });
    await expect(openOnnxDetector(join(folder, 'a.bin'))).rejects.toMatchObject({ code });
    await expect(open(plain, Uint8Array.of(1, 2, 3))).rejects.toMatchObject({
      code,
      message: expect.stringContaining('probe.onnx'),
    });
  });

  test('an index beyond the output and a score that is not finite are models/bad-output', async () => {
    const code = 'models/bad-output';
    await expect(scoresWith({ outputIndex: 3 }, level(0))).rejects.toMatchObject({ code });
    await expect(scoresWith({}, level(Number.NaN))).rejects.toMatchObject({ code });
  });
});
