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
    createRng,
    dumpGraph,
    hostArray,
    layers,
    losses,
    np,
    optimisers,
    readyFunction,
    readyStep,
    valueAndGrad,
  } = runtime;
  const x = hostArray(
    [8, 2],
    Float32Array.from({ length: 16 }, (_, i) => ((7 * i) % 5) - 2),
  );
  const y = hostArray(
    [8, 1],
    Float32Array.from({ length: 8 }, (_, i) => x.data[2 * i] - 0.5),
  );
  const optimiser = optimisers.adam({ learningRate: 0.1 });
  const rng = createRng('train page');
  const start = {
    hidden: layers.initDense(rng.split('hidden'), { inputs: 2, outputs: 8 }),
    out: layers.initDense(rng.split('out'), { inputs: 8, outputs: 1 }),
  };
  const net = (p, inputs) => layers.dense(p.out, layers.gelu(layers.dense(p.hidden, inputs)));
  const loss = (p, { inputs, targets }) => losses.meanSquaredError(net(p, inputs), targets);
  const state = {
    parameters: start,
    optimiser: optimiser.init(start),
    step: hostArray([1], new Float32Array(1)),
  };
  const compiled = compileFunction(
    ({ parameters, optimiser: before, step }, batch) => {
      const [value, gradient] = valueAndGrad(loss)(parameters, batch);
      const context = { parameters, step: step.reshape([]), scale: np.ones([]) };
      const { updates, state: after } = optimiser.update(gradient, before, context);
      const next = { parameters: optimisers.applyUpdates(parameters, updates), optimiser: after };
      return { state: { ...next, step: step.add(1) }, metrics: { loss: value.reshape([1]) } };
    },
    [state, { inputs: x, targets: y }],
  );
  const backend = cacheSessions(engine);
  const training = await readyStep(compiled, backend, { state });
  const values = [];
  for (let i = 0; i < 100; i += 1) {
    const metrics = await training.step({ inputs: x, targets: y });
    values.push(metrics.loss.data[0]);
  }
  const { parameters } = await training.snapshot();
  await training.dispose();
  const used = compileFunction(net, [parameters, x], { constants: 1 });
  const use = await readyFunction(used, backend);
  const { data } = await use.run(x);
  await use.dispose();
  return {
    graph: dumpGraph(compiled.model),
    findings: checkGraph(compiled.model),
    losses: values,
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
