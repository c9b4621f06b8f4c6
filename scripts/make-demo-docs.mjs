/**
 * Writes docs/guide/demo.md (every figure of the full demo) and docs/img/report.png (the report of the short
 * one, as the README shows it).
 * Usage: npm run docs:demo, after `ringtrue demo` and `ringtrue demo --full`; needs Chromium
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { chromium } from 'playwright-core';

const SHORT = 'runs/demo';
const FULL = 'runs/demo-full';
const PICTURE = { width: 1180, height: 900 };

const summary = JSON.parse(readFileSync(`${FULL}/summary.json`, 'utf8'));
const { corpus, confound, interval, detectors, conditions, results } = summary;
const names = detectors.map(({ name }) => name);
const percent = (value) => (100 * value).toFixed(1);
const between = ({ value, low, high }) => `${percent(value)} [${percent(low)}–${percent(high)}]`;
const rows = conditions.map(({ id }) => {
  const of = names.map((name) => results.find((r) => r.condition === id && r.detector === name));
  const [{ corruption, value, unit }] = of;
  const cells = of.flatMap(({ eer, atThreshold }) => [
    between(eer),
    atThreshold === null ? '–' : between(atThreshold.error),
  ]);
  return [corruption ?? 'clean', corruption === null ? '' : `${value} ${unit}`, ...cells];
});
const head = [
  'corruption',
  'level',
  ...names.flatMap((name) => [`${name}: EER, %`, 'error at the threshold, %']),
];
const line = (cells) => `| ${cells.join(' | ')} |`;
writeFileSync(
  'docs/guide/demo.md',
  `# Every figure of the demo

\`ringtrue demo --full\`: the twelve corruptions of the robustness study at every published level, on the
${corpus.split} split of ${corpus.name} ${corpus.version}, ${corpus.n.bonafide} bona fide and ${corpus.n.spoof} spoofed clips a condition. This page is written by
\`npm run docs:demo\`.

EER is the equal error rate; beside it is the mean of both error rates at the one threshold that was fixed on
clean dev, which is what a user of the detector gets. Brackets are ${100 * interval.level} % bootstrap intervals over ${interval.replicates} resamples.
${interval.note} Trivial features alone reach an AUC of ${confound.value.toFixed(3)} [${confound.low.toFixed(3)}–${confound.high.toFixed(3)}] on the whole corpus.

**What it means.** 50 % is chance, and on a speaker, a language and generators that they never heard neither
detector is far from it. With twenty bona fide clips of one speaker an interval is twenty points wide: only
differences beyond that are shown, and there are few. What the table does show is that the threshold of clean
dev does not hold: read the second column of each detector, not the first. A ranking of detectors or of
corruptions needs [speech-base](../corpora/speech-base.md).

${line(head)}
${line(head.map((_, i) => (i === 0 ? '---' : '---:')))}
${rows.map(line).join('\n')}
`,
);

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-background-networking'],
});
const page = await browser.newPage({ viewport: PICTURE, colorScheme: 'light' });
await page.goto(`file://${resolve(SHORT, 'report.html')}`);
await page.screenshot({ path: 'docs/img/report.png' });
await browser.close();
