/**
 * The list of commands. Each is loaded only when it is called, so that the command line starts fast.
 * @module
 */

import type { Command } from '../command.ts';

/** A command before it is loaded. */
export interface CommandEntry {
  /** `scan`, or two words for a sub-command: `study run`. */
  readonly name: string;
  /** Same sentence as the command's own summary (a test holds them together). */
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'demo',
    summary:
      'From nothing to a robustness report: build a small corpus, measure two detectors, open the report',
    load: () => import('./demo.ts'),
  },
  {
    name: 'scan',
    summary:
      'Say of each recording whether it is real, with the evidence, or why that cannot be said',
    load: () => import('./scan.ts'),
  },
  {
    name: 'study run',
    summary: 'Run a study: detectors × conditions over a corpus, with error rates and a report',
    load: () => import('./study-run.ts'),
  },
  {
    name: 'study report',
    summary: 'Write the report of a finished run: one HTML file with plots and players',
    load: () => import('./study-report.ts'),
  },
  {
    name: 'study compare',
    summary: 'Compare two runs: paired differences with intervals, and the clips that flipped',
    load: () => import('./study-compare.ts'),
  },
  {
    name: 'corrupt',
    summary: 'Corrupt a recording at a level and say how much that changed',
    load: () => import('./corrupt.ts'),
  },
  {
    name: 'corruptions',
    summary: 'List the corruptions with their families and levels, or one with its options',
    load: () => import('./corruptions.ts'),
  },
  {
    name: 'corpus list',
    summary: 'List the corpora that can be built, and which are, in which version',
    load: () => import('./corpus-list.ts'),
  },
  {
    name: 'corpus build',
    summary: 'Build a corpus of speech or other sounds from packages, or continue a build',
    load: () => import('./corpus-build.ts'),
  },
  {
    name: 'corpus verify',
    summary: 'Say whether a corpus can be believed: trivial cues, duplicates, leaks, checksums',
    load: () => import('./corpus-verify.ts'),
  },
  {
    name: 'datasets',
    summary: 'List the corpora and layouts that can be read, or show one of them',
    load: () => import('./datasets.ts'),
  },
  {
    name: 'datasets check',
    summary: 'Open a corpus, count its clips, look for every file and for what a whole copy has',
    load: () => import('./datasets-check.ts'),
  },
  {
    name: 'metrics',
    summary: 'Error rates of a score file with intervals; of two files, the paired difference',
    load: () => import('./metrics.ts'),
  },
  {
    name: 'models',
    summary: 'List the detectors that have a name here, or show the card of one',
    load: () => import('./models.ts'),
  },
  {
    name: 'models export',
    summary:
      'Write a detector as one .onnx file with its card, or the weights of a network as safetensors',
    load: () => import('./models-export.ts'),
  },
  {
    name: 'models dump',
    summary: 'Print the graph of a detector or of any .onnx file, and what is wrong with it',
    load: () => import('./models-dump.ts'),
  },
  {
    name: 'train',
    summary: 'Train a detector on a corpus: fit on train, choose and calibrate on dev',
    load: () => import('./train.ts'),
  },
  {
    name: 'benchmark run',
    summary: 'Train and test across domains, corpora, languages, systems: a matrix with its checks',
    load: () => import('./benchmark-run.ts'),
  },
  {
    name: 'benchmark list',
    summary:
      'List the kinds of benchmarks, what their files may say, and the files that come along',
    load: () => import('./benchmark-list.ts'),
  },
  {
    name: 'papers list',
    summary: 'List the published methods that are run again here, with what they need',
    load: () => import('./papers-list.ts'),
  },
  {
    name: 'papers run',
    summary: 'Run a published method again: every claim reproduced or not, with its interval and n',
    load: () => import('./papers-run.ts'),
  },
  {
    name: 'doctor',
    summary: 'Check what is installed and what is missing, with the command that mends it',
    load: () => import('./doctor.ts'),
  },
];
