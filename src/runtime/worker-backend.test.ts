import type { Worker } from 'node:worker_threads';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { smallModel, testBackend } from '../../test/contracts/backend.ts';
import { createGraph } from '../graph/build.ts';
import { createWorkerBackend, type WorkerBackend } from './worker-backend.ts';

const x = { dims: [2, 1], data: Float32Array.of(1, 1) };
const answer = Float32Array.of(3, 7);

/** Counts to n in a loop of n steps: takes as long as one likes. */
function counter(): Uint8Array {
  const graph = createGraph({ name: 'counter' });
  const n = graph.input('n', [], 'int64');
  const start = graph.initialiser('start', [], BigInt64Array.of(0n));
  const body = graph.subgraph('body');
  body.input('step', [], 'int64');
  const going = body.input('going', [], 'bool');
  const sum = body.input('sum', [], 'int64');
  const one = body.initialiser('one', [], BigInt64Array.of(1n));
  body.output(body.node('Identity', [going]), [], 'bool');
  body.output(body.node('Add', [sum, one]), [], 'int64');
  const attributes = { body: { graph: body } };
  graph.output(graph.node('Loop', [n, '', start], { name: 'y', attributes }), [], 'int64');
  return graph.bytes();
}

function times(n: number) {
  return { n: { dims: [], data: BigInt64Array.of(BigInt(n)) } };
}

/** About a second of work. */
const LONG = 300_000;

describe('in worker threads', () => {
  const shared = createWorkerBackend({ size: 2 });
  afterAll(() => shared.close());
  testBackend(() => shared);
});

describe('threads', () => {
  const open: WorkerBackend[] = [];
  const make = (size: number): WorkerBackend => {
    const backend = createWorkerBackend({ size });
    open.push(backend);
    return backend;
  };
  afterEach(async () => {
    for (const backend of open.splice(0)) await backend.close();
  });

  test('the thread of the caller stays free during a run', async () => {
    const session = await make(1).load(counter());
    let done = false;
    const run = session.run(times(LONG)).finally(() => {
      done = true;
    });
    // An engine on this thread would have ended its run within these turns of the event loop.
    for (let i = 0; i < 10; i += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(done).toBe(false);
    expect((await run).y?.data).toEqual(BigInt64Array.of(BigInt(LONG)));
  });

  test('many runs of several sessions on few workers all come back right', async () => {
    const backend = make(2);
    const small = await backend.load(smallModel());
    const count = await backend.load(counter());
    const results = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const scaled = { dims: [2, 1], data: Float32Array.of(i, i) };
        const { y } = i % 2 === 0 ? await small.run({ x: scaled }) : await count.run(times(i));
        return Number(y?.data[0]);
      }),
    );
    expect(results).toEqual(Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 3 * i : i)));
  });

  test('feeds that are given away are moved, others are copied', async () => {
    const session = await make(1).load(smallModel());
    const kept = { dims: [2, 1], data: Float32Array.of(1, 1) };
    const away = { dims: [2, 1], data: Float32Array.of(1, 1) };
    expect((await session.run({ x: kept })).y?.data).toEqual(answer);
    expect(kept.data).toHaveLength(2);
    expect((await session.run({ x: away }, { transfer: ['x'] })).y?.data).toEqual(answer);
    expect(away.data).toHaveLength(0);
  });

  test('a waiting run that is cancelled is dropped at once and never runs', async () => {
    const session = await make(1).load(counter());
    const abort = new AbortController();
    const order: string[] = [];
    const first = session.run(times(LONG)).then(() => order.push('first'));
    const fed = times(1);
    const second = session
      .run(fed, { signal: abort.signal, transfer: ['n'] })
      .catch((error: { code: string }) => order.push(error.code));
    abort.abort();
    await second;
    await first;
    expect(order).toEqual(['core/cancelled', 'first']);
    // It would have moved with the run.
    expect(fed.n.data).toHaveLength(1);
  });

  test('a run that is cancelled rejects before it ends, and its worker goes on', async () => {
    const backend = make(1);
    const session = await backend.load(counter());
    const abort = new AbortController();
    const order: string[] = [];
    const first = session
      .run(times(LONG), { signal: abort.signal })
      .catch((error: { code: string }) => order.push(error.code));
    const second = session.run(times(3)).then(({ y }) => order.push(`counted ${y?.data[0]}`));
    abort.abort();
    await first;
    expect(order).toEqual(['core/cancelled']);
    await second;
    expect(order).toEqual(['core/cancelled', 'counted 3']);
  });

  test('a worker that dies fails its work with its code, and is replaced', async () => {
    const backend = make(1);
    // Node tells the process of each worker that it starts; this one dies before it is up.
    process.once('worker', (worker: Worker) => void worker.terminate());
    const outcomes = await Promise.allSettled([backend.load(counter()), backend.load(counter())]);
    expect(outcomes[0]).toMatchObject({
      status: 'rejected',
      reason: { code: 'runtime/worker-crashed' },
    });
    const [, second] = outcomes;
    if (second.status === 'rejected') throw second.reason;
    expect((await second.value.run(times(2))).y?.data).toEqual(BigInt64Array.of(2n));
  });

  test('closing cancels what waits and what runs', async () => {
    const backend = make(1);
    const session = await backend.load(counter());
    const code = { code: 'core/cancelled' };
    const outcomes = [
      expect(session.run(times(LONG))).rejects.toMatchObject(code),
      expect(session.run(times(1))).rejects.toMatchObject(code),
    ];
    await backend.close();
    await Promise.all(outcomes);
    await expect(session.run({ x })).rejects.toMatchObject(code);
    await expect(backend.load(smallModel())).rejects.toMatchObject(code);
  });

  test('memory that another run took along is an error of that run alone', async () => {
    const session = await make(1).load(smallModel());
    const given = { dims: [2, 1], data: Float32Array.of(1, 1) };
    const [first, second] = await Promise.allSettled([
      session.run({ x: given }, { transfer: ['x'] }),
      session.run({ x: given }, { transfer: ['x'] }),
    ]);
    expect(first).toMatchObject({ status: 'fulfilled', value: { y: { data: answer } } });
    expect(second.status).toBe('rejected');
    expect((await session.run({ x })).y?.data).toEqual(answer);
  });

  test('a session that is disposed of ends its runs first', async () => {
    const session = await make(1).load(counter());
    const run = session.run(times(5));
    await session.dispose();
    expect((await run).y?.data).toEqual(BigInt64Array.of(5n));
  });

  test('the bytes of a model may be changed once it is loaded', async () => {
    const backend = make(2);
    const bytes = smallModel();
    const session = await backend.load(bytes);
    bytes.fill(0);
    const both = await Promise.all([session.run({ x }), session.run({ x })]);
    for (const { y } of both) expect(y?.data).toEqual(answer);
  });
});
