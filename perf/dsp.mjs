/**
 * Features and corruptions against NumPy, SciPy, torchaudio and Rubber Band on the same 4 s, one thread, alternating in
 * one run: median ratio (peer ÷ ours) with its range.
 * Peer: apt-get install -y python3-numpy python3-scipy python3-torchaudio rubberband-cli
 * Usage: npm run build && node perf/dsp.mjs
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LFCC_LCNN, lfcc, logMel, mfcc } from '../dist/audio/dsp/cepstrum.js';
import { constantQ } from '../dist/audio/dsp/constant-q.js';
import { fftConvolve } from '../dist/audio/dsp/filters.js';
import { timeStretch } from '../dist/audio/dsp/phase-vocoder.js';
import { resample } from '../dist/audio/dsp/resample.js';
import { wsolaStretch } from '../dist/audio/dsp/wsola.js';
import { roundTrip } from '../dist/audio/io/codec.js';
import { writeWav } from '../dist/audio/io/wav.js';
import { reuseMemory } from '../dist/core/node/memory.js';
import { createRng } from '../dist/core/rng.js';
import { corruptions, findCorruption } from '../dist/corruptions/registry.js';
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
const x44 = resample(x, RATE, 44100);
const response = Float32Array.from({ length: 8000 }, (_, i) => rng.normal() * Math.exp(-i / 1500));
const MEL = {
  sampleRate: RATE,
  winLength: 512,
  hop: 160,
  fftSize: 512,
  filters: 80,
  window: 'hann',
};
/** C1 to B7. */
const CQT = {
  sampleRate: RATE,
  binsPerOctave: 12,
  highHz: 32.703 * 2 ** 7,
  octaves: 7,
  gamma: 0,
  hop: 64,
  floor: 1e-10,
};
const narrow = { samples: [x], sampleRate: 8000 };
const MFCC = { ...LFCC_LCNN, filters: 40, window: 'hann', preEmphasis: 0, deltaOrder: 0 };

function corrupt(name, params) {
  const corruption = findCorruption(name);
  const drawn = corruption.draw(params, createRng(2));
  return () => corruption.apply(audio, drawn);
}
const there = (quality) => () =>
  resample(resample(x, RATE, 8000, { quality }), 8000, RATE, { quality });

/** What is compared, the peer's name for it, ours, and theirs. */
const ROWS = [
  ['log-mel 80', 'torchaudio', () => logMel(x, MEL), 'log-mel'],
  ['LFCC 20 + Δ + ΔΔ', 'torchaudio', () => lfcc(x, LFCC_LCNN), 'lfcc'],
  ['MFCC 20', 'torchaudio', () => mfcc(x, MFCC), 'mfcc'],
  ['gaussian-noise', 'numpy', corrupt('gaussian-noise', { snrDb: 20 }), 'gaussian-noise'],
  ['background-noise', 'numpy', corrupt('background-noise', { snrDb: 20 }), 'background-noise'],
  ['smooth (10)', 'np.convolve', corrupt('smooth', { window: 10 }), 'smooth'],
  ['echo', 'numpy slices', corrupt('echo', { gain: 0.3 }), 'echo'],
  ['quantize (256)', 'np.round', corrupt('quantize', { levels: 256 }), 'quantize'],
  ['clip', 'np.clip', corrupt('clip', { share: 0.3 }), 'clip'],
  ['low-pass, order 5', 'scipy lfilter', corrupt('low-pass', { ratio: 0.3 }), 'low-pass'],
  ['16→8→16 kHz, 48 zeros', 'torchaudio, 6 zeros', there('best'), 'resample'],
  ['16→8→16 kHz, 16 zeros', 'torchaudio, 6 zeros', there('fast'), 'resample'],
  ['16→8→16 kHz, 48 zeros', 'torchaudio, 48 zeros', there('best'), 'resample-wide'],
  ['16→8→16 kHz, 16 zeros', 'scipy resample_poly', there('fast'), 'resample-scipy'],
  [
    '44.1→16 kHz, 16 zeros',
    'torchaudio functional, 6 zeros',
    () => resample(x44, 44100, RATE, { quality: 'fast' }),
    'resample-44',
  ],
  ['convolution, 8,000 taps', 'scipy fftconvolve', () => fftConvolve(x, response), 'reverb'],
  ['time-stretch, phase vocoder', 'torchaudio, the same', () => timeStretch(x, 0.9), 'vocoder'],
  ['time-stretch, WSOLA', 'sox tempo', () => wsolaStretch(x, 0.9, RATE), 'stretch-sox'],
  [
    'pitch-shift, phase vocoder',
    'sox pitch',
    corrupt('pitch-shift', { semitones: 1 }),
    'pitch-sox',
  ],
  ['constant-Q, 84 bins, hop 64', 'torch conv1d', () => constantQ(x, CQT), 'constant-q'],
  ['µ-law and back', 'torchaudio', () => roundTrip(narrow, { codec: 'g711-mulaw' }), 'mu-law'],
];
/** Against a program, as most scripts call it: its start counts. WSOLA is a simpler algorithm than its own. */
const PROGRAM_ROWS = [
  ['time-stretch, WSOLA', ['--tempo', '0.9'], () => wsolaStretch(x, 0.9, RATE)],
  ['pitch-shift, phase vocoder', ['--pitch', '1'], corrupt('pitch-shift', { semitones: 1 })],
];

const folder = mkdtempSync(join(tmpdir(), 'ringtrue-perf-'));
try {
  const clip = join(folder, 'clip.f32');
  writeFileSync(clip, x);
  const peer = await startPeer('dsp.py', clip);
  if (peer === null) {
    console.log('no peer: apt-get install -y python3-numpy python3-scipy python3-torchaudio\n');
    for (const [name, , ours] of ROWS) await alone(name, SECONDS, ours);
  } else {
    console.log(`peer: ${peer.version}; node ${process.version}\n`);
    for (const [name, peerName, ours, command] of ROWS) {
      const theirs = async () => (await peer.run(command)).seconds;
      await compare(`${name} against ${peerName}`, SECONDS, ours, theirs);
    }
    peer.stop();
  }
  const wav = join(folder, 'clip.wav');
  writeFileSync(wav, writeWav(audio));
  const rubberband = (args) =>
    spawnSync('rubberband', ['-q', ...args, wav, join(folder, 'out.wav')]).status === 0;
  for (const [name, args, ours] of PROGRAM_ROWS) {
    if (!rubberband(args)) {
      console.log(`${name}: no rubberband: apt-get install -y rubberband-cli`);
      continue;
    }
    await compare(`${name} against the rubberband program`, SECONDS, ours, () =>
      timed(() => rubberband(args)),
    );
  }
  console.log('\nevery corruption at its middle level');
  for (const { name, levels } of corruptions()) {
    const { params } = levels[levels.length >> 1];
    try {
      await alone(name, SECONDS, corrupt(name, params));
    } catch (error) {
      if (error.code !== 'corruptions/asset-missing') throw error;
      console.log(`${name.padEnd(58)} needs the corpus backgrounds`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
