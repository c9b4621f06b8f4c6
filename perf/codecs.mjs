/**
 * Decoding, and round trips through codecs, against the ffmpeg program and libsndfile on the same 4 s,
 * alternating in one run: median ratio (peer ÷ ours) with its range.
 * Peers: apt-get install -y ffmpeg python3-numpy python3-soundfile
 * Usage: npm run build && node perf/codecs.mjs
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { roundTrip } from '../dist/audio/io/codec.js';
import { decode } from '../dist/audio/io/decode.js';
import { createIsolatedDecoder } from '../dist/audio/io/isolated.js';
import { writeWav } from '../dist/audio/io/wav.js';
import { reuseMemory } from '../dist/core/node/memory.js';
import { createRng } from '../dist/core/rng.js';
import { alone, compare, startPeer, timed } from './peer.mjs';

// As the program does.
reuseMemory();
const RATE = 16000;
const SECONDS = 4;
const rng = createRng(1);
const x = Float32Array.from(
  { length: SECONDS * RATE },
  (_, i) =>
    0.2 * Math.sin(0.05 * i + 3 * Math.sin(0.001 * i)) * (1 + Math.sin(0.0007 * i)) +
    0.01 * rng.normal(),
);
const audio = { samples: [x], sampleRate: RATE };
const RAW = ['-f', 'f32le', '-ar', `${RATE}`, '-ac', '1'];
const QUIET = ['-hide_banner', '-loglevel', 'error'];

/** What pydub and most scripts do: one program writes the file, another reads it. */
function twoPrograms(args, container) {
  return () => {
    const coded = run(['-i', 'pipe:0', ...args, '-f', container, 'pipe:1'], Buffer.from(x.buffer), [
      ...RAW,
    ]);
    return run(['-i', 'pipe:0', ...RAW, 'pipe:1'], coded, []);
  };
}

function run(args, input, before) {
  const { status, stdout, stderr } = spawnSync('ffmpeg', [...QUIET, ...before, ...args], {
    input,
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(stderr.toString());
  return stdout;
}

/** Round trips: ours, the arguments of ffmpeg's encoder, and libsndfile's name where it has the codec. */
const TRIPS = [
  [
    'MP3 64 kbit/s',
    { codec: 'mp3', bitRate: 64000 },
    ['-c:a', 'libmp3lame', '-b:a', '64k'],
    'mp3',
    'mp3',
  ],
  ['MP3 64 kbit/s, LAME level 7', { codec: 'mp3', bitRate: 64000, complexity: 7 }, null, '', 'mp3'],
  [
    'Opus 24 kbit/s',
    { codec: 'opus', bitRate: 24000 },
    ['-c:a', 'libopus', '-b:a', '24k'],
    'ogg',
    'opus',
  ],
  [
    'Opus 24 kbit/s, complexity 3',
    { codec: 'opus', bitRate: 24000, complexity: 3 },
    null,
    '',
    'opus',
  ],
  ['AAC 64 kbit/s', { codec: 'aac', bitRate: 64000 }, ['-c:a', 'aac', '-b:a', '64k'], 'adts', null],
  ['AAC 64 kbit/s, fast coder', { codec: 'aac', bitRate: 64000, coder: 'fast' }, null, '', null],
];
/** Files to decode: name and the encoder of ffmpeg. */
const FILES = [
  ['clip.wav', ['-c:a', 'pcm_s16le']],
  ['clip.flac', ['-c:a', 'flac']],
  ['clip.mp3', ['-c:a', 'libmp3lame', '-b:a', '64k']],
  ['clip.ogg', ['-c:a', 'libvorbis']],
  ['clip.m4a', ['-c:a', 'aac']],
];

const folder = mkdtempSync(join(tmpdir(), 'ringtrue-perf-'));
const isolated = createIsolatedDecoder();
try {
  await main();
} finally {
  await isolated.close();
  rmSync(folder, { recursive: true });
}

async function main() {
  const clip = join(folder, 'clip.f32');
  writeFileSync(clip, x);
  writeFileSync(join(folder, 'clip.wav'), writeWav(audio));
  const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0;
  const sndfile = await startPeer('sndfile.py', clip, folder);
  const version = hasFfmpeg
    ? execFileSync('ffmpeg', ['-version'], { encoding: 'utf8' }).split(' ').slice(0, 3).join(' ')
    : 'no ffmpeg: apt-get install -y ffmpeg';
  console.log(
    `peers: ${version}; ${sndfile?.version ?? 'no python3-soundfile'}; node ${process.version}\n`,
  );
  for (const [name, options, encoder, container, libsndfile] of TRIPS) {
    const ours = () => roundTrip(audio, options);
    await alone(name, SECONDS, ours);
    if (hasFfmpeg && encoder !== null) {
      const theirs = twoPrograms(encoder, container);
      await compare('  against two ffmpeg programs', SECONDS, ours, () => timed(theirs));
    }
    if (sndfile !== null && libsndfile !== null) {
      const theirs = async () => (await sndfile.run(libsndfile)).seconds;
      await compare('  against libsndfile at its default quality', SECONDS, ours, theirs);
    }
  }
  console.log('');
  for (const [name, encoder] of FILES) {
    if (!hasFfmpeg && name !== 'clip.wav') continue;
    const path = join(folder, name);
    if (hasFfmpeg) execFileSync('ffmpeg', [...QUIET, '-y', ...RAW, '-i', clip, ...encoder, path]);
    await alone(`decode ${name}, own process each time kept`, SECONDS, () => isolated.decode(path));
    const ours = () => decode(path);
    if (hasFfmpeg) {
      const program = () => run(['-i', path, ...RAW, 'pipe:1'], undefined, []);
      await compare(`decode ${name} against the ffmpeg program`, SECONDS, ours, () =>
        timed(program),
      );
    }
    if (sndfile !== null && name !== 'clip.m4a') {
      const theirs = async () => (await sndfile.run(`read ${name}`)).seconds;
      await compare(`decode ${name} against libsndfile`, SECONDS, ours, theirs);
    }
  }
  sndfile?.stop();
}
