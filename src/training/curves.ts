/**
 * `curves.html` of a training: one file that opens from disk.
 * @module
 */

import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeFileAtomic } from '../core/node/files.ts';
import { type CurvePoint, curveChart } from '../report/curves.ts';
import { percentWithInterval } from '../report/figures.ts';
import { type Html, html, trusted } from '../report/html.ts';
import { DETECTOR_COLOURS, STYLE } from '../report/style.ts';
import { readLog, type TrainingEntry } from './run-folder.ts';

type Step = Extract<TrainingEntry, { event: 'step' }>;
type Epoch = Extract<TrainingEntry, { event: 'epoch' }>;

/**
 * Draws the log of a run folder.
 * @throws RingtrueError `core/io-*`
 */
export async function writeCurves(folder: string): Promise<void> {
  const entries = await readLog(join(folder, 'log.jsonl'));
  const config = await readFile(join(folder, 'config.yaml'), 'utf8').catch(() => '');
  const title = `Training of ${basename(dirname(folder))}`;
  await writeFileAtomic(join(folder, 'curves.html'), renderCurves(entries, { title, config }).text);
}

/** The page of a log. */
export function renderCurves(
  entries: readonly TrainingEntry[],
  { title, config }: { readonly title: string; readonly config: string },
): Html {
  const steps = entries.filter((entry): entry is Step => entry.event === 'step');
  const epochs = entries.filter((entry): entry is Epoch => entry.event === 'epoch');
  const failures = entries.filter(({ event }) => event === 'failure').length;
  const best = epochs.filter((epoch) => epoch.best).at(-1);
  const last = epochs.at(-1);
  const mark = best?.step;
  const figure = (caption: string, series: readonly string[], chart: Html): Html => html`<figure>
<figcaption>${caption}${series.length < 2 ? null : series.map((name, i) => html` <span class="swatch" style="background:${DETECTOR_COLOURS[i % DETECTOR_COLOURS.length]}"></span>${name}`)}</figcaption>${chart}</figure>`;
  const losses: CurvePoint[] = [
    ...epochs.map(({ step, trainLoss }) => ({ series: 'train', x: step, y: trainLoss })),
    ...epochs.map(({ step, dev }) => ({ series: 'dev', x: step, y: dev.loss })),
  ];
  const errors: CurvePoint[] = epochs.map(({ step, dev: { eer } }) => ({
    series: 'dev EER',
    x: step,
    y: eer.value,
    low: eer.low,
    high: eer.high,
  }));
  const line = (name: string, value: (step: Step) => number): CurvePoint[] =>
    steps.map((step) => ({ series: name, x: step.step, y: value(step) }));
  const chart = (
    caption: string,
    points: readonly CurvePoint[],
    more: { series: readonly string[]; percent?: boolean; log?: boolean },
  ): Html | null =>
    points.length === 0
      ? null
      : figure(
          caption,
          more.series,
          curveChart(points, { ...more, x: 'step', y: '', mark, description: caption }),
        );
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${trusted(STYLE)}</style></head><body>
<h1>${title}</h1>
<p class="soft">${last === undefined ? 'No epoch is finished.' : html`${last.epoch} epochs, ${last.step} steps, ${last.stepsPerSec.toFixed(1)} steps/s, ${(100 * last.waitShare).toFixed(1)} % of the time waiting for data${failures === 0 ? null : `, ${failures} clips that could not be read`}.`}</p>
${best === undefined ? null : html`<div class="cards"><div class="card">dev EER of the kept weights<b>${percentWithInterval(best.dev.eer)}</b>epoch ${best.epoch}</div><div class="card">their dev AUC<b>${best.dev.auc.value.toFixed(3)}</b></div><div class="card">their dev loss<b>${best.dev.loss.toFixed(3)}</b></div></div>`}
<div class="charts">
${chart('EER on dev, with its interval', errors, { series: ['dev EER'], percent: true })}
${chart('Loss', losses, { series: ['train', 'dev'] })}
${chart(
  'Loss of each step',
  line('loss', ({ loss }) => loss),
  { series: ['loss'] },
)}
${chart(
  'Norm of the gradient',
  line('norm', ({ gradientNorm }) => gradientNorm),
  { series: ['norm'] },
)}
${chart(
  'Learning rate',
  line('rate', ({ learningRate }) => learningRate),
  { series: ['rate'] },
)}
</div>
<p class="soft">The dashed line marks the weights that were kept.</p>
<details><summary>Settings</summary><pre>${config}</pre></details>
</body></html>
`;
}
