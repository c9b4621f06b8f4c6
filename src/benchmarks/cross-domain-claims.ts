/**
 * The checks of card 02 on a finished cross-domain benchmark, one function each. Bounds are the card's.
 * @module
 */

import { spearman } from '../metrics/spearman.ts';
import type { Counts } from '../metrics/types.ts';
import { type Audit, auditLeaks } from './audit.ts';
import type { Benchmark } from './benchmark-file.ts';
import { meanFigure, overSeeds, type ScoredCell } from './cells.ts';
import { type Claim, type ClaimFigure, claimOf, notTestable } from './claim.ts';
import { auditedPairs, type Design } from './design.ts';
import { differenceOf, type Estimate, figureOf } from './estimates.ts';
import type { Matrix, MatrixCell } from './matrix.ts';
import { textGroup } from './parts.ts';

/** What the checks look at. */
export interface Findings {
  readonly benchmark: Benchmark;
  readonly design: Design;
  readonly matrix: Matrix;
  readonly audit: Audit;
}

/** Most errors in a domain, and how many points more across (check 1). */
const IN_DOMAIN_MOST = 0.02;
const ACROSS_MORE = 0.15;
const DOMAINS_SHARE = 0.75;
/** Accuracy lost by the threshold of another place, while the ranking is at least this good (check 2). */
const THRESHOLD_LOSS = 0.05;
const RANKING_LEAST = 0.85;
/** Seeds that a spread needs (checks 3 and 4). */
const LEAST_SEEDS = 3;

/** All checks of the card, in its order, then the control that its pitfalls ask for. */
export function crossDomainClaims(found: Findings): Claim[] {
  const recipes = recipesOf(found);
  return [
    ...recipes.map((recipe) => acrossDomains(found, recipe)),
    thresholdTransfer(found),
    ...recipes.map((recipe) => diversity(found, recipe)),
    seedSpread(found),
    pairedSampling(found),
    leakage(found),
    ...recipes.map((recipe) => control(found, recipe)),
  ];
}

/** Names of the recipes, in the order of the file. */
export function recipesOf({ matrix }: Pick<Findings, 'matrix'>): string[] {
  return [...new Set(matrix.models.map(({ recipe }) => recipe))];
}

/** A cell that has figures. */
export type FiguredCell = MatrixCell & { readonly scored: ScoredCell };

/** Cells of a recipe under the first condition that have figures. */
export function cellsOf(
  { matrix }: Pick<Findings, 'matrix'>,
  recipe: string,
  takes: (cell: MatrixCell) => boolean,
): FiguredCell[] {
  const [condition] = matrix.conditions;
  return matrix.cells.filter(
    (cell): cell is FiguredCell =>
      cell.scored !== null && cell.recipe === recipe && cell.condition === condition && takes(cell),
  );
}

/** Neither training nor test clips were treated. */
export function untreated({ treated }: MatrixCell): boolean {
  return !treated.train && !treated.test;
}

/** An estimate as a figure of a claim. */
export function claimFigure(
  name: string,
  estimate: Estimate,
  { level, n }: { readonly level: number; readonly n: number },
): ClaimFigure {
  const { value, low, high } = figureOf(estimate, level);
  return { name, value, low, high, n };
}

/** Number of clips. */
export function clipCount({ bonafide, spoof }: Counts): number {
  return bonafide + spoof;
}

function totalCount(cells: readonly FiguredCell[]): number {
  return cells.reduce((sum, { scored }) => sum + clipCount(scored.n), 0);
}

/** Check 1: hardly an error in the domain, many across, on at least three of four domains. */
export function acrossDomains(found: Findings, recipe: string): Claim {
  const { level } = found.benchmark.interval;
  const about = {
    id: `across-domains ${recipe}`,
    claim: `${recipe}: a detector trained in one domain hardly errs there and fails across domains`,
    expected:
      'EER in the domain ≤ 2 %, across ≥ 15 points more (mean over the other domains), on at least 3 of 4 domains',
  };
  const figures: ClaimFigure[] = [];
  let hold = 0;
  const low: string[] = [];
  const near: string[] = [];
  const domains = Object.keys(found.benchmark.domains);
  for (const domain of domains) {
    const cells = cellsOf(found, recipe, (cell) => untreated(cell) && cell.train === domain);
    const [own] = cells.filter(({ kind }) => kind === 'in-domain');
    const others = cells.filter(({ kind }) => kind === 'cross-domain');
    if (own === undefined || others.length === 0) continue;
    const inside = own.scored.figures.eer;
    const across = meanFigure(
      others.map(({ scored }) => scored),
      'eer',
    );
    const n = clipCount(own.scored.n);
    const gap = differenceOf(across, inside);
    figures.push(
      claimFigure(`${domain}: EER in the domain`, inside, { level, n }),
      claimFigure(`${domain}: EER across`, across, { level, n: totalCount(others) }),
      claimFigure(`${domain}: across less in`, gap, { level, n: n + totalCount(others) }),
    );
    if (inside.value > IN_DOMAIN_MOST) low.push(domain);
    if (gap.value < ACROSS_MORE) near.push(domain);
    if (inside.value <= IN_DOMAIN_MOST && gap.value >= ACROSS_MORE) hold += 1;
  }
  if (figures.length === 0) return notTestable(about, 'No domain has figures in and across.');
  const wanted = Math.ceil(DOMAINS_SHARE * domains.length);
  const why = [
    `${hold} of ${domains.length} domains; ${wanted} are needed.`,
    ...(low.length === 0 ? [] : [`Errs more than 2 % at home: ${low.join(', ')}.`]),
    ...(near.length === 0 ? [] : [`Less than 15 points apart: ${near.join(', ')}.`]),
  ];
  return claimOf({ ...about, figures, note: why.join(' ') }, hold >= wanted);
}

/** Check 2: the ranking holds across domains, the threshold does not. */
export function thresholdTransfer(found: Findings): Claim {
  const { level } = found.benchmark.interval;
  const about = {
    id: 'threshold-transfer',
    claim: 'Across domains the ranking may hold while the threshold does not',
    expected:
      'in at least one domain accuracy at the threshold of the training domain is ≥ 5 points below the best, with AUC ≥ 0.85',
  };
  const cells = recipesOf(found).flatMap((recipe) =>
    cellsOf(found, recipe, (cell) => untreated(cell) && cell.kind === 'cross-domain'),
  );
  if (cells.length === 0) return notTestable(about, 'No cell across domains has figures.');
  const ranked = cells.filter(({ scored }) => scored.figures.auc.value >= RANKING_LEAST);
  const lost = ({ scored }: FiguredCell): number => scored.thresholdLoss.value;
  const holding = ranked.filter((cell) => lost(cell) >= THRESHOLD_LOSS);
  const shown = [...(ranked.length > 0 ? ranked : cells)]
    .sort((a, b) => lost(b) - lost(a))
    .slice(0, 3);
  const figures = shown.flatMap(({ recipe, train, test, scored }) => {
    const name = `${recipe}, ${train} → ${test}`;
    const n = clipCount(scored.n);
    return [
      claimFigure(`${name}: accuracy lost`, scored.thresholdLoss, { level, n }),
      claimFigure(`${name}: AUC`, scored.figures.auc, { level, n }),
    ];
  });
  const note = `${holding.length} of ${cells.length} cells lose that much; ${ranked.length} rank that well.`;
  return claimOf({ ...about, figures, note }, holding.length > 0);
}

/** Check 3: more domains at the same size, fewer errors across. */
export function diversity(found: Findings, recipe: string): Claim {
  const { level } = found.benchmark.interval;
  const about = {
    id: `diversity ${recipe}`,
    claim: `${recipe}: training on more domains with as many clips lowers the errors across`,
    expected:
      'Spearman ρ of the number of domains and EER < 0, its interval too, with at least 3 seeds',
  };
  const cells = cellsOf(found, recipe, ({ kind }) => kind === 'diversity');
  const numbers = [...new Set(cells.map(({ domains }) => domains.length))].sort((a, b) => a - b);
  if (numbers.length < 3)
    return notTestable(about, 'It needs training sets of at least three numbers of domains.');
  const { seeds } = found.benchmark;
  const figures = numbers.map((k) => {
    const some = cells.filter(({ domains }) => domains.length === k);
    const estimate = meanFigure(
      some.map(({ scored }) => scored),
      'eer',
    );
    return claimFigure(`mean EER across, ${k} domain${k === 1 ? '' : 's'}`, estimate, {
      level,
      n: totalCount(some),
    });
  });
  // One point for each training set, test set and seed.
  const points = cells.flatMap(({ domains }) => seeds.map(() => domains.length));
  const rho = overSeeds(
    cells.map(({ scored }) => scored),
    'eer',
    (values) => spearman(points, values) ?? Number.NaN,
  );
  const trend = claimFigure('Spearman ρ', rho, { level, n: points.length });
  const shown = trend.high !== null && trend.high < 0;
  figures.unshift(trend);
  const left = found.design.notes.filter((text) => text.startsWith('Diversity'));
  const note = [
    ...(seeds.length < LEAST_SEEDS ? [`${seeds.length} seeds; 3 are needed.`] : []),
    ...(trend.value < 0 && !shown ? ['The interval reaches 0: no trend is shown.'] : []),
    ...left,
  ].join(' ');
  return claimOf(
    { ...about, figures, note: note === '' ? undefined : note },
    shown && seeds.length >= LEAST_SEEDS,
  );
}

/** Check 4: mean and standard deviation over seeds in all cells; those that differ much are marked. */
export function seedSpread({ benchmark, matrix }: Findings): Claim {
  const cells = matrix.cells.filter(({ scored }) => scored !== null);
  const spread = cells.filter(({ scored }) => scored!.deviations.eer !== null);
  const unstable = cells.filter(({ scored }) => scored!.unstable);
  const count = (name: string, value: number): ClaimFigure => ({
    ...{ name, value, low: null, high: null },
    n: matrix.cells.length,
  });
  return claimOf(
    {
      id: 'seeds',
      claim: 'Every cell has its mean and standard deviation over seeds; unstable ones are marked',
      expected: 'at least 3 seeds, every cell with a standard deviation; above 5 points: unstable',
      figures: [
        { name: 'seeds', value: benchmark.seeds.length, low: null, high: null, n: cells.length },
        count('cells with a standard deviation', spread.length),
        count('unstable cells', unstable.length),
      ],
      note:
        cells.length < matrix.cells.length
          ? `${matrix.cells.length - cells.length} cells have no figures.`
          : undefined,
    },
    benchmark.seeds.length >= LEAST_SEEDS && spread.length === matrix.cells.length,
  );
}

/** Check 5: half of a training set are bona fide clips, the others exactly their twins. */
export function pairedSampling({ benchmark, design }: Findings): Claim {
  const about = {
    id: 'paired-sampling',
    claim: 'A training set is n/2 bona fide clips and exactly their twins',
    expected: 'every bona fide clip with one fake of its text group, and no other fake',
  };
  if (benchmark.sampling !== 'paired')
    return notTestable(about, 'The benchmark draws its classes apart (`sampling: balanced`).');
  const draws = design.trainSets.flatMap(({ draws }) => draws.map(({ train }) => train));
  const paired = draws.filter((clips) => {
    const groups = (label: string): string =>
      JSON.stringify(clips.flatMap((clip) => (clip.label === label ? textGroup(clip) : [])).sort());
    return groups('bonafide') === groups('spoof');
  });
  return claimOf(
    {
      ...about,
      figures: [
        {
          name: 'training sets that are so',
          value: paired.length,
          low: null,
          high: null,
          n: draws.length,
        },
      ],
    },
    draws.length > 0 && paired.length === draws.length,
  );
}

/** Check 6: nothing that was promised to be new was heard; the same audit fails once a test clip is heard. */
export function leakage({ design, audit }: Findings): Claim {
  const polluted = auditLeaks(
    auditedPairs(design).map((pair) => ({ ...pair, heard: [...pair.heard, ...pair.tested] })),
  );
  const broken = audit.broken
    .slice(0, 5)
    .map(({ train, test, what, count, shared }) => {
      return `${train} → ${test}: ${count} of ${what} (${shared.slice(0, 3).join(', ')})`;
    })
    .join('; ');
  const blind = audit.unknown.length;
  const note = [
    ...(broken === '' ? [] : [`Broken: ${broken}.`]),
    ...(blind === 0 ? [] : [`${blind} promises cannot be looked into: the clips do not say.`]),
  ].join(' ');
  const count = (name: string, value: number): ClaimFigure => ({
    ...{ name, value, low: null, high: null },
    n: audit.promises,
  });
  return claimOf(
    {
      id: 'leakage',
      claim: 'Speakers, sentences, sources and generators are apart where that is promised',
      expected: 'no promise broken; all broken once the test clips are heard in training',
      figures: [
        count('promises', audit.promises),
        count('broken', audit.broken.length),
        count('broken in the polluted copy', polluted.broken.length),
      ],
      note: note === '' ? undefined : note,
    },
    audit.promises > 0 && audit.broken.length === 0 && polluted.broken.length === polluted.promises,
  );
}

/** The pitfall of codec history: does the detector still work where every clip went through the same codec? */
export function control(found: Findings, recipe: string): Claim {
  const { level } = found.benchmark.interval;
  const about = {
    id: `control ${recipe}`,
    claim: `${recipe}: errors with every clip of both classes re-encoded alike, in training and test`,
    expected: 'both numbers told; a jump in the domain means that the recording chain was heard',
  };
  const means = (kind: MatrixCell['kind'], train: boolean, test: boolean): FiguredCell[] =>
    cellsOf(
      found,
      recipe,
      (cell) => cell.kind === kind && cell.treated.train === train && cell.treated.test === test,
    );
  const figures: ClaimFigure[] = [];
  let jump: Estimate | null = null;
  for (const [kind, words] of [
    ['in-domain', 'in the domain'],
    ['cross-domain', 'across'],
  ] as const) {
    const before = means(kind, false, false);
    const after = means(kind, true, true);
    const tested = means(kind, false, true);
    if (before.length === 0 || after.length === 0) continue;
    const estimate = (cells: readonly FiguredCell[]): Estimate =>
      meanFigure(
        cells.map(({ scored }) => scored),
        'eer',
      );
    const n = totalCount(before);
    const difference = differenceOf(estimate(after), estimate(before));
    figures.push(
      claimFigure(`EER ${words}`, estimate(before), { level, n }),
      claimFigure(`EER ${words}, test treated`, estimate(tested), { level, n }),
      claimFigure(`EER ${words}, both treated`, estimate(after), { level, n }),
      claimFigure(`change ${words}, both treated`, difference, { level, n }),
    );
    if (kind === 'in-domain') jump = difference;
  }
  if (jump === null) return notTestable(about, 'The benchmark has no `control`.');
  const { value, low } = figureOf(jump, level);
  const points = (100 * value).toFixed(1);
  const note =
    low !== null && low > 0
      ? `EER in the domain rises by ${points} points: part of it was the recording chain.`
      : `EER in the domain changes by ${points} points: no sign that the codec history was heard.`;
  return claimOf({ ...about, figures, note }, true);
}
