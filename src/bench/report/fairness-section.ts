/**
 * The report's part on fairness: what each attribute's groups fare, and what may be said of their gaps.
 * @module
 */

import type { GroupFairness } from '../../metrics/fairness.ts';
import type { FairnessFigure, GroupFigure } from '../../metrics/fairness-statistic.ts';
import { RATE_NAMES } from '../../metrics/fairness-verdict.ts';
import type { Figure } from '../../metrics/types.ts';
import { decimalWithInterval, percent, percentWithInterval } from '../../report/figures.ts';
import { type Html, html } from '../../report/html.ts';
import type { FairnessResult, FairnessSummary, Intersection, Mixture } from '../fairness.ts';
import type { Summary } from '../summary.ts';

/** Figures over groups, with what a fair detector has. */
const FIGURES: readonly (readonly [FairnessFigure, string])[] = [
  ['fdr', 'FDR (1 is fair)'],
  ['fdrArea', 'area under FDR (1)'],
  ['garbe', 'GARBE (0)'],
  ['inequityRate', 'inequity rate, smoothed (1)'],
  ['equalisedOdds', 'equalised odds (0)'],
  ['averageOdds', 'average odds (0)'],
  ['selectionGap', 'parity gap (0)'],
  ['worstBalancedAccuracy', 'worst balanced accuracy'],
];

const COLUMNS: readonly (readonly [GroupFigure, string])[] = [
  ['fpr', 'bona fide called spoof'],
  ['fnr', 'spoof called bona fide'],
  ['eer', 'EER'],
];

/** The section; null for runs without it, or where no detector has an operating point. */
export function fairnessSection({ fairness, detectors }: Summary): Html | null {
  if (fairness === undefined || fairness.results.length === 0) return null;
  const silent = detectors.filter(
    ({ name }) => !fairness.results.some(({ detector }) => detector === name),
  );
  return html`<p>All groups at the one threshold of the detector's card, which was fixed on other clips. ${fairness.note} Grey cells
have fewer than ${fairness.leastSpeakers} speakers. A largest gap is above 0 even between equal groups: it is set against the gap
that shuffled labels give, and all tests of a detector are corrected together (Holm).</p>
${silent.length === 0 ? null : html`<p>No operating point on the card of ${silent.map(({ name }) => name).join(', ')}: no threshold, no table.</p>`}
${fairness.results.map((result) => attributeTables(result))}
${intersectionTables(fairness)}${fairness.mixtures.map(mixtureTable)}`;
}

function attributeTables(result: FairnessResult): Html {
  const { detector, condition, attribute, threshold, fixedOn, groups, gaps, figures } = result;
  return html`<h3>${detector} by ${attribute}</h3>
<p><small>${condition}, threshold ${threshold.toFixed(3)} from ${fixedOn}</small></p>${groupTable(attribute, groups)}
<ul>${gaps.map(({ text, differs }) => html`<li class="${differs ? 'bad' : ''}">${text}</li>`)}${result.within.map(withinLine)}</ul>
<p><small>${FIGURES.flatMap(([name, title]) => {
    const figure = figures[name];
    return figure === undefined ? [] : [html`${title}: ${decimalWithInterval(figure)}; `];
  })}${result.worst === null ? '' : `worst group: ${result.worst}`}</small></p>`;
}

function groupTable(title: string, groups: readonly GroupFairness[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="table"><table><thead><tr><th scope="col">${title}</th>
<th scope="col">bona fide (speakers)</th><th scope="col">spoof (speakers)</th>${COLUMNS.map(([, name]) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${groups.map(
    ({
      group,
      n,
      speakers,
      thin,
      figures,
    }) => html`<tr><td>${group}</td><td>${n.bonafide} (${speakers.bonafide})</td>
<td>${n.spoof} (${speakers.spoof})</td>${COLUMNS.map(([name]) => {
      const isThin =
        (name !== 'fnr' && thin.bonafide && n.bonafide > 0) ||
        (name !== 'fpr' && thin.spoof && n.spoof > 0);
      return rateCell(figures[name], isThin);
    })}</tr>`,
  )}</tbody></table></div>`;
}

function rateCell(figure: Figure | undefined, thin: boolean): Html {
  const rule = figure?.rule ?? '';
  return html`<td class="${thin ? 'soft' : ''}" title="${rule}">${percentWithInterval(figure)}</td>`;
}

function withinLine({
  by,
  rate,
  raw,
  stratified,
  test,
  strata,
  coverage,
}: FairnessResult['within'][number]): Html {
  const gap = `within the same ${by}, ${RATE_NAMES[rate]}: gap`;
  if (stratified === null || test === null) {
    return html`<li>${gap} unknown (raw ${percent(raw.value)}): no ${by} has clips of every group, so the two cannot be told apart</li>`;
  }
  return html`<li>${gap} ${percentWithInterval(stratified)} in place of ${percentWithInterval(raw)}, by chance up to
${percent(test.chance.high)}, p = ${test.p.toFixed(3)} (${strata.length} shared, ${percent(coverage)} of the clips)</li>`;
}

function intersectionTables({ intersections, leastSpeakers }: FairnessSummary): Html | null {
  const shown = intersections.filter(({ groups }) => groups.length > 0);
  if (shown.length === 0) return null;
  return html`<details><summary>Two attributes at once</summary><p>Cells with fewer than ${leastSpeakers} speakers show their n only.</p>
${shown.map(
  ({ detector, attributes, groups }: Intersection) =>
    html`<h4>${detector}</h4>${groupTable(attributes.join(' × '), groups)}`,
)}</details>`;
}

function mixtureTable({ attributes, cells, association }: Mixture): Html | null {
  if (attributes.length < 2) return null;
  const notes = association.flatMap(({ with: other, value }) =>
    value === null ? [] : [`${other} ${value.toFixed(2)}`],
  );
  return html`<details><summary>How ${attributes.join(' × ')} are mixed</summary>
${notes.length === 0 ? null : html`<p>Cramér's V with ${attributes[0]} (1: cannot be told apart): ${notes.join(', ')}.</p>`}
<div class="scroll" tabindex="0" role="region" aria-label="table"><table><thead><tr>${attributes.map((name) => html`<th scope="col" class="text">${name}</th>`)}<th scope="col">bona fide</th><th scope="col">spoof</th></tr></thead>
<tbody>${cells.map(({ values, n }) => html`<tr>${values.map((value) => html`<td class="text">${value}</td>`)}<td>${n.bonafide}</td><td>${n.spoof}</td></tr>`)}</tbody></table></div></details>`;
}
