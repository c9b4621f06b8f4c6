/**
 * Writes docs/corruptions: a page for each corruption from the registry, with what its levels do to real
 * speech (measured.json) and spectrograms. Usage, after npm run build:
 *
 *   node scripts/make-corruption-docs.mjs            measures, draws and writes (needs both corpora)
 *   node scripts/make-corruption-docs.mjs --pages    writes the pages from what was measured
 *   node scripts/make-corruption-docs.mjs --check    fails if pages or measurements are not of this registry
 *
 * A folder as last argument takes the place of docs/corruptions.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spectrogramPng } from '../dist/audio/dsp/spectrogram-image.js';
import { decode } from '../dist/audio/io/decode.js';
import { canonicalJson } from '../dist/core/hash.js';
import { cacheFolder } from '../dist/core/node/files.js';
import { createRng } from '../dist/core/rng.js';
import { toMarkdownTable } from '../dist/core/schema.js';
import { applyCondition, parseConditions } from '../dist/corruptions/chain.js';
import { measureEffect, STRONGER } from '../dist/corruptions/effect.js';
import { corruptions } from '../dist/corruptions/registry.js';
import { optionExamples, optionsOfLevels } from '../dist/corruptions/step.js';

const PICTURE = { width: 300, height: 120 };
const CLIPS_A_SPEAKER = 8;
const SEED = 1;
const MEASURES = {
  snrDb: { title: 'SNR (dB)', name: 'the signal-to-noise ratio against the clip', digits: 1 },
  logSpectralDistanceDb: { title: 'LSD (dB)', name: 'log-spectral distance', digits: 1 },
  stoi: { title: 'STOI', name: 'short-time objective intelligibility', digits: 2 },
  bytesPerSec: { title: 'kbit/s', name: 'the bit rate really written', digits: 1, scale: 0.008 },
};

const modes = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
const folder =
  process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? 'docs/corruptions';
const table = join(folder, 'measured.json');

if (modes.includes('--check')) check();
else {
  if (!modes.includes('--pages')) await measure();
  for (const [name, text] of pages()) writeFileSync(join(folder, name), text);
}

function check() {
  const problems = staleMeasurements(readMeasured());
  const wanted = pages();
  for (const [name, text] of wanted) {
    const path = join(folder, name);
    if (!existsSync(path) || readFileSync(path, 'utf8') !== text) problems.push(`${path} is stale`);
  }
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.md')))
    if (!wanted.has(name)) problems.push(`${join(folder, name)} is of no corruption`);
  for (const { name } of corruptions())
    if (!existsSync(join(folder, 'img', `${name}.png`))) problems.push(`${name} has no picture`);
  if (problems.length === 0) return;
  process.stderr.write(`${problems.join('\n')}\nrun: npm run docs:corruptions\n`);
  process.exitCode = 1;
}

function readMeasured() {
  return JSON.parse(readFileSync(table, 'utf8'));
}

/** What was measured with other levels or parameters than the registry has now, and ladders that do not climb. */
function staleMeasurements({ effects }) {
  const known = (levels) =>
    canonicalJson(levels.map(({ level, value, params }) => ({ level, value, params })));
  const problems = [];
  for (const { name, levels, page } of corruptions()) {
    const rows = effects[name] ?? [];
    if (known(rows) !== known(levels)) {
      problems.push(`${table}: ${name} was measured with other levels`);
    } else if (page.measure !== null && !climbs(rows, page)) {
      problems.push(`${table}: ${page.measure} of ${name} does not go one way over its levels`);
    }
  }
  return problems;
}

/** True if the mean of the own measure goes one way, on each side of the neutral value if there is one. */
function climbs(rows, { measure, neutral = Number.NEGATIVE_INFINITY }) {
  const sign = STRONGER[measure] === 'rises' ? 1 : -1;
  return [
    rows.filter(({ value }) => value < neutral),
    rows.filter(({ value }) => value > neutral),
  ].every((side) =>
    side.every((row, i) => i === 0 || sign * (row[measure].mean - side[i - 1][measure].mean) >= 0),
  );
}

async function measure() {
  mkdirSync(join(folder, 'img'), { recursive: true });
  const root = cacheFolder('corpora', 'speech-mini');
  const rows = readFileSync(join(root, 'manifest.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ label }) => label === 'bonafide')
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const speakers = [...new Set(rows.map(({ speaker }) => speaker))].sort();
  const clips = [];
  for (const speaker of speakers) {
    for (const { id, path } of rows
      .filter((row) => row.speaker === speaker)
      .slice(0, CLIPS_A_SPEAKER))
      clips.push({ id, audio: (await decode(join(root, path))).audio });
  }
  const shown = rows.find(
    ({ speaker, durationSec }) => speaker === 'carlo' && durationSec > 2.5 && durationSec < 3.2,
  );
  const { audio: picture } = await decode(join(root, shown.path));
  draw('clean', picture);
  const effects = {};
  for (const { name, levels } of corruptions()) {
    effects[name] = [];
    for (const { level, value, params } of levels) {
      const [condition] = parseConditions([`${name}@${level}`]);
      const apply = (id, audio) =>
        applyCondition(audio, condition, createRng(SEED).split(id).split(condition.id));
      const found = [];
      for (const { id, audio } of clips) found.push(measureEffect(audio, await apply(id, audio)));
      effects[name].push({ level, value, params, ...statistics(found) });
      if (level === levels.length) draw(name, (await apply(shown.id, picture)).audio);
    }
    process.stderr.write(`${name}\n`);
  }
  const { version } = JSON.parse(readFileSync(join(root, 'corpus.json'), 'utf8'));
  const about = {
    corpus: 'speech-mini',
    version,
    seed: SEED,
    n: clips.length,
    speakers,
    shown: { transcript: shown.transcript, licence: shown.licence },
  };
  writeFileSync(table, `${JSON.stringify({ ...about, effects }, null, 1)}\n`);
}

/** Mean and standard deviation over the clips for which a measure says something. */
function statistics(found) {
  const result = {};
  for (const measure of Object.keys(MEASURES)) {
    const values = found.map((effect) => effect[measure]).filter((value) => value !== null);
    if (values.length === 0) continue;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const deviation = Math.sqrt(square / Math.max(1, values.length - 1));
    const rounded = (value) => Number(value.toPrecision(5));
    result[measure] = { mean: rounded(mean), deviation: rounded(deviation), n: values.length };
  }
  return result;
}

function draw(name, { samples: [plane], sampleRate }) {
  writeFileSync(join(folder, 'img', `${name}.png`), spectrogramPng(plane, sampleRate, PICTURE));
}

/** Every page by its file name. */
function pages() {
  const measured = readMeasured();
  return new Map([
    ...corruptions().map((corruption) => [`${corruption.name}.md`, pageOf(corruption, measured)]),
    ['README.md', indexPage(measured)],
  ]);
}

function pageOf(corruption, measured) {
  const { name, family, summary, schema, levels, page } = corruption;
  const rows = measured.effects[name] ?? [];
  const shown = Object.keys(MEASURES).filter((measure) => rows.some((row) => row[measure]));
  const own = page.measure === null ? undefined : MEASURES[page.measure];
  const heading = (measure) =>
    measure === page.measure ? `**${MEASURES[measure].title}**` : MEASURES[measure].title;
  return [
    `# ${name}`,
    '',
    `Family: ${family}. ${sentence(summary)}`,
    '',
    `**Formula.** ${page.formula}.`,
    '',
    `**Source.** ${page.citation === '–' ? 'None: common practice.' : sentence(page.citation)}`,
    '',
    '## Options',
    '',
    toMarkdownTable(schema),
    '',
    ...howToWrite(corruption),
    '',
    '## Levels',
    '',
    `**Grid.** ${sentence(page.grid)}`,
    '',
    `Measured on ${measured.n} real clips of ${measured.speakers.length} speakers (${measured.corpus} ${measured.version}, seed ${measured.seed}): mean ± standard deviation over clips. ${
      own === undefined
        ? 'Levels are variants: no measure has to order them.'
        : `Its own measure, ${own.name}, ${STRONGER[page.measure]} from level to level${page.neutral === undefined ? '' : ` on either side of ${page.neutral}`}.`
    }`,
    '',
    `| level | value | parameters | ${shown.map(heading).join(' | ')} |`,
    `|---|---|---|${shown.map(() => '---|').join('')}`,
    ...levels.map(({ level, value, unit, params }, i) => {
      const cells = shown.map((measure) => cell(rows[i]?.[measure], MEASURES[measure], measured.n));
      return `| ${level} | ${value} ${unit} | \`${JSON.stringify(params)}\` | ${cells.join(' | ')} |`;
    }),
    '',
    `![Spectrogram of the clean clip](img/clean.png) ![Spectrogram at level ${levels.length}](img/${name}.png)`,
    '',
    `Left the clip, right level ${levels.length}: 0 to 8 kHz, 80 dB below the loudest point.`,
    '',
    '## Limits',
    '',
    ...page.limits.map((limit) => `- ${sentence(limit)}`),
    '',
  ].join('\n');
}

function howToWrite(corruption) {
  const { withLevel, withoutLevel } = optionExamples(corruption);
  return [
    ...(withLevel === null ? [] : [`In a condition, with a level: \`${withLevel}\`.`]),
    withoutLevel === null
      ? `Each value of ${optionsOfLevels(corruption)
          .map((option) => `\`${option}\``)
          .join(', ')} is a level.`
      : `In ${withLevel === null ? 'a condition, in ' : ''}place of a level: \`${withoutLevel}\`.`,
  ];
}

function indexPage({ shown, n, speakers, corpus, version }) {
  return [
    '# Corruptions',
    '',
    'Level 1 is the mildest. Definitions of the first twelve follow the robustness study arXiv 2503.17577. Each page',
    `says what its levels do to ${n} real clips of ${speakers.length} speakers (${corpus} ${version}): signal-to-noise ratio,`,
    'log-spectral distance, short-time objective intelligibility (Taal et al. 2011), bit rate really written.',
    'Options are written after a name or a level, `echo@3~mode=reference`, wherever a condition is: `corrupt --with`,',
    'studies, chains, policies.',
    'These pages are written by `npm run docs:corruptions`; a test holds them against the code.',
    '',
    '| corruption | family | levels | what it does |',
    '|---|---|---|---|',
    ...corruptions().map(
      ({ name, family, levels, summary }) =>
        `| [${name}](${name}.md) | ${family} | ${levels.map(({ value }) => value).join(', ')} ${levels[0].unit} | ${summary} |`,
    ),
    '',
    `The spectrograms show a sentence of Carlo Flora, “${shown.transcript}” (asterisk-core-sounds-it-g722, ${shown.licence}).`,
    '',
  ].join('\n');
}

function cell(found, { digits, scale = 1 }, n) {
  if (found === undefined) return '–';
  const text = `${(scale * found.mean).toFixed(digits)} ± ${(scale * found.deviation).toFixed(digits)}`;
  return found.n === n ? text : `${text} (n ${found.n})`;
}

function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}
