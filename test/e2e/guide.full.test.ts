import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decode } from '../../src/audio/io/decode.ts';
import { buildToyCorpus } from '../../src/corpora/toy.ts';
import { openCorpus } from '../../src/datasets/open.ts';
import { FRONT_END_TOLERANCE } from '../../src/models/network/export.ts';
import { loadDetector } from '../../src/models/registry.ts';
import { DetectorInput } from '../../src/models/types.ts';
import { readLog } from '../../src/training/run-folder.ts';
import { serve } from '../browser/serve.ts';
import { openBrowser } from '../helpers/chromium.ts';
import { ENGINE_TOLERANCE } from '../helpers/example-graphs.ts';
import { type CodeBlock, codeBlocks, fileName } from '../helpers/guide-blocks.ts';

const PAGE = resolve('docs/guide/train.md');
const RECIPE = resolve('examples/recipes/small-cnn.ts');

let folder: string;
let environment: NodeJS.ProcessEnv;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringtrue-guide-'));
  // `ringtrue` is the built program.
  await mkdir(join(folder, 'bin'));
  await writeFile(
    join(folder, 'bin', 'ringtrue'),
    `#!/bin/sh\nexec "${process.execPath}" "${resolve('dist/cli/main.js')}" "$@"\n`,
    { mode: 0o755 },
  );
  environment = {
    ...process.env,
    PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH ?? ''}`,
    RINGTRUE_CACHE: join(folder, 'cache'),
  };
  // The toy corpus in the folders of the page.
  const toy = join(folder, 'toy');
  const clips = await buildToyCorpus(toy, { speakers: 4, clipsPerSpeaker: 6, durationSec: 1 });
  for (const { path, split, label, generator } of clips) {
    const to = join(folder, 'clips', split!, label!, generator ?? '', basename(path));
    await mkdir(dirname(to), { recursive: true });
    await copyFile(join(toy, path), to);
  }
  await copyFile(RECIPE, join(folder, basename(RECIPE)));
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What is done with a block of each language. */
const RUN: Readonly<Record<string, (block: CodeBlock) => Promise<void>>> = {
  /** What lies where: the commands after it find it so. */
  async text({ code }) {
    for (const part of ['train/bonafide/', 'dev/spoof/', 'eval/bonafide/'])
      expect(code).toContain(part);
  },
  async ts({ code }) {
    expect(code).toBe(await readFile(RECIPE, 'utf8'));
  },
  async yaml(block) {
    await writeFile(join(folder, fileName(block)), block.code);
  },
  async js(block) {
    await writeFile(join(folder, fileName(block)), block.code);
  },
  async sh({ code, line }) {
    const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', code], {
      cwd: folder,
      env: environment,
      encoding: 'utf8',
    });
    expect(status, `line ${line}:\n${code}\n${stdout}\n${stderr}`).toBe(0);
  },
};

test('every block of the guide does what it says', async () => {
  const blocks = await codeBlocks(PAGE);
  expect(blocks.filter(({ language }) => language === 'sh').length).toBeGreaterThan(8);
  for (const block of blocks) {
    const run = RUN[block.language];
    if (run === undefined)
      throw new Error(`line ${block.line}: nothing runs blocks of ${block.language}`);
    await run(block);
  }
  // The training learnt: its loss fell well below that of a coin.
  const epochs = (await readLog(join(folder, 'mine/run/log.jsonl'))).filter(
    (entry) => entry.event === 'epoch',
  );
  expect(epochs).toHaveLength(30);
  expect(epochs.at(-1)!.trainLoss).toBeLessThan(0.8 * Math.LN2);
}, 600_000);

test('the types of the examples are those of the package', () => {
  const compiler = resolve('node_modules/typescript7/bin/tsc');
  const { status, stdout } = spawnSync(
    process.execPath,
    [compiler, '-p', 'examples/tsconfig.json', '--noEmit'],
    { encoding: 'utf8' },
  );
  expect(stdout).toBe('');
  expect(status).toBe(0);
});

test('the page of the guide scores in Chromium as Node does, and nothing leaves its origin', async () => {
  const clips = (await openCorpus(join(folder, 'clips'))).clips.filter(
    ({ split }) => split === 'eval',
  );
  expect(clips.length).toBeGreaterThan(8);
  const server = await serve({
    imports: {
      'ringtrue/web': '/dist/public/web.js',
      'onnxruntime-web/wasm': '/node_modules/onnxruntime-web/dist/ort.wasm.min.mjs',
      'onnxruntime-web/webgpu': '/node_modules/onnxruntime-web/dist/ort.webgpu.min.mjs',
    },
    folders: { '/ort/': resolve('node_modules/onnxruntime-web/dist'), '/mine/': folder },
  });
  const browser = await openBrowser();
  try {
    const page = await browser.newPage();
    const outside: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url) && !/^(blob|data):/.test(request.url()))
        outside.push(request.url());
    });
    await page.goto(server.url);
    const there = async (sound: string): Promise<number> =>
      // The page answers the score.
      (await page.evaluate(
        `import('/mine/page.js').then(async ({ score, samplesOf }) => score('/mine/mine.onnx', ${sound}))`,
      )) as number;
    const found: number[] = [];
    const decodedThere: number[] = [];
    for (const { path } of clips) {
      const { audio } = await decode(path);
      expect(audio.sampleRate).toBe(16000);
      found.push(await there(JSON.stringify(Array.from(audio.samples[0]!))));
      const url = `/mine/clips/${path.slice(join(folder, 'clips/').length)}`;
      decodedThere.push(await there(`await samplesOf(${JSON.stringify(url)})`));
    }
    expect(outside).toEqual([]);
    const inNode = async (ref: string): Promise<number[]> => {
      const detector = await loadDetector(ref, { cwd: folder });
      const scores: number[] = [];
      for (const { path } of clips) {
        const { audio } = await decode(path);
        scores.push((await detector.score([new DetectorInput(audio)]))[0]!.score);
      }
      await detector.dispose();
      return scores;
    };
    const largest = (a: readonly number[], b: readonly number[]): number =>
      Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
    const [same, original] = [await inNode('./mine.onnx'), await inNode('./mine')];
    // Scores that are all alike would agree by accident.
    expect(largest(same, [...same].reverse())).toBeGreaterThan(0.05);
    expect(largest(found, same)).toBeLessThan(SCORE_TOLERANCE);
    expect(largest(found, original)).toBeLessThan(FRONT_END_TOLERANCE + SCORE_TOLERANCE);
    expect(largest(decodedThere, same)).toBeLessThan(DECODING_TOLERANCE);
  } finally {
    await browser.close();
    server.close();
  }
});

/** Engines differ by this share of the largest number; the logits of the example are below 5. */
const SCORE_TOLERANCE = 5 * ENGINE_TOLERANCE;
/** Chromium divides positive samples by 32767; seen: 7e-5. */
const DECODING_TOLERANCE = 1e-3;
