/**
 * Metrics against scikit-learn and numpy on the same scores, in one run: median ratio (peer ÷ ours) of
 * alternating rounds with its range. Peers: apt-get install -y python3-numpy python3-sklearn
 * Usage: npm run build && node perf/metrics.mjs
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createRng } from '../dist/core/rng.js';
import { bootstrapWeights } from '../dist/metrics/bootstrap.js';
import { eerAndAuc } from '../dist/metrics/eer-auc.js';
import { evaluate, readTrials } from '../dist/metrics/evaluate.js';
import { eerAndAucOf } from '../dist/metrics/roc-scan.js';

const SCORES = 1_000_000;
const ROUNDS = 7;
/** Ours takes less: so many calls and resamples a round; times are per call and per resample. */
const OUR_CALLS = 5;
const OUR_RESAMPLES = 200;

const PYTHON = `
import sys, time, numpy as np, sklearn
from sklearn.metrics import roc_curve, roc_auc_score
score = np.fromfile(sys.argv[1]); label = (np.arange(len(score)) % 2).astype(np.int8)
rng = np.random.default_rng(1)
def both(y, s):
    fpr, tpr, _ = roc_curve(y, s)
    i = np.argmax(1 - tpr - fpr <= 0); d = 1 - tpr - fpr
    a = d[i - 1] / (d[i - 1] - d[i])
    return fpr[i - 1] + a * (fpr[i] - fpr[i - 1]), roc_auc_score(y, s)
def naive():
    pick = rng.integers(0, len(score), len(score))
    return both(label[pick], score[pick])
order = np.argsort(score, kind='stable'); positive = label[order].astype(np.float64)
def sorted_once():
    weight = np.bincount(rng.integers(0, len(score), len(score)), minlength=len(score))
    tp = np.cumsum(weight * positive); fp = np.cumsum(weight) - tp
    fnr = tp / tp[-1]; fpr = 1 - fp / fp[-1]
    i = np.argmax(fnr >= fpr)
    auc = np.sum(weight * positive * (fp - 0.5 * weight * (1 - positive))) / tp[-1] / fp[-1]
    return (fnr[i] + fpr[i]) / 2, auc
work = {'both': lambda: both(label, score), 'naive': naive, 'sorted': sorted_once}
print('scikit-learn ' + sklearn.__version__ + ', numpy ' + np.__version__, flush=True)
for line in sys.stdin:
    start = time.perf_counter(); values = work[line.strip()]()
    print(time.perf_counter() - start, *values, flush=True)
`;

const normal = createRng(1).split('perf');
const score = Float64Array.from({ length: SCORES }, (_, i) => normal.normal() + (i % 2));
const scores = {
  bonafide: score.filter((_, i) => i % 2 === 0),
  spoof: score.filter((_, i) => i % 2 === 1),
};
const { trials, clusters } = readTrials(
  Array.from(score, (value, i) => ({
    clip: `c${i}`,
    label: i % 2 === 1 ? 'spoof' : 'bonafide',
    score: value,
  })),
);

const ours = {
  both: () => {
    let both = eerAndAuc(scores);
    for (let call = 1; call < OUR_CALLS; call += 1) both = eerAndAuc(scores);
    return [both.eer, both.auc];
  },
  resample: () => {
    const interval = { seed: 1, replicates: OUR_RESAMPLES, level: 0.95 };
    const replicates = bootstrapWeights(clusters, interval, 2, eerAndAucOf(trials));
    return replicates.map((values) => values[0]);
  },
};

function timed(work, parts = 1) {
  const start = performance.now();
  const values = work();
  return { seconds: (performance.now() - start) / 1000 / parts, values };
}

const folder = mkdtempSync(join(tmpdir(), 'ringtrue-perf-'));
try {
  await main();
} finally {
  rmSync(folder, { recursive: true });
}

async function main() {
  const path = join(folder, 'scores.f64');
  writeFileSync(path, score);
  const peer = await startPeer(path);
  if (peer === null) {
    console.log('no peer: apt-get install -y python3-numpy python3-sklearn');
    const times = Array.from({ length: ROUNDS }, () => timed(ours.both, OUR_CALLS).seconds);
    console.log(`EER + AUC of ${SCORES} scores: ${milliseconds(times)} ms`);
  } else {
    console.log(`peer: ${peer.version}; node ${process.version}; ${SCORES} scores\n`);
    await compare('EER + AUC', 'roc_curve + roc_auc_score', peer, 'both', ours.both, OUR_CALLS);
    await compare(
      'one resample',
      'naive scikit-learn loop',
      peer,
      'naive',
      ours.resample,
      OUR_RESAMPLES,
    );
    await compare('one resample', 'sort-once numpy', peer, 'sorted', ours.resample, OUR_RESAMPLES);
    peer.stop();
  }
  study();
}

async function compare(name, peerName, peer, command, work, parts) {
  work();
  await peer.run(command);
  const mine = [];
  const theirs = [];
  let check;
  for (let round = 0; round < ROUNDS; round += 1) {
    const us = timed(work, parts);
    const them = await peer.run(command);
    mine.push(us.seconds);
    theirs.push(them.seconds);
    check = { us: us.values, them: them.values };
  }
  const ratios = theirs.map((seconds, i) => seconds / mine[i]).sort((a, b) => a - b);
  const at = (p) => ratios[Math.round(p * (ratios.length - 1))].toFixed(1);
  console.log(
    `${name} against ${peerName}: ${at(0.5)}× [${at(0)}–${at(1)}]  (${milliseconds(mine)} against ${milliseconds(theirs)} ms)`,
  );
  if (command === 'both') console.log(`  values: ${check.us} against ${check.them}`);
}

/** What a study does: 62 conditions of two detectors, 240 clips, all metrics, 1,000 resamples. */
function study() {
  const rng = createRng(2);
  const rows = Array.from({ length: 240 }, (_, i) => ({
    clip: `c${i}`,
    label: i % 3 === 0 ? 'bonafide' : 'spoof',
    score: rng.normal() + (i % 3 === 0 ? 0 : 1),
    cluster: `s${i % 40}`,
  }));
  const { seconds } = timed(() => {
    for (let call = 0; call < 124; call += 1) evaluate(rows, { threshold: 0.5 });
  });
  console.log(
    `\n124 calls of evaluate (240 clips, 15 metrics, 1,000 resamples): ${seconds.toFixed(2)} s`,
  );
}

function milliseconds(seconds) {
  const sorted = [...seconds].sort((a, b) => a - b);
  return (1000 * sorted[sorted.length >> 1]).toFixed(2);
}

async function startPeer(path) {
  for (const python of ['/usr/bin/python3', 'python3']) {
    const child = spawn(python, ['-c', PYTHON, path], { stdio: ['pipe', 'pipe', 'ignore'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const failed = once(child, 'error').then(() => ({ done: true }));
    const first = await Promise.race([lines.next(), failed]);
    if (first.done) continue;
    return {
      version: first.value,
      async run(command) {
        child.stdin.write(`${command}\n`);
        const [seconds, ...values] = (await lines.next()).value.split(' ').map(Number);
        return { seconds, values };
      },
      stop: () => child.stdin.end(),
    };
  }
  return null;
}
