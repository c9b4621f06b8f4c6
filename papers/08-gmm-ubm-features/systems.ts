/**
 * Detectors of one data set, trained and scored: every family, autoencoders, fusions.
 * @module
 */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  loadRecipe,
  type openCorpus,
  parseStudy,
  readTrials,
  runStudy,
  trainDetector,
} from 'ringtrue';
import { createRng } from 'ringtrue/corruptions';
import { FEATURE_FAMILIES } from 'ringtrue/dsp';
import { chooseCluster, type ScoredClip } from 'ringtrue/metrics';

type Corpus = Awaited<ReturnType<typeof openCorpus>>;
type Work = NonNullable<Parameters<typeof trainDetector>[3]>;
type Clip = Corpus['clips'][number];
type Split = 'dev' | 'eval';

/** Clips of a class, at most: a few hundred files, as the card asks. */
const MOST = { train: 200, dev: 100, eval: 250 } as const;
/** Gaussians of a mixture (card 08, check 6). */
const COMPONENTS = [64];

/** A detector that is trained by a recipe. */
export interface System {
  readonly name: string;
  readonly recipe: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Every family, with settings of their own. */
export function families(
  suffix: string,
  settings: Readonly<Record<string, unknown>> = {},
): System[] {
  return FEATURE_FAMILIES.map((feature) => ({
    name: `${feature}${suffix}`,
    recipe: 'feature-gmm',
    settings: { feature, components: COMPONENTS, ...settings },
  }));
}

/** Two autoencoders: their spectra as they are, and their code normalised. */
export const AUTOENCODERS: readonly System[] = ['none', 'cmvn'].map((normalise) => ({
  name: normalise === 'none' ? 'autoencoder' : 'autoencoder-cmvn',
  recipe: 'autoencoder-gmm',
  settings: { normalise, components: COMPONENTS },
}));

/** Scores of the dev and eval clips by each detector. */
export type ScoreTable = ReadonlyMap<string, Readonly<Record<Split, readonly ScoredClip[]>>>;

/** Several systems as one. */
export interface Fusion {
  readonly members: readonly string[];
  /** Prior-weighted logistic regression, or a small network. */
  readonly method: 'logistic' | 'mlp';
}

/** Fusions of a data set by name. */
export type Fusions = Readonly<Record<string, Fusion>>;

/** At most some hundred clips of each class and split, drawn by a fixed seed. */
export function cutCorpus(corpus: Corpus): Corpus {
  const clips = (['train', 'dev', 'eval'] as const).flatMap((split) =>
    (['bonafide', 'spoof'] as const).flatMap((label) => {
      const all = corpus.clips
        .filter((clip) => clip.split === split && clip.label === label)
        .sort((a, b) => (a.id < b.id ? -1 : 1));
      return createRng('cut').split(`${split} ${label}`).shuffle(all).slice(0, MOST[split]);
    }),
  );
  return { ...corpus, clips };
}

/** Names what decides a training, but for the code: to run it anew with other code, begin in an empty folder. */
function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 8);
}

/** What {@link scoreSystems} takes besides the clips. */
export interface Scoring {
  readonly systems: readonly System[];
  readonly fusions: Fusions;
  /** Folder for detectors, the study file and its run. */
  readonly out: string;
  /** Study file without its corpus and detectors. */
  readonly study: string;
}

/**
 * Trains systems and, on dev, fusions of them; runs a study of all on the dev and eval clips. Both go on where a run
 * was killed.
 */
export async function scoreSystems(
  corpus: Corpus,
  { systems, fusions, out, study }: Scoring,
  work: Work,
): Promise<ScoreTable> {
  const folders = new Map<string, string>();
  const clips = corpus.clips.map(({ id, label, split, sha256 }) => [id, label, split, sha256]);
  const train = async ({ name, recipe, settings }: System): Promise<void> => {
    const folder = join(out, `${name}-${hashOf({ recipe, settings, clips })}`);
    // A folder with a card is whole.
    if (!existsSync(join(folder, 'card.json'))) {
      const card = { name, recipe: 'ringtrue papers run 08' };
      await trainDetector(await loadRecipe(recipe), corpus, { out: folder, settings, card }, work);
    }
    folders.set(name, folder);
  };
  for (const system of systems) await train(system);
  for (const [name, { members, method }] of Object.entries(fusions)) {
    const detectors = members.map((member) => folders.get(member));
    await train({ name, recipe: 'fusion', settings: { detectors, method } });
  }
  const tested = corpus.clips.filter(({ split }) => split !== 'train');
  const rows = tested.map((clip) => `${JSON.stringify(clip)}\n`);
  await writeFile(join(out, 'manifest.jsonl'), rows.join(''));
  const lines = [...folders.values()].map((folder) => `  - ./${basename(folder)}\n`);
  const text = `${study}corpus: ./manifest.jsonl\ndetectors:\n${lines.join('')}`;
  await writeFile(join(out, 'study.yaml'), text);
  const run = await runStudy(parseStudy(text), { out: join(out, 'study'), cwd: out }, work);
  const splits = new Map(tested.map(({ id, split }) => [id, split]));
  return tableOf(await readTrials(run.folder), { detectors: [...folders.keys()], splits });
}

/** Scores by detector and split, of the clips that all of them scored: differences are paired. */
function tableOf(
  trials: Awaited<ReturnType<typeof readTrials>>,
  {
    detectors,
    splits,
  }: {
    readonly detectors: readonly string[];
    /** By clip: that of a trial is the study's, all. */
    readonly splits: ReadonlyMap<string, Clip['split']>;
  },
): ScoreTable {
  const scored = new Map<string, number>();
  for (const { clip, score } of trials)
    if (score !== null) scored.set(clip, (scored.get(clip) ?? 0) + 1);
  const complete = trials.filter(({ clip }) => scored.get(clip) === detectors.length);
  const of = (detector: string, split: Split): ScoredClip[] => {
    const rows = complete.filter(
      (row) => row.detector === detector && splits.get(row.clip) === split,
    );
    const { clusters } = chooseCluster(rows);
    return rows.map(({ clip, label, score }, i) => ({
      clip,
      label,
      score: score!,
      cluster: clusters[i],
    }));
  };
  return new Map(
    detectors.map((detector) => [
      detector,
      { dev: of(detector, 'dev'), eval: of(detector, 'eval') },
    ]),
  );
}
