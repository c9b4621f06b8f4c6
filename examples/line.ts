/**
 * A training step and a function as models: a line is fitted, then asked.
 *
 *     node --import ringtrue/typescript examples/line.ts
 */
import { createOnnxNodeBackend } from 'ringtrue';
import {
  compileFunction,
  hostArray,
  np,
  readyFunction,
  readyStep,
  type Traced,
  valueAndGrad,
} from 'ringtrue/runtime';

const numbers = (...list: number[]) => hostArray([list.length], Float32Array.from(list));
const batch = { x: numbers(0, 1, 2, 3), y: numbers(1, 3, 5, 7) };
const start = { slope: numbers(0), offset: numbers(0) };

type Line = { readonly slope: Traced; readonly offset: Traced };
const line = (p: Line, x: Traced) => p.slope.mul(x).add(p.offset);
const error = (p: Line, x: Traced, y: Traced) => np.mean(np.square(line(p, x).sub(y)));

// From state and batch to the next state and what is told; in a page the engine comes from `ringtrue/web`.
const backend = createOnnxNodeBackend();
const step = compileFunction(
  (p, { x, y }) => {
    const [value, gradient] = valueAndGrad(error)(p, x, y);
    const moved = (name: 'slope' | 'offset') => p[name].sub(gradient[name].mul(0.1));
    return {
      state: { slope: moved('slope'), offset: moved('offset') },
      metrics: { error: value.reshape([1]) },
    };
  },
  [start, batch],
);
const training = await readyStep(step, backend, { state: start });
for (let i = 0; i < 300; i += 1) await training.step(batch);
const last = await training.step(batch);
const fitted = await training.snapshot();
await training.dispose();

// The fitted numbers become constants of a model that takes any number of points.
const compiled = compileFunction(line, [fitted, batch.x], { constants: 1, freeAxis: 'points' });
const ready = await readyFunction(compiled, backend);
const { data } = await ready.run(numbers(10, 100));
await ready.dispose();
console.log(
  `error ${last.error.data[0]!.toFixed(4)}: ${data[0]!.toFixed(2)}, ${data[1]!.toFixed(2)}`,
);
