/**
 * `ringtrue/dsp`: signal processing that runs in Node and in browsers.
 * @module
 */

export type { Audio } from '../audio/audio.ts';
export { deltas, lfcc, logMel, mfcc } from '../audio/dsp/cepstrum.ts';
export { normaliseFeatures } from '../audio/dsp/cmvn.ts';
export { constantQ, constantQFrequencies, cqcc } from '../audio/dsp/constant-q.ts';
export { createFft } from '../audio/dsp/fft.ts';
export { inverseMelBank, linearBank, melBank, rectangularBank } from '../audio/dsp/filter-banks.ts';
export { filterFeatures } from '../audio/dsp/filter-features.ts';
export { applyIir, biquad, butterworth, fftConvolve } from '../audio/dsp/filters.ts';
export { type FrameVad, logFrameEnergies, speechFrames } from '../audio/dsp/frame-vad.ts';
export { activeLevelDb, loudnessLufs, rmsDb, truePeakDb } from '../audio/dsp/level.ts';
export { levinsonDurbin, lpcc, predictorCepstrum } from '../audio/dsp/linear-prediction.ts';
export { pitchShift, timeStretch } from '../audio/dsp/phase-vocoder.ts';
export { trackPitch } from '../audio/dsp/pitch.ts';
export { logSpectralDistance, snrDb, stoi } from '../audio/dsp/quality.ts';
export { resample } from '../audio/dsp/resample.ts';
export { istft, powerSpectrogram, stft } from '../audio/dsp/stft.ts';
export { energyVad, speechSegments } from '../audio/dsp/vad.ts';
export { wsolaStretch } from '../audio/dsp/wsola.ts';
export { readWav, writeWav } from '../audio/io/wav.ts';
export { computeFeatures, type FrameFeatures } from '../models/features/front-end.ts';
export {
  FEATURE_FAMILIES,
  type FeatureSettings,
  type FeatureSpec,
  featureSchema,
} from '../models/features/settings.ts';
