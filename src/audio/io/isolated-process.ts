/**
 * The process behind the isolated decoder: decodes what it is sent, answers, waits for more.
 * @module
 */

import { toRingtrueError } from '../../core/errors.ts';
import { decode } from './decode.ts';
import type { DecodeAnswer, DecodeRequest } from './isolated.ts';

const answer = (message: DecodeAnswer): void => {
  process.send?.(message);
};

process.on('message', ({ source, options }: DecodeRequest) => {
  answer({ state: 'accepted' });
  decode(source, options).then(
    (decoded) => answer({ state: 'decoded', decoded }),
    (error: unknown) => answer({ state: 'failed', error: toRingtrueError(error).toJSON() }),
  );
});
process.on('disconnect', () => process.exit(0));
