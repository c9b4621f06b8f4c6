/**
 * A verification as one HTML page.
 * @module
 */

import { type Html, html, trusted } from '../../report/html.ts';
import { intervalChart } from '../../report/intervals.ts';
import { STYLE } from '../../report/style.ts';
import type { FeatureFigure } from './auc-interval.ts';
import type { NearDuplicate } from './duplicates.ts';
import type { FeatureResult, PartFigure } from './feature-aucs.ts';
import type { AucFigure } from './joint.ts';
import type { CorpusVerification } from './verify.ts';

/** Renders the page; it opens from disk and loads nothing. */
export function renderVerification(found: CorpusVerification): string {
  const { corpus, clips, features, bound, problems, jointParts } = found;
  const byPart = (['splits', 'domains', 'languages', 'families'] as const).filter((kind) =>
    features.some((feature) => feature[kind].length > 0),
  );
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${corpus}: can it be believed?</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<header>
<h1>${corpus}: can it be believed?</h1>
<p class="soft">${clips.bonafide} bona fide and ${clips.spoof} spoofed clips. AUC above 0.5: larger for spoofs.
Brackets are 95 % intervals; allowed is ${(0.5 - bound).toFixed(2)} to ${(0.5 + bound).toFixed(2)}.</p>
</header>
<div class="note">${
    problems.length === 0
      ? html`<strong class="good">Passed.</strong>`
      : html`<strong class="bad">Failed.</strong> ${problems.map(({ code, message }) => html`<br>${code}: ${message}`)}`
  }</div>
<main>
<section aria-labelledby="features"><h2 id="features">Trivial features</h2>
<div class="charts"><figure><figcaption>AUC over all clips</figcaption>${intervalChart(
    features.map(({ name, auc, low, high, beyond }) => ({
      name,
      value: auc,
      low,
      high,
      bad: beyond,
    })),
    {
      x: 'AUC',
      domain: [0, 1],
      marks: [0.5 - bound, 0.5, 0.5 + bound],
      description: 'AUC of each trivial feature with its interval',
    },
  )}</figure></div>
${featureTable(features)}
${byPart.map((kind) => html`<details><summary>By ${NAMES[kind]}</summary>${partTable(features, kind)}</details>`)}
</section>
<section aria-labelledby="joint"><h2 id="joint">All features together</h2>
<p>Two classifiers, cross-validated so that no ${found.joint.groupedBy} is in training and test at once. A detector that does
no better has learned nothing.</p>
${jointTable([
  { name: 'all clips', ...found.joint, ...clips },
  { name: "all clips, with the recording chain's features", ...found.jointWide, ...clips },
  ...[...jointParts.splits, ...jointParts.domains, ...jointParts.families].map((part) => ({
    name: part.part,
    ...part,
  })),
  ...(jointParts.without === undefined
    ? []
    : [{ name: `without ${jointParts.without.part}`, ...jointParts.without }]),
])}</section>
<section aria-labelledby="twice"><h2 id="twice">Recordings that are there twice</h2>
${duplicateSection(found)}</section>
<section aria-labelledby="leaks"><h2 id="leaks">What splits share</h2>
<div class="scroll"><table><thead><tr><th>field</th><th class="text">promised disjoint</th><th>known of</th><th>values</th>
<th>in several splits</th><th class="text">which</th></tr></thead><tbody>${found.leaks.map(
    ({
      field,
      part,
      promised,
      known,
      of,
      unchecked,
      values,
      shared,
    }) => html`<tr><td>${field}${part === undefined ? '' : ` of ${part}, in train`}</td>
<td class="text">${promised ? 'yes' : 'no'}</td><td>${known} of ${of} clips</td><td>${known === 0 ? 'unknown' : values}</td>
<td${promised && (shared.length > 0 || unchecked !== undefined) ? trusted(' class="bad"') : ''}>${known === 0 ? 'unknown' : shared.length}</td>
<td class="text">${unchecked ?? ''}${shared
      .slice(0, SHOWN)
      .map(({ value, splits }) => `${value} (${splits.join(', ')})`)
      .join('; ')}${shared.length > SHOWN ? ' …' : ''}</td></tr>`,
  )}</tbody></table></div></section>
</main>
</body>
</html>
`;
  return page.text;
}

const NAMES = {
  splits: 'split',
  domains: 'domain',
  languages: 'language',
  families: 'generator family (told, not judged)',
} as const;

/** Pairs and shared values that are listed. */
const SHOWN = 20;

function featureTable(features: readonly FeatureResult[]): Html {
  return html`<div class="scroll"><table><thead><tr><th>feature</th><th>AUC</th><th>95 %</th><th>n</th><th class="text">of</th></tr></thead>
<tbody>${features.map(
    (
      feature,
    ) => html`<tr><td>${feature.beyond ? html`<strong class="bad">${feature.name}</strong>` : feature.name}</td>
${cells(feature)}<td class="text">${feature.of === 'sound' ? 'the sound' : 'the file'}</td></tr>`,
  )}</tbody></table></div>`;
}

function cells(figure: FeatureFigure): Html {
  return html`<td>${figure.auc.toFixed(3)}</td><td>${brackets(figure)}</td><td>${figure.bonafide} + ${figure.spoof}</td>`;
}

function brackets({ low, high }: Pick<AucFigure, 'low' | 'high'>): string {
  return `[${low.toFixed(3)}–${high.toFixed(3)}]`;
}

/** Features × parts; a figure that is beyond the bound is set in red. */
function partTable(
  features: readonly FeatureResult[],
  kind: 'splits' | 'domains' | 'languages' | 'families',
): Html {
  const names = [
    ...new Set(features.flatMap((feature) => feature[kind].map(({ part }) => part))),
  ].sort();
  const cell = (part: PartFigure | undefined): Html => {
    if (part === undefined) return html`<td>–</td>`;
    const text = html`${part.auc.toFixed(2)} <small>${brackets(part)}, n ${part.bonafide} + ${part.spoof}</small>`;
    return part.beyond ? html`<td class="bad">${text}</td>` : html`<td>${text}</td>`;
  };
  return html`<div class="scroll"><table><thead><tr><th>feature</th>${names.map((name) => html`<th>${name}</th>`)}</tr></thead>
<tbody>${features.map(
    (feature) =>
      html`<tr><td>${feature.name}</td>${names.map((name) =>
        cell(feature[kind].find(({ part }) => part === name)),
      )}</tr>`,
  )}</tbody></table></div>`;
}

function jointTable(
  rows: readonly (AucFigure & {
    readonly name: string;
    readonly bonafide: number;
    readonly spoof: number;
    readonly classifier: string;
    readonly groupedBy: string;
  })[],
): Html {
  return html`<div class="scroll"><table><thead><tr><th>clips</th><th>AUC</th><th>95 %</th><th>n</th><th class="text">stronger classifier</th>
<th class="text">folds by</th></tr></thead><tbody>${rows.map(
    (row) => html`<tr><td>${row.name}</td><td>${row.auc.toFixed(3)}</td><td>${brackets(row)}</td>
<td>${row.bonafide} + ${row.spoof}</td><td class="text">${row.classifier}</td><td class="text">${row.groupedBy}</td></tr>`,
  )}</tbody></table></div>`;
}

function duplicateSection({ duplicates }: CorpusVerification): Html {
  const { exact, near, maybeCopies, withinSplit, tooShort } = duplicates;
  const list = (title: string, pairs: readonly NearDuplicate[]): Html | null =>
    pairs.length === 0
      ? null
      : html`<p>${title}: ${pairs.length}</p><div class="scroll"><table><thead><tr><th>clips</th><th>s in common</th><th>shift (s)</th>
<th>print differs</th></tr></thead><tbody>${pairs.slice(0, SHOWN).map(
          (pair) => html`<tr><td>${pair.ids.join(' = ')}</td><td>${pair.overlapSec.toFixed(1)}</td>
<td>${pair.shiftSec.toFixed(2)}</td><td>${(100 * pair.bitErrors).toFixed(1)} %</td></tr>`,
        )}</tbody></table></div>`;
  return html`<p>The same samples in several splits or under both labels: ${exact.length}
${exact.slice(0, SHOWN).map(({ ids }) => html`<br>${ids.join(' = ')}`)}</p>
${list('The same recording in another form, in several splits or under both labels', near)}
${list('A real and a fake clip alike, sources unknown (copies by a vocoder look like that)', maybeCopies)}
${list('The same sound in two clips of one split and label', withinSplit)}
<p class="soft">${tooShort} clips are too short to be told apart by their prints.</p>`;
}
