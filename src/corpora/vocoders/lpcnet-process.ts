/**
 * Process that copies recordings through the LPCNet neural vocoder (Valin & Skoglund 2019) of Codec2:
 * `node lpcnet-process.js LIBRARY`, then a line of JSON a recording on standard input, answered by a line
 * each. The library's sampler and filters keep their state for as long as the library is loaded, so it is
 * loaded anew for every recording: each gets the bytes that a fresh process would give.
 * @module
 */

import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { toMono } from '../../audio/audio.ts';
import { readWav, writeWav } from '../../audio/io/wav.ts';
import { importOptional } from '../../core/node/modules.ts';

/** What a line asks for: paths of 16-kHz WAV files. */
export interface LpcnetJob {
  readonly input: string;
  readonly output: string;
  /** True goes through the 1733-bit/s coding, false keeps the features as they are. */
  readonly quantised: boolean;
}

const FRAME = 160;
const FEATURES = 55;
/** The features that hold the Bark-scale cepstrum of the second half, unused by synthesis, are zeroed. */
const UNUSED_FROM = 18;
const UNUSED_TO = 36;
/** Delay of analysis and synthesis at 16 kHz: 25 ms. */
const DELAY = 400;
/** The coder takes three frames at once, as 52 bits of one byte each, and comes out 55 ms late. */
const CODED_FRAME = 480;
const CODED_BITS = 52;
const CODED_DELAY = 880;

const { default: koffi } = await importOptional('koffi', '3.3.4', () => import('koffi'));
// The sampler draws from the C library's generator, whose state outlives the vocoder.
const seed = koffi.load('libc.so.6').func('void srand(unsigned int)');
const [library = ''] = process.argv.slice(2);

for await (const line of createInterface({ input: process.stdin })) {
  // Written by src/corpora/vocoders/lpcnet.ts.
  const { input, output, quantised } = JSON.parse(line) as LpcnetJob;
  try {
    const audio = readWav(await readFile(input));
    const copied = (quantised ? throughCoder : throughFeatures)(toMono(audio));
    await writeFile(output, writeWav({ samples: [copied], sampleRate: audio.sampleRate }));
    process.stdout.write('{}\n');
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: String(error) })}\n`);
  }
}

function throughFeatures(x: Float32Array): Float32Array {
  const codec2 = koffi.load(library);
  seed(1);
  const analyser = codec2.func('void* lpcnet_dump_create()')();
  const net = codec2.func('void* lpcnet_create()')();
  const dump = codec2.func('int lpcnet_dump(void*, float*, _Out_ float*)');
  const synthesize = codec2.func('void lpcnet_synthesize(void*, _Out_ int16_t*, float*, int, int)');
  const samples = new Float32Array(FRAME);
  const features = new Float32Array(FEATURES);
  const frame = new Int16Array(FRAME);
  const delayed = new Float32Array(Math.ceil((x.length + DELAY) / FRAME) * FRAME);
  for (let start = 0; start < delayed.length; start += FRAME) {
    for (let i = 0; i < FRAME; i += 1) samples[i] = 32768 * (x[start + i] ?? 0);
    dump(analyser, samples, features);
    features.fill(0, UNUSED_FROM, UNUSED_TO);
    synthesize(net, frame, features, FRAME, 0);
    for (let i = 0; i < FRAME; i += 1) delayed[start + i] = frame[i]! / 32768;
  }
  codec2.func('void lpcnet_dump_destroy(void*)')(analyser);
  codec2.func('void lpcnet_destroy(void*)')(net);
  codec2.unload();
  return delayed.slice(DELAY, DELAY + x.length);
}

function throughCoder(x: Float32Array): Float32Array {
  const codec2 = koffi.load(library);
  seed(1);
  // Its argument chooses the quantiser: 0 gives broken sound with the library's own tables.
  const coder = codec2.func('void* lpcnet_freedv_create(int)')(1);
  const encode = codec2.func('void lpcnet_enc(void*, int16_t*, _Out_ uint8_t*)');
  const decode = codec2.func('void lpcnet_dec(void*, uint8_t*, _Out_ int16_t*)');
  const frame = new Int16Array(CODED_FRAME);
  const bits = new Uint8Array(CODED_BITS);
  const delayed = new Float32Array(Math.ceil((x.length + CODED_DELAY) / CODED_FRAME) * CODED_FRAME);
  for (let start = 0; start < delayed.length; start += CODED_FRAME) {
    for (let i = 0; i < CODED_FRAME; i += 1) {
      const value = Math.round(32768 * (x[start + i] ?? 0));
      frame[i] = Math.max(-32768, Math.min(32767, value));
    }
    encode(coder, frame, bits);
    decode(coder, bits, frame);
    for (let i = 0; i < CODED_FRAME; i += 1) delayed[start + i] = frame[i]! / 32768;
  }
  codec2.func('void lpcnet_freedv_destroy(void*)')(coder);
  codec2.unload();
  return delayed.slice(CODED_DELAY, CODED_DELAY + x.length);
}
