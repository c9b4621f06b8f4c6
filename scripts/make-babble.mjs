/**
 * Builds assets/babble.wav: eight voices of two speakers over each other, 14 s, 16 kHz, 16 bits.
 * Needs Debian's package tools and a build: npm run build && node scripts/make-babble.mjs
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rms } from '../dist/audio/dsp/level.js';
import { resample } from '../dist/audio/dsp/resample.js';
import { decode } from '../dist/audio/io/decode.js';
import { writeWav } from '../dist/audio/io/wav.js';
import { createRng } from '../dist/core/rng.js';

const RATE = 16000;
const SECONDS = 14;
const VOICES = 8;
const PACKAGES = ['asterisk-core-sounds-ru-g722', 'asterisk-prompt-fr-armelle'];

const folder = mkdtempSync(join(tmpdir(), 'babble-'));
try {
  execFileSync(
    'apt-get',
    ['-o', 'Debug::NoLocking=1', '-o', 'APT::Sandbox::User=', 'download', ...PACKAGES],
    { cwd: folder },
  );
  for (const file of readdirSync(folder))
    execFileSync('dpkg-deb', ['-x', file, 'root'], { cwd: folder });
  const files = readdirSync(join(folder, 'root'), { recursive: true })
    .filter((path) => /\.(g722|gsm)$/.test(path) && !/silence|beep|tt-|digits\//.test(path))
    .sort();
  const rng = createRng('babble');
  const mix = new Float32Array(RATE * SECONDS);
  for (let voice = 0; voice < VOICES; voice += 1) {
    const own = rng
      .split(voice)
      .shuffle(files.filter((path) => path.endsWith(voice % 2 === 0 ? '.g722' : '.gsm')));
    const line = new Float32Array(mix.length);
    let at = 0;
    for (const path of own) {
      const { audio } = await decode(join(folder, 'root', path));
      if (audio.samples[0].length < audio.sampleRate) continue;
      const plane = resample(audio.samples[0], audio.sampleRate, RATE);
      line.set(plane.subarray(0, mix.length - at), at);
      at += plane.length;
      if (at >= mix.length) break;
    }
    const level = rms(line);
    for (let i = 0; i < mix.length; i += 1) mix[i] += line[i] / level;
  }
  const scale = 0.08 / rms(mix);
  writeFileSync(
    'assets/babble.wav',
    writeWav({ samples: [mix.map((x) => Math.max(-1, Math.min(1, x * scale)))], sampleRate: RATE }),
  );
} finally {
  rmSync(folder, { recursive: true });
}
