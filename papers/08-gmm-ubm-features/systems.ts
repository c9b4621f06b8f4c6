/**
 * Detectors of one data set, trained and scored: every family, autoencoders, fusions.
 * @module
 */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Detector,
  DetectorInput,
  decode,
  loadDetector,
  loadRecipe,
  type openCorpus,
  trainDetector,
} from 'ringtrue';
import { createRng } from 'ringtrue/corruptions';
import { FEATURE_FAMILIES } from 'ringtrue/dsp';
import { chooseCluster, type ScoredClip } from 'ringtrue/metrics';

type Corpus = Awaited<ReturnType<typeof openCorpus>>;
type Work = NonNullable<Parameters<typeof trainDetector>[3]>;
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

/** Trains systems and, on dev, fusions of them; scores dev and eval. */
export async function scoreSystems(
  corpus: Corpus,
  { systems, fusions, out }: { systems: readonly System[]; fusions: Fusions; out: string },
  work: Work,
): Promise<ScoreTable> {
  const folders = new Map<string, string>();
  const clips = corpus.clips.map(({ id, label, split, sha256 }) => [id, label, split, sha256]);
  const train = async ({ name, recipe, settings }: System): Promise<void> => {
    const folder = join(out, `${name}-${hashOf({ recipe, settings, clips })}`);
    // A folder with a card is whole: a run that was killed goes on from there.
    if (!existsSync(join(folder, 'card.json')))
      await trainDetector(await loadRecipe(recipe), corpus, { out: folder, settings }, work);
    folders.set(name, folder);
  };
  for (const system of systems) await train(system);
  for (const [name, { members, method }] of Object.entries(fusions)) {
    const detectors = members.map((member) => folders.get(member));
    await train({ name, recipe: 'fusion', settings: { detectors, method } });
  }
  const detectors: [string, Detector][] = [];
  for (const [name, folder] of folders) detectors.push([name, await loadDetector(folder)]);
  const table = new Map(
    detectors.map(([name]) => [name, { dev: [] as ScoredClip[], eval: [] as ScoredClip[] }]),
  );
  for (const split of ['dev', 'eval'] as const) {
    const heard = corpus.clips.filter((clip) => clip.split === split);
    const { clusters } = chooseCluster(
      heard.map(({ id, label, speaker, source }) => ({
        clip: id,
        label: label ?? 'spoof',
        speaker,
        source,
      })),
    );
    for (const [i, { id, path, label = 'spoof' }] of heard.entries()) {
      work.signal?.throwIfAborted();
      // One input for all detectors: features that they share are computed once.
      const input = new DetectorInput((await decode(path)).audio);
      for (const [name, detector] of detectors) {
        const [scored] = await detector.score([input]);
        table
          .get(name)!
          [split].push({ clip: id, label, score: scored!.score, cluster: clusters[i] });
      }
    }
  }
  for (const [, detector] of detectors) await detector.dispose();
  return table;
}
