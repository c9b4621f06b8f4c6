import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRng } from '../../src/core/rng.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringtrue-fairness-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function metrics(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['dist/cli/main.js', 'metrics', ...args], {
    encoding: 'utf8',
  });
}

/** 80 speakers in three languages and one that is not told; genuine Swedish is raised. */
function scores({ speakers }: { speakers: boolean }): string {
  const rng = createRng(2);
  const lines = Array.from({ length: 80 }).flatMap((_, s) => {
    const language = ['de', 'fr', 'sv', ''][s % 4]!;
    return Array.from({ length: 6 }, (__, k) => {
      const spoof = k % 2 === 1;
      const planted = language === 'sv' && !spoof ? 1 : 0;
      const score = (spoof ? 1 : -1) + 0.7 * rng.normal() + planted;
      const cells = [
        `${s}-${k}`,
        spoof ? 'spoof' : 'bonafide',
        score,
        language,
        s % 3 === 0 ? 'f' : 'm',
      ];
      return [...cells, spoof ? `A${k}` : '', ...(speakers ? [`s${s}`] : [])].join(',');
    });
  });
  const header = `clip,label,score,language,sex,attack${speakers ? ',speaker' : ''}`;
  const path = join(folder, speakers ? 'scores.csv' : 'nameless.csv');
  writeFileSync(path, `${[header, ...lines].join('\n')}\n`);
  return path;
}

describe('ringtrue metrics --group', () => {
  test('prints the table, the verdicts and the figures', () => {
    const { status, stdout, stderr } = metrics(
      scores({ speakers: true }),
      ...['--group', 'language,sex', '--threshold', '0', '--replicates', '400'],
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^sv +60 \(20\) +60 \(20\) +\d+\.\d % \[.*\] \*/m);
    expect(stdout).toMatch(/^unknown +60 \(20\)/m);
    expect(stdout).toMatch(/^bona fide called spoof differs by language: sv \d/m);
    expect(stdout).toMatch(
      /^no difference shown in bona fide called spoof by sex \(n=240 clips of 80 speakers/m,
    );
    expect(stdout).toMatch(/^GARBE, 0 is fair +\d/m);
  });

  test('as JSON has every figure with its interval and n', () => {
    const { status, stdout } = metrics(
      scores({ speakers: true }),
      ...['--group', 'language', 'attack', '--threshold', '0', '--replicates', '200', '--json'],
    );
    expect(status).toBe(0);
    const { fairness, metrics: pooled } = JSON.parse(stdout);
    expect(pooled.eer.value).toBeGreaterThan(0);
    expect(fairness).toMatchObject({ threshold: 0, thresholdFrom: 'given', unit: 'speaker' });
    const [language, attack] = fairness.attributes;
    expect(language.worst).toBe('sv');
    expect(language.gaps[0]).toMatchObject({ rate: 'fpr', differs: true, tests: 4 });
    expect(language.figures.fdr.low).toBeLessThanOrEqual(language.figures.fdr.high);
    expect(language.groups[0]).toMatchObject({ group: 'de', n: { bonafide: 60, spoof: 60 } });
    // Only fakes have an attack, so only what passes is compared.
    expect(attack.gaps.map(({ rate }: { rate: string }) => rate)).toEqual(['fnr']);
    expect(attack.design).toBe('within');
  });

  test('says what is missing: a threshold, speakers, the column', () => {
    const path = scores({ speakers: false });
    const { status, stdout, stderr } = metrics(path, '--group', 'language', '--replicates', '100');
    expect(status).toBe(0);
    expect(stderr).toContain('no --threshold');
    expect(stderr).toContain('no column speaker');
    expect(stdout).toContain('chosen on these very clips');
    const absent = metrics(path, '--group', 'accent');
    expect(absent.status).toBe(2);
    expect(absent.stderr).toContain(
      'there is no column accent; the file has language, sex, attack',
    );
  });
});
