/**
 * From a run folder to `report.html`: one file that opens from disk.
 * @module
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RingtrueError, toRingtrueError } from '../../core/errors.ts';
import { writeFileAtomic } from '../../core/node/files.ts';
import type { WorkContext } from '../../core/progress.ts';
import { openCorpus } from '../../datasets/open.ts';
import { readTrials } from '../../store/trials.ts';
import { parseStudy } from '../study.ts';
import type { Summary } from '../summary.ts';
import { renderPage } from './page.ts';
import { type ListenSources, listenTo, pickWorst } from './worst-clips.ts';

/**
 * Reads the summary of a finished run.
 * @throws RingtrueError `store/bad-run`
 */
export async function readSummary(folder: string): Promise<Summary> {
  try {
    // Written by the engine; a folder of another kind has no such file.
    const summary = JSON.parse(await readFile(join(folder, 'summary.json'), 'utf8')) as Summary;
    if (summary.schema !== 1) throw new Error(`schema ${String(summary.schema)}`);
    return summary;
  } catch (error) {
    throw new RingtrueError(
      'store/bad-run',
      `${folder} is not a finished run: ${toRingtrueError(error).message}`,
      { cause: error },
    );
  }
}

/**
 * Writes `report.html` into a run folder. Clips that can no longer be read are listed without sound.
 * @returns path of the page
 * @throws RingtrueError `store/bad-run`, `store/bad-parquet`, `core/io-*`
 */
export async function renderReport(folder: string, work: WorkContext = {}): Promise<string> {
  const task = 'report';
  work.onProgress?.({ type: 'start', task });
  const summary = await readSummary(folder);
  const trials = await readTrials(folder);
  const studyText = await readFile(join(folder, 'study.yaml'), 'utf8').catch(() => '');
  const environmentText = await readFile(join(folder, 'environment.json'), 'utf8').catch(() => '');
  const sources = await sourcesOf(studyText, work);
  const worst = await listenTo(pickWorst(trials, summary), sources, work);
  const path = join(folder, 'report.html');
  await writeFileAtomic(path, renderPage({ summary, trials, worst, studyText, environmentText }));
  work.onProgress?.({ type: 'end', task });
  return path;
}

/** Clips of the study's corpus by id, none if the corpus is gone, and its limits. */
async function sourcesOf(studyText: string, { onProgress }: WorkContext): Promise<ListenSources> {
  try {
    const { corpus, limits } = parseStudy(studyText, 'study.yaml');
    const opened = await openCorpus(corpus, { classes: 'any' });
    return { clips: new Map(opened.clips.map((clip) => [clip.id, clip])), limits };
  } catch (thrown) {
    const { code, message } = toRingtrueError(thrown);
    onProgress?.({ type: 'warning', code, message: `the report has no players: ${message}` });
    return { clips: new Map() };
  }
}
