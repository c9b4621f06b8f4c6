/**
 * `ringtrue demo`: a corpus, two detectors, twelve corruptions, a report.
 * @module
 */

import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { renderReport } from '../../bench/report/render.ts';
import { runStudy } from '../../bench/run.ts';
import { checkStudy } from '../../bench/study.ts';
import type { Summary } from '../../bench/summary.ts';
import { createAnalyser, saveVerification, verifyCorpus } from '../../bench/verify/verify.ts';
import type { Json } from '../../core/errors.ts';
import { toRingtrueError } from '../../core/errors.ts';
import { cacheFolder } from '../../core/node/files.ts';
import { buildCorpus } from '../../corpora/build.ts';
import { findCorruption, TWELVE } from '../../corruptions/registry.ts';
import { openCorpus } from '../../datasets/open.ts';
import { readPromises } from '../../datasets/promises.ts';
import { defineCommand } from '../command.ts';
import {
  confoundLine,
  corruptionErrorLines,
  errorCells,
  errorColumns,
  familyTable,
  stressLines,
  thresholdLine,
} from '../summary-text.ts';
import { formatSeconds, formatTable } from '../table.ts';

const options = z.object({
  out: z.string().default('runs/demo').describe('run folder').meta({ unit: 'folder' }),
  full: z
    .boolean()
    .default(false)
    .describe('every level of every corruption; mild, middle and strong ones otherwise'),
  open: z.boolean().default(true).describe('do not open the report in the browser'),
});

const DETECTORS = ['lfcc-gmm', 'acoustic-logistic'];

/** The `demo` command. */
export const command = defineCommand({
  name: 'demo',
  summary:
    'From nothing to a robustness report: build a small corpus, measure two detectors, open the report',
  options,
  examples: [
    {
      line: 'ringtrue demo',
      does: 'two detectors on real and synthetic speech under twelve corruptions',
    },
    { line: 'ringtrue demo --full', does: 'the same at every published level' },
  ],
  async run({ out, full, open }, { onProgress, signal, print, result }) {
    const started = performance.now();
    const work = { onProgress, signal };
    const corpus = await buildSpeech(work, (text) => print(text));
    const study = checkStudy(
      {
        name: 'demo',
        corpus,
        split: 'eval',
        detectors: DETECTORS,
        conditions: ['clean', ...TWELVE.flatMap((name) => levelsOf(name, full))],
      },
      'demo',
    );
    const folder = full ? `${out}-full` : out;
    const run = await runStudy(study, { out: folder }, work);
    const report = await renderReport(run.folder, work);
    print(`\n${describe(run.summary)}`);
    print(`\nReport: ${report}  (${formatSeconds((performance.now() - started) / 1000)} in all)`);
    print(
      'Next: ringtrue scan FILE · ringtrue study run FOLDER (with bonafide/ and spoof/) · ringtrue corpus verify speech-mini',
    );
    if (open && process.stdout.isTTY) openInBrowser(resolve(report));
    // A Summary is plain data.
    result({ report, summary: JSON.parse(JSON.stringify(run.summary)) as Json });
    return 0;
  },
});

/** The corpus of real speech, verified; where its packages cannot be had, the toy corpus, and saying so. */
async function buildSpeech(
  work: Parameters<typeof buildCorpus>[2],
  say: (text: string) => void,
): Promise<string> {
  try {
    const folder = await buildCorpus('speech-mini', {}, work);
    const corpus = await openCorpus(folder);
    if (corpus.confound === undefined) {
      const analyser = createAnalyser();
      try {
        const disjoint = await readPromises(corpus.root);
        const { analyse } = analyser;
        await saveVerification(corpus, await verifyCorpus(corpus, { analyse, disjoint }, work));
      } finally {
        await analyser.close();
      }
    }
    return 'speech-mini';
  } catch (thrown) {
    const error = toRingtrueError(thrown);
    if (error.code !== 'corpora/package-unavailable') throw error;
    say(
      `Real speech cannot be had here: ${error.message}\n  hint: ${error.hint}\nUsing toy signals: the figures below show that the machinery works, nothing about speech.`,
    );
    return buildCorpus('toy', { out: join(cacheFolder('corpora'), 'toy') }, work);
  }
}

function levelsOf(name: string, full: boolean): string[] {
  const { levels } = findCorruption(name);
  const chosen = full
    ? levels.map(({ level }) => level)
    : [1, Math.ceil(levels.length / 2), levels.length];
  return chosen.map((level) => `${name}@${level}`);
}

function describe(summary: Summary): string {
  const { n } = summary.corpus;
  const rows = summary.conditions.map(({ id, variant }) => {
    const first = summary.results.find((each) => each.condition === id);
    const level = first?.corruption == null ? '' : `${variant ?? first.value} ${first.unit ?? ''}`;
    return [first?.corruption ?? id, level, ...errorCells(summary, id)];
  });
  return [
    `Equal error rates with 95 % intervals: ${n.bonafide} real and ${n.spoof} synthetic clips of a speaker, a language and generators that no detector was trained on. 50 % is chance. The EER tunes the threshold anew on every row; in use it stays where clean development data put it (at threshold).`,
    '',
    formatTable(
      [{ title: 'corruption' }, { title: 'level', align: 'right' }, ...errorColumns(summary)],
      rows,
    ),
    '',
    familyTable(summary),
    '',
    corruptionErrorLines(summary),
    stressLines(summary),
    summary.interval.note,
    thresholdLine(summary),
    confoundLine(summary.confound),
  ].join('\n');
}

function openInBrowser(path: string): void {
  const [program, ...args] =
    process.platform === 'darwin'
      ? ['open', path]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '', path]
        : ['xdg-open', path];
  const child = spawn(program!, args, { stdio: 'ignore', detached: true });
  // No browser here: the path was printed.
  child.on('error', () => undefined);
  child.unref();
}
