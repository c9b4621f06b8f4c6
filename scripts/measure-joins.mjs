/**
 * What the joins of partial-spoof leave: the largest step from sample to sample at the cuts and how much the level
 * varies, of controls against spoofs, over all clips and by pair, with intervals.
 * Usage: npm run build && node scripts/measure-joins.mjs [MANIFEST]
 */
import { decode } from '../dist/audio/io/decode.js';
import { aucInterval } from '../dist/bench/verify/auc-interval.js';
import { measureTrivialFeatures, TRIVIAL_FEATURES } from '../dist/bench/verify/trivial-features.js';
import { openCorpus } from '../dist/datasets/open.js';
import { wilsonInterval } from '../dist/metrics/binomial.js';
import { rocAuc } from '../dist/metrics/roc.js';
import { largestStep } from './largest-step.mjs';

const corpus = await openCorpus(process.argv[2] ?? 'partial-spoof');
const SPREAD = TRIVIAL_FEATURES.findIndex(({ name }) => name === 'level-spread');
const pairs = new Map();
for (const clip of corpus.clips) {
  const { audio } = await decode(clip.path);
  const { sampleRate, samples } = audio;
  const cuts = clip.segments.slice(1).map(({ startSec }) => Math.round(startSec * sampleRate));
  const step = largestStep(samples[0], cuts, sampleRate);
  const pair = pairs.get(clip.source) ?? { join: clip.group.join };
  pair[clip.label] = { step, spread: measureTrivialFeatures(audio)[SPREAD] };
  pairs.set(clip.source, pair);
}
const all = [...pairs.values()];
report('all joins', all);
for (const join of new Set(all.map((pair) => pair.join))) {
  report(
    join,
    all.filter((pair) => pair.join === join),
  );
}

function report(title, some) {
  console.log(`${title}, n ${some.length} + ${some.length}`);
  for (const name of ['step', 'spread']) {
    const of = (label) => Float64Array.from(some, (pair) => pair[label][name]);
    const [bonafide, spoof] = [of('bonafide'), of('spoof')];
    const auc = rocAuc({ bonafide, spoof });
    const n = { bonafide: some.length, spoof: some.length };
    const larger = some.filter((_, i) => spoof[i] > bonafide[i]).length;
    const share = wilsonInterval(larger, some.length);
    console.log(
      `  ${name}: AUC ${figure(auc, aucInterval(auc, n))}; larger in the spoof of ${figure(larger / some.length, share)} of the pairs`,
    );
  }
}

function figure(value, { low, high }) {
  return `${value.toFixed(3)} [${low.toFixed(3)}–${high.toFixed(3)}]`;
}
