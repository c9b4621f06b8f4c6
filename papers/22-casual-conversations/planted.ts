/**
 * Checks on real scores: a planted bias is found, random groups are not, and a detector that hears pitch is
 * found out (the last is of AudioTrust, arXiv 2505.16211, "what a small implementation must show", 4).
 * @module
 */

import { type Claim, type ClaimFigure, claimOf, notTestable } from 'ringtrue/benchmarks';
import {
  evaluateFairness,
  type GroupedClip,
  judgeGaps,
  thresholdAtFpr,
  wilsonInterval,
} from 'ringtrue/metrics';
import { createRng } from 'ringtrue/training';

/** A scored clip; `cluster` is who speaks. */
export type Scored = Omit<GroupedClip, 'group'>;

/** What a detector made of the clips, and its threshold. */
export interface DetectorScores {
  readonly detector: string;
  readonly threshold: number;
  readonly rows: readonly Scored[];
}

const LEAST = 100;
const PLANTED = 0.1;
const DRAWS = 200;
const SHUFFLES = 199;

/** Check 2: genuine scores of a random half raised by a tenth of the range of scores. */
export function plantedClaim(detectors: readonly DetectorScores[], seed: number): Claim {
  const about = {
    id: 'planted-bias',
    claim: 'A bias that is planted in one group is found: it ranks worst, FDR falls, p < .05',
    expected: `genuine scores of one of two random halves + ${PLANTED} of the range; at least ${LEAST} genuine clips a half`,
  };
  const figures: ClaimFigure[] = [];
  let holds = true;
  for (const { detector, threshold, rows } of detectors) {
    const labels = createRng(seed)
      .split('halves')
      .shuffle(rows.map((_, i) => (i % 2 === 0 ? 'planted' : 'plain')));
    const scores = rows.map(({ score }) => score);
    const range = Math.max(...scores) - Math.min(...scores);
    const halves = (shift: number): GroupedClip[] =>
      rows.map((row, i) => ({
        ...row,
        // Halves are drawn over clips, so each stands alone.
        cluster: null,
        group: labels[i]!,
        score:
          row.score + (row.label === 'bonafide' && labels[i] === 'planted' ? shift * range : 0),
      }));
    const before = evaluateFairness(halves(0), { threshold });
    const after = evaluateFairness(halves(PLANTED), { threshold });
    const n = Math.min(...after.groups.map((group) => group.n.bonafide));
    if (n < LEAST) return notTestable(about, `a half has ${n} genuine clips`);
    const gap = after.gaps.find(({ rate }) => rate === 'fpr');
    const p = gap?.p ?? Number.NaN;
    const [fdrBefore, fdr] = [before.figures.fdr?.value, after.figures.fdr?.value];
    const falls = (fdr ?? Number.NaN) < (fdrBefore ?? Number.NaN);
    holds &&= after.worst === 'planted' && falls && p < 0.05;
    figures.push(
      {
        name: `${detector}: p before`,
        value: before.gaps[0]?.p ?? Number.NaN,
        low: null,
        high: null,
        n,
      },
      { name: `${detector}: p after`, value: p, low: null, high: null, n },
      { name: `${detector}: fpr gap after`, ...ends(gap?.gap), n },
      { name: `${detector}: FDR before`, ...ends(before.figures.fdr), n },
      { name: `${detector}: FDR after`, ...ends(after.figures.fdr), n },
    );
  }
  return claimOf({ ...about, figures }, holds);
}

function ends(
  figure:
    | { readonly value: number; readonly low: number | null; readonly high: number | null }
    | undefined,
): Pick<ClaimFigure, 'value' | 'low' | 'high'> {
  return {
    value: figure?.value ?? Number.NaN,
    low: figure?.low ?? null,
    high: figure?.high ?? null,
  };
}

/** Check 3: random groups, over clips that stand alone and over speakers. */
export function randomGroupsClaim(detectors: readonly DetectorScores[], seed: number): Claim {
  const figures: ClaimFigure[] = [];
  let holds = true;
  for (const { detector, threshold, rows } of detectors) {
    for (const unit of ['clips', 'speakers'] as const) {
      const outcomes = Array.from({ length: DRAWS }, (_, draw) => {
        const rng = createRng(seed).split(`${unit} ${draw}`);
        const names = [...new Set(rows.map((row) => nameOf(row, unit)))];
        const labels = rng.shuffle(names.map((_name, i) => (i % 2 === 0 ? 'one' : 'two')));
        const groupOf = new Map(names.map((name, i) => [name, labels[i]!]));
        const grouped = rows.map((row) => ({
          ...row,
          cluster: nameOf(row, unit),
          group: groupOf.get(nameOf(row, unit)) ?? null,
        }));
        const { gaps } = evaluateFairness(grouped, { threshold, replicates: SHUFFLES, seed: draw });
        const gap = gaps.find(({ rate }) => rate === 'fpr');
        return { p: gap?.p ?? 1, inside: (gap?.gap.value ?? 0) <= (gap?.chance.high ?? 0) };
      });
      const small = wilsonInterval(outcomes.filter(({ p }) => p <= 0.05).length, DRAWS);
      const inside = wilsonInterval(outcomes.filter((outcome) => outcome.inside).length, DRAWS);
      holds &&= (small.low ?? 1) <= 0.05 && inside.value >= 0.9;
      figures.push(
        { name: `${detector}, ${unit}: share of p ≤ .05`, ...ends(small), n: DRAWS },
        { name: `${detector}, ${unit}: gaps inside the band`, ...ends(inside), n: DRAWS },
      );
    }
  }
  return claimOf(
    {
      id: 'no-bias',
      claim:
        'Random groups do not differ: about 5 % of p-values below .05, gaps inside the chance band',
      expected: `of ${DRAWS} draws the interval of the share of p ≤ .05 reaches .05 or below, and 90 % of gaps lie inside`,
      figures,
      note: 'Few speakers can be grouped in few ways, so their p-values tie and are larger than uniform.',
    },
    holds,
  );
}

function nameOf(row: Scored, unit: 'clips' | 'speakers'): string {
  return unit === 'clips' ? row.clip : (row.cluster ?? row.clip);
}

/** A clip with its mean fundamental frequency. */
export interface PitchedClip extends Scored {
  /** Mean over voiced frames, in Hz. */
  readonly meanF0: number;
}

/**
 * A detector that takes high voices for synthetic, on real speech: groups are the lower and the higher half
 * of the speakers by the mean pitch of their genuine clips.
 * @param elsewhere mean pitch of genuine clips of other speakers, in Hz: the threshold is their median
 */
export function pitchClaim(
  clips: readonly PitchedClip[],
  elsewhere: Float64Array,
  seed: number,
): Claim {
  const genuine = clips.filter(({ label }) => label === 'bonafide');
  const bySpeaker = new Map<string, number[]>();
  for (const { clip, cluster, meanF0 } of genuine) {
    const name = cluster ?? clip;
    bySpeaker.set(name, [...(bySpeaker.get(name) ?? []), meanF0]);
  }
  const means = [...bySpeaker]
    .map(([name, values]) => ({ name, f0: values.reduce((a, b) => a + b, 0) / values.length }))
    .sort((a, b) => a.f0 - b.f0);
  const groupOf = new Map(
    means.map(({ name }, i) => [name, i < means.length / 2 ? 'low voices' : 'high voices']),
  );
  // Only genuine voices decide; a ranking wants a second class all the same.
  const threshold = thresholdAtFpr({ bonafide: elsewhere, spoof: elsewhere }, 0.5);
  const rows = clips.map(({ meanF0, ...clip }) => ({
    ...clip,
    score: meanF0,
    group: groupOf.get(clip.cluster ?? clip.clip) ?? null,
  }));
  const evaluation = evaluateFairness(rows, { threshold });
  const [verdict] = judgeGaps([{ attribute: 'pitch', evaluation }]);
  const inside = Array.from({ length: DRAWS }, (_, draw) => {
    const labels = createRng(seed)
      .split(`pitch ${draw}`)
      .shuffle(means.map(({ name }) => groupOf.get(name)!));
    const shuffled = new Map(means.map(({ name }, i) => [name, labels[i]!]));
    const again = rows.map((row) => ({
      ...row,
      group: shuffled.get(row.cluster ?? row.clip) ?? null,
    }));
    const { gaps } = evaluateFairness(again, { threshold, replicates: SHUFFLES, seed: draw });
    return (gaps[0]?.gap.value ?? 0) <= (gaps[0]?.chance.high ?? 0);
  });
  const share = wilsonInterval(inside.filter(Boolean).length, DRAWS);
  const n = verdict?.n ?? 0;
  return claimOf(
    {
      id: 'pitch-detector',
      claim:
        'A detector that hears mean pitch is found out by pitch group, and shuffled labels lie in the band',
      expected: 'bona fide called spoof differs after Holm; 90 % of shuffled gaps inside the band',
      figures: [
        { name: 'fpr gap', ...ends(verdict?.gap), n },
        {
          name: 'gap by chance, 95 %',
          value: verdict?.chance.high ?? Number.NaN,
          low: null,
          high: null,
          n,
        },
        { name: 'p after Holm', value: verdict?.pHolm ?? Number.NaN, low: null, high: null, n },
        { name: 'shuffled gaps inside the band', ...ends(share), n: DRAWS },
      ],
      ...(verdict === undefined ? {} : { note: verdict.text }),
    },
    verdict?.differs === true && verdict.highest.group === 'high voices' && share.value >= 0.9,
  );
}
