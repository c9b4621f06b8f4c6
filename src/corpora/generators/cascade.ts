/**
 * Synthesisers with a vocoder behind them: `espeak+lpcnet`.
 * @module
 */

import { CASCADES, type Copy } from '../vocoders/index.ts';

/** The vocoder behind the synthesiser, if there is one. */
export function cascadeOf(generator: string): Copy | undefined {
  const [, vocoder] = generator.split('+');
  return vocoder === undefined ? undefined : CASCADES[`tts+${vocoder}`];
}
