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
const rows = conditions.map(({ id, variant }) => {
  const of = names.map((name) => results.find((r) => r.condition === id && r.detector === name));
  const [{ corruption, value, unit }] = of;
  const cells = of.flatMap(({ eer, atThreshold }) => [
    between(eer),
    atThreshold == null ? '–' : between(atThreshold.error),
  ]);
  const level = corruption === null ? '' : `${variant ?? value} ${unit}`;
  return [corruption ?? 'clean', level, ...cells];
});
const clean = (name) => results.find((r) => r.detector === name && r.condition === 'clean');
/** Conditions whose interval of the EER lies beside that of clean. */
const apart = names.map((name) => {
  const { eer } = clean(name);
  return results.filter(
    (r) => r.detector === name && (r.eer.low > eer.high || r.eer.high < eer.low),
  ).length;
});
const floor =
  confound === null
    ? ''
    : ` Trivial features alone reach an AUC of ${confound.value.toFixed(3)} [${confound.low.toFixed(3)}–${confound.high.toFixed(3)}] on the whole corpus.`;
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
${interval.note}${floor}

50 % is chance. Conditions whose interval lies clear of that of clean: ${names.map((name, i) => `${name} ${apart[i]} of ${conditions.length - 1}`).join(', ')}. Everything
else is within what so few clips of one speaker leave open: this table shows what a study prints, not a ranking of
corruptions or detectors, which needs [speech-base](../corpora/speech-base.md). Where the error at the threshold is far
above the EER, the threshold of clean dev does not hold.

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
