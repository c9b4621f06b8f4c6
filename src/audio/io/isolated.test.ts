import { execFile, spawnSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ZipFile } from 'yazl';
import { builtUrl } from '../../core/node/modules.ts';
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
    decoder = createIsolatedDecoder({ limits: { maxTimeSec: 0.5 } });
  });
  afterEach(async () => {
    await decoder.close();
    await rm(folder, { recursive: true });
  });
  /** A pipe: who reads it waits for ever, and who opens it to write knows that it is being read. */
  const makePipe = (): string => {
    const path = join(folder, 'pipe');
    spawnSync('mkfifo', [path]);
    return path;
  };

  test('decodes paths, bytes and streams in one process, and passes codes on', async () => {
    await writeFile(join(folder, 'a.wav'), wav);
    expect((await decoder.decode(join(folder, 'a.wav'))).audio.samples[0]!.length).toBe(8000);
    expect((await decoder.decode(wav)).audio.sampleRate).toBe(16000);
    async function* pieces() {
      yield wav.subarray(0, 1000);
      yield wav.subarray(1000);
    }
    const { audio, probe } = await decoder.decode(pieces());
    expect(audio.samples[0]).toBeInstanceOf(Float32Array);
    expect(probe.codec).toBe('pcm-16');
    await expect(decoder.decode(join(folder, 'none'))).rejects.toMatchObject({
      name: 'RingtrueError',
      code: 'core/io-not-found',
      hint: expect.any(String),
    });
    expect(decoder.pids.length).toBe(1);
  });

  test('analyses where it decodes, and passes on what the analysis throws', async () => {
    const analysis = join(folder, 'analysis.mjs');
    await writeFile(
      analysis,
      'export const analyse = ({ audio, probe }) => {\n' +
        '  if (audio.sampleRate !== 16000) throw new Error("another rate");\n' +
        '  return { first: audio.samples[0].slice(0, 4), codec: probe.codec };\n' +
        '};\n',
    );
    const found = decoder.analyse(wav, pathToFileURL(analysis));
    expect(await found).toMatchObject({ codec: 'pcm-16', first: expect.any(Float32Array) });
    const other = writeWav({ samples: [new Float32Array(800)], sampleRate: 8000 });
    await expect(decoder.analyse(other, pathToFileURL(analysis))).rejects.toThrow('another rate');
    await expect(decoder.analyse(new Uint8Array(9), pathToFileURL(analysis))).rejects.toMatchObject(
      { code: 'audio/unreadable' },
    );
  });

  test('decodes what lies in archives, and passes their codes on', async () => {
    const archive = join(folder, 'a.zip');
    const zip = new ZipFile();
    zip.addBuffer(Buffer.from(wav), 'in/a.wav', { compress: false });
    zip.addBuffer(Buffer.from(wav), 'in/b.wav', { compress: true });
    // Headerless sound is told by the name inside the archive.
    zip.addBuffer(Buffer.alloc(4000, 0xff), 'in/c.ulaw');
    zip.end();
    await pipeline(zip.outputStream, createWriteStream(archive));
    const plain = await decoder.decode(wav);
    for (const name of ['a.wav', 'b.wav']) {
      const decoded = await decoder.decode(`${archive}!/in/${name}`);
      expect(decoded).toEqual(plain);
    }
    const { audio, probe } = await decoder.decode(`${archive}!/in/c.ulaw`);
    expect([probe.codec, audio.samples[0]!.length]).toEqual(['g711-mulaw', 4000]);
    await expect(decoder.decode(`${archive}!/in/d.wav`)).rejects.toMatchObject({
      code: 'archives/no-member',
    });
    // What is damaged behind the directory is found in the decoding process.
    const bytes = await readFile(archive);
    bytes[200]! ^= 1;
    const damaged = join(folder, 'b.zip');
    await writeFile(damaged, bytes);
    await expect(decoder.decode(`${damaged}!/in/a.wav`)).rejects.toMatchObject({
      code: 'archives/checksum',
      message: expect.stringContaining(damaged),
    });
    const small = createIsolatedDecoder({ limits: { maxBytes: 10_000 } });
    await expect(small.decode(`${archive}!/in/a.wav`)).rejects.toMatchObject({
      code: 'audio/limit-size',
    });
    await expect(small.decode(`${archive}!/in/b.wav`)).rejects.toMatchObject({
      code: 'archives/too-large',
    });
    await small.close();
  });

  test('a crash is coded, and the next file gets a fresh process', async () => {
    const patient = createIsolatedDecoder();
    const path = makePipe();
    const hanging = patient.decode(path);
    const crashed = expect(hanging).rejects.toMatchObject({
      code: 'audio/decoder-crashed',
      details: { signal: 'SIGSEGV' },
    });
    const writer = await open(path, 'w');
    const [pid] = patient.pids;
    process.kill(pid!, 'SIGSEGV');
    await crashed;
    await writer.close();
    expect((await patient.decode(wav)).audio.samples[0]!.length).toBe(8000);
    expect(patient.pids).not.toContain(pid);
    await patient.close();
  });

  test('a process that dies while idle costs nothing', async () => {
    await decoder.decode(wav);
    const [pid] = decoder.pids;
    process.kill(pid!, 'SIGKILL');
    expect((await decoder.decode(wav)).audio.samples[0]!.length).toBe(8000);
    expect(decoder.pids).not.toContain(pid);
  });

  test('a hang ends at the time limit, even if the process is stopped', async () => {
    const path = makePipe();
    await expect(decoder.decode(path)).rejects.toMatchObject({ code: 'audio/limit-time' });
    const ended = expect(decoder.decode(path)).rejects.toMatchObject({ code: 'audio/limit-time' });
    const writer = await open(path, 'w');
    process.kill(decoder.pids[0]!, 'SIGSTOP');
    await ended;
    await writer.close();
    expect((await decoder.decode(wav)).audio.samples[0]!.length).toBe(8000);
  });

  test('memory, duration and size end at their limits', async () => {
    const limited = createIsolatedDecoder({
      limits: { maxMemoryMb: 200, maxDurationSec: 2000, maxBytes: 1e8 },
    });
    // 92 MB of samples, the file itself and its way here are more than 200 MB for the process.
    const long = new Float32Array(16000 * 1500);
    const file = writeWav({ samples: [long], sampleRate: 16000 });
    await expect(limited.decode(file)).rejects.toMatchObject({ code: 'audio/limit-memory' });
    const slow = writeWav({ samples: [new Float32Array(20001)], sampleRate: 10 });
    await expect(limited.decode(slow)).rejects.toMatchObject({ code: 'audio/limit-duration' });
    await expect(limited.decode(new Uint8Array(1e8 + 1))).rejects.toMatchObject({
      code: 'audio/limit-size',
    });
    expect((await limited.decode(wav)).audio.samples[0]!.length).toBe(8000);
    await limited.close();
  });

  test('cancelling ends the work, also of those who wait', async () => {
    const abort = new AbortController();
    const { signal } = abort;
    const hanging = decoder.decode(makePipe(), { signal });
    const waiting = decoder.decode(wav, { signal });
    abort.abort();
    await expect(hanging).rejects.toMatchObject({ code: 'core/cancelled' });
    await expect(waiting).rejects.toMatchObject({ code: 'core/cancelled' });
    expect((await decoder.decode(wav)).audio.samples[0]!.length).toBe(8000);
  });

  test('closing ends the work and the processes', async () => {
    const hanging = decoder.decode(makePipe());
    const ended = expect(hanging).rejects.toMatchObject({ code: 'core/cancelled' });
    await decoder.close();
    await ended;
    expect(decoder.pids).toEqual([]);
    await expect(decoder.decode(wav)).rejects.toMatchObject({ code: 'core/cancelled' });
  });

  test('several at once share the processes', async () => {
    const pair = createIsolatedDecoder({ workers: 2 });
    const all = await Promise.all(Array.from({ length: 7 }, () => pair.decode(wav)));
    expect(all.every(({ audio }) => audio.samples[0]!.length === 8000)).toBe(true);
    expect(pair.pids.length).toBe(2);
    await pair.close();
  });

  test('a program that forgets to close ends all the same', async () => {
    const script = `
      import { createIsolatedDecoder } from ${JSON.stringify(builtUrl(import.meta.url, './isolated.ts').href)};
      const { audio } = await createIsolatedDecoder().decode(process.argv[1]);
      console.log(audio.samples[0].length);`;
    const path = join(folder, 'b.wav');
    await writeFile(path, wav);
    const args = ['--input-type=module', '--eval', script, path];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20000 });
    expect(stdout).toBe('8000\n');
  });
});
