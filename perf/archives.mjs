/**
 * Reading archives in place against GNU tar and Info-ZIP: listing, and one recording out of the middle.
 * Median of alternating rounds, with the range of the ratio (peer ÷ ours). Peers: apt-get install -y tar unzip zip
 * Usage: npm run build && node perf/archives.mjs
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openArchive } from '../dist/archives/archive.js';
import { readBytes } from '../dist/archives/files.js';
import { createRng } from '../dist/core/rng.js';
import { openCorpus } from '../dist/datasets/open.js';

const FILES = 20_000;
const BYTES = 16_000;
const ROUNDS = 5;

const root = mkdtempSync(join(tmpdir(), 'ringtrue-perf-archives-'));
process.env.RINGTRUE_CACHE = join(root, 'cache');
try {
  await measure();
} finally {
  rmSync(root, { recursive: true, force: true });
}

async function measure() {
  const folder = join(root, 'LA/ASVspoof2019_LA_eval/flac');
  mkdirSync(folder, { recursive: true });
  const rng = createRng(1);
  const noise = Buffer.from(
    Uint8Array.from({ length: 4 << 20 }, () => Math.floor(256 * rng.uniform())),
  );
  for (let i = 0; i < FILES; i += 1) {
    const at = Math.floor(rng.uniform() * (noise.length - BYTES));
    writeFileSync(join(folder, `LA_E_${i}.flac`), noise.subarray(at, at + BYTES));
  }
  const run = (...command) => execFileSync(command[0], command.slice(1), { cwd: root });
  run('tar', 'cf', 'LA.tar', 'LA');
  run('tar', 'czf', 'LA.tar.gz', 'LA');
  run('zip', '-qr', 'LA.zip', 'LA');
  const member = `LA/ASVspoof2019_LA_eval/flac/LA_E_${FILES / 2}.flac`;
  console.log(`${FILES} recordings of ${BYTES} bytes; node ${process.version}`);
  const peers = {
    'LA.tar': { list: ['tar', 'tf'], one: ['tar', 'xOf'] },
    'LA.tar.gz': { list: ['tar', 'tzf'], one: ['tar', 'xzOf'] },
    'LA.zip': { list: ['unzip', '-Z1'], one: ['unzip', '-p'] },
  };
  for (const [name, { list, one }] of Object.entries(peers)) {
    const path = join(root, name);
    const size = `${(statSync(path).size / 1e6).toFixed(0)} MB`;
    const listed = await compare(
      // Another time of change makes it another archive: nothing is remembered.
      async (round) => {
        utimesSync(path, 1e9 + round, 1e9 + round);
        return (await openArchive(path)).places.size;
      },
      () => lines(spawnSync(list[0], [...list.slice(1), path], { maxBuffer: 2 ** 30 }).stdout),
    );
    console.log(`${name} (${size}) list ${listed}`);
    const read = await compare(
      async () => (await readBytes(`${path}!/${member}`)).length,
      () =>
        spawnSync(one[0], [...one.slice(1), path, member], { maxBuffer: 2 ** 30 }).stdout.length,
    );
    console.log(`${name} one recording, listed before ${read}`);
  }
  const rows = Array.from(
    { length: 700_000 },
    (_, i) => `LA_0001 LA_E_${i} - ${i % 2 ? 'A07 spoof' : '- bonafide'}`,
  );
  const protocols = join(root, 'big/ASVspoof2019_LA_cm_protocols');
  mkdirSync(protocols, { recursive: true });
  writeFileSync(join(protocols, 'ASVspoof2019.LA.cm.eval.trl.txt'), `${rows.join('\n')}\n`);
  const before = process.memoryUsage().rss;
  const start = performance.now();
  const { clips } = await openCorpus({ reader: 'asvspoof2019-la', root: join(root, 'big') });
  const took = ((performance.now() - start) / 1000).toFixed(2);
  const grown = ((process.memoryUsage().rss - before) / 2 ** 20).toFixed(0);
  console.log(`a protocol of ${clips.length} rows: ${took} s, ${grown} MiB more resident`);
}

function lines(bytes) {
  return bytes.reduce((sum, byte) => sum + (byte === 10 ? 1 : 0), 0);
}

async function compare(ours, peer) {
  const times = { ours: [], ratio: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    let start = performance.now();
    await ours(round);
    const own = performance.now() - start;
    start = performance.now();
    peer();
    times.ours.push(own);
    times.ratio.push((performance.now() - start) / own);
  }
  const sorted = (values) => [...values].sort((a, b) => a - b);
  const ratio = sorted(times.ratio);
  const middle = (values) => sorted(values)[Math.floor(values.length / 2)];
  return `${middle(times.ours).toFixed(1)} ms, ratio ${middle(ratio).toFixed(2)} (${ratio[0].toFixed(2)} to ${ratio.at(-1).toFixed(2)})`;
}
