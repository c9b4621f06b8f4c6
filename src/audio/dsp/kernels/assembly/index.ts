/** Signal kernels in AssemblyScript; built by scripts/build-kernels.mjs into ../dsp.generated.ts. */
export { multiplySpectra, normalise, overlapAdd, powers, preEmphasise, spectra, spectrumOf } from './frames';
export { addFrames, addRows, filterEnergies } from './frames';
export { addWindowed, mostSimilar, stretchSpectra } from './vocoder';
export { normals, polyphase, recursive, squaredDifferences } from './filters';
export { largest, limit, mix, movingAverage, peak, roundTo, scale, smallest, sumOfSquares } from './pointwise';
export { addImages } from './room';
