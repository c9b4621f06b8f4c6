/**
 * Start-up as whole processes, alternating in one run: median ratio (peer ÷ ours) with its range.
 * Peer: apt-get install -y python3-torchaudio
 * Usage: npm run build && node perf/startup.mjs
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildToyCorpus } from '../dist/corpora/toy.js';
import { spread } from './peer.mjs';

const ROUNDS = 7;
const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ringtrue-perf-'));
try {
  await main();
} finally {
  rmSync(folder, { recursive: true });
}

async function main() {
  const [{ path }] = await buildToyCorpus(folder, { speakers: 3, clipsPerSpeaker: 1 });
  const libraries = join(folder, 'libraries.mjs');
  const resolved = ['node-av', 'onnxruntime-node'].map((name) => import.meta.resolve(name));
  writeFileSync(libraries, resolved.map((url) => `await import('${url}');\n`).join(''));
  const ours = {
    'ringtrue --help': [CLI, '--help'],
    'the media library and ONNX Runtime': [libraries],
    'ringtrue scan of one clip of 4 s': [CLI, 'scan', join(folder, path)],
  };
  const python = ['-c', 'import torch, torchaudio'];
  const named =
    "import torch, torchaudio; print(f'torch {torch.__version__}, torchaudio {torchaudio.__version__}')";
  const peer = spawnSync('/usr/bin/python3', ['-c', named], { encoding: 'utf8' });
  const hasPeer = peer.status === 0;
  console.log(
    hasPeer
      ? `peer: ${python[1]} (${peer.stdout.trim()}); node ${process.version}\n`
      : `no peer: apt-get install -y python3-torchaudio\n`,
  );
  for (const [name, args] of Object.entries(ours)) {
    const mine = [];
    const ratios = [];
    seconds(process.execPath, args);
    for (let round = 0; round < ROUNDS; round += 1) {
      mine.push(seconds(process.execPath, args));
      if (hasPeer) ratios.push(seconds('/usr/bin/python3', python) / mine.at(-1));
    }
    const ratio = hasPeer ? `${spread(ratios, 1)} × faster` : '';
    console.log(`${name.padEnd(40)} ${spread(mine, 2)} s   ${ratio}`);
  }
}

function seconds(program, args) {
  const start = performance.now();
  const { status, stderr } = spawnSync(program, args);
  // A verdict of `spoof` is exit code 0 as well; 2 and 1 are failures.
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return (performance.now() - start) / 1000;
}
