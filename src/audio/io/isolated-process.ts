/**
 * The process behind the isolated decoder: decodes what it is sent, answers, waits for more.
 * @module
 */

import { toRingtrueError } from '../../core/errors.ts';
import { reuseMemory } from '../../core/node/memory.ts';
import { decode } from './decode.ts';
import type { AnalysisModule, DecodeAnswer, DecodeRequest } from './isolated.ts';
import { startWatchdog } from './watchdog.ts';

reuseMemory();
const answer = (message: DecodeAnswer): void => {
  process.send?.(message);
};

const [parentPid, maxMemoryMb] = process.argv.slice(2).map(Number);
// The decoder gives both; without them nothing is known of the parent or allowed of memory.
const watching = startWatchdog({ parentPid: parentPid ?? 0, maxMemoryMb: maxMemoryMb ?? 0 });

async function run({ source, options, analysis }: DecodeRequest): Promise<unknown> {
  const decoded = await decode(source, options);
  if (analysis === null) return decoded;
  // The caller names a module with this export.
  const { analyse } = (await import(analysis)) as AnalysisModule;
  return analyse(decoded);
}

process.on('message', async (request: DecodeRequest) => {
  await watching;
  answer({ state: 'accepted' });
  run(request).then(
    (result) => answer({ state: 'done', result }),
    (error: unknown) => answer({ state: 'failed', error: toRingtrueError(error).toJSON() }),
  );
});
process.on('disconnect', () => process.exit(0));
