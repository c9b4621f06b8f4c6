/**
 * A variational autoencoder on patches of log-mel energies: what is no detector is trained with `createTrainer`.
 *
 * The decoder becomes an ONNX file: from codes `[codes, 16]` to patches `[codes, 192]`.
 *
 *     node --import ringtrue/typescript examples/vae.ts [CORPUS] [CLIPS] [DECODER.onnx]
 */
import { writeFile } from 'node:fs/promises';
import { createOnnxNodeBackend, decode, openCorpus } from 'ringtrue';
import { logMel } from 'ringtrue/dsp';
import { compileFunction, readyFunction, type TracedTree } from 'ringtrue/runtime';
import {
  createRng,
  createTrainer,
  type HostArray,
  hostArray,
  layers,
  losses,
  np,
  optimisers,
  type Traced,
} from 'ringtrue/training';

const MEL = { sampleRate: 16000, winLength: 400, hop: 160, fftSize: 512, filters: 24 };
/** Frames of a patch. */
const FRAMES = 8;
const SIZE = FRAMES * MEL.filters;
const HIDDEN = 128;
const LATENT = 16;
const BATCH = 64;
const STEPS = 1200;

/** Patches of a split, `SIZE` numbers each, one after the other. */
async function patches(corpus: string, split: 'train' | 'dev', clips: number) {
  const all = (await openCorpus(corpus)).clips.filter((clip) => clip.split === split);
  const found: Float32Array[] = [];
  for (const { path } of all.slice(0, clips)) {
    const { audio } = await decode(path);
    if (audio.sampleRate !== MEL.sampleRate) continue;
    const { frames, data } = logMel(audio.samples[0]!, MEL);
    for (let at = 0; at + FRAMES <= frames; at += FRAMES)
      found.push(data.slice(at * MEL.filters, (at + FRAMES) * MEL.filters));
  }
  return found;
}

const [corpus = 'speech-mini', clips = '40', file = 'vae-decoder.onnx'] = process.argv.slice(2);
const train = await patches(corpus, 'train', Number(clips));
const dev = await patches(corpus, 'dev', Number(clips));

// Moved by the mean patch, scaled by one number: an error of 1 is then that of the mean patch, on train.
const mean = Float32Array.from(
  { length: SIZE },
  (_, i) => train.reduce((sum, patch) => sum + patch[i]!, 0) / train.length,
);
const centred = (patch: Float32Array) => patch.map((value, i) => value - mean[i]!);
const spread = Math.sqrt(
  train.reduce((sum, patch) => sum + centred(patch).reduce((s, x) => s + x * x, 0), 0) /
    (train.length * SIZE),
);
const scaled = (patch: Float32Array) => centred(patch).map((value) => value / spread);
const batchOf = (list: readonly Float32Array[]): HostArray =>
  hostArray([list.length, SIZE], Float32Array.from(list.flatMap((patch) => [...scaled(patch)])));

const rng = createRng(1);
const layer = (label: string, inputs: number, outputs: number) =>
  layers.initDense(rng.split(label), { inputs, outputs });
const parameters = {
  encode: layer('encode', SIZE, HIDDEN),
  mean: layer('mean', HIDDEN, LATENT),
  logVariance: layer('log variance', HIDDEN, LATENT),
  decode: layer('decode', LATENT, HIDDEN),
  out: layer('out', HIDDEN, SIZE),
};

type Parameters<A> = TracedTree<typeof parameters, A>;

/** From codes `[n, LATENT]` to scaled patches `[n, SIZE]`. */
const decoded = (p: Parameters<Traced>, z: Traced): Traced =>
  layers.dense(p.out, layers.gelu(layers.dense(p.decode, z)));

/** Error and KL of patches `[n, SIZE]`, through a code with noise. */
function measured(p: Parameters<Traced>, x: Traced, key: Traced) {
  const hidden = layers.gelu(layers.dense(p.encode, x));
  const code = {
    mean: layers.dense(p.mean, hidden),
    logVariance: layers.dense(p.logVariance, hidden),
  };
  const noise = layers.normalBits(key, code.mean.shape);
  const z = code.mean.add(np.exp(code.logVariance.mul(0.5)).mul(noise));
  return { error: losses.meanSquaredError(decoded(p, z), x), kl: losses.gaussianKl(code) };
}

const backend = createOnnxNodeBackend();
const trainer = await createTrainer({
  parameters,
  example: batchOf(train.slice(0, BATCH)),
  backend,
  optimiser: optimisers.adam({ learningRate: optimisers.cosine({ steps: STEPS, peak: 2e-3 }) }),
  // Negative bound on the likelihood (Kingma and Welling 2014), with a decoder of variance 0.1.
  loss(p, x: Traced, key) {
    const { error, kl } = measured(p, x, key);
    return { loss: error.mul(SIZE / (2 * 0.1)).add(kl), told: { error, kl } };
  },
});

for (let step = 0; step < STEPS; step += 1) {
  const draw = rng.split(`step ${step}`);
  const batch = Array.from({ length: BATCH }, () => train[draw.int(train.length)]!);
  const { error, kl } = await trainer.step(batchOf(batch), layers.drawKey(draw.split('key')));
  if (step % 100 === 0)
    console.error(`step ${step}: error ${error?.toFixed(3)}, KL ${kl?.toFixed(1)}`);
}
const trained = await trainer.parameters();
await trainer.dispose();

// What was trained, as models of their own; the weights are constants of them.
const [held, key] = [batchOf(dev), layers.drawKey(rng.split('dev'))];
const compiled = compileFunction(measured, [trained, held, key], { constants: 1 });
const measure = await readyFunction(compiled, backend);
const { error, kl } = await measure.run(held, key);
await measure.dispose();
const code = hostArray([1, LATENT], new Float32Array(LATENT));
const decoder = compileFunction(decoded, [trained, code], { constants: 1, freeAxis: 'codes' });
await writeFile(file, decoder.model);
const squares = dev.reduce((sum, patch) => sum + scaled(patch).reduce((s, x) => s + x * x, 0), 0);
console.log(
  JSON.stringify({
    patches: { train: train.length, dev: dev.length },
    devError: error.data[0],
    devErrorOfMeanPatch: squares / (dev.length * SIZE),
    kl: kl.data[0],
    decoder: file,
  }),
);
