import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import {
  ENGINE_TOLERANCE,
  engineDifference,
  exampleGraphs,
} from '../../test/helpers/example-graphs.ts';
import { base64, mapValues, type Packed, pack, unpack } from '../../test/helpers/packed-tensors.ts';
import { createOnnxNodeBackend } from './onnx-node.ts';

const SCRIPT = fileURLToPath(new URL('../../test/helpers/webgpu-in-node.mjs', import.meta.url));

/** Where Chromium keeps its software Vulkan, which stands for a GPU. */
function softwareVulkan(): string {
  const folders = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
  const found = folders.find((folder) => existsSync(join(folder, 'vk_swiftshader_icd.json')));
  if (found === undefined)
    throw new Error('no Chromium with its software Vulkan: apt-get install -y chromium');
  return found;
}

/** Runs the examples in a process with the given environment. */
async function runExamples(
  env: Readonly<Record<string, string>>,
): Promise<Record<string, Record<string, Packed> | { code: string }>> {
  const folder = await mkdtemp(join(tmpdir(), 'webgpu-'));
  try {
    const path = join(folder, 'cases.json');
    const cases = mapValues(exampleGraphs(), ({ graph, feeds }) => ({
      model: base64(graph.bytes()),
      feeds: mapValues(feeds, pack),
    }));
    await writeFile(path, JSON.stringify(cases));
    const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, path], {
      env: { ...process.env, ...env },
      maxBuffer: 1e8,
    });
    // The script prints nothing else.
    return JSON.parse(stdout) as Record<string, Record<string, Packed> | { code: string }>;
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('onnxruntime-node on WebGPU gives the results of its CPU within the tolerance', async () => {
  const folder = softwareVulkan();
  const there = await runExamples({
    LD_LIBRARY_PATH: folder,
    VK_ICD_FILENAMES: join(folder, 'vk_swiftshader_icd.json'),
  });
  for (const [name, { graph, feeds }] of Object.entries(exampleGraphs())) {
    const session = await createOnnxNodeBackend().load(graph.bytes());
    const expected = await session.run(feeds);
    await session.dispose();
    const found = there[name];
    if (found === undefined || 'code' in found)
      throw new Error(`${name}: ${JSON.stringify(found)}`);
    expect(Object.keys(found)).toEqual(Object.keys(expected));
    for (const [output, tensor] of Object.entries(expected)) {
      expect(engineDifference(tensor, unpack(found[output]!))).toBeLessThan(ENGINE_TOLERANCE);
    }
  }
});

test('without a driver it is runtime/no-provider', async () => {
  const there = await runExamples({ VK_ICD_FILENAMES: '/nowhere.json', LD_LIBRARY_PATH: '' });
  for (const outcome of Object.values(there)) {
    expect(outcome).toMatchObject({ code: 'runtime/no-provider' });
  }
});
