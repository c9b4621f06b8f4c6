import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildToyCorpus } from '../../src/corpora/toy.ts';
import { createGraph } from '../../src/graph/build.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringtrue-interrupt-'));
  await buildToyCorpus(join(folder, 'toy'), { speakers: 3, clipsPerSpeaker: 4, durationSec: 0.5 });
  await writeFile(join(folder, 'slow.onnx'), slowNetwork());
  await writeFile(
    join(folder, 'slow.json'),
    JSON.stringify({
      input: 'x',
      output: 'score',
      sampleRate: 16000,
      length: { crop: 0.5 },
      highIs: 'spoof',
    }),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Some tenths of a second in one native call: x → mean(x) · 1 · 1 · … (1000 × 1000 each). */
function slowNetwork(): Uint8Array {
  const size = 1000;
  const graph = createGraph({ name: 'slow' });
  const x = graph.input('x', [1, 'samples']);
  const axis = graph.initialiser('axis', [1], BigInt64Array.of(1n));
  const mean = graph.node('ReduceMean', [x, axis], { attributes: { keepdims: 1 } });
  const ones = graph.initialiser(
    'ones',
    [size, size],
    new Float32Array(size * size).fill(1 / size),
  );
  let value = graph.node('Mul', [ones, mean]);
  for (let i = 0; i < 20; i += 1) value = graph.node('MatMul', [value, ones]);
  const axes = graph.initialiser('axes', [2], BigInt64Array.of(0n, 1n));
  const sum = graph.node('ReduceSum', [value, axes], { attributes: { keepdims: 1 } });
  graph.output(graph.node('Reshape', [sum, axis], { name: 'score' }), [1]);
  return graph.bytes();
}

test('a study that is cancelled while networks run ends with its code, not with a crash of the process', async () => {
  const run = new URL('../../dist/bench/run.js', import.meta.url).href;
  const study = new URL('../../dist/bench/study.js', import.meta.url).href;
  const program = `
    import { runStudy } from ${JSON.stringify(run)};
    import { checkStudy } from ${JSON.stringify(study)};
    const abort = new AbortController();
    const study = checkStudy({ corpus: 'toy', split: 'all', detectors: ['./slow.onnx'],
      conditions: ['clean', 'gaussian-noise@1', 'gaussian-noise@2', 'gaussian-noise@3'] });
    await runStudy(study, { out: 'run', cwd: process.cwd(), workers: 2, cache: false }, {
      signal: abort.signal,
      onProgress: (event) => { if (event.type === 'advance') abort.abort(); },
    }).catch((error) => console.log(error.code));
    process.exit(7);`;
  const { code, signal, out, err } = await new Promise<{
    code: unknown;
    signal: unknown;
    out: string;
    err: string;
  }>((resolve) => {
    execFile(
      process.execPath,
      ['--input-type=module', '-e', program],
      { cwd: folder },
      (error, out, err) => resolve({ code: error?.code, signal: error?.signal, out, err }),
    );
  });
  expect({ code, signal, out, err }).toMatchObject({ code: 7, out: 'core/cancelled\n' });
});
