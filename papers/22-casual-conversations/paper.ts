/**
 * Casual Conversations (arXiv 2104.02821): are detectors as good for everyone? Its procedure on speech-base, by
 * language, sex, domain and codec, and the checks of its measures. Its videos are not needed, and may not be
 * trained on.
 * @module
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  decode,
  openCorpus,
  parseStudy,
  RingtrueError,
  readTrials,
  renderReport,
  runStudy,
  type Summary,
  trainDetector,
} from 'ringtrue';
import {
  type Claim,
  type ClaimFigure,
  claimOf,
  notTestable,
  type Paper,
} from 'ringtrue/benchmarks';
import { trackPitch } from 'ringtrue/dsp';
import { loadRecipe } from 'ringtrue/training';
import { exampleClaim } from './example.ts';
import {
  type DetectorScores,
  type PitchedClip,
  pitchClaim,
  plantedClaim,
  randomGroupsClaim,
} from './planted.ts';

/** What a summary says of fairness. */
type Fairness = NonNullable<Summary['fairness']>;

const FILE = 'study.yaml';
const ATTRIBUTES_SHOWN = ['language', 'sex'];

/** Its claims are the checks of the card, the table by language and sex, and a detector that hears pitch. */
export const paper: Paper = {
  id: '22-casual-conversations',
  title: 'Casual Conversations: fairness of deepfake detectors (arXiv 2104.02821)',
  corpora: ['speech-base'],
  minutes: 10,
  async run({ folder, out, onProgress, signal }) {
    const work = { onProgress, signal };
    const study = parseStudy(await readFile(join(folder, FILE), 'utf8'), FILE);
    const run = join(out, 'study');
    const { summary } = await runStudy(study, { out: run, cwd: folder }, work);
    await renderReport(run, work);
    const { fairness } = summary;
    if (fairness === undefined) throw new RingtrueError('core/internal', 'internal: no fairness');
    const scores = await scoresOf(run, fairness);
    const corpus = await openCorpus('speech-base', {}, work);
    const voices = await Promise.all([
      pitchOf(corpus.clips.filter(({ split }) => split === 'eval')),
      pitchOf(corpus.clips.filter(({ split, label }) => split !== 'eval' && label === 'bonafide')),
    ]);
    return [
      exampleClaim(),
      plantedClaim(scores, study.seed),
      randomGroupsClaim(scores, study.seed),
      intersectionsClaim(fairness),
      confoundsClaim(fairness, summary.corpus.n),
      wordingClaim(fairness),
      await trainingClaim(corpus, out),
      ...ATTRIBUTES_SHOWN.map((attribute) => tableClaim(fairness, attribute)),
      pitchClaim(
        voices[0],
        Float64Array.from(voices[1], ({ meanF0 }) => meanF0),
        study.seed,
      ),
      notTestable(
        {
          id: 'darker-skin',
          claim: 'All five winners of the DFDC do worse on darker skin types',
          expected: 'as the paper says; its tables by group are not in what could be read',
        },
        'needs the videos of Casual Conversations and DFDC detectors, neither of which is to be had here',
      ),
    ];
  },
};

async function scoresOf(run: string, { results }: Fairness): Promise<DetectorScores[]> {
  const trials = await readTrials(run);
  return [...new Set(results.map(({ detector }) => detector))].map((detector) => ({
    detector,
    threshold: results.find((result) => result.detector === detector)?.threshold ?? Number.NaN,
    rows: trials.flatMap(({ detector: by, clip, label, score, speaker }) =>
      by === detector && score !== null ? [{ clip, label, score, cluster: speaker }] : [],
    ),
  }));
}

/** Mean pitch of clips that have a voiced frame. */
async function pitchOf(
  clips: readonly {
    readonly id: string;
    readonly path: string;
    readonly label?: 'bonafide' | 'spoof' | undefined;
    readonly speaker?: string | undefined;
  }[],
): Promise<PitchedClip[]> {
  const pitched: PitchedClip[] = [];
  for (const { id, path, label = 'bonafide', speaker } of clips) {
    const { samples, sampleRate } = (await decode(path)).audio;
    const voiced = trackPitch(samples[0] ?? new Float32Array(), sampleRate).f0.filter(
      (f0) => f0 > 0,
    );
    if (voiced.length === 0) continue;
    const meanF0 = voiced.reduce((sum, f0) => sum + f0, 0) / voiced.length;
    pitched.push({ clip: id, label, score: meanF0, cluster: speaker ?? null, meanF0 });
  }
  return pitched;
}

/** Check 4. */
function intersectionsClaim({ intersections, leastSpeakers }: Fairness): Claim {
  const cells = intersections.flatMap(({ groups }) => groups);
  const thin = cells.filter(({ thin: few }) => few.bonafide && few.spoof);
  const shown = thin.filter(({ figures }) => Object.keys(figures).length > 0);
  const count = (name: string, value: number): ClaimFigure => ({
    name,
    value,
    low: null,
    high: null,
    n: cells.length,
  });
  return claimOf(
    {
      id: 'intersections',
      claim:
        'Intersections of two attributes are listed with n, and hidden below the least number of speakers',
      expected: `cells are listed; none with fewer than ${leastSpeakers} speakers has a figure`,
      figures: [
        count('cells', cells.length),
        count(`cells below ${leastSpeakers} speakers`, thin.length),
        count('of these with a figure', shown.length),
      ],
    },
    cells.length > 0 && shown.length === 0,
  );
}

/** Check 5. */
function confoundsClaim(
  { mixtures, results }: Fairness,
  n: { readonly bonafide: number; readonly spoof: number },
): Claim {
  const all = n.bonafide + n.spoof;
  const language = mixtures.find(({ attributes }) => attributes[0] === 'language');
  const sum = (language?.cells ?? []).reduce((s, cell) => s + cell.n.bonafide + cell.n.spoof, 0);
  const within = results
    .filter(({ attribute }) => attribute === 'language')
    .flatMap(({ detector, within: gaps }) =>
      gaps
        .filter(({ by }) => by === 'generator' || by === 'codec')
        .map((gap) => ({ detector, ...gap })),
    );
  return claimOf(
    {
      id: 'confounds',
      claim:
        'Confounds are visible: attribute × generator × codec, and gaps within codec beside raw ones',
      expected:
        'the table holds every clip; each detector has gaps within generator and within codec',
      figures: [
        { name: 'clips in the table', value: sum, low: null, high: null, n: all },
        ...(language?.association ?? []).map((entry) => ({
          name: `Cramér's V of language and ${entry.with}`,
          value: entry.value ?? Number.NaN,
          low: null,
          high: null,
          n: all,
        })),
        ...within.flatMap(({ detector, rate, by, raw, stratified, coverage }) => {
          const of = rate === 'fpr' ? n.bonafide : n.spoof;
          const name = `${detector}: ${rate} gap within ${by} (raw ${raw.value.toFixed(3)})`;
          return stratified === null
            ? []
            : [{ name, ...interval(stratified), n: Math.round(coverage * of) }];
        }),
      ],
      note: within.some(({ stratified }) => stratified === null)
        ? `Cannot be told apart from language: ${within
            .filter(({ stratified }) => stratified === null)
            .map(({ detector, rate, by }) => `${by} (${detector}, ${rate})`)
            .join(', ')}.`
        : undefined,
    },
    sum === all && ['generator', 'codec'].every((by) => within.some((gap) => gap.by === by)),
  );
}

function interval({
  value,
  low,
  high,
}: {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}): Pick<ClaimFigure, 'value' | 'low' | 'high'> {
  return { value, low, high };
}

/** Check 6. */
function wordingClaim({ results }: Fairness): Claim {
  const gaps = results.flatMap(({ gaps: tested }) => tested);
  const wrong = gaps.filter(
    ({ text, pHolm }) =>
      text.includes(' differs by ') !== pHolm < 0.05 ||
      text.startsWith('no difference shown') === pHolm < 0.05,
  );
  const differing = gaps.filter(({ differs }) => differs);
  const count = (name: string, value: number): ClaimFigure => ({
    name,
    value,
    low: null,
    high: null,
    n: gaps.length,
  });
  return claimOf(
    {
      id: 'wording',
      claim: '"differs" is said only where "no gap" is excluded, else "no difference shown (n=…)"',
      expected: 'no sentence at odds with its p-value after Holm',
      figures: [
        count('sentences', gaps.length),
        count('that say "differs"', differing.length),
        count('at odds with p', wrong.length),
      ],
      ...(differing.length === 0 ? {} : { note: differing.map(({ text }) => text).join('; ') }),
    },
    wrong.length === 0,
  );
}

/** Check 7. */
async function trainingClaim(
  corpus: Awaited<ReturnType<typeof openCorpus>>,
  out: string,
): Promise<Claim> {
  const [first, ...rest] = corpus.clips;
  const tagged = first === undefined ? [] : [{ ...first, use: 'evaluation-only' as const }];
  const code = await trainDetector(
    await loadRecipe('acoustic-logistic'),
    { ...corpus, clips: [...tagged, ...rest] },
    { out: join(out, 'never') },
  ).then(
    () => 'none',
    (error: unknown) => (error instanceof RingtrueError ? error.code : String(error)),
  );
  return claimOf(
    {
      id: 'evaluation-only',
      claim: 'Training refuses files that are tagged evaluation-only',
      expected: 'one tagged clip in the corpus: datasets/evaluation-only',
      figures: [{ name: 'tagged clips', value: 1, low: null, high: null, n: corpus.clips.length }],
      note: `The code is ${code}.`,
    },
    code === 'datasets/evaluation-only',
  );
}

/** The group table that the paper's procedure asks for. */
function tableClaim({ results }: Fairness, attribute: string): Claim {
  const mine = results.filter((result) => result.attribute === attribute);
  const figures = mine.flatMap(({ detector, groups }) =>
    groups.flatMap((group) =>
      (['fpr', 'fnr', 'eer'] as const).flatMap((rate): ClaimFigure[] => {
        const figure = group.figures[rate];
        if (figure === undefined) return [];
        const n = (rate === 'fnr' ? 0 : group.n.bonafide) + (rate === 'fpr' ? 0 : group.n.spoof);
        return [{ name: `${detector}, ${group.group}: ${rate}`, ...interval(figure), n }];
      }),
    ),
  );
  return claimOf(
    {
      id: `by-${attribute}`,
      claim: `Rates by ${attribute} at the threshold of the card, with intervals`,
      expected: 'every cell has an interval and its n',
      figures,
      note: mine.flatMap(({ gaps }) => gaps.map(({ text }) => text)).join('; '),
    },
    figures.length > 0 && figures.every(({ low, high }) => low !== null && high !== null),
  );
}
