/**
 * What each pass of the compiler gives: a training step without it against one with all, alternating, one
 * thread; median ratio with its range (above 1: the pass makes the step faster).
 * Usage: npm run build && node perf/passes.mjs [network…]
 */
import { compileFunction } from '../dist/compiler/compile.js';
import { PASSES } from '../dist/compiler/passes/index.js';
import { createOnnxNodeBackend } from '../dist/runtime/onnx-node.js';
import { readyFunction } from '../dist/training/run-function.js';
import { spread } from './peer.mjs';
import { NETWORKS, trainingStep } from './training-models.mjs';

const ROUNDS = 7;
const backend = createOnnxNodeBackend({ threads: 1 });
const names = process.argv.length > 2 ? process.argv.slice(2) : ['cnn', 'lcnn', 'transformer'];

for (const name of names) {
  const { step, state, batch } = trainingStep(NETWORKS[name]);
  const prepare = (without) =>
    readyFunction(compileFunction(step, [state, batch], { without }), backend);
  const whole = await prepare([]);
  for (const pass of [...Object.keys(PASSES), 'all of them']) {
    const less = await prepare(pass === 'all of them' ? Object.keys(PASSES) : [pass]);
    const ratios = [];
    for (let round = -1; round < ROUNDS; round += 1) {
      const [a, b] = [await seconds(less), await seconds(whole)];
      if (round >= 0) ratios.push(a / b);
    }
    await less.dispose();
    console.log(`${name.padEnd(12)} without ${pass.padEnd(16)} ${spread(ratios, 2)}`);
  }
  await whole.dispose();

  async function seconds({ run }) {
    const began = performance.now();
    await run(state, batch);
    return performance.now() - began;
  }
}
