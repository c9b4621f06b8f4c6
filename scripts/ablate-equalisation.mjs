/**
 * What each step of equalisation buys: AUC of trivial features, one by one and all together, with steps left out
 * and added one by one, on the groups of speech-base. Sounds and features are kept in the cache, so that a run that
 * was stopped goes on.
 * Usage: npm run build && node scripts/ablate-equalisation.mjs [--limit GROUPS] [--workers N] [--only NAME,NAME]
 * --limit: groups of each cast; prints Markdown.
 */
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { jointAuc } from '../dist/bench/verify/joint.js';
import {
  measureTrivialFeatures,
  SURVEYED_FEATURES,
  TRIVIAL_FEATURES,
} from '../dist/bench/verify/trivial-features.js';
import { hashJson } from '../dist/core/hash.js';
import { cacheFolder } from '../dist/core/node/files.js';
import { createRng } from '../dist/core/rng.js';
import { CORPUS_RATE, profile } from '../dist/corpora/equalise.js';
import { EQUALISE_STEPS, equaliseMembers, prepareMember } from '../dist/corpora/equalise-group.js';
import { SPEAKERS } from '../dist/corpora/generators/index.js';
import { gatherGroup } from '../dist/corpora/group.js';
import { speakGroups } from '../dist/corpora/speak-groups.js';
import { SPEECH_BASE } from '../dist/corpora/speech-base.js';
import { startBuild } from '../dist/corpora/start-build.js';
import { rocAuc } from '../dist/metrics/roc.js';

const without = (...left) => EQUALISE_STEPS.filter((step) => !left.includes(step));
const usual = ['high-pass', 'trim', 'level'];
const upTo = (...more) => EQUALISE_STEPS.filter((step) => [...usual, ...more].includes(step));

/** Chains by name: first added up in the order of the prototype's stages, then the whole without one step. */
const CHAINS = {
  'usual (B)': upTo(),
  '+ crop (C)': upTo('crop'),
  '+ source codec': upTo('crop', 'source-codec'),
  '+ spectrum': upTo('crop', 'source-codec', 'spectrum'),
  '+ noise': upTo('crop', 'source-codec', 'spectrum', 'noise'),
  '+ codec (E)': upTo('crop', 'source-codec', 'spectrum', 'noise', 'codec'),
  '+ all-pass': upTo('crop', 'source-codec', 'spectrum', 'noise', 'codec', 'all-pass'),
  '+ last high-pass and floor (G)': without('peaks'),
  '+ peaks = whole chain': EQUALISE_STEPS,
  'G without source codec': without('peaks', 'source-codec'),
  ...Object.fromEntries(
    EQUALISE_STEPS.filter((step) => !['peaks', 'high-pass', 'level'].includes(step)).map((step) => [
      `whole without ${step}`,
      without(step),
    ]),
  ),
};

if (isMainThread) await main();
else work();

async function main() {
  const { values } = parseArgs({
    options: {
      limit: { type: 'string', default: '10' },
      workers: { type: 'string', default: '2' },
      only: { type: 'string' },
    },
  });
  const limit = Number(values.limit);
  const workers = Number(values.workers);
  const folder = cacheFolder('ablation', `speech-base-${SPEECH_BASE.version}-${limit}`);
  mkdirSync(folder, { recursive: true });
  const { name, seed } = SPEECH_BASE;
  const settings = { out: folder, workers, limit, variant: { limit }, force: false };
  const { root, stage, planned } = await startBuild(SPEECH_BASE, settings, {});
  const { groups } = planned;
  const spoken = await speakGroups({ groups, speakers: SPEAKERS, stage, root, workers }, {});
  const jobs = groups.map((group) => ({
    corpus: { name, seed, steps: EQUALISE_STEPS },
    group,
    root,
    spoken: spoken.get(group.id) ?? {},
    folder,
  }));
  const wanted = values.only?.split(',') ?? Object.keys(CHAINS);
  const table = new Map(wanted.map((chain) => [chain, []]));
  let done = 0;
  const queue = [...jobs];
  await Promise.all(
    Array.from({ length: workers }, async () => {
      const worker = new Worker(new URL(import.meta.url), { workerData: { folder, wanted } });
      for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
        worker.postMessage(job);
        // Rejects on an error of the worker.
        const [rows] = await once(worker, 'message');
        for (const [chain, found] of Object.entries(rows)) table.get(chain).push(...found);
        done += 1;
        if (done % 10 === 0) console.error(`${done}/${jobs.length} groups`);
      }
      await worker.terminate();
    }),
  );
  print(table);
}

function work() {
  const { folder, wanted } = workerData;
  parentPort.on('message', async (job) => {
    const out = {};
    let gathered;
    for (const chain of wanted) {
      const steps = CHAINS[chain];
      const key = hashJson([JSON.parse(JSON.stringify(job.group)), steps]).slice(0, 20);
      const kept = join(folder, `${key}.json`);
      try {
        out[chain] = JSON.parse(readFileSync(kept, 'utf8'));
      } catch {
        gathered ??= await gatherGroup(job).catch((error) => ({ failed: String(error) }));
        out[chain] = gathered.failed ? [] : await measure(job, gathered, steps);
        writeFileSync(kept, JSON.stringify(out[chain]));
      }
    }
    parentPort.postMessage(out);
  });
}

async function measure({ corpus, group }, { members, donor }, steps) {
  const kept = [];
  for (const { fake, raw } of members) {
    if (fake?.genuine === true) continue;
    const x = await prepareMember(raw, steps);
    if (x.length >= 0.6 * CORPUS_RATE) kept.push({ fake, x });
    else if (fake === undefined) return [];
  }
  if (kept.length < 2) return [];
  const clips = await equaliseMembers(
    kept.map(({ x }) => x),
    {
      donor: profile(await prepareMember(donor, steps)),
      rng: createRng(corpus.seed).split(group.id),
      steps,
    },
  );
  return (clips ?? []).map((x, i) => ({
    id: `${group.id} ${i}`,
    label: kept[i].fake === undefined ? 'bonafide' : 'spoof',
    // Folds keep real speakers apart; an engine's own name would tie all languages together.
    speaker: group.real.speaker,
    source: group.id,
    language: group.real.language,
    domain: group.real.domain,
    codec: group.real.codec,
    family: kept[i].fake?.family,
    generator: kept[i].fake?.generator,
    row: [...measureTrivialFeatures({ samples: [x], sampleRate: CORPUS_RATE })],
  }));
}

function print(table) {
  console.log(
    '| chain | n real, fake | all | without formant | formant | strongest single features |',
  );
  console.log('|---|---|---|---|---|---|');
  for (const [chain, clips] of table) {
    const fakes = clips.filter(({ label }) => label === 'spoof').length;
    console.log(
      `| ${chain} | ${clips.length - fakes}, ${fakes} | ${joint(clips)} | ` +
        `${joint(clips, ({ family }) => family !== 'formant')} | ` +
        `${joint(clips, ({ family }) => family === 'formant')} | ${singles(clips, 3)} |`,
    );
  }
  for (const [chain, clips] of table) {
    if (chain !== '+ peaks = whole chain' && table.size > 3) continue;
    for (const key of ['family', 'codec', 'domain', 'language']) {
      console.log(`\n${chain}, by ${key}\n`);
      console.log('| part | n real, fake | all together | strongest single features |');
      console.log('|---|---|---|---|');
      for (const part of [...new Set(clips.map((clip) => clip[key]))].sort()) {
        if (part === undefined) continue;
        const some = clips.filter(
          (clip) => clip[key] === part || (key === 'family' && clip.label === 'bonafide'),
        );
        const n = some.filter(({ label }) => label === 'spoof').length;
        console.log(
          `| ${part} | ${some.length - n}, ${n} | ${joint(some)} | ${singles(some, 3)} |`,
        );
      }
    }
  }
}

/** Joint AUC of the better classifier, on real speakers that it never heard, 95 % by bootstrap over groups. */
function joint(clips, keep = () => true) {
  const some = clips.filter((clip) => clip.label === 'bonafide' || keep(clip));
  const rows = some.map(({ row }) => Float64Array.from(row.slice(0, SURVEYED_FEATURES)));
  const spoof = Uint8Array.from(some, ({ label }) => Number(label === 'spoof'));
  const { auc, low, high } = jointAuc(some, rows, spoof, {
    rng: createRng('ablation'),
    replicates: 1000,
  });
  return `${auc.toFixed(3)} [${low.toFixed(3)}–${high.toFixed(3)}]`;
}

function singles(clips, count) {
  const found = TRIVIAL_FEATURES.map(({ name }, f) => {
    const of = (label) =>
      Float64Array.from(
        clips.filter((clip) => clip.label === label),
        ({ row }) => row[f],
      );
    return { name, auc: rocAuc({ bonafide: of('bonafide'), spoof: of('spoof') }) };
  });
  found.sort((a, b) => Math.abs(b.auc - 0.5) - Math.abs(a.auc - 0.5));
  return found
    .slice(0, count)
    .map(({ name, auc }) => `${name} ${auc.toFixed(2)}`)
    .join(', ');
}
