/**
 * The report of a benchmark as one HTML page: a pure function of its summary.
 * @module
 */

import type { Figure } from '../metrics/types.ts';
import {
  decimalWithInterval,
  heat,
  interval,
  percent,
  percentWithInterval,
} from '../report/figures.ts';
import { type Html, html, trusted } from '../report/html.ts';
import { STYLE } from '../report/style.ts';
import type { Claim } from './claim.ts';
import {
  type BenchmarkSummary,
  type CellSummary,
  type SeedFigure,
  titleOfCorpora,
} from './summary.ts';

/** Renders the whole page. */
export function renderBenchmark(summary: BenchmarkSummary): string {
  const sections: readonly { id: string; title: string; body: Html | null }[] = [
    { id: 'matrix', title: 'Train matrix', body: matrixSection(summary) },
    { id: 'claims', title: 'Claims', body: claimSection(summary.claims) },
    { id: 'variants', title: 'One factor at a time', body: variantSection(summary) },
    { id: 'threshold', title: 'Does the threshold hold?', body: thresholdSection(summary) },
    { id: 'diversity', title: 'More domains, same size', body: diversitySection(summary) },
    { id: 'left-out', title: 'Left out', body: leftSection(summary) },
    { id: 'control', title: 'Every clip treated alike', body: controlSection(summary) },
    { id: 'audit', title: 'Leakage audit', body: auditSection(summary) },
    { id: 'sets', title: 'Sources and sets', body: setSection(summary) },
    { id: 'all', title: 'Every cell', body: allSection(summary) },
  ];
  const shown = sections.filter(({ body }) => body !== null);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${summary.name}: ${summary.benchmark} benchmark</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<header>
<h1>${summary.name}</h1>
<p class="soft">${summary.benchmark} on ${titleOfCorpora(summary)}: ${summary.trainSets.length} training sets × ${summary.recipes.length}
recipes (${summary.recipes.join(', ')}) × ${summary.seeds.length} seeds = ${summary.models.length} detectors, tested on
${summary.testSets.length} sets. Scores: higher is more likely spoof.</p>
</header>
${introduction(summary)}
<nav aria-label="Sections">${shown.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}</nav>
<main>
${shown.map(({ id, title, body }) => html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${body}</section>`)}
</main>
</body>
</html>
`;
  return page.text;
}

function introduction({ confounds, interval: how, cells, notes }: BenchmarkSummary): Html {
  const floors = confounds.map(
    ({ corpus, auc, low, high }) =>
      html`Trivial features alone (level, silence, bandwidth, noise floor, …) reach an AUC of
<strong>${decimalWithInterval({ value: auc, low, high })}</strong> on ${corpus}. `,
  );
  const units = [...new Set(cells.flatMap(({ note }) => note ?? []))];
  return html`${floors.length === 0 ? html`<div class="note">No corpus was verified: nobody knows how much of these figures is recording chain and not synthesis.</div>` : html`<div class="note">${floors}</div>`}
<div class="note">Figures are means over seeds ± their standard deviation. Brackets are ${Math.round(100 * how.level)} % bootstrap intervals
of the mean over ${how.replicates} resamples of the test clips, given these trainings. ${units.slice(0, 2).map((note) => html`${note} `)}
A star marks cells whose EER differs between seeds by more than five points.</div>
${notes.length === 0 ? null : html`<div class="note">${notes.map((note) => html`${note}<br>`)}</div>`}`;
}

function tables(
  summary: BenchmarkSummary,
  takes: (cell: CellSummary) => boolean,
  draw: (cells: readonly CellSummary[]) => Html,
): Html | null {
  const parts = summary.recipes.flatMap((recipe) =>
    summary.conditions.flatMap((condition) => {
      const cells = summary.cells.filter(
        (cell) => cell.recipe === recipe && cell.condition === condition && takes(cell),
      );
      const title = summary.conditions.length === 1 ? recipe : `${recipe}, ${condition}`;
      return cells.length === 0 ? [] : [html`<h3>${title}</h3>${draw(cells)}`];
    }),
  );
  return parts.length === 0 ? null : html`${parts}`;
}

function scroll(table: Html): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="table">${table}</div>`;
}

function untreated({ treated }: CellSummary): boolean {
  return !treated.train && !treated.test;
}

function matrixSection(summary: BenchmarkSummary): Html | null {
  const body = tables(
    summary,
    (cell) => untreated(cell) && (cell.kind === 'in-domain' || cell.kind === 'cross-domain'),
    heatMap,
  );
  return html`<p>EER in percent: rows are trained on, columns are tested on; 50 is chance, above it the order is reversed. Hover
or focus a cell for its interval, its n and its other figures.</p>${body}`;
}

function heatMap(cells: readonly CellSummary[]): Html {
  const rows = [...new Set(cells.map(({ train }) => train))];
  const columns = [...new Set(cells.map(({ test }) => test))];
  return scroll(html`<table class="heat"><thead><tr><th scope="col">trained on</th>
${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map(
    (train) => html`<tr><th scope="row">${train}</th>
${columns.map((test) => heatCell(cells.find((cell) => cell.train === train && cell.test === test)))}</tr>`,
  )}</tbody></table>`);
}

function heatCell(cell: CellSummary | undefined): Html {
  if (cell?.figures === undefined)
    return html`<td class="cell none" title="${cell?.problem ?? ''}">${cell === undefined ? '' : '–'}</td>`;
  const { eer, auc, accuracy, bestAccuracy } = cell.figures;
  const { background, ink } = heat(eer.value);
  const title = `${cell.train} → ${cell.test} (${cell.kind}): EER ${percentWithInterval(eer)}, sd ${deviationOf(eer)}; AUC ${decimalWithInterval(auc)}; accuracy ${percentWithInterval(accuracy)} at the dev threshold, ${percentWithInterval(bestAccuracy)} at the best; n = ${cell.n.bonafide} bona fide + ${cell.n.spoof} spoof`;
  return html`<td class="cell" tabindex="0" title="${title}" aria-label="${title}" style="background:${background};color:${ink}">
${(100 * eer.value).toFixed(1)}${cell.unstable ? '*' : ''}<small>± ${deviationOf(eer)}</small></td>`;
}

function deviationOf({ sd }: SeedFigure): string {
  return sd === null ? '–' : (100 * sd).toFixed(1);
}

/** `12.5 % ± 1.2 [8.1–17.0]`, with a star where it is unstable. */
function spread(figure: SeedFigure | undefined, unstable = false): string {
  if (figure === undefined) return '–';
  const star = unstable ? '*' : '';
  return `${percent(figure.value)}${star} ± ${deviationOf(figure)} ${interval(figure)}`;
}

/** What is new in a test set, from nothing but sentences or speakers to everything. */
const VARIANTS = ['in-domain', 'new-generators', 'new-source', 'cross-domain'] as const;

function variantSection(summary: BenchmarkSummary): Html | null {
  if (!summary.cells.some(({ kind }) => kind === 'new-generators' || kind === 'new-source'))
    return null;
  const body = tables(
    summary,
    (cell) => untreated(cell) && VARIANTS.some((kind) => kind === cell.kind),
    (cells) => {
      const domains = [...new Set(cells.map(({ train }) => train))];
      return scroll(html`<table><thead><tr><th scope="col">trained on</th>${VARIANTS.map((kind) => html`<th scope="col">${kind}</th>`)}</tr></thead>
<tbody>${domains.map(
        (train) =>
          html`<tr><th scope="row">${train}</th>${VARIANTS.map((kind) => {
            const some = cells.filter((cell) => cell.train === train && cell.kind === kind);
            return html`<td>${some.length === 1 ? spread(some[0]?.figures?.eer, some[0]?.unstable) : meanText(some)}</td>`;
          })}</tr>`,
      )}</tbody></table>`);
    },
  );
  return html`<p>EER. Across domains everything changes at once; these test sets change one thing. Where several sets are
averaged the interval is not shown: see every cell below.</p>${body}`;
}

function meanText(cells: readonly CellSummary[]): string {
  const values = cells.flatMap(({ figures }) => figures?.eer.value ?? []);
  if (values.length === 0) return '–';
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return `${percent(mean)} (mean of ${values.length})`;
}

function thresholdSection(summary: BenchmarkSummary): Html | null {
  const body = tables(
    summary,
    (cell) => untreated(cell) && VARIANTS.some((kind) => kind === cell.kind),
    (cells) =>
      scroll(html`<table><thead><tr><th scope="col">trained on</th><th scope="col" class="text">tested on</th><th scope="col">AUC</th>
<th scope="col">accuracy at the dev threshold</th><th scope="col">at the best threshold</th><th scope="col">lost</th></tr></thead>
<tbody>${cells.map(
        ({
          train,
          test,
          figures,
          thresholdLoss,
        }) => html`<tr><th scope="row">${train}</th><td class="text">${test}</td>
<td>${decimalWithInterval(figures?.auc)}</td><td>${spread(figures?.accuracy)}</td><td>${spread(figures?.bestAccuracy)}</td>
<td>${percentWithInterval(thresholdLoss)}</td></tr>`,
      )}</tbody></table>`),
  );
  return html`<p>The best threshold is chosen on the test set itself: nobody has it in use, and it is a little too good.</p>${body}`;
}

function diversitySection(summary: BenchmarkSummary): Html | null {
  if (!summary.cells.some(({ kind }) => kind === 'diversity')) return null;
  return tables(
    summary,
    ({ kind }) => kind === 'diversity',
    (cells) => {
      const numbers = [...new Set(cells.map(({ domains }) => domains.length))].sort();
      return scroll(html`<table><thead><tr><th scope="col">domains in training</th><th scope="col">mean EER on unseen domains</th>
<th scope="col">cells</th></tr></thead><tbody>${numbers.map((k) => {
        const some = cells.filter(({ domains }) => domains.length === k);
        return html`<tr><th scope="row">${k}</th><td>${meanText(some)}</td><td>${some.length}</td></tr>`;
      })}</tbody></table>`);
    },
  );
}

function leftSection(summary: BenchmarkSummary): Html | null {
  if (!summary.cells.some(({ kind }) => kind === 'left-out')) return null;
  return tables(
    summary,
    ({ kind }) => kind === 'left-out' || kind === 'heard',
    (cells) => {
      const left = cells
        .filter(({ kind }) => kind === 'left-out')
        .sort((a, b) => (b.figures?.eer.value ?? 0) - (a.figures?.eer.value ?? 0));
      return scroll(html`<table><thead><tr><th scope="col">left out</th><th scope="col">n</th><th scope="col">EER unheard</th>
<th scope="col">EER heard</th><th scope="col">accuracy unheard</th></tr></thead><tbody>${left.map(
        (cell) => {
          const heard = cells.find(({ kind, value }) => kind === 'heard' && value === cell.value);
          return html`<tr><th scope="row">${cell.value}</th><td>${cell.n.bonafide} + ${cell.n.spoof}</td>
<td>${spread(cell.figures?.eer, cell.unstable)}</td><td>${spread(heard?.figures?.eer, heard?.unstable)}</td>
<td>${spread(cell.figures?.accuracy)}</td></tr>`;
        },
      )}</tbody></table>`);
    },
  );
}

function controlSection(summary: BenchmarkSummary): Html | null {
  if (!summary.cells.some(({ treated }) => treated.test)) return null;
  const plainName = (name: string): string => name.replace(/ \(control\)$/, '');
  return tables(
    summary,
    ({ kind }) => kind === 'in-domain' || kind === 'cross-domain',
    (cells) => {
      const plain = cells.filter(untreated);
      return scroll(html`<table><thead><tr><th scope="col">trained on</th><th scope="col" class="text">tested on</th>
<th scope="col">EER</th><th scope="col">test treated</th><th scope="col">training and test treated</th></tr></thead>
<tbody>${plain.map((cell) => {
        const find = (train: boolean): CellSummary | undefined =>
          cells.find(
            ({ treated, ...other }) =>
              treated.test &&
              treated.train === train &&
              plainName(other.train) === cell.train &&
              plainName(other.test) === cell.test,
          );
        return html`<tr><th scope="row">${cell.train}</th><td class="text">${cell.test}</td><td>${spread(cell.figures?.eer, cell.unstable)}</td>
<td>${spread(find(false)?.figures?.eer)}</td><td>${spread(find(true)?.figures?.eer)}</td></tr>`;
      })}</tbody></table>`);
    },
  );
}

function claimSection(claims: readonly Claim[]): Html {
  const styles = { reproduced: 'good', 'not-reproduced': 'bad', 'not-testable': 'soft' } as const;
  return html`${claims.map(
    ({
      id,
      claim,
      expected,
      status,
      figures,
      note,
    }) => html`<details${status === 'not-testable' ? '' : trusted(' open')}><summary><span class="${styles[status]}">${status}</span>
${claim}</summary><p class="soft">${id}. Expected: ${expected}. ${note ?? ''}</p>
${
  figures.length === 0
    ? null
    : scroll(html`<table><thead><tr><th scope="col">figure</th><th scope="col">value</th><th scope="col">n</th></tr></thead>
<tbody>${figures.map((figure) => html`<tr><td>${figure.name}</td><td>${plain(figure)}</td><td>${figure.n}</td></tr>`)}</tbody></table>`)
}</details>`,
  )}`;
}

function plain(figure: Figure): string {
  return Number.isInteger(figure.value) && figure.low === null
    ? String(figure.value)
    : decimalWithInterval(figure);
}

function auditSection({ audit }: BenchmarkSummary): Html {
  const { promises, broken, unknown } = audit;
  return html`<p>${promises} promises looked into, <strong class="${broken.length === 0 ? 'good' : 'bad'}">${broken.length} broken</strong>${unknown.length === 0 ? '' : `; ${unknown.length} cannot be looked into, because the clips do not say`}.</p>
${
  broken.length === 0
    ? null
    : scroll(html`<table><thead><tr><th scope="col">trained on</th><th scope="col" class="text">tested on</th><th scope="col" class="text">shared</th><th scope="col">test clips</th></tr></thead>
<tbody>${broken.map(({ train, test, what, shared, count, clips }) => html`<tr><th scope="row">${train}</th><td class="text">${test}</td><td class="text">${count} × ${what}: ${shared.join(', ')}</td><td>${clips}</td></tr>`)}</tbody></table>`)
}`;
}

function setSection({ sources, trainSets, testSets }: BenchmarkSummary): Html {
  const generators = (made: Readonly<Record<string, number>>): string =>
    Object.entries(made)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, n]) => `${name} ${n}`)
      .join(', ');
  return html`${scroll(html`<table><thead><tr><th scope="col">source</th><th scope="col" class="text">new in its test part</th><th scope="col">speakers</th>
<th scope="col">train</th><th scope="col">dev</th><th scope="col">test clips</th></tr></thead><tbody>${sources.map(
    ({
      source,
      held,
      speakers,
      clips,
    }) => html`<tr><th scope="row">${source}</th><td class="text">${HELD_WORDS[held]}</td>
<td>${speakers}</td><td>${clips.train}</td><td>${clips.dev}</td><td>${clips.test}</td></tr>`,
  )}</tbody></table>`)}
${scroll(html`<table><thead><tr><th scope="col">set</th><th scope="col">bona fide + spoof</th><th scope="col">bona fide speakers</th><th scope="col" class="text">fakes by</th></tr></thead>
<tbody>${trainSets.map((set) => setRow(`trained on: ${set.name}`, set, generators))}${testSets.map((set) => setRow(`tested on: ${set.name}`, set, generators))}</tbody></table>`)}`;
}

const HELD_WORDS = {
  manifest: 'what the splits of the manifest keep apart',
  speaker: 'speakers',
  source: 'sentences, by speakers that were heard',
} as const;

function setRow(
  title: string,
  { n, speakers, generators }: BenchmarkSummary['testSets'][number],
  list: (made: Readonly<Record<string, number>>) => string,
): Html {
  return html`<tr><th scope="row">${title}</th><td>${n.bonafide} + ${n.spoof}</td><td>${speakers}</td><td class="text">${list(generators)}</td></tr>`;
}

function allSection({ cells }: BenchmarkSummary): Html {
  return html`<details><summary>${cells.length} cells</summary>${scroll(html`<table><thead><tr><th scope="col">recipe</th><th scope="col" class="text">trained on</th>
<th scope="col" class="text">tested on</th><th scope="col" class="text">kind</th><th scope="col" class="text">condition</th><th scope="col">n</th><th scope="col">EER</th><th scope="col">AUC</th>
<th scope="col">accuracy</th><th scope="col">best accuracy</th><th scope="col">not scored</th></tr></thead><tbody>${cells.map(
    (
      cell,
    ) => html`<tr><th scope="row">${cell.recipe}</th><td class="text">${cell.train}</td><td class="text">${cell.test}</td><td class="text">${cell.kind}</td>
<td class="text">${cell.condition}</td><td>${cell.n.bonafide} + ${cell.n.spoof}</td><td>${spread(cell.figures?.eer, cell.unstable)}</td><td>${decimalWithInterval(cell.figures?.auc)}</td>
<td>${spread(cell.figures?.accuracy)}</td><td>${spread(cell.figures?.bestAccuracy)}</td><td>${cell.failed + cell.refused}${cell.problem === undefined ? '' : html` ${cell.problem}`}</td></tr>`,
  )}</tbody></table>`)}</details>`;
}
