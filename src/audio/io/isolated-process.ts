/**
 * The process behind the isolated decoder: decodes what it is sent, answers, waits for more.
 * @module
 */

import { toRingtrueError } from '../../core/errors.ts';
import { decode } from './decode.ts';
import type { DecodeAnswer, DecodeRequest } from './isolated.ts';

process.on('message', ({ source, options }: DecodeRequest) => {
  const answer = (message: DecodeAnswer): void => {
    process.send?.(message);
  };
  decode(source, options).then(
    (decoded) => answer({ decoded }),
    (error: unknown) => answer({ error: toRingtrueError(error).toJSON() }),
  );
});
process.on('disconnect', () => process.exit(0));
