/**
 * `ringtrue study run`: runs a study file, or a corpus with flags, and says how far each detector goes.
 * @module
 */

import { readFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, extname, relative, resolve } from 'node:path';
import * as z from 'zod';
import { heardMark, heardSentence, uncomparedSentence } from '../../bench/contamination.ts';
import { renderReport } from '../../bench/report/render.ts';
import { runStudy } from '../../bench/run.ts';
import { checkStudy, parseStudy, type Study } from '../../bench/study.ts';
import type { Summary } from '../../bench/summary.ts';
import { type Json, RingtrueError, toRingtrueError } from '../../core/errors.ts';
import { TWELVE } from '../../corruptions/registry.ts';
import { corpusTitle } from '../../report/figures.ts';
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
import { formatTable } from '../table.ts';

const options = z.strictObject({
  detectors: z
    .array(z.string())
    .optional()
    .describe('detectors, in place of those of the study file')
    .meta({ short: 'd' }),
  conditions: z
    .array(z.string())
    .optional()
    .describe('conditions, in place of those of the study file')
    .meta({ short: 'c' }),
  split: z
    .enum(['train', 'dev', 'eval', 'all'])
    .optional()
    .describe('part of the corpus, in place of that of the study file'),
  seed: z
    .int()
    .min(0)
    .optional()
    .describe('seed, in place of that of the study file')
    .meta({ short: 's' }),
  clips: z
    .int()
    .min(2)
    .optional()
    .describe('clips at most, drawn evenly from both classes')
    .meta({ short: 'n' }),
  out: z.string().optional().describe('run folder; runs/NAME-HASH by default').meta({ short: 'o' }),
  workers: z
    .int()
    .min(1)
    .optional()
    .describe('worker threads; one a processor by default')
    .meta({ short: 'w' }),
  cache: z.boolean().default(true).describe('neither read nor write cached scores'),
  retryFailed: z.boolean().default(false).describe('run units again that hold failed trials'),
});
type Options = z.output<typeof options>;

/** Detectors of a study that is given by its corpus alone. */
const DEFAULT_DETECTORS = ['lfcc-gmm', 'acoustic-logistic'];
/** The published corruptions in the middle of their grids. */
const DEFAULT_CONDITIONS = ['clean', ...TWELVE.map((name) => `${name}@3`)];

/** The `study run` command. */
export const command = defineCommand({
  name: 'study run',
  summary: 'Run a study: detectors × conditions over a corpus, with error rates and a report',
  arguments: [
    {
      name: 'study',
      description: 'study file (.yaml), built corpus, or folder with bonafide/ and spoof/',
      required: true,
      many: false,
    },
  ],
  options,
  examples: [
    {
      line: 'ringtrue study run study.yaml',
      does: 'runs what the file says, or what is left of it',
    },
    {
      line: 'ringtrue study run ./recordings -d lfcc-gmm -c clean,mp3@1..5',
      does: 'runs one detector on your own folder',
    },
  ],
  async run(given, context) {
    const [target = ''] = context.args;
    const { study, name, cwd } = await readTarget(target, given);
    const work = { onProgress: context.onProgress, signal: context.signal };
    const { folder, summary } = await runStudy(
      study,
      {
        out: given.out,
        workers: given.workers ?? availableParallelism(),
        cache: given.cache,
        retryFailed: given.retryFailed,
        name,
        cwd,
      },
      work,
    );
    const report = await renderReport(folder, work);
    // Absent figures are undefined in memory and left out in JSON.
    const document: Json = JSON.parse(JSON.stringify({ folder, report, ...summary }));
    context.result(document);
    context.print(describe(summary));
    context.print(`\nreport: ${relative(process.cwd(), report) || report}`);
    return summary.assertions.every(({ ok }) => ok) ? 0 : 3;
  },
});

async function readTarget(
  target: string,
  given: Options,
): Promise<{ study: Study; name: string | undefined; cwd: string }> {
  const changes = {
    ...(given.detectors === undefined ? {} : { detectors: given.detectors.map(fromHere) }),
    ...(given.conditions === undefined ? {} : { conditions: given.conditions }),
    ...(given.split === undefined ? {} : { split: given.split }),
    ...(given.seed === undefined ? {} : { seed: given.seed }),
  };
  const clips = given.clips === undefined ? {} : { clips: given.clips };
  if (!/\.(ya?ml|json)$/i.test(target)) {
    const study = checkStudy(
      {
        corpus: target,
        detectors: DEFAULT_DETECTORS,
        conditions: DEFAULT_CONDITIONS,
        ...changes,
        limits: clips,
      },
      '--',
    );
    return { study, name: undefined, cwd: process.cwd() };
  }
  const path = resolve(target);
  const study = parseStudy(await readText(path), basename(path));
  return {
    study: checkStudy({ ...study, ...changes, limits: { ...study.limits, ...clips } }, '--'),
    name: basename(path, extname(path)),
    cwd: dirname(path),
  };
}

/** Paths on the command line start from the working folder, those in the file from its own. */
function fromHere(detector: string): string {
  return /^\.{1,2}[\\/]/.test(detector) ? resolve(detector) : detector;
}

async function readText(path: string): Promise<string> {
  try {
    if ((await stat(path)).isDirectory()) {
      throw new RingtrueError('bench/bad-study', `${path} is a folder, not a study file`);
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    throw toRingtrueError(error, 'core/io-failed');
  }
}

function describe(summary: Summary): string {
  const { bonafide, spoof } = summary.corpus.n;
  const { interval } = summary;
  const head = `${corpusTitle(summary.corpus)} (${summary.corpus.split}): ${bonafide} bona fide and ${spoof} spoof clips`;
  const parts = [
    `${head}\n\n${resultTable(summary)}`,
    `EER with ${100 * interval.level} % intervals. ${interval.note}`,
    thresholdLine(summary),
    confoundLine(summary.confound),
    familyTable(summary),
    corruptionErrorLines(summary),
    stressLines(summary),
    heardLines(summary),
    assertionLines(summary),
    failureLines(summary),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function resultTable(summary: Summary): string {
  return formatTable(
    [{ title: 'condition' }, ...errorColumns(summary)],
    summary.conditions.map(({ id }) => [id, ...errorCells(summary, id)]),
  );
}

function heardLines({ detectors }: Summary): string {
  return detectors
    .flatMap(({ name, heard }) => {
      if (heard === null) return [`${name}: its card does not say what it was trained on.`];
      const sentence = heardSentence(heard);
      const rest = uncomparedSentence(name, heard);
      const lines = [
        ...(sentence === '' ? [] : [`${name} ${sentence}`]),
        ...(rest === '' ? [] : [rest]),
      ];
      return lines.map((line) => `${heardMark(heard)} ${line}.`);
    })
    .join('\n');
}

function assertionLines({ assertions }: Summary): string {
  return assertions
    .map(({ text, value, ok }) => {
      const shown = value === null ? 'no value' : value.toPrecision(4);
      return `${ok ? '✓' : '✗'} ${text}  (${shown})`;
    })
    .join('\n');
}

function failureLines({ failures }: Summary): string {
  return failures
    .map(({ kind, code, count, clips }) => {
      const some = clips.slice(0, 3).join(', ');
      return `${count} trials ${kind}: ${code} (${some}${clips.length > 3 ? ', …' : ''})`;
    })
    .join('\n');
}
