/**
 * What has to come out the same, bit for bit, in Node and in a browser: loaded by both.
 * `node:` modules and the document are both out of bounds here.
 * @module
 */

const RATE = 16000;
/** Corruptions that need an encoder, which browsers have not (or not the same). */
const CODECS = new Set([
  'opus',
  'mp3',
  'aac',
  'vorbis',
  'g711-mulaw',
  'g711-alaw',
  'g722',
  'g726',
  'narrow-band-call',
  'packet-loss',
]);
/** Corruptions that read files of the package or of a corpus. */
const ASSETS = new Set([
  'background-noise',
  'noise-suppression',
  'reverb-measured',
  'background-speech',
  'background-music',
  'background-ambience',
]);

/** Speech-like: a gliding pulse train through two resonances, syllables, a gap, a little noise. */
function makeSignal({ createRng, applyIir, biquad }) {
  const rng = createRng('browser');
  const x = new Float32Array(2 * RATE);
  let phase = 0;
  for (let i = 0; i < x.length; i += 1) {
    const syllable = (i % 3200) / 3200;
    phase += (110 + 40 * syllable) / RATE;
    const pulse = phase >= 1 ? 1 : 0;
    phase -= pulse;
    const open = i > 14000 && i < 16000 ? 0 : syllable * (1 - syllable) * 4;
    x[i] = open * pulse + 0.002 * (rng.uniform() - 0.5);
  }
  const first = applyIir(x, biquad({ type: 'band', hz: 600, sampleRate: RATE, q: 4 }));
  const second = applyIir(x, biquad({ type: 'band', hz: 1700, sampleRate: RATE, q: 6 }));
  return first.map((value, i) => value + 0.6 * second[i]);
}

/** Bytes of a result, whatever it is made of. */
function bytesOf(value) {
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  if (typeof value === 'number') return bytesOf(Float64Array.of(value));
  if (typeof value === 'string' || typeof value === 'boolean') {
    return new TextEncoder().encode(String(value));
  }
  if (value === null || value === undefined) return new Uint8Array(1);
  const parts = (Array.isArray(value) ? value : Object.entries(value).flat()).map(bytesOf);
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

async function digest(value) {
  const hash = await globalThis.crypto.subtle.digest('SHA-256', bytesOf(value));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * SHA-256 of every case's result, by name.
 * @param modules namespaces of `ringtrue/dsp`, `ringtrue/corruptions` and `ringtrue/metrics`
 */
export async function runCases({ dsp, corruptions, metrics }) {
  const { createRng } = corruptions;
  const x = makeSignal({ createRng, applyIir: dsp.applyIir, biquad: dsp.biquad });
  const audio = { samples: [x], sampleRate: RATE };
  const bank = { filters: 20, fftSize: 512, sampleRate: RATE };
  const frontEnd = { ...bank, winLength: 400, hop: 160 };
  const cepstrum = { ...frontEnd, coefficients: 20, preEmphasis: 0.97 };
  const noisy = x.map((value, i) => value + 0.05 * x[(7 * i) % x.length]);
  const cases = {
    signal: () => x,
    fft: () => {
      const re = Float64Array.from(x.subarray(0, 1000));
      const im = new Float64Array(1000);
      dsp.createFft(1000).forward(re, im);
      return [re, im];
    },
    lfcc: () => dsp.lfcc(x, cepstrum).data,
    mfcc: () => dsp.mfcc(x, { ...cepstrum, window: 'hann', log: 'ln' }).data,
    'log-mel': () => dsp.logMel(x, { ...frontEnd, power: 1 }).data,
    deltas: () => dsp.deltas(dsp.logMel(x, frontEnd), { window: 2, scaled: true }).data,
    'mel-bank': () => dsp.melBank(bank).weights,
    'inverse-mel-bank': () => dsp.inverseMelBank(bank).weights,
    'linear-bank': () => dsp.linearBank(bank).weights,
    'rectangular-bank': () => dsp.rectangularBank(bank).weights,
    stft: () => dsp.stft(x, { fftSize: 400, hop: 160 }),
    'power-spectrogram': () => dsp.powerSpectrogram(x, { fftSize: 1024, hop: 256 }).power,
    istft: () => {
      const options = { fftSize: 512, hop: 128 };
      return dsp.istft(dsp.stft(x, options), options, x.length);
    },
    'resample-best': () => dsp.resample(x, RATE, 44100),
    'resample-fast': () => dsp.resample(x, RATE, 15104.99, { quality: 'fast' }),
    butterworth: () =>
      dsp.applyIir(x, dsp.butterworth({ order: 5, type: 'high', cutoffHz: 900, sampleRate: RATE })),
    biquads: () =>
      ['low', 'high', 'band', 'notch', 'peak', 'low-shelf', 'high-shelf'].map((type) =>
        dsp.applyIir(x, dsp.biquad({ type, hz: 1000, sampleRate: RATE, gainDb: 6 })),
      ),
    convolution: () => dsp.fftConvolve(x, x.subarray(0, 3000)),
    'time-stretch': () => dsp.timeStretch(x, 0.9),
    'pitch-shift': () => dsp.pitchShift(x, 1.5, RATE),
    wsola: () => dsp.wsolaStretch(x, 1.2, RATE),
    pitch: () => dsp.trackPitch(x, RATE),
    vad: () => dsp.energyVad(x, RATE),
    loudness: () => dsp.loudnessLufs(audio),
    'true-peak': () => dsp.truePeakDb(x, RATE),
    level: () => [dsp.rmsDb(x), dsp.activeLevelDb(x, RATE)],
    snr: () => dsp.snrDb(x, noisy),
    'log-spectral-distance': () => dsp.logSpectralDistance(x, noisy, RATE),
    stoi: () => dsp.stoi(x, noisy, RATE),
    wav: () => dsp.writeWav(audio),
  };
  for (const corruption of corruptions.corruptions()) {
    if (CODECS.has(corruption.name) || ASSETS.has(corruption.name)) continue;
    for (const { level, params } of corruption.levels) {
      cases[`${corruption.name}@${level}`] = async () => {
        const drawn = corruption.draw(params, createRng('case').split(corruption.name));
        return (await corruption.apply(audio, drawn)).audio.samples;
      };
    }
  }
  const rng = createRng('scores');
  const rows = Array.from({ length: 120 }, (_, i) => ({
    clip: `c${i}`,
    label: i % 3 === 0 ? 'bonafide' : 'spoof',
    score: rng.normal() + (i % 3 === 0 ? 0 : 1),
    cluster: `s${i % 12}`,
  }));
  cases.metrics = () => JSON.stringify(metrics.evaluate(rows, { threshold: 0.5 }));
  const digests = {};
  for (const [name, run] of Object.entries(cases)) digests[name] = await digest(await run());
  return digests;
}
