import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createIsolatedDecoder, type IsolatedDecoder } from './isolated.ts';
import { writeWav } from './wav.ts';

const wav = writeWav({
  samples: [Float32Array.from({ length: 8000 }, (_, i) => Math.sin(i / 10) / 2)],
  sampleRate: 16000,
});

describe('the isolated decoder', () => {
  let folder: string;
  let decoder: IsolatedDecoder;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'isolated-'));
    decoder = createIsolatedDecoder({ limits: { maxTimeSec: 1.5, maxMemoryMb: 400 } });
  });
  afterEach(async () => {
    await decoder.close();
    await rm(folder, { recursive: true });
  });
  /** A pipe that nobody writes to: reading it waits for ever. */
  const makePipe = (): string => {
    const path = join(folder, 'pipe');
    spawnSync('mkfifo', [path]);
    return path;
  };

  test('decodes paths and bytes, and passes codes on', async () => {
    await writeFile(join(folder, 'a.wav'), wav);
    expect((await decoder.decode(join(folder, 'a.wav'))).audio.samples[0]!.length).toBe(8000);
    expect((await decoder.decode(wav)).audio.sampleRate).toBe(16000);
    await expect(decoder.decode(join(folder, 'none'))).rejects.toMatchObject({
      code: 'core/io-not-found',
    });
    expect(decoder.pids.length).toBe(1);
  });

  test('a crash is coded, and the next file gets a fresh process', async () => {
    await decoder.decode(wav);
    const [pid] = decoder.pids;
    const hanging = decoder.decode(makePipe());
    process.kill(pid!, 'SIGSEGV');
    await expect(hanging).rejects.toMatchObject({ code: 'audio/decoder-crashed' });
    expect((await decoder.decode(wav)).audio.samples[0]!.length).toBe(8000);
    expect(decoder.pids).not.toContain(pid);
  });

  test('a hang ends at the time limit', async () => {
    await expect(decoder.decode(makePipe())).rejects.toMatchObject({ code: 'audio/limit-time' });
  });

  test('memory ends at its limit', async () => {
    const huge = createIsolatedDecoder({ limits: { maxMemoryMb: 90 } });
    const long = writeWav({ samples: [new Float32Array(16000 * 1800)], sampleRate: 16000 });
    await expect(huge.decode(long)).rejects.toMatchObject({ code: 'audio/limit-memory' });
    await huge.close();
  });

  test('cancelling ends the work', async () => {
    const abort = new AbortController();
    const hanging = decoder.decode(makePipe(), { signal: abort.signal });
    abort.abort();
    await expect(hanging).rejects.toMatchObject({ code: 'core/cancelled' });
  });
});
