/**
 * Plans of corpora that are tables: who speaks how many sentences in which split, and what fakes them.
 * @module
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RingtrueError } from '../core/errors.ts';
import { hashJson } from '../core/hash.ts';
import { writeFileAtomic } from '../core/node/files.ts';
import { builtUrl } from '../core/node/modules.ts';
import type { Rng } from '../core/rng.ts';
import type { Fake, Group, Plan, PlanOptions, Split } from './composition.ts';
import { cascadeOf } from './generators/cascade.ts';
import { SPEAKERS } from './generators/index.ts';
import type { PackageRoot } from './packages.ts';
import { runPool } from './pool.ts';
import { type Recording, textKey } from './recording.ts';
import { isSameTake, SCREENING_VERSION, type Screening } from './screen.ts';
import { SOURCES, type SourceId } from './sources/index.ts';
import { COPIES } from './vocoders/index.ts';

/** Generators with their weights: a fake of each group is drawn from it. */
export type Slot = Readonly<Record<string, number>>;

/** Groups of a cast that share a split. */
export interface CastPart {
  readonly split: Split;
  /** What about the eval split no training clip has. */
  readonly part?: string;
  readonly groups: number;
  /** One fake of each group comes from each slot; slots share no generator. */
  readonly fakes: readonly Slot[];
  /** Share of groups with a further clip: the recording through a harsh codec, which is no fake. @default 0 */
  readonly controls?: number;
}

/** A speaker, or a few with little to say, of one source. */
export interface Cast {
  /** Start of the ids of its groups. */
  readonly id: string;
  readonly source: SourceId;
  /** Which recordings of the source. @default all */
  readonly of?: (recording: Recording) => boolean;
  /** Shortest text in characters: short ones make clips that tell little. */
  readonly minText: number;
  readonly maxText: number;
  /** Seconds between first and last speech. @default 0.75: less would be cropped to next to nothing */
  readonly minActiveSec?: number;
  readonly parts: readonly CastPart[];
}

const MIN_ACTIVE_SEC = 0.75;
/** Recordings that are screened at a time, as a share of those still needed. */
const SPARE = 1.15;

/**
 * Chooses recordings, fakes and donors for casts, in order: a sentence that one has is not given to a later one
 * of the same language, whichever split that is in.
 */
export async function planCasts(
  casts: readonly Cast[],
  rng: Rng,
  { debian }: PackageRoot,
  options: PlanOptions,
): Promise<Plan> {
  const { limit = Number.POSITIVE_INFINITY, work } = options;
  const task = 'listen to recordings';
  work.onProgress?.({ type: 'start', task, total: casts.length, unit: 'casts' });
  const groups: Group[] = [];
  const shortages: string[] = [];
  const said = new Set<string>();
  const read = new Map<SourceId, Promise<Recording[]>>();
  for (const [done, cast] of casts.entries()) {
    work.onProgress?.({ type: 'advance', task, done, note: cast.id });
    const recordings = read.get(cast.source) ?? SOURCES[cast.source].read(debian);
    read.set(cast.source, recordings);
    const parts = cast.parts.map((part) => ({ ...part, groups: Math.min(limit, part.groups) }));
    const needed = parts.reduce((sum, part) => sum + part.groups, 0);
    const candidates = orderCandidates(cast, await recordings, said, rng.split(`${cast.id} texts`));
    const chosen = await chooseDistinct(candidates, needed, {
      debian,
      options,
      name: cast.id,
      minActiveSec: cast.minActiveSec ?? MIN_ACTIVE_SEC,
    });
    for (const recording of chosen) said.add(sentenceOf(recording));
    if (chosen.length < needed) {
      shortages.push(`${cast.id}: ${chosen.length} of ${needed} recordings could be had`);
    }
    groups.push(...castGroups({ ...cast, parts }, chosen, rng.split(cast.id)));
  }
  work.onProgress?.({ type: 'end', task, note: `${groups.length} groups` });
  return { groups, shortages };
}

function sentenceOf({ language, text }: Recording): string {
  return `${language} ${textKey(text)}`;
}

/** Usable recordings that nobody said before, in random order. */
function orderCandidates(
  { of = () => true, minText, maxText }: Cast,
  recordings: readonly Recording[],
  said: ReadonlySet<string>,
  rng: Rng,
): Recording[] {
  const seen = new Set(said);
  const usable = recordings.filter((recording) => {
    const key = sentenceOf(recording);
    const { length } = recording.text;
    if (!of(recording) || length < minText || length > maxText || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  return rng.shuffle(usable);
}

/** What choosing takes besides the candidates. */
interface Choosing {
  readonly debian: string;
  readonly options: PlanOptions;
  readonly name: string;
  readonly minActiveSec: number;
}

/** The first candidates that can be heard, last long enough and are no second copy of one chosen before. */
async function chooseDistinct(
  candidates: readonly Recording[],
  needed: number,
  { debian, options, name, minActiveSec }: Choosing,
): Promise<Recording[]> {
  const chosen: { recording: Recording; heard: Screening }[] = [];
  let from = 0;
  while (chosen.length < needed && from < candidates.length) {
    const end = from + Math.ceil(SPARE * (needed - chosen.length)) + 4;
    const some = candidates.slice(from, end);
    const paths = some.map(({ path }) => join(debian, path));
    const heard = await screenAll(paths, `${name}-${from}`, options);
    for (const [i, recording] of some.entries()) {
      const screening = heard[i];
      if (screening === undefined || screening.activeSec < minActiveSec) continue;
      if (chosen.some((other) => isSameTake(other.heard, screening))) continue;
      if (chosen.length < needed) chosen.push({ recording, heard: screening });
    }
    from = end;
  }
  return chosen.map(({ recording }) => recording);
}

/** Screens files, or takes what an earlier build heard in the same ones. */
async function screenAll(
  paths: readonly string[],
  name: string,
  { stage, workers, work: { signal } }: PlanOptions,
): Promise<readonly (Screening | undefined)[]> {
  const key = hashJson([SCREENING_VERSION, ...paths]).slice(0, 12);
  const kept = join(stage, 'screened', `${name}-${key}.json`);
  try {
    // Written below.
    return JSON.parse(await readFile(kept, 'utf8')) as Screening[];
  } catch {
    const heard = new Map<string, Screening>();
    await runPool<string, Screening>({
      url: builtUrl(import.meta.url, './screen-worker.ts'),
      jobs: paths,
      workers,
      signal,
      onResult: (result, path) => void heard.set(path, result),
    });
    const all = paths.map((path) => heard.get(path));
    await writeFileAtomic(kept, JSON.stringify(all));
    return all;
  }
}

/**
 * Deals recordings out to the parts of a cast, and fakes and donors to recordings. Each generator of a slot gets
 * its share of the part's groups to within one.
 */
export function castGroups(cast: Cast, recordings: readonly Recording[], rng: Rng): Group[] {
  const groups: Group[] = [];
  let from = 0;
  for (const [p, { split, part, groups: count, fakes, controls = 0 }] of cast.parts.entries()) {
    const mine = recordings.slice(from, from + count);
    from += mine.length;
    const dealt = fakes.map((slot, s) => dealSlot(slot, mine.length, rng.split(`${p} slot ${s}`)));
    const controlled = rng.split(`${p} controls`).shuffle(mine);
    const withControl = new Set(controlled.slice(0, Math.round(controls * mine.length)));
    for (const [i, real] of mine.entries()) {
      const names = dealt.map((generators) => generators[i]!);
      if (withControl.has(real)) names.push('codec-control');
      const n = groups.length;
      const others = recordings.filter((other) => other !== real && other.speaker === real.speaker);
      groups.push({
        id: `${cast.id}-${String(n + 1).padStart(3, '0')}`,
        split,
        ...(part === undefined ? {} : { part }),
        real,
        fakes: names.map((name) => describeFake(name, real)),
        donor: rng.split(`donor ${n}`).pick(others.length > 0 ? others : recordings),
      });
    }
  }
  return groups;
}

/** `count` generators in random order, each by its weight (largest remainders). */
export function dealSlot(slot: Slot, count: number, rng: Rng): string[] {
  const total = Object.values(slot).reduce((sum, weight) => sum + weight, 0);
  const shares = Object.entries(slot).map(([generator, weight]) => {
    const exact = (count * weight) / total;
    return { generator, whole: Math.floor(exact), rest: exact - Math.floor(exact) };
  });
  const missing = count - shares.reduce((sum, { whole }) => sum + whole, 0);
  const largest = [...shares].sort((a, b) => b.rest - a.rest).slice(0, missing);
  return rng.shuffle(
    shares.flatMap((share) =>
      new Array<string>(share.whole + (largest.includes(share) ? 1 : 0)).fill(share.generator),
    ),
  );
}

/**
 * A generator as a fake of a recording.
 * @param generator id of a speaker, a copy method, or both as `speaker+vocoder`
 * @throws RingtrueError `corpora/unknown-generator` if there is none of that name, or it cannot speak the
 * language, or would replay the recording that it was made of
 */
export function describeFake(generator: string, real: Recording): Fake {
  const copy = COPIES[generator];
  if (copy !== undefined) {
    const { kind, family } = copy;
    return { generator, kind, family, ...(family === 'codec-control' ? { genuine: true } : {}) };
  }
  const [voice = ''] = generator.split('+');
  const speaker = SPEAKERS[voice];
  const cascade = cascadeOf(generator);
  if (speaker === undefined || (voice !== generator && cascade === undefined)) {
    throw new RingtrueError('corpora/unknown-generator', `there is no generator ${generator}`);
  }
  if (!speaker.languages.includes(real.language) || speaker.cloneOf === real.speaker) {
    throw new RingtrueError(
      'corpora/unknown-generator',
      `${generator} cannot say what ${real.speaker} says in ${real.language}`,
    );
  }
  const { family, licence, database } = speaker;
  return {
    generator,
    kind: 'tts',
    family: cascade?.family ?? family,
    licence,
    ...(cascade === undefined ? {} : { spokenBy: voice }),
    ...(database === undefined ? {} : { database }),
  };
}
