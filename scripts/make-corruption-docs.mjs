/**
 * Writes docs/corruptions: a page for each corruption with its options, its levels as measured, and
 * spectrograms. Usage: npm run build && node scripts/make-corruption-docs.mjs
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logSpectralDistance, snrDb, stoi } from '../dist/audio/dsp/quality.js';
import { spectrogramPng } from '../dist/audio/dsp/spectrogram-image.js';
import { readWav } from '../dist/audio/io/wav.js';
import { createRng } from '../dist/core/rng.js';
import { toMarkdownTable } from '../dist/core/schema.js';
import { buildToyCorpus } from '../dist/corpora/toy.js';
import { applyCondition, parseConditions } from '../dist/corruptions/chain.js';
import { corruptions } from '../dist/corruptions/registry.js';

const PICTURE = { width: 240, height: 96 };
mkdirSync('docs/corruptions/img', { recursive: true });
const folder = mkdtempSync(join(tmpdir(), 'pages-'));
const [clip] = await buildToyCorpus(folder, {
  seed: 1,
  speakers: 3,
  clipsPerSpeaker: 1,
  durationSec: 3,
});
const audio = readWav(readFileSync(join(folder, clip.path)));
rmSync(folder, { recursive: true });
const [before] = audio.samples;
writeFileSync('docs/corruptions/img/clean.png', spectrogramPng(before, audio.sampleRate, PICTURE));

const index = [];
for (const { name, family, summary, schema, levels } of corruptions()) {
  const rows = [];
  for (const { level, value, unit } of levels) {
    const [condition] = parseConditions([`${name}@${level}`]);
    const corrupted = await applyCondition(
      audio,
      condition,
      createRng(1).split('page').split(condition.id),
    );
    const [after] = corrupted.audio.samples;
    const bytes =
      corrupted.encodedBytes === undefined
        ? ''
        : ((8 * corrupted.encodedBytes * audio.sampleRate) / before.length / 1000).toFixed(1);
    rows.push(
      `| ${level} | ${value} ${unit} | ${number(snrDb(before, after), 1)} | ${number(logSpectralDistance(before, after, audio.sampleRate), 1)} | ${number(stoi(before, after, audio.sampleRate), 2)} | ${bytes} |`,
    );
    if (level === levels.length) {
      writeFileSync(
        `docs/corruptions/img/${name}.png`,
        spectrogramPng(after, audio.sampleRate, PICTURE),
      );
    }
  }
  index.push(`| [${name}](${name}.md) | ${family} | ${levels.length} | ${summary} |`);
  writeFileSync(
    `docs/corruptions/${name}.md`,
    [
      `# ${name}`,
      '',
      `Family: ${family}. ${summary[0].toUpperCase()}${summary.slice(1)}.`,
      '',
      '## Options',
      '',
      toMarkdownTable(schema),
      '',
      '## Levels',
      '',
      'Measured on one clip of the toy corpus (seed 1): signal-to-noise ratio against the clean clip, log-spectral',
      'distance, short-time objective intelligibility (Taal et al. 2011), and the bit rate that was really written.',
      '',
      '| level | value | SNR (dB) | LSD (dB) | STOI | kbit/s |',
      '|---|---|---|---|---|---|',
      ...rows,
      '',
      `![Spectrogram of the clean clip](img/clean.png) ![Spectrogram at level ${levels.length}](img/${name}.png)`,
      '',
    ].join('\n'),
  );
}
writeFileSync(
  'docs/corruptions/README.md',
  [
    '# Corruptions',
    '',
    'Level 1 is the mildest. Definitions of the first twelve follow the robustness study arXiv 2503.17577.',
    'These pages are written by `npm run docs:corruptions`.',
    '',
    '| corruption | family | levels | what it does |',
    '|---|---|---|---|',
    ...index,
    '',
  ].join('\n'),
);

function number(value, digits) {
  return Number.isFinite(value) ? value.toFixed(digits) : '–';
}
