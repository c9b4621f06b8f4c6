import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildToyCorpus } from '../corpora/toy.ts';
import { openCorpus } from '../datasets/open.ts';
import { corporaOf, findPaper, listPapers } from './papers.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-papers-'));
  const write = async (name: string, text: string): Promise<void> => {
    await mkdir(join(root, name));
    await writeFile(join(root, name, 'paper.ts'), text);
  };
  await write(
    '01-good',
    `import type { Paper } from 'ringtrue/benchmarks';
export const paper: Paper = {
  id: '01-good', title: 'A title', corpora: ['toy'], minutes: 1,
  run: async ({ out }) => [
    { id: 'x', claim: out, expected: 'y', figures: [], status: 'reproduced' },
  ],
};
`,
  );
  await write('02-none', 'export const other = 1;\n');
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('a paper in TypeScript is found by its name or number, and runs', async () => {
  const { name, paper, folder } = await findPaper('01', root);
  expect([name, paper.title, folder]).toEqual(['01-good', 'A title', join(root, '01-good')]);
  expect(await paper.run({ folder, out: 'somewhere' })).toEqual([
    { id: 'x', claim: 'somewhere', expected: 'y', figures: [], status: 'reproduced' },
  ]);
});

test('an unknown name lists the known ones; a file without `paper` is told with its path', async () => {
  await expect(findPaper('9', root)).rejects.toMatchObject({
    code: 'benchmarks/unknown-paper',
    details: { known: ['01-good', '02-none'] },
  });
  await expect(findPaper('0', root)).rejects.toMatchObject({ code: 'benchmarks/unknown-paper' });
  await expect(findPaper('02', root)).rejects.toMatchObject({
    code: 'benchmarks/bad-paper',
    message: expect.stringContaining(join('02-none', 'paper.ts')),
  });
  await expect(listPapers(root)).rejects.toMatchObject({ code: 'benchmarks/bad-paper' });
});

test('the builds that a paper runs on are told by version and content; one that is not built is missed', async () => {
  const known = process.env.RINGTRUE_CACHE;
  process.env.RINGTRUE_CACHE = join(root, 'cache');
  try {
    const folder = join(root, 'cache', 'corpora', 'toy');
    await buildToyCorpus(folder, { speakers: 3, clipsPerSpeaker: 1, durationSec: 0.5 });
    const { fingerprint } = await openCorpus('toy');
    expect(await corporaOf({ corpora: ['toy'] }, {})).toEqual([
      { name: 'toy', version: '1', fingerprint },
    ]);
    // A folder has no version; which reader opened it is nothing of its content.
    await mkdir(join(root, 'mine', 'spoof'), { recursive: true });
    await writeFile(join(root, 'mine', 'spoof', 'a.wav'), '');
    const mine = join(root, 'mine');
    expect(await corporaOf({ corpora: [mine] }, {})).toEqual([
      { name: 'mine', fingerprint: (await openCorpus(mine, { classes: 'any' })).fingerprint },
    ]);
    await expect(corporaOf({ corpora: ['toy', 'replay'] }, {})).rejects.toMatchObject({
      code: 'corpora/incomplete',
    });
  } finally {
    if (known === undefined) delete process.env.RINGTRUE_CACHE;
    else process.env.RINGTRUE_CACHE = known;
  }
});

test('the papers of the package load', async () => {
  const papers = await listPapers();
  for (const { name, paper } of papers) expect(paper.id).toBe(name);
  expect(papers.length).toBeGreaterThanOrEqual(2);
});
