/**
 * A training that a page compiles by itself, from the public entry; the same code runs in Node beside it.
 * @param runtime `ringtrue/runtime`
 * @param engine a backend
 */
export async function trainHere(runtime, engine) {
  const {
    cacheSessions,
    checkGraph,
    compileFunction,
    createStepper,
    dumpGraph,
    hostArray,
    np,
    readyFunction,
    valueAndGrad,
  } = runtime;
  const x = hostArray(
    [8, 2],
    Float32Array.from({ length: 16 }, (_, i) => ((7 * i) % 5) - 2),
  );
  const y = hostArray(
    [8],
    Float32Array.from({ length: 8 }, (_, i) => x.data[2 * i] - 0.5),
  );
  const start = { w: hostArray([2], new Float32Array(2)), b: hostArray([1], new Float32Array(1)) };
  const line = (p, inputs) => np.tanh(np.matmul(inputs, p.w).add(p.b));
  const loss = (p, inputs, targets) => np.mean(np.square(line(p, inputs).sub(np.tanh(targets))));
  const step = compileFunction(
    (p, inputs, targets) => {
      const [value, gradient] = valueAndGrad(loss)(p, inputs, targets);
      const moved = (name) => p[name].sub(gradient[name].mul(0.3));
      return { loss: value.reshape([1]), next: { w: moved('w'), b: moved('b') } };
    },
    [start, x, y],
  );
  const backend = cacheSessions(engine);
  const session = await backend.load(step.model);
  const stepper = createStepper(session, {
    updates: { 'in:0.w': 'out:next.w', 'in:0.b': 'out:next.b' },
    state: { 'in:0.w': start.w, 'in:0.b': start.b },
  });
  const losses = [];
  for (let i = 0; i < 100; i += 1) {
    const results = await stepper.step({ 'in:1': x, 'in:2': y });
    losses.push(results['out:loss'].data[0]);
  }
  const state = await stepper.read();
  await stepper.dispose();
  await session.dispose();
  const trained = { w: state['in:0.w'], b: state['in:0.b'] };
  const use = await readyFunction(compileFunction(line, [trained, x], { constants: 1 }), backend);
  const { data } = await use.run(x);
  await use.dispose();
  return {
    graph: dumpGraph(step.model),
    findings: checkGraph(step.model),
    losses,
    made: [...data],
    left: backend.size,
  };
}

/** In a page, on WebAssembly. */
export async function trainInPage() {
  const { createOnnxWebBackend } = await import('/dist/public/web.js');
  const filesUrl = '/node_modules/onnxruntime-web/dist/';
  return trainHere(await import('/dist/public/runtime.js'), createOnnxWebBackend({ filesUrl }));
}
