import { describe, expect, test } from 'vitest';
import { smallModel, stepModel, testBackend } from '../../test/contracts/backend.ts';
import type { Backend } from './backend.ts';
import { createOnnxNodeBackend } from './onnx-node.ts';
import { cacheSessions } from './session-cache.ts';

const x = { dims: [2, 1], data: Float32Array.of(1, 1) };

/** The real engine, with what it was asked written down. */
function counted(): { backend: Backend; loads: string[]; disposals: string[] } {
  const engine = createOnnxNodeBackend();
  const loads: string[] = [];
  const disposals: string[] = [];
  const backend: Backend = {
    async load(bytes, options) {
      loads.push(options?.optimisation ?? 'all');
      const session = await engine.load(bytes, options);
      return {
        ...session,
        async dispose() {
          disposals.push(session.outputs.join());
          await session.dispose();
        },
      };
    },
  };
  return { backend, loads, disposals };
}

describe('a backend that remembers', () => {
  testBackend(() => cacheSessions(createOnnxNodeBackend()));

  test('loads equal bytes once, also at the same time, and frees them with their last user', async () => {
    const { backend, loads, disposals } = counted();
    const cached = cacheSessions(backend);
    const [first, second] = await Promise.all([
      cached.load(smallModel()),
      cached.load(smallModel()),
    ]);
    const third = await cached.load(smallModel());
    expect(loads).toEqual(['all']);
    expect(cached.size).toBe(1);
    await first.dispose();
    await first.dispose();
    await second.dispose();
    expect(disposals).toEqual([]);
    expect((await third.run({ x })).y?.data).toEqual(Float32Array.of(3, 7));
    await third.dispose();
    expect(disposals).toEqual(['y,shape']);
    expect(cached.size).toBe(0);
    await (await cached.load(smallModel())).dispose();
    expect(loads).toEqual(['all', 'all']);
  });

  test('tells other bytes and other optimisations apart', async () => {
    const { backend, loads } = counted();
    const cached = cacheSessions(backend);
    const sessions = await Promise.all([
      cached.load(smallModel()),
      cached.load(stepModel()),
      cached.load(smallModel(), { optimisation: 'disabled' }),
      cached.load(smallModel(), { optimisation: 'all' }),
    ]);
    expect(loads).toEqual(['all', 'all', 'disabled']);
    expect(cached.size).toBe(3);
    for (const session of sessions) await session.dispose();
    expect(cached.size).toBe(0);
  });

  test('forgets a load that failed', async () => {
    const { backend, loads } = counted();
    const cached = cacheSessions(backend);
    const bad = Uint8Array.of(1, 2, 3, 4);
    const code = { code: 'models/bad-file' };
    await Promise.all([
      expect(cached.load(bad)).rejects.toMatchObject(code),
      expect(cached.load(bad)).rejects.toMatchObject(code),
    ]);
    expect(cached.size).toBe(0);
    await expect(cached.load(bad)).rejects.toMatchObject(code);
    expect(loads).toHaveLength(2);
  });
});
