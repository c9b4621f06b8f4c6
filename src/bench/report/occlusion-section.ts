/**
 * What detectors listen to: the section of the report on runs with probes of the family `occlusion`.
 * @module
 */

import { bandChart } from '../../report/charts.ts';
import { decimalWithInterval, percentWithInterval } from '../../report/figures.ts';
import { type Html, html } from '../../report/html.ts';
import type { ConditionResult, Summary } from '../summary.ts';

/** Titles of the probes, in the order shown. */
const PROBES: Readonly<Record<string, string>> = {
  'occlude-band': 'by band: from this frequency up to the next is covered',
  'occlude-time': 'by time: the tenth of the clip from this share on is covered',
  'occlude-quiet': 'by level: the quietest frames are covered',
  'occlude-loud': 'by level: the loudest frames are covered',
};

/** The section; null for a run without probes. */
export function occlusionSection(summary: Summary): Html | null {
  const families = new Map(summary.conditions.map(({ id, family }) => [id, family]));
  const probed = summary.results.filter(
    ({ condition, corruption }) =>
      families.get(condition) === 'occlusion' && corruption !== null && corruption in PROBES,
  );
  if (probed.length === 0) return null;
  const names = summary.detectors.map(({ name }) => name);
  return html`<p>A part of each clip is covered with the clip’s own noise floor. Where the error rises, the detector
needs that part, or is disturbed by the cover; where it falls, the part misleads it. A shift is the mean change of the scores of a class, in
standard deviations of the clean scores: bona fide up or spoof down is towards the wrong side.</p>
<ul>${names.map((name) => html`<li>${told(name, probed)}</li>`)}</ul>
${Object.entries(PROBES).map(([probe, title]) => {
  const results = probed.filter(({ corruption }) => corruption === probe);
  return results.length === 0 ? null : probeFigure(probe, title, results, names);
})}`;
}

/** What the figures of a detector say in one sentence: only intervals that leave zero out count. */
function told(name: string, probed: readonly ConditionResult[]): string {
  const mine = probed.filter(({ detector }) => detector === name);
  const hurt = mine
    .filter(({ eerMinusClean }) => (eerMinusClean?.low ?? 0) > 0)
    .sort((a, b) => b.eerMinusClean!.value - a.eerMinusClean!.value);
  const helped = mine
    .filter(({ eerMinusClean }) => (eerMinusClean?.high ?? 0) < 0)
    .sort((a, b) => a.eerMinusClean!.value - b.eerMinusClean!.value);
  const list = (results: readonly ConditionResult[]): string =>
    results.map((r) => `${r.condition} (${r.value} ${r.unit})`).join(', ');
  const parts = [
    hurt.length === 0
      ? 'no part alone is shown to carry its decisions'
      : `loses most without ${list(hurt.slice(0, 3))}`,
    ...(helped.length === 0 ? [] : [`is better without ${list(helped.slice(0, 3))}`]),
  ];
  return `${name}: ${parts.join('; ')} (${mine.length} places looked at, so about ${(mine.length * 0.025).toFixed(1)} a side by chance).`;
}

function probeFigure(
  probe: string,
  title: string,
  results: readonly ConditionResult[],
  detectors: readonly string[],
): Html {
  const points = results.flatMap(({ detector, value, level, eerMinusClean }) =>
    eerMinusClean === undefined
      ? []
      : [
          {
            detector,
            label: String(value),
            order: level ?? 0,
            change: eerMinusClean.value,
            low: eerMinusClean.low,
            high: eerMinusClean.high,
          },
        ],
  );
  return html`<h3>${probe}</h3><p class="soft">${title} (${results[0]?.unit ?? ''})</p>
<div class="charts">${detectors.map(
    (detector, i) =>
      html`<figure>${bandChart(
        points.filter((point) => point.detector === detector),
        i,
        `${detector}: change of the EER under ${probe}`,
      )}<figcaption>${detector}</figcaption></figure>`,
  )}</div>
<div class="scroll" tabindex="0" role="region" aria-label="table"><table><thead><tr><th scope="col">place</th><th scope="col" class="text">detector</th>
<th scope="col">EER − clean</th><th scope="col">shift of bona fide</th><th scope="col">shift of spoof</th></tr></thead><tbody>
${results.map(
  (
    r,
  ) => html`<tr><td>${r.value}</td><td class="text">${r.detector}</td><td>${percentWithInterval(r.eerMinusClean)}</td>
<td>${decimalWithInterval(r.scoreShift?.bonafide)}</td><td>${decimalWithInterval(r.scoreShift?.spoof)}</td></tr>`,
)}</tbody></table></div>`;
}
