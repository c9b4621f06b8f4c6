/**
 * Process that copies a recording through the LPCNet neural vocoder of Codec2, with unquantised features:
 * `node lpcnet.js LIBRARY IN.wav OUT.wav`. One clip a process, because the library's sampler keeps its
 * random state: a fresh process gives the same bytes.
 * @module
 */

import { readFile, writeFile } from 'node:fs/promises';
import { toMono } from '../../audio/audio.ts';
import { readWav, writeWav } from '../../audio/io/wav.ts';
import { importOptional } from '../../core/node/modules.ts';

const FRAME = 160;
const FEATURES = 55;
/** The features that hold the Bark-scale cepstrum of the second half, unused by synthesis, are zeroed. */
const UNUSED_FROM = 18;
const UNUSED_TO = 36;
/** Delay of analysis and synthesis at 16 kHz: 25 ms. */
const DELAY = 400;

const [library = '', input = '', output = ''] = process.argv.slice(2);
const { default: koffi } = await importOptional('koffi', '3.3.4', () => import('koffi'));
const codec2 = koffi.load(library);
const createDump = codec2.func('void* lpcnet_dump_create()');
const dump = codec2.func('int lpcnet_dump(void*, float*, _Out_ float*)');
const createNet = codec2.func('void* lpcnet_create()');
const synthesize = codec2.func('void lpcnet_synthesize(void*, _Out_ int16_t*, float*, int, int)');

const audio = readWav(await readFile(input));
const mono = toMono(audio);
const analyser = createDump();
const net = createNet();
const samples = new Float32Array(FRAME);
const features = new Float32Array(FEATURES);
const frame = new Int16Array(FRAME);
const delayed = new Float32Array(Math.ceil((mono.length + DELAY) / FRAME) * FRAME);
for (let start = 0; start < delayed.length; start += FRAME) {
  for (let i = 0; i < FRAME; i += 1) samples[i] = 32768 * (mono[start + i] ?? 0);
  dump(analyser, samples, features);
  features.fill(0, UNUSED_FROM, UNUSED_TO);
  synthesize(net, frame, features, FRAME, 0);
  for (let i = 0; i < FRAME; i += 1) delayed[start + i] = frame[i]! / 32768;
}
const copied = delayed.slice(DELAY, DELAY + mono.length);
await writeFile(output, writeWav({ samples: [copied], sampleRate: audio.sampleRate }));
