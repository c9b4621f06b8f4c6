/**
 * The checks of card 07 on a finished leave-one-out benchmark, one function each. Bounds are the card's.
 * @module
 */

import { RingtrueError } from '../core/errors.ts';
import { createRng } from '../core/rng.ts';
import { spearman } from '../metrics/spearman.ts';
import { meanFigure, type ScoredCell } from './cells.ts';
import { type Claim, type ClaimFigure, claimOf, notTestable } from './claim.ts';
import {
  cellsOf,
  claimFigure,
  clipCount,
  control,
  type FiguredCell,
  type Findings,
  leakage,
  recipesOf,
  untreated,
} from './cross-domain-claims.ts';
import { combine, differenceOf, type Estimate } from './estimates.ts';
import { drawSet } from './sampling.ts';

/** How many points more off the diagonal (check 1). */
const OFF_DIAGONAL_MORE = 0.1;
const LEAST_CORPORA = 3;
/** Share of test sets on which a union is no worse than the better of the two (check 2). */
const UNION_SHARE = 0.6;

/** All checks of the card on a benchmark, in its order; the reader's (6) is the paper's own. */
export function leaveOneOutClaims(found: Findings): Claim[] {
  const recipes = recipesOf(found);
  return [
    ...recipes.map((recipe) => offDiagonal(found, recipe)),
    ...recipes.map((recipe) => complementarity(found, recipe)),
    ...recipes.map((recipe) => leftOut(found, recipe)),
    ...recipes.map((recipe) => vintage(found, recipe)),
    leakage(found),
    spoofOnlyGuard(found),
    ...recipes.map((recipe) => control(found, recipe)),
  ];
}

/** Check 1: detectors err more on other corpora than on their own. */
export function offDiagonal(found: Findings, recipe: string): Claim {
  const { level } = found.benchmark.interval;
  const about = {
    id: `off-diagonal ${recipe}`,
    claim: `${recipe}: errors on other corpora are higher than on the own one`,
    expected: 'mean EER off the diagonal ≥ 10 points above the diagonal, ≥ 3 corpora',
  };
  const of = (kind: string): FiguredCell[] =>
    cellsOf(found, recipe, (cell) => untreated(cell) && cell.kind === kind);
  const own = of('in-domain');
  const others = of('cross-domain');
  if (own.length < LEAST_CORPORA || others.length === 0)
    return notTestable(about, `${own.length} corpora have figures; three are needed.`);
  const figure = (cells: readonly FiguredCell[], name: 'eer' | 'accuracy'): Estimate =>
    meanFigure(
      cells.map(({ scored }) => scored),
      name,
    );
  const gap = differenceOf(figure(others, 'eer'), figure(own, 'eer'));
  const n = countOf(own);
  const m = countOf(others);
  return claimOf(
    {
      ...about,
      figures: [
        claimFigure('EER on the own corpus', figure(own, 'eer'), { level, n }),
        claimFigure('EER on other corpora', figure(others, 'eer'), { level, n: m }),
        claimFigure('difference of EER', gap, { level, n: n + m }),
        claimFigure('accuracy at the training threshold, own', figure(own, 'accuracy'), {
          level,
          n,
        }),
        claimFigure('accuracy at the training threshold, others', figure(others, 'accuracy'), {
          level,
          n: m,
        }),
      ],
    },
    gap.value >= OFF_DIAGONAL_MORE,
  );
}

/** Check 2: two corpora together are as good as the better one. */
export function complementarity(found: Findings, recipe: string): Claim {
  const { level } = found.benchmark.interval;
  const about = {
    id: `complementarity ${recipe}`,
    claim: `${recipe}: the union of two training corpora is no worse than the better one`,
    expected: 'EER of the union ≤ the lower of the two, on at least 60 % of the test sets',
  };
  const unions = cellsOf(found, recipe, (cell) => untreated(cell) && cell.kind === 'union');
  const singles = cellsOf(
    found,
    recipe,
    (cell) => untreated(cell) && (cell.kind === 'in-domain' || cell.kind === 'cross-domain'),
  );
  const triples: Estimate[][] = unions.flatMap((union) => {
    const parts = union.domains.flatMap(
      (domain) => singles.find(({ train, test }) => train === domain && test === union.test) ?? [],
    );
    return parts.length < 2 ? [] : [[union, ...parts].map(({ scored }) => scored.figures.eer)];
  });
  if (triples.length === 0) return notTestable(about, 'The benchmark has no unions.');
  const share = combine(triples.flat(), (values) => {
    let good = 0;
    for (let i = 0; i < values.length; i += 3)
      if (values[i]! <= Math.min(values[i + 1]!, values[i + 2]!)) good += 1;
    return good / triples.length;
  });
  const gain = combine(triples.flat(), (values) => {
    let sum = 0;
    for (let i = 0; i < values.length; i += 3)
      sum += Math.min(values[i + 1]!, values[i + 2]!) - values[i]!;
    return sum / triples.length;
  });
  const n = triples.length;
  return claimOf(
    {
      ...about,
      figures: [
        claimFigure('share of unions and test sets', share, { level, n }),
        claimFigure('EER gained over the better one, mean', gain, { level, n }),
      ],
      note: 'A union has the clips of both, twice as many as either.',
    },
    share.value >= UNION_SHARE,
  );
}

/** Check 3, first half: one language, one system left out of the same manifest, and what that costs. */
export function leftOut(found: Findings, recipe: string): Claim {
  const { level } = found.benchmark.interval;
  const about = {
    id: `left-out ${recipe}`,
    claim: `${recipe}: languages and systems can be left out one by one; each has its EER, unheard and heard`,
    expected: 'at least two languages and two systems, nothing that was left out is heard',
  };
  const left = cellsOf(found, recipe, ({ kind }) => kind === 'left-out');
  const heard = cellsOf(found, recipe, ({ kind }) => kind === 'heard');
  const figures: ClaimFigure[] = [];
  const fields = [...new Set(left.map(({ value }) => fieldIn(value)))];
  for (const field of fields) {
    const some = left
      .filter(({ value }) => fieldIn(value) === field)
      .flatMap((cell) => {
        const same = heard.find(({ value }) => value === cell.value);
        return same === undefined ? [] : [[cell, same] as const];
      });
    const cost = combine(
      some.flatMap(([a, b]) => [a.scored.figures.eer, b.scored.figures.eer]),
      (values) => values.reduce((sum, v, i) => sum + (i % 2 === 0 ? v : -v), 0) / some.length,
    );
    const n = some.length;
    figures.push(claimFigure(`${field}: EER more than heard, mean`, cost, { level, n }));
    // The hardest first.
    const sorted = [...some].sort(
      ([a], [b]) => b.scored.figures.eer.value - a.scored.figures.eer.value,
    );
    for (const [cell] of sorted) {
      figures.push(
        claimFigure(`${cell.value ?? ''}: EER unheard`, cell.scored.figures.eer, {
          level,
          n: clipCount(cell.scored.n),
        }),
      );
    }
  }
  if (left.length === 0) return notTestable(about, 'The benchmark leaves nothing out.');
  const names = new Set(left.map(({ train }) => train));
  const broken = found.audit.broken.filter(({ train }) => names.has(train));
  const enough = ['language', 'generator'].every(
    (field) => left.filter(({ value }) => fieldIn(value) === field).length >= 2,
  );
  return claimOf({ ...about, figures }, enough && broken.length === 0);
}

function fieldIn(value: string | undefined): string {
  return value?.split(' ')[0] ?? '';
}

/** Check 3, second half: the newer the vocoder, the harder. */
export function vintage(found: Findings, recipe: string): Claim {
  const { benchmark } = found;
  const { level } = benchmark.interval;
  const given = benchmark.benchmark === 'leave-one-out' ? benchmark.vintage : undefined;
  const about = {
    id: `vintage ${recipe}`,
    claim: `${recipe}: older vocoders are easier`,
    expected: `rank correlation of age order and EER of the unheard system > 0, its interval too, ${given?.easiest ?? 'one that is named'} easiest`,
  };
  if (given === undefined) return notTestable(about, 'The benchmark gives no order (`vintage`).');
  const named = (generator: string): string => `generator ${generator}`;
  const left = cellsOf(found, recipe, ({ kind }) => kind === 'left-out');
  const cells = given.order.flatMap(
    (generator) => left.find(({ value }) => value === named(generator)) ?? [],
  );
  if (cells.length < 3)
    return notTestable(
      about,
      `${cells.length} of the named systems have figures; three are needed.`,
    );
  const ranks = cells.map((_, i) => i);
  const rho = combine(
    cells.map(({ scored }) => scored.figures.eer),
    (values) => spearman(ranks, values) ?? Number.NaN,
  );
  const eerOf = ({ scored }: FiguredCell): number => scored.figures.eer.value;
  const lowest = Math.min(...cells.map(eerOf));
  const easiest = cells.filter((cell) => eerOf(cell) === lowest).map(({ value }) => value);
  const trend = claimFigure('Spearman ρ', rho, { level, n: cells.length });
  const shown = trend.low !== null && trend.low > 0;
  const figures = [
    trend,
    ...cells.map(({ value, scored }) =>
      claimFigure(`${value ?? ''}: EER unheard`, scored.figures.eer, {
        level,
        n: clipCount(scored.n),
      }),
    ),
  ];
  const missing = given.order.filter(
    (generator) => !cells.some(({ value }) => value === named(generator)),
  );
  const note = [
    `The easiest is ${easiest.join(' and ')}.`,
    ...(trend.value > 0 && !shown ? ['The interval reaches 0: no order is shown.'] : []),
    ...(missing.length === 0 ? [] : [`Without figures: ${missing.join(', ')}.`]),
  ].join(' ');
  return claimOf({ ...about, figures, note }, shown && easiest.includes(named(given.easiest)));
}

/** Check 4: an EER of fakes alone is refused with a code that says which class is missing. */
export function spoofOnlyGuard({ design }: Pick<Findings, 'design'>): Claim {
  const fakes = design.testSets.flatMap(({ clips }) =>
    clips.filter(({ label }) => label === 'spoof'),
  );
  let code = 'none';
  try {
    drawSet({
      name: 'a spoof-only set',
      clips: fakes,
      size: 2 * fakes.length,
      sampling: 'balanced',
      rng: createRng(1),
      least: 1,
    });
  } catch (error) {
    if (!(error instanceof RingtrueError)) throw error;
    code = error.code;
  }
  return claimOf(
    {
      id: 'spoof-only',
      claim: 'An error rate of fakes alone is refused',
      expected: 'an explicit error that one class is missing',
      figures: [
        { name: 'fakes given', value: fakes.length, low: null, high: null, n: fakes.length },
      ],
      note: `The error is ${code}.`,
    },
    code === 'datasets/class-missing',
  );
}

function countOf(cells: readonly { readonly scored: ScoredCell }[]): number {
  return cells.reduce((sum, { scored }) => sum + clipCount(scored.n), 0);
}
