/**
 * Measures how reliable the refusal rules are: shares of refused clips by code, with Wilson intervals.
 * Usage: npm run build && node scripts/measure-refusals.mjs SPEECH_MANIFEST [FOLDER_OF_OTHER_SOUND…]
 * Every file of a folder is cut into ten-second pieces, at most twelve a file.
 */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { rms } from '../dist/audio/dsp/level.js';
import { decode } from '../dist/audio/io/decode.js';
import { createRng } from '../dist/core/rng.js';
import { openCorpus } from '../dist/datasets/open.js';
import { refusalOf } from '../dist/models/refusal.js';

const MIN_SEC = 0.5;
const PIECE_SEC = 10;
const PIECES_A_FILE = 12;
const SOUND = /\.(wav|ogg|flac|mp3|opus)$/i;

const [manifest, ...folders] = process.argv.slice(2);
const corpus = await openCorpus(manifest ?? 'speech-mini');
const spoof = await read('spoof');
const genuine = await read('bonafide');
report(`${corpus.name} bonafide, whole clips`, genuine);
report(`${corpus.name} spoof, whole clips`, spoof);
const noise = createRng('noise');
for (const snrDb of [20, 10, 5, 0]) {
  const noisy = genuine.map(({ samples: [x], sampleRate }) => {
    const gain = rms(x) * 10 ** (-snrDb / 20);
    return { samples: [x.map((value) => value + gain * noise.normal())], sampleRate };
  });
  report(`${corpus.name} bonafide in white noise, ${snrDb} dB`, noisy);
}
for (const folder of folders) {
  const audios = [];
  const names = await readdir(folder, { recursive: true });
  for (const name of names.filter((n) => SOUND.test(n)).sort())
    audios.push(...pieces((await decode(join(folder, name))).audio));
  report(`${basename(folder)}, pieces of up to ${PIECE_SEC} s`, audios);
}
const rng = createRng('refusals');
const rate = 16000;
const made = (sample) =>
  Array.from({ length: 20 }, (_, i) => ({
    samples: [Float32Array.from({ length: 4 * rate }, (_, t) => sample(t / rate, i))],
    sampleRate: rate,
  }));
const sine = (hz, t) => Math.sin(2 * Math.PI * hz * t);
report(
  'steady tones',
  made((t, i) => 0.2 * sine(110 * 1.15 ** i, t)),
);
report(
  'white noise',
  made(() => 0.1 * rng.normal()),
);
report(
  'mains hum',
  made((t, i) => 0.1 * sine(50 + i, t) + 0.05 * sine(100 + 2 * i, t)),
);
report(
  'dialling tones',
  made((t, i) => ((4 * t) % 1 < 0.5 ? 0.2 : 0) * (sine(697 + 11 * i, t) + sine(1209 + 13 * i, t))),
);

async function read(label) {
  const audios = [];
  for (const clip of corpus.clips.filter((c) => c.label === label))
    audios.push((await decode(clip.path)).audio);
  return audios;
}

function pieces({ samples, sampleRate }) {
  const size = PIECE_SEC * sampleRate;
  const total = samples[0].length;
  const count = Math.max(1, Math.min(PIECES_A_FILE, Math.floor(total / size)));
  return Array.from({ length: count }, (_, i) => {
    const start = Math.floor((i * Math.max(0, total - size)) / Math.max(1, count - 1));
    return { samples: samples.map((plane) => plane.slice(start, start + size)), sampleRate };
  });
}

function report(title, audios) {
  const codes = new Map();
  for (const audio of audios) {
    const code = refusalOf(audio, { minSec: MIN_SEC })?.code;
    if (code !== undefined) codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  const refused = [...codes.values()].reduce((a, b) => a + b, 0);
  const [low, high] = wilson(refused, audios.length);
  const detail = [...codes].map(([code, n]) => `${code} ${n}`).join(', ');
  process.stdout.write(
    `${title}: ${refused} of ${audios.length} refused, ${percent(refused / audios.length)} % [${percent(low)}–${percent(high)}]${detail === '' ? '' : ` (${detail})`}\n`,
  );
}

/** 95 % interval of a share (Wilson 1927). */
function wilson(hits, n) {
  const z = 1.96;
  const p = hits / n;
  const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

function percent(share) {
  return (100 * share).toFixed(1);
}
