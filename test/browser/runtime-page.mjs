/**
 * Runs models on onnxruntime-web inside a page: loaded by the browser test of the runtime.
 */

const ARRAYS = {
  Float32Array,
  Float64Array,
  Int32Array,
  Uint32Array,
  Int8Array,
  Uint8Array,
  Uint16Array,
  BigInt64Array,
  BigUint64Array,
};

function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function toBase64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** A tensor as JSON can carry it. */
function unpack({ array, base64, ...tensor }) {
  return { ...tensor, data: new ARRAYS[array](fromBase64(base64).buffer) };
}

function pack({ data, ...tensor }) {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { ...tensor, array: data.constructor.name, base64: toBase64(bytes) };
}

const mapValues = (record, change) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));

/**
 * Results of each model by name, or the code of its error.
 * @param cases name → { model: base64, feeds }
 * @param options of the backend
 */
export async function runModels(cases, options) {
  const { createOnnxWebBackend } = await import('/dist/runtime/onnx-web.js');
  const backend = createOnnxWebBackend(options);
  const results = {};
  for (const [name, { model, feeds }] of Object.entries(cases)) {
    try {
      const session = await backend.load(fromBase64(model));
      results[name] = mapValues(await session.run(mapValues(feeds, unpack)), pack);
      await session.dispose();
    } catch (error) {
      results[name] = { code: error.code, message: error.message };
    }
  }
  return results;
}

/** Losses of a step model, and its state half-way and after the steps. */
export async function runSteps({ model, updates, state, batch, steps }, options) {
  const { createOnnxWebBackend } = await import('/dist/runtime/onnx-web.js');
  const { createStepper } = await import('/dist/runtime/stepper.js');
  const session = await createOnnxWebBackend(options).load(fromBase64(model));
  const stepper = createStepper(session, { updates, state: mapValues(state, unpack) });
  const losses = [];
  const advance = async (count) => {
    for (let i = 0; i < count; i += 1) {
      const { loss } = await stepper.step(mapValues(batch, unpack));
      losses.push(loss.data[0]);
    }
  };
  await advance(steps / 2);
  const half = await stepper.read(['w']);
  await advance(steps / 2);
  const whole = await stepper.read();
  await stepper.write(half);
  const set = await stepper.read();
  await stepper.dispose();
  await session.dispose();
  return {
    losses,
    half: mapValues(half, pack),
    state: mapValues(whole, pack),
    set: mapValues(set, pack),
    isolated: crossOriginIsolated,
    keepsState: session.keepState !== undefined,
  };
}

/** Counts buffers of GPUs and memories of WebAssembly that are made from now on. */
function countMemory() {
  const counted = { buffers: 0, bytes: 0, memories: [] };
  const { createBuffer } = GPUDevice.prototype;
  const { destroy } = GPUBuffer.prototype;
  const alive = new WeakSet();
  GPUDevice.prototype.createBuffer = function (...args) {
    const buffer = createBuffer.apply(this, args);
    alive.add(buffer);
    counted.buffers += 1;
    counted.bytes += buffer.size;
    return buffer;
  };
  GPUBuffer.prototype.destroy = function () {
    if (alive.delete(this)) {
      counted.buffers -= 1;
      counted.bytes -= this.size;
    }
    return destroy.call(this);
  };
  const { Memory } = WebAssembly;
  WebAssembly.Memory = class extends Memory {
    constructor(...args) {
      super(...args);
      counted.memories.push(this);
    }
  };
  return counted;
}

/**
 * What a page holds at some steps of a step model: JavaScript after a collection, WebAssembly, buffers of the GPU that
 * were made and not destroyed. And its losses there.
 */
export async function holdAt({ model, updates, state, batch, at }, options) {
  const counted = countMemory();
  const { createOnnxWebBackend } = await import('/dist/runtime/onnx-web.js');
  const { createStepper } = await import('/dist/runtime/stepper.js');
  const session = await createOnnxWebBackend(options).load(fromBase64(model));
  const stepper = createStepper(session, { updates, state: mapValues(state, unpack) });
  const feeds = mapValues(batch, unpack);
  const held = [];
  const losses = [];
  for (const step of at) {
    let results;
    while (stepper.steps < step) results = await stepper.step(feeds);
    losses.push(results['out:loss'].data[0]);
    results = undefined;
    // Promises that have ended are let go of in a turn of their own.
    for (let i = 0; i < 3; i += 1) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    held.push({
      script: performance.memory.usedJSHeapSize,
      wasm: counted.memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0),
      buffers: counted.buffers,
      bytes: counted.bytes,
    });
  }
  await stepper.dispose();
  await session.dispose();
  return { held, losses };
}

/** Whether the browser has a WebGPU adapter. */
export async function gpuHere() {
  return (await import('/dist/runtime/onnx-web.js')).hasWebGpu();
}
