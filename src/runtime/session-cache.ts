/**
 * A backend that loads the same model once, however often it is asked for.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { hashBytes } from '../core/hash.ts';
import { throwIfAborted } from '../core/progress.ts';
import type { Backend, LoadOptions, RuntimeSession } from './backend.ts';

/** A backend with a memory. */
export interface CachedBackend extends Backend {
  /** Sessions that are loaded, or loading, now. */
  readonly size: number;
}

interface Entry {
  readonly session: Promise<RuntimeSession>;
  users: number;
}

/**
 * Shares sessions of models with the same bytes (by SHA-256) and the same optimisation. A session is freed
 * when all who loaded it have disposed of it; a load that fails is forgotten.
 */
export function cacheSessions(backend: Backend): CachedBackend {
  const entries = new Map<string, Entry>();

  const open = async (bytes: Uint8Array, options: LoadOptions): Promise<RuntimeSession> => {
    const key = `${hashBytes(bytes)} ${options.optimisation ?? 'all'}`;
    let entry = entries.get(key);
    if (entry === undefined) {
      // One caller's cancelling must not fail the others.
      const { signal: _, ...shared } = options;
      entry = { session: backend.load(bytes, shared), users: 0 };
      entries.set(key, entry);
    }
    const held = entry;
    held.users += 1;
    const leave = (): boolean => {
      held.users -= 1;
      if (held.users > 0) return false;
      if (entries.get(key) === held) entries.delete(key);
      return true;
    };
    let session: RuntimeSession;
    try {
      session = await held.session;
    } catch (error) {
      leave();
      throw error;
    }
    let disposed = false;
    return {
      inputs: session.inputs,
      outputs: session.outputs,
      ...(session.keepState === undefined ? {} : { keepState: session.keepState }),
      async run(feeds, runOptions) {
        if (disposed)
          throw new RingtrueError('core/internal', 'internal: the session was disposed');
        return session.run(feeds, runOptions);
      },
      async dispose() {
        if (disposed) return;
        disposed = true;
        if (leave()) await session.dispose();
      },
    };
  };

  return {
    get size() {
      return entries.size;
    },
    async load(bytes, options = {}) {
      throwIfAborted(options.signal);
      return open(bytes, options);
    },
  };
}
