import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runStudy } from '../../src/bench/run.ts';
import { parseStudy } from '../../src/bench/study.ts';
import { createRng } from '../../src/core/rng.ts';
import { buildToyCorpus } from '../../src/corpora/toy.ts';
import { readTrials } from '../../src/store/trials.ts';
import { killStudy } from './kill-study.ts';

const script = fileURLToPath(new URL('../fixtures/bench/run-study.mjs', import.meta.url));
const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const testTools = new URL('../fixtures/bench/tools.mjs', import.meta.url);

/** What is killed: the engine with small detectors of the tests, or the real command line. */
export type Killable = 'engine' | 'command line';

/** Runs take about a second of work, so most kills find them at it. */
const STUDIES: Readonly<Record<Killable, string>> = {
  engine: `
split: all
detectors: [steady:10, crossings]
conditions: [clean, hiss@*, gain@*]
interval: {replicates: 100}
`,
  'command line': `
split: all
detectors: [lfcc-gmm, acoustic-logistic]
conditions: [clean, gaussian-noise, mp3@3, opus@3, pitch-shift@1]
interval: {replicates: 100}
`,
};
const UNITS = 18;
const MOST_MS = 700;

/** Kills a study many times at random moments; its trials must be those of a run left in peace. */
export function describeKills(
  what: Killable,
  kills: number,
  workerCounts: readonly (1 | 2)[],
): void {
  describe(`a study that is killed again and again: ${what}`, () => {
    let root: string;
    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'ringtrue-kill-'));
      process.env.RINGTRUE_CACHE = join(root, 'cache');
      await buildToyCorpus(join(root, 'toy'), {
        speakers: 3,
        clipsPerSpeaker: 6,
        // Our detectors refuse very short clips.
        durationSec: what === 'engine' ? 0.3 : 1.5,
      });
      await writeFile(
        join(root, 'study.yaml'),
        `name: killed\ncorpus: ${join(root, 'toy')}\n${STUDIES[what]}`,
      );
    });
    afterAll(async () => {
      delete process.env.RINGTRUE_CACHE;
      await rm(root, { recursive: true, force: true });
    });

    test.each(workerCounts)(
      'ends with the same trials and figures, %i workers',
      async (workers) => {
        // Half-written cache entries must do no harm either.
        const cache = workers === 2 ? 'cache' : 'no-cache';
        const path = join(root, 'study.yaml');
        const calm = await runStudy(parseStudy(await readFile(path, 'utf8')), {
          out: join(root, `calm-${workers}`),
          ...(what === 'engine' ? { tools: testTools } : {}),
          workers: 2,
          cache: false,
        });
        const expected = await readTrials(calm.folder);
        const commandOf = (folder: string): string[] =>
          what === 'engine'
            ? [script, path, folder, String(workers), cache]
            : [program, 'study', 'run', path, '-o', folder, '-w', String(workers)].concat(
                cache === 'cache' ? [] : ['--no-cache'],
              );
        const rng = createRng(1).split(workers);
        let killed = 0;
        let midway = 0;
        for (let round = 0; killed < kills; round += 1) {
          const folder = join(root, `killed-${workers}-${round}`);
          if (cache === 'cache') await rm(join(root, 'cache'), { recursive: true, force: true });
          const done = await killStudy(commandOf(folder), {
            folder,
            units: UNITS,
            kills: kills - killed,
            most: MOST_MS,
            rng: rng.split(round),
          });
          killed += done.kills;
          midway += done.midway;
          expect(await readTrials(folder)).toEqual(expected);
          const summary = JSON.parse(await readFile(join(folder, 'summary.json'), 'utf8'));
          expect(summary).toEqual(calm.summary);
        }
        // Kills that all missed the work would prove nothing.
        expect(midway).toBeGreaterThan(0);
      },
    );
  });
}
