/**
 * Building corpora on the user's machine.
 * @module
 */

import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import { type ErrorData, errorFromData, RingtrueError } from '../core/errors.ts';
import { hashBytes } from '../core/hash.ts';
import { cacheFolder, writeFileAtomic } from '../core/node/files.ts';
import { builtUrl } from '../core/node/modules.ts';
import { throwIfAborted, type WorkContext } from '../core/progress.ts';
import { createRng } from '../core/rng.ts';
import type { Clip } from '../datasets/clip.ts';
import { BACKGROUNDS_VERSION, buildBackgrounds } from './backgrounds.ts';
import { SPEAKERS, type Utterance } from './generators/speak.ts';
import type { GroupJob } from './group.ts';
import { exists, fetchPackages, type PackageRoot } from './packages.ts';
import {
  type Group,
  planGroups,
  SPEECH_MINI_PACKAGES,
  SPEECH_MINI_SEED,
  SPEECH_MINI_VERSION,
  VOICES,
} from './speech-mini.ts';
import { buildToyCorpus } from './toy.ts';
import { type Prompt, parseTranscripts } from './transcripts.ts';

/** A corpus that can be built. */
export interface CorpusEntry {
  readonly name: string;
  readonly summary: string;
  /** Megabytes that are downloaded first. */
  readonly downloadMb: number;
  /** Command that makes sense once it is built. */
  readonly next: string;
}

/** Every corpus that {@link buildCorpus} knows. */
export const CORPORA: readonly CorpusEntry[] = [
  {
    name: 'speech-mini',
    summary:
      '80 real sentences of 3 speakers in 3 languages, 160 fakes by 13 generators, equalised',
    downloadMb: 75,
    next: 'ringtrue corpus verify speech-mini',
  },
  {
    name: 'backgrounds',
    summary:
      'real speech, music, ambience and impulse responses that the background-* and reverb-measured corruptions use',
    downloadMb: 57,
    next: 'ringtrue corruptions background-speech',
  },
  {
    name: 'toy',
    summary: 'seeded signals of our own; needs nothing; for tests, says nothing about speech',
    downloadMb: 0,
    next: 'ringtrue corpus verify toy',
  },
];

/** Versions of built corpora; the toy corpus is made anew each time. */
const VERSIONS: Readonly<Record<string, string>> = {
  'speech-mini': SPEECH_MINI_VERSION,
  backgrounds: BACKGROUNDS_VERSION,
};

/** Where and how a corpus is built. */
export interface BuildOptions {
  /** @default the cache folder `corpora/NAME` */
  readonly out?: string;
  /** Threads. @default all cores */
  readonly workers?: number;
  /** True builds again what is built. @default false */
  readonly force?: boolean;
}

/**
 * Builds a corpus, or continues a build that was stopped.
 * @returns its folder
 * @throws RingtrueError `corpora/unknown`, `corpora/package-unavailable`, `corpora/generator-failed`, `core/cancelled`
 */
export async function buildCorpus(
  name: string,
  options: BuildOptions = {},
  work: WorkContext = {},
): Promise<string> {
  const {
    out = cacheFolder('corpora', name),
    workers = availableParallelism(),
    force = false,
  } = options;
  if (!CORPORA.some((entry) => entry.name === name)) {
    throw new RingtrueError('corpora/unknown', `there is no corpus ${name}`, {
      details: { known: CORPORA.map((entry) => entry.name) },
    });
  }
  const built = await readVersion(out);
  if (force) await rm(out, { recursive: true, force: true });
  else if (built === VERSIONS[name] && (await exists(join(out, 'manifest.jsonl')))) return out;
  if (name === 'toy') await buildToyCorpus(out, {}, work);
  else if (name === 'backgrounds') await buildBackgrounds(out, work);
  else await buildSpeechMini(out, workers, work);
  return out;
}

async function readVersion(out: string): Promise<string | undefined> {
  try {
    return JSON.parse(await readFile(join(out, 'corpus.json'), 'utf8')).version;
  } catch {
    return undefined;
  }
}

async function buildSpeechMini(out: string, workers: number, work: WorkContext): Promise<void> {
  const root = await fetchPackages(
    SPEECH_MINI_PACKAGES,
    cacheFolder('packages', 'speech-mini'),
    work,
  );
  const groups = await plan(root);
  const stage = cacheFolder('build', `speech-mini-${SPEECH_MINI_VERSION}`);
  const spoken = await speakAll(groups, stage, root, work);
  const clips = await buildGroups(groups, spoken, out, stage, root, workers, work);
  const shuffled = createRng(SPEECH_MINI_SEED).split('manifest').shuffle(clips);
  const count = (split: string, label: string): number =>
    clips.filter((clip) => clip.split === split && clip.label === label).length;
  await writeFileAtomic(
    join(out, 'corpus.json'),
    JSON.stringify(
      {
        name: 'speech-mini',
        version: SPEECH_MINI_VERSION,
        clips: clips.length,
        minutes: clips.reduce((sum, clip) => sum + (clip.durationSec ?? 0), 0) / 60,
        splits: Object.fromEntries(
          VOICES.map(({ split, speaker, language, spoken: tts, copied }) => [
            split,
            {
              speaker,
              language,
              bonafide: count(split, 'bonafide'),
              spoof: count(split, 'spoof'),
              generators: [...tts, ...copied].map(([id]) => id),
            },
          ]),
        ),
        licences: [...new Set(clips.map((clip) => clip.licence ?? ''))].sort(),
        packages: root.downloads,
      },
      null,
      2,
    ),
  );
  await writeFileAtomic(
    join(out, 'manifest.jsonl'),
    `${shuffled.map((clip) => JSON.stringify(clip)).join('\n')}\n`,
  );
}

/** 64 kbit/s. */
const G722_BYTES_PER_SEC = 8000;
const MIN_RECORDING_SEC = 1.5;
const MAX_RECORDING_SEC = 8;

async function plan(root: PackageRoot): Promise<Group[]> {
  const groups: Group[] = [];
  for (const voice of VOICES) {
    const text = gunzipSync(
      await readFile(join(root.debian, 'usr/share/doc', voice.transcripts)),
    ).toString('utf8');
    const folder = join(root.debian, 'usr/share/asterisk/sounds', voice.folder);
    const prompts: Prompt[] = [];
    for (const prompt of parseTranscripts(text)) {
      const found = await stat(join(folder, `${prompt.name}.g722`)).catch(() => null);
      const lastsSec = (found?.size ?? 0) / G722_BYTES_PER_SEC;
      if (lastsSec >= MIN_RECORDING_SEC && lastsSec <= MAX_RECORDING_SEC) prompts.push(prompt);
    }
    groups.push(...planGroups(voice, prompts, createRng(SPEECH_MINI_SEED).split(voice.speaker)));
  }
  return groups;
}

/** Speaks every text; an engine's clips appear all together, so that a stopped build leaves none half done. */
async function speakAll(
  groups: readonly Group[],
  stage: string,
  root: PackageRoot,
  { onProgress, signal }: WorkContext,
): Promise<Map<string, string>> {
  const task = 'speak';
  const engines = [...new Set(groups.map((group) => group.spokenBy))];
  onProgress?.({ type: 'start', task, total: engines.length, unit: 'engines' });
  const paths = new Map<string, string>();
  let done = 0;
  const speakOne = async (engine: string): Promise<void> => {
    throwIfAborted(signal);
    const mine = groups.filter((group) => group.spokenBy === engine);
    const folder = join(stage, 'spoken', engine);
    for (const group of mine) paths.set(group.id, join(folder, `${group.id}.wav`));
    if (!(await exists(folder))) {
      const fresh = `${folder}.${process.pid}.tmp`;
      await rm(fresh, { recursive: true, force: true });
      await mkdir(fresh, { recursive: true });
      const utterances = mine.map(
        (group): Utterance => ({ text: group.prompt.text, path: join(fresh, `${group.id}.wav`) }),
      );
      await SPEAKERS[engine]?.speak(utterances, mine[0]?.voice.language ?? '', root);
      await rename(fresh, folder);
    }
    done += 1;
    onProgress?.({ type: 'advance', task, done });
  };
  // Two engines at a time: most are single processes that wait for the disk as much as for the processor.
  const queue = [...engines];
  await Promise.all(
    Array.from({ length: 2 }, async () => {
      for (let engine = queue.shift(); engine !== undefined; engine = queue.shift())
        await speakOne(engine);
    }),
  );
  onProgress?.({ type: 'end', task });
  return paths;
}

async function buildGroups(
  groups: readonly Group[],
  spoken: ReadonlyMap<string, string>,
  out: string,
  stage: string,
  root: PackageRoot,
  workers: number,
  { onProgress, signal }: WorkContext,
): Promise<Clip[]> {
  const task = 'copy and equalise';
  onProgress?.({ type: 'start', task, total: groups.length, unit: 'groups' });
  const results = new Map<string, Clip[]>();
  // The slowest copies first, so that no worker is left alone with one at the end.
  const queue = [...groups].sort(
    (a, b) => Number(b.copiedBy === 'lpcnet-f') - Number(a.copiedBy === 'lpcnet-f'),
  );
  const buildQueue = async (): Promise<void> => {
    const worker = new Worker(builtUrl(import.meta.url, './group-worker.ts'));
    try {
      for (let group = queue.shift(); group !== undefined; group = queue.shift()) {
        throwIfAborted(signal);
        const record = join(stage, 'groups', `${group.id}.json`);
        const clips =
          (await readGroup(record, out)) ??
          (await ask(worker, { group, root, spokenPath: spoken.get(group.id) ?? '', folder: out }));
        await writeFileAtomic(record, JSON.stringify(clips));
        results.set(group.id, clips);
        onProgress?.({ type: 'advance', task, done: results.size });
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(
    Array.from({ length: Math.max(1, Math.min(workers, groups.length)) }, buildQueue),
  );
  onProgress?.({ type: 'end', task });
  return groups.flatMap((group) => results.get(group.id) ?? []);
}

/** Clips of a group that a former build finished, if their files are still there with the same bytes. */
async function readGroup(record: string, out: string): Promise<Clip[] | null> {
  try {
    // Written by this builder.
    const clips = JSON.parse(await readFile(record, 'utf8')) as Clip[];
    for (const { path, sha256 } of clips) {
      if (hashBytes(await readFile(join(out, path))) !== sha256) return null;
    }
    return clips;
  } catch {
    return null;
  }
}

function ask(worker: Worker, job: GroupJob): Promise<Clip[]> {
  return new Promise((resolve, reject) => {
    worker.once('message', (answer: { clips: Clip[] } | { error: ErrorData }) => {
      worker.removeAllListeners('error');
      if ('clips' in answer) resolve(answer.clips);
      else reject(errorFromData(answer.error));
    });
    worker.once('error', reject);
    worker.postMessage(job);
  });
}
