/**
 * Frames from the encoder of an autoencoder: stretches of logarithmic power spectra in, codes out.
 * @module
 */

import type { Features } from '../../audio/dsp/cepstrum.ts';
import { logFrameEnergies } from '../../audio/dsp/frame-vad.ts';
import { RingtrueError } from '../../core/errors.ts';
import type { RuntimeSession } from '../../runtime/backend.ts';
import { createSpectrumFrontEnd, finishFeatures, framingOf } from '../features/front-end.ts';
import type { AutoencoderSpec } from '../features/settings.ts';
import type { FrameSource } from './frame-detector.ts';

/** Frames that are encoded at once, at most. */
const BATCH = 1024;

/** Input and output of an encoder's graph. */
export const ENCODER_PORTS = { input: 'frames', output: 'code' } as const;

/**
 * Frame source of an encoder.
 * @param session a graph from `frames` float32 `[n, stack · bins]` to `code` float32 `[n, dims]`
 * @throws RingtrueError `models/bad-file` if it has other inputs or outputs
 */
export function createEncoderSource(spec: AutoencoderSpec, session: RuntimeSession): FrameSource {
  const { input: inputName, output } = ENCODER_PORTS;
  if (!session.inputs.includes(inputName) || !session.outputs.includes(output)) {
    throw new RingtrueError(
      'models/bad-file',
      `the encoder has ${[...session.inputs, ...session.outputs].join(', ')}, expected ${inputName} and ${output}`,
    );
  }
  const frontEnd = createSpectrumFrontEnd(spec);
  const framing = framingOf(spec);
  return {
    sampleRate: spec.sampleRate,
    async features(input) {
      const spectra = input.features(frontEnd);
      const codes: Float32Array[] = [];
      let dims = 0;
      for (let start = 0; start < spectra.frames; start += BATCH) {
        const count = Math.min(BATCH, spectra.frames - start);
        const stacked = stackFrames(spectra, { start, count, stack: spec.stack });
        const results = await session.run({
          [inputName]: { dims: [count, spec.stack * spectra.dims], data: stacked },
        });
        const code = results[output];
        if (!(code?.data instanceof Float32Array))
          throw new RingtrueError('models/bad-output', 'the encoder gave no float32 codes');
        dims = code.data.length / count;
        codes.push(code.data);
      }
      const data = new Float32Array(spectra.frames * dims);
      let at = 0;
      for (const code of codes) {
        data.set(code, at);
        at += code.length;
      }
      return finishFeatures({ frames: spectra.frames, dims, data }, spec, {
        hopSec: framing.hop / framing.sampleRate,
        energies: () => logFrameEnergies(input.mono(spec.sampleRate), framing),
      });
    },
    dispose: () => session.dispose(),
  };
}

/**
 * Each frame with its neighbours, the first and last repeated: `[count, stack · dims]`.
 * @param place first frame, number of frames, frames in a stack
 */
export function stackFrames(
  { frames, dims, data }: Features,
  {
    start,
    count,
    stack,
  }: { readonly start: number; readonly count: number; readonly stack: number },
): Float32Array {
  const out = new Float32Array(count * stack * dims);
  const before = (stack - 1) >> 1;
  for (let t = 0; t < count; t += 1) {
    for (let s = 0; s < stack; s += 1) {
      const frame = Math.max(0, Math.min(frames - 1, start + t + s - before));
      out.set(data.subarray(frame * dims, (frame + 1) * dims), (t * stack + s) * dims);
    }
  }
  return out;
}
