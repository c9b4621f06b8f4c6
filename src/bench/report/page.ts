/**
 * The report as one HTML page: a pure function of a run's summary, trials and the clips to listen to.
 * @module
 */

import { detCurve } from '../../metrics/roc.ts';
import type { Counts, Figure } from '../../metrics/types.ts';
import {
  type DetPoint,
  detChart,
  histogramChart,
  type LevelAxis,
  type LevelPoint,
  levelChart,
} from '../../report/charts.ts';
import {
  clipCount,
  corpusTitle,
  decimalWithInterval,
  heat,
  interval,
  percent,
  percentWithInterval,
} from '../../report/figures.ts';
import { type Html, html, trusted } from '../../report/html.ts';
import { DETECTOR_COLOURS, STYLE } from '../../report/style.ts';
import type { TrialRow } from '../../store/trial.ts';
import { heardMark, heardSentence, uncomparedSentence } from '../contamination.ts';
import { monotonyOf, thresholdDrifts } from '../robustness.ts';
import type { ConditionResult, Summary } from '../summary.ts';
import { thresholdClause } from '../thresholds.ts';
import { fairnessSection } from './fairness-section.ts';
import { occlusionSection } from './occlusion-section.ts';

/** A clip to look at and listen to. */
export interface ListenedClip {
  readonly trial: TrialRow;
  /** How far the score lies on the wrong side of the threshold. */
  readonly margin: number;
  /** Data URL of the corrupted sound; absent if the clip could not be read again. */
  readonly sound?: string;
  /** Data URL of its spectrogram. */
  readonly spectrogram?: string;
}

/** Everything that the page shows. */
export interface ReportData {
  readonly summary: Summary;
  readonly trials: readonly TrialRow[];
  readonly worst: readonly ListenedClip[];
  /** `study.yaml` as resolved. */
  readonly studyText: string;
  /** `environment.json` as it is. */
  readonly environmentText: string;
}

/** Renders the whole page. */
export function renderPage(data: ReportData): string {
  const { summary } = data;
  const sections: readonly { id: string; title: string; body: Html | null }[] = [
    { id: 'heat', title: 'Error by condition', body: heatSection(summary) },
    { id: 'curves', title: 'Error against level', body: curveSection(summary) },
    { id: 'means', title: 'In few numbers', body: meansSection(summary) },
    { id: 'occlusion', title: 'What do they listen to?', body: occlusionSection(summary) },
    { id: 'threshold', title: 'Does the threshold hold?', body: thresholdSection(summary) },
    { id: 'det', title: 'DET curves', body: detSection(data) },
    { id: 'scores', title: 'Score histograms', body: scoreSection(data) },
    { id: 'groups', title: 'By group', body: groupSection(summary) },
    { id: 'fairness', title: 'Do groups fare alike?', body: fairnessSection(summary) },
    { id: 'clips', title: 'Worst clips', body: clipSection(data) },
    { id: 'assertions', title: 'Assertions', body: assertionSection(summary) },
    { id: 'failures', title: 'Failures and refusals', body: failureSection(summary) },
    { id: 'all', title: 'Every figure', body: allSection(summary) },
    { id: 'run', title: 'What was run', body: runSection(data) },
  ];
  const shown = sections.filter((section) => section.body !== null);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${summary.name}: robustness report</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<header>
<h1>${summary.name}</h1>
<p class="soft">${corpusTitle(summary.corpus)}, ${summary.corpus.split} split: ${summary.corpus.n.bonafide} bona fide and
${summary.corpus.n.spoof} spoofed clips × ${summary.conditions.length} conditions × ${summary.detectors.length}
detectors. Scores: higher is more likely spoof.</p>
</header>
${headline(summary)}
${floorNote(summary)}
${heardNote(summary)}
<nav aria-label="Sections">${shown.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}</nav>
<main>
${shown.map(({ id, title, body }) => html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${body}</section>`)}
</main>
</body>
</html>
`;
  return page.text;
}

function headline(summary: Summary): Html {
  return html`<div class="cards">${summary.detectors.map((detector, i) => {
    const clean = resultOf(summary, detector.name, 'clean');
    const worst = worstCondition(summary, detector.name);
    return html`<div class="card"><span class="swatch" style="background:${colourOf(i)}"></span>${detector.name}
<b>${clean?.eer === undefined ? '–' : percent(clean.eer.value)}${heardMark(detector.heard)}</b>
clean EER ${clean?.eer === undefined ? '' : interval(clean.eer)}<br>
<small>${worst === undefined ? '' : html`worst: ${worst.condition}, ${percentWithInterval(worst.eer)}`}</small></div>`;
  })}</div>`;
}

function floorNote(summary: Summary): Html {
  const { confound, interval: how } = summary;
  const floor =
    confound === null
      ? html`This corpus was not verified: nobody knows how much of these figures is recording chain and not synthesis.
Run <code>ringtrue corpus verify</code>.`
      : html`Trivial features alone (level, silence, bandwidth, noise floor, …) reach an AUC of
<strong>${decimalWithInterval(confound)}</strong> on this corpus. A detector not clearly above that has learned almost nothing.`;
  return html`<div class="note">${floor}</div><div class="note">Brackets are ${Math.round(100 * how.level)} % bootstrap
intervals over ${how.replicates} resamples, drawn by ${how.unit}. ${how.note}</div>`;
}

/** What detectors have heard before, or that nobody knows. */
function heardNote({ detectors }: Summary): Html | null {
  const lines = detectors.flatMap(({ name, heard }) => {
    if (heard === null) {
      return [
        html`<strong>${name}</strong>: its card does not say what it was trained on, so it may have heard these clips.`,
      ];
    }
    const mark = heardMark(heard);
    const sentence = heardSentence(heard);
    const told = `${name}${mark} ${sentence}.`;
    const rest = uncomparedSentence(`${name}${mark}`, heard);
    return [
      ...(sentence === ''
        ? []
        : [heard.clips > 0 ? html`<strong class="bad">${told}</strong>` : html`${told}`]),
      ...(rest === '' ? [] : [html`${rest}.`]),
    ];
  });
  return lines.length === 0
    ? null
    : html`<div class="note">${lines.map((line) => html`${line}<br>`)}</div>`;
}

function heatSection(summary: Summary): Html | null {
  const rows = new Map<string, Map<number, ConditionResult[]>>();
  for (const result of summary.results) {
    if (result.corruption === null || result.level === null) continue;
    const levels = rows.get(result.corruption) ?? new Map<number, ConditionResult[]>();
    levels.set(result.level, [...(levels.get(result.level) ?? []), result]);
    rows.set(result.corruption, levels);
  }
  if (rows.size === 0) return null;
  const levelNumbers = [
    ...new Set([...rows.values()].flatMap((levels) => [...levels.keys()])),
  ].sort((a, b) => a - b);
  return html`<p>EER in percent, level 1 is the mildest; under each figure the raw value of the level. 50 is chance.
Hover or focus a cell for its interval and its n.</p>${summary.detectors.map((detector) => {
    const clean = resultOf(summary, detector.name, 'clean');
    return html`<h3>${detector.name}</h3><div class="scroll" tabindex="0" role="region" aria-label="table"><table class="heat"><thead><tr><th scope="col">corruption</th>
<th scope="col">clean</th>${levelNumbers.map((level) => html`<th scope="col">level ${level}</th>`)}</tr></thead>
<tbody>${[...rows].map(
      ([
        corruption,
        levels,
      ]) => html`<tr><th scope="row">${corruption}</th>${heatCell(clean, 'clean')}
${levelNumbers.map((level) => {
  const result = levels.get(level)?.find((candidate) => candidate.detector === detector.name);
  const variant = summary.conditions.find(({ id }) => id === result?.condition)?.variant;
  return heatCell(result, result === undefined ? '' : (variant ?? rawValue(result)));
})}</tr>`,
    )}</tbody></table></div>`;
  })}`;
}

function heatCell(result: ConditionResult | undefined, caption: string): Html {
  if (result?.eer === undefined) return html`<td class="cell none"></td>`;
  const { background, ink } = heat(result.eer.value);
  const fixed = result.atThreshold?.error;
  const beside =
    fixed === undefined ? '' : `, error at the fixed threshold ${percentWithInterval(fixed)}`;
  const title = `${result.condition}: EER ${percentWithInterval(result.eer)}${beside}, n = ${result.n.bonafide} bona fide + ${result.n.spoof} spoof`;
  return html`<td class="cell" tabindex="0" title="${title}" aria-label="${title}" style="background:${background};color:${ink}">
${(100 * result.eer.value).toFixed(1)}<small>${caption}</small></td>`;
}

function curveSection(summary: Summary): Html | null {
  const names = summary.detectors.map((detector) => detector.name);
  const places = new Set(
    summary.conditions.flatMap(({ id, family }) => (family === 'occlusion' ? [id] : [])),
  );
  const corruptions = [
    ...new Set(
      summary.results.flatMap((r) =>
        r.corruption === null || places.has(r.condition) ? [] : [r.corruption],
      ),
    ),
  ];
  if (corruptions.length === 0) return null;
  return html`${legend(names)}<div class="charts">${corruptions.map((corruption) => {
    const { axis, points } = levelsOf(summary, corruption);
    const unit = summary.results.find((result) => result.corruption === corruption)?.unit ?? '';
    return html`<figure><figcaption>${corruption} <small>${unit}</small></figcaption>
${levelChart(points, { axis, detectors: names, description: `EER against the level of ${corruption}` })}</figure>`;
  })}</div><p class="soft">Bands and whiskers are the intervals; the dashed line is chance. Levels on both sides of clean
stay on their sides, and variants without an order are not joined.</p>${monotonyNote(summary)}${contrastNote(summary)}`;
}

/** The points of a corruption and clean, and how they lie. */
function levelsOf(
  { results, conditions }: Summary,
  corruption: string,
): { readonly axis: LevelAxis; readonly points: readonly LevelPoint[] } {
  const about = new Map(conditions.map((condition) => [condition.id, condition]));
  const own = results.filter((result) => result.corruption === corruption);
  const first = about.get(own[0]?.condition ?? '');
  const neutral = first?.neutral;
  const axis = neutral !== undefined ? 'signed' : first?.ordered === false ? 'variants' : 'rising';
  const clean = results.filter((result) => result.condition === 'clean');
  const points = [...clean, ...own].flatMap((result): LevelPoint[] => {
    const { detector, condition, eer, level, value } = result;
    if (eer === undefined) return [];
    const isClean = condition === 'clean';
    return [
      {
        detector,
        label: isClean ? 'clean' : (about.get(condition)?.variant ?? rawValue(result)),
        at: isClean ? (neutral ?? 0) : ((axis === 'signed' ? value : level) ?? 0),
        eer: eer.value,
        low: eer.low,
        high: eer.high,
      },
    ];
  });
  return { axis, points };
}

/** Means over families of corruptions, and mCE. */
function meansSection({ detectors, families, corruptionErrors }: Summary): Html | null {
  if (families.length === 0) return null;
  const heads = detectors.map((d) => html`<th scope="col">${d.name}${heardMark(d.heard)}</th>`);
  const rows = [...new Set(families.map(({ family }) => family))].map((family) => {
    const own = families.filter((mean) => mean.family === family);
    return html`<tr><td>${family}</td><td>${own[0]?.conditions}</td>${detectors.map((d) => {
      const mean = own.find(({ detector }) => detector === d.name);
      return html`<td>${percentWithInterval(mean?.meanEer)}${countNote(mean?.n)}</td>`;
    })}</tr>`;
  });
  return html`<p>Mean EER over the conditions of each family, on the clips that were scored under all of them.</p>
<div class="scroll" tabindex="0" role="region" aria-label="table"><table><thead><tr><th scope="col">family</th><th scope="col">conditions</th>${heads}</tr></thead><tbody>${rows}</tbody></table></div>
${corruptionErrors.length < 2 ? null : corruptionErrorTable(corruptionErrors)}`;
}

function corruptionErrorTable(errors: Summary['corruptionErrors']): Html {
  return html`<p>Against ${errors[0]?.base}: mCE divides the errors under corruption by those of that detector (below 1 is better);
relative mCE divides how far they rise over clean (above 1 degrades faster).</p>
<div class="scroll" tabindex="0" role="region" aria-label="table"><table><thead><tr><th scope="col">detector</th><th scope="col">mCE</th>
<th scope="col">relative mCE</th><th scope="col">n bona fide + spoof</th><th scope="col" class="text">note</th></tr></thead><tbody>${errors.map(
    ({ detector, mce, relativeMce, n, note }) => html`<tr><td>${detector}</td>
<td>${decimalWithInterval(mce ?? undefined)}</td><td>${decimalWithInterval(relativeMce ?? undefined)}</td>
<td>${clipCount(n)}</td><td class="text">${note ?? ''}</td></tr>`,
  )}</tbody></table></div>`;
}

function countNote(n: Counts | undefined): Html | null {
  return n === undefined ? null : html` <small>n = ${clipCount(n)}</small>`;
}

/** Whether compression and strong modification hurt more than mild noise. */
function contrastNote({ contrasts }: Summary): Html | null {
  if (contrasts.length === 0) return null;
  return html`<p>Mean EER under compression and strong modification less that under noise of 20 dB and more, on the same clips
(above 0: the detector stands noise better): ${contrasts.map(
    ({ detector, difference, n }, i) =>
      html`${i === 0 ? '' : '; '}${detector} ${percentWithInterval(difference)}${countNote(n)}`,
  )}.</p>`;
}

/** Whether stronger levels hurt more, and where not. */
function monotonyNote(summary: Summary): Html | null {
  const { pairs, rising, failing } = monotonyOf(summary);
  if (pairs === 0) return null;
  return html`<p>The EER rises with the level (Spearman ρ of at least 0.6) for ${rising} of ${pairs} pairs of detector and
one-sided corruption. ${failing.length === 0 ? '' : html`The others, where the level says little on this many clips: ${failing.map(({ detector, corruption, rho }) => `${detector} × ${corruption} (${rho.toFixed(2)})`).join(', ')}.`}</p>`;
}

/** Conditions that the section on thresholds shows. */
const WORST_DRIFTS = 12;

function thresholdSection(summary: Summary): Html | null {
  const drifts = thresholdDrifts(summary);
  const origins = summary.detectors.flatMap(({ name, threshold }) =>
    threshold === undefined ? [] : [thresholdClause(name, threshold)],
  );
  const from = origins.length === 0 ? null : html`<p>Thresholds: ${origins.join('; ')}.</p>`;
  if (drifts.length === 0) return from;
  const drifted = drifts.slice(0, WORST_DRIFTS);
  return html`${from}<p>The EER re-tunes the threshold on the very clips that it judges, in every condition. In use the threshold stays
where clean development data put it. The conditions where that costs most${
    drifts.length > WORST_DRIFTS
      ? html` (all ${drifts.length} are in <a href="#all">every figure</a>)`
      : ''
  }:</p>
<div class="scroll" tabindex="0" role="region" aria-label="table"><table><thead><tr><th scope="col">condition</th><th scope="col" class="text">detector</th><th scope="col">EER</th>
<th scope="col">error at the fixed threshold</th><th scope="col">bona fide called spoof</th><th scope="col">spoof called bona fide</th>
<th scope="col">ratio</th></tr></thead><tbody>${drifted.map(
    ({
      result,
      ratio,
    }) => html`<tr><td>${result.condition}</td><td class="text">${result.detector}</td>
<td>${percentWithInterval(result.eer)}</td><td>${percentWithInterval(result.atThreshold?.error)}</td>
<td>${percentWithInterval(result.atThreshold?.fpr)}</td><td>${percentWithInterval(result.atThreshold?.fnr)}</td>
<td>${Number.isFinite(ratio) ? `${ratio.toFixed(2)} ×` : '–'}</td></tr>`,
  )}</tbody></table></div>`;
}

function detSection({ summary, trials }: ReportData): Html | null {
  const charts = summary.detectors.flatMap((detector) => {
    const worst = worstCondition(summary, detector.name);
    const conditions = ['clean', ...(worst === undefined ? [] : [worst.condition])];
    const points: DetPoint[] = [];
    for (const condition of conditions) {
      const scores = scoresOf(trials, detector.name, condition);
      if (scores.bonafide.length === 0 || scores.spoof.length === 0) continue;
      const curve = detCurve(scores);
      for (let i = 0; i < curve.fpr.length; i += 1) {
        points.push({ series: condition, fpr: curve.fpr[i]!, fnr: curve.fnr[i]! });
      }
    }
    if (points.length === 0) return [];
    return [
      html`<figure><figcaption>${detector.name}</figcaption>${legend(conditions)}
${detChart(points, conditions, `DET curves of ${detector.name}: ${conditions.join(' and ')}`)}</figure>`,
    ];
  });
  return charts.length === 0 ? null : html`<div class="charts">${charts}</div>`;
}

function scoreSection({ summary, trials }: ReportData): Html | null {
  const charts = summary.detectors.flatMap((detector) => {
    const worst = worstCondition(summary, detector.name);
    return ['clean', ...(worst === undefined ? [] : [worst.condition])].flatMap((condition) => {
      const result = resultOf(summary, detector.name, condition);
      const points = trials
        .filter(
          (t) => t.detector === detector.name && t.condition === condition && t.score !== null,
        )
        .map((t) => ({ label: t.label, score: t.score ?? 0 }));
      if (result === undefined || points.length === 0) return [];
      const threshold = result.atThreshold?.threshold ?? null;
      return [
        html`<figure><figcaption>${detector.name}, ${condition}</figcaption>
${histogramChart(points, threshold, `Scores of ${detector.name} under ${condition}`)}
<small>EER ${percentWithInterval(result.eer)}; error at the fixed threshold ${percentWithInterval(result.atThreshold?.error)}</small></figure>`,
      ];
    });
  });
  if (charts.length === 0) return null;
  return html`<p><span class="swatch" style="background:#128a5f"></span>bona fide
<span class="swatch" style="background:#c8442f;margin-left:1em"></span>spoof. The dashed line is the threshold fixed on clean
development data.</p><div class="charts">${charts}</div>`;
}

function groupSection(summary: Summary): Html | null {
  const attributes = [...new Set(summary.groups.map(({ by }) => by))];
  const kinds = attributes.flatMap((by) => {
    const rows = summary.groups.filter((group) => group.by === by);
    if (rows.length === 0) return [];
    const names = [...new Set(rows.map((row) => row.group))];
    const conditions = [...new Set(rows.map((row) => row.condition))];
    return [
      html`<h3>By ${by}</h3><div class="scroll" tabindex="0" role="region" aria-label="table"><table><thead><tr><th scope="col">${by}</th><th scope="col">n bona fide + spoof</th>
${summary.detectors.flatMap((d) => conditions.map((c) => html`<th scope="col">${d.name}<br><small>${c}, EER</small></th>`))}</tr></thead>
<tbody>${names.map((name) => {
        const first = rows.find((row) => row.group === name);
        return html`<tr><td>${name}</td><td>${first?.n.bonafide} + ${first?.n.spoof}</td>${summary.detectors.flatMap(
          (d) =>
            conditions.map((condition) => {
              const row = rows.find(
                (r) => r.group === name && r.detector === d.name && r.condition === condition,
              );
              return html`<td>${percentWithInterval(row?.eer)}</td>`;
            }),
        )}</tr>`;
      })}</tbody></table></div>`,
    ];
  });
  if (kinds.length === 0) return null;
  return html`<p>What only spoofs have (a generator) is set against all bona fide clips of the condition.</p>${kinds}`;
}

function clipSection({ worst }: ReportData): Html | null {
  if (worst.length === 0) return null;
  return html`<p>The clips furthest on the wrong side of the threshold, as the detector heard them (after the corruption).</p>
${worst.map(({ trial, margin, sound, spectrogram }) => {
  const name = `${trial.clip}, ${trial.condition}`;
  return html`<div class="clip">${spectrogram === undefined ? html`<span class="soft">no longer readable</span>` : html`<img src="${spectrogram}" alt="Spectrogram of ${name}">`}
<div><strong>${trial.label === 'bonafide' ? 'bona fide called spoof' : 'spoof called bona fide'}</strong> by ${trial.detector}
<small>score ${trial.score?.toFixed(3)}, ${margin.toFixed(3)} beyond the threshold</small><br>
<small>${trial.clip} · ${trial.condition} · ${[trial.generator, trial.speaker, trial.language].filter((x) => x !== null).join(' · ')}</small>
${sound === undefined ? null : html`<audio controls preload="none" src="${sound}" aria-label="${name}"></audio>`}</div></div>`;
})}`;
}

function assertionSection(summary: Summary): Html | null {
  if (summary.assertions.length === 0) return null;
  return html`<ul>${summary.assertions.map(
    (a) =>
      html`<li class="${a.ok ? 'good' : 'bad'}">${a.ok ? '✓' : '✗'} <code>${a.text}</code> (left side: ${a.value === null ? 'no figure' : a.value.toFixed(4)})</li>`,
  )}</ul>`;
}

function failureSection(summary: Summary): Html | null {
  if (summary.failures.length === 0)
    return html`<p>None: every clip was scored under every condition.</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="table"><table><thead><tr><th scope="col">code</th><th scope="col">trials</th><th scope="col" class="text">clips</th></tr></thead>
<tbody>${summary.failures.map(
    (f) =>
      html`<tr><td><code>${f.code}</code></td><td>${f.count}</td><td class="text">${f.clips.slice(0, 8).join(', ')}${f.clips.length > 8 ? ', …' : ''}</td></tr>`,
  )}</tbody></table></div>`;
}

function allSection(summary: Summary): Html {
  const means = summary.robustness;
  return html`${
    means.length === 0
      ? null
      : html`<details><summary>Mean EER over the levels of each corruption</summary><div class="scroll" tabindex="0" role="region" aria-label="table"><table><thead><tr>
<th scope="col">corruption</th><th scope="col" class="text">family</th>${summary.detectors.map((d) => html`<th scope="col">${d.name}${heardMark(d.heard)}</th>`)}</tr></thead><tbody>
${[...new Set(means.map((m) => m.corruption))].map(
  (
    corruption,
  ) => html`<tr><td>${corruption}</td><td class="text">${means.find((m) => m.corruption === corruption)?.family}</td>
${summary.detectors.map((d) => {
  const mean = means.find((m) => m.corruption === corruption && m.detector === d.name);
  return html`<td>${percentWithInterval(mean?.meanEer)}${countNote(mean?.n)}</td>`;
})}</tr>`,
)}</tbody></table></div></details>`
  }
<details><summary>All ${summary.results.length} results</summary><div class="scroll" tabindex="0" role="region" aria-label="table"><table><thead><tr><th scope="col">condition</th>
<th scope="col" class="text">detector</th><th scope="col">n</th><th scope="col">EER</th><th scope="col">error at the fixed threshold</th>
<th scope="col">bona fide called spoof</th><th scope="col">spoof called bona fide</th><th scope="col">EER − clean</th><th scope="col">AUC</th><th scope="col">minDCF</th>
<th scope="col">actDCF</th><th scope="col">Cllr (bit)</th><th scope="col">min Cllr</th><th scope="col">failed</th><th scope="col">refused</th></tr></thead><tbody>
${summary.results.map(
  (
    r,
  ) => html`<tr><td>${r.condition}</td><td class="text">${r.detector}${heardMark(summary.detectors.find(({ name }) => name === r.detector)?.heard)}</td><td>${r.n.bonafide} + ${r.n.spoof}</td><td>${percentWithInterval(r.eer)}</td>
<td>${percentWithInterval(r.atThreshold?.error)}</td><td>${percentWithInterval(r.atThreshold?.fpr)}</td><td>${percentWithInterval(r.atThreshold?.fnr)}</td>
<td>${difference(r.eerMinusClean)}</td><td>${decimalWithInterval(r.auc)}</td><td>${decimalWithInterval(r.minDcf)}</td><td>${decimalWithInterval(r.actDcf)}</td>
<td>${decimalWithInterval(r.cllr)}</td><td>${decimalWithInterval(r.minCllr)}</td><td>${r.failed}</td><td>${r.refused}</td></tr>`,
)}</tbody></table></div></details>`;
}

function difference(figure: (Figure & { readonly p: number | null }) | undefined): string {
  return figure === undefined
    ? '–'
    : `${percentWithInterval(figure)}, p ${figure.p === null ? '–' : figure.p < 0.001 ? '< 0.001' : `= ${figure.p.toFixed(3)}`}`;
}

function runSection({ summary, studyText, environmentText }: ReportData): Html {
  return html`<ul>${summary.detectors.map((d) => html`<li><strong>${d.name}</strong> <code>${d.id.slice(0, 16)}</code>: ${d.summary}</li>`)}</ul>
<details><summary>study.yaml</summary><pre>${studyText}</pre></details>
<details><summary>environment.json</summary><pre>${environmentText}</pre></details>`;
}

function legend(names: readonly string[]): Html {
  return html`<p>${names.map((name, i) => html`<span class="swatch" style="background:${colourOf(i)};margin-left:${i === 0 ? '0' : '1em'}"></span>${name} `)}</p>`;
}

function colourOf(index: number): string {
  return DETECTOR_COLOURS[index % DETECTOR_COLOURS.length]!;
}

function rawValue(result: ConditionResult): string {
  return result.value === null
    ? result.level === null
      ? result.condition
      : `level ${result.level}`
    : String(result.value);
}

function resultOf(
  summary: Summary,
  detector: string,
  condition: string,
): ConditionResult | undefined {
  return summary.results.find(
    (result) => result.detector === detector && result.condition === condition,
  );
}

function worstCondition(summary: Summary, detector: string): ConditionResult | undefined {
  return summary.results
    .filter(
      (result) =>
        result.detector === detector && result.condition !== 'clean' && result.eer !== undefined,
    )
    .reduce<ConditionResult | undefined>(
      (worst, result) =>
        worst === undefined || (result.eer?.value ?? 0) > (worst.eer?.value ?? 0) ? result : worst,
      undefined,
    );
}

function scoresOf(trials: readonly TrialRow[], detector: string, condition: string) {
  const mine = trials.filter(
    (t) => t.detector === detector && t.condition === condition && t.score !== null,
  );
  const of = (label: TrialRow['label']) =>
    Float64Array.from(mine.filter((t) => t.label === label).map((t) => t.score ?? 0));
  return { bonafide: of('bonafide'), spoof: of('spoof') };
}
