/**
 * `ringtrue scan FILE…`: a verdict, or a named refusal, for each recording.
 * @module
 */

import { stat } from 'node:fs/promises';
import * as z from 'zod';
import { hashFile } from '../../archives/files.ts';
import { archiveKind } from '../../archives/names.ts';
import { createIsolatedDecoder } from '../../audio/io/isolated.ts';
import type { ErrorCode, Json } from '../../core/errors.ts';
import { openCorpus } from '../../datasets/open.ts';
import { loadDetector } from '../../models/registry.ts';
import type { Detector } from '../../models/types.ts';
import { failedScan, type ScanEvidence, type ScanResult, scanAudio } from '../../verdict/scan.ts';
import { DEFAULT_LR_LIMIT } from '../../verdict/verdict.ts';
import { defineCommand } from '../command.ts';
import { sparkline } from '../sparkline.ts';
import { formatSeconds } from '../table.ts';

const options = z.object({
  detectors: z
    .array(z.string())
    .default(['lfcc-gmm', 'acoustic-logistic'])
    .describe('names, folders, .onnx files, addresses or command:… of detectors')
    .meta({ short: 'd' }),
  lrLimit: z
    .number()
    .gt(1)
    .default(DEFAULT_LR_LIMIT)
    .describe('likelihood ratio that a decision needs; below it the verdict is undetermined')
    .meta({ unit: 'ratio' }),
  maxDuration: z
    .number()
    .positive()
    .default(3600)
    .describe('longest recording that is decoded')
    .meta({ unit: 'seconds' }),
  partial: z
    .boolean()
    .default(false)
    .describe('scan what there is of recordings that end before their container says'),
});

/** The `scan` command. */
export const command = defineCommand({
  name: 'scan',
  summary:
    'Say of each recording whether it is real, with the evidence, or why that cannot be said',
  arguments: [
    {
      name: 'FILE',
      description:
        'recordings in any format, folders or archives of them, or files in archives (a.zip!/b.wav)',
      required: true,
      many: true,
    },
  ],
  options,
  examples: [
    { line: 'ringtrue scan call.mp3', does: 'verdict, likelihood ratio, and scores over time' },
    { line: 'ringtrue scan inbox/ --json', does: 'one JSON document with a result for each file' },
  ],
  async run(
    { detectors: refs, lrLimit, maxDuration, partial },
    { args, onProgress, signal, print, result },
  ) {
    const files = await expandFolders(args);
    const detectors: Detector[] = [];
    const decoder = createIsolatedDecoder({ limits: { maxDurationSec: maxDuration } });
    const results: ScanResult[] = [];
    try {
      for (const ref of refs) detectors.push(await loadDetector(ref));
      onProgress({ type: 'start', task: 'scan', total: files.length, unit: 'files' });
      for (const { file, failure } of files) {
        if (signal.aborted) break;
        const scanned = failure === undefined ? await scanFile(file) : failedScan(file, failure);
        results.push(scanned);
        onProgress({ type: 'advance', task: 'scan', done: results.length });
        print(describe(scanned));
      }
      onProgress({ type: 'end', task: 'scan', note: tally(results) });
    } finally {
      await decoder.close();
      await Promise.all(detectors.map((detector) => detector.dispose()));
    }
    result(results.map(toJson));
    return signal.aborted || results.some((scanned) => scanned.status === 'failed') ? 1 : 0;

    async function scanFile(file: string): Promise<ScanResult> {
      try {
        const { audio } = await decoder.decode(file, { signal, allowPartial: partial });
        const sha256 = await hashFile(file);
        return await scanAudio(file, audio, detectors, { lrLimit, sha256, signal });
      } catch (thrown) {
        const failed = failedScan(file, thrown);
        const hint = failed.code === undefined ? undefined : FLAG_HINTS[failed.code];
        return hint === undefined ? failed : { ...failed, hint };
      }
    }
  },
});

/** Hints that name the flag in place of what it does. */
const FLAG_HINTS: Partial<Record<ErrorCode, string>> = {
  'audio/limit-duration': 'Cut it, or raise --max-duration.',
  'audio/truncated': 'Get the file again, or scan what there is of it with --partial.',
};

interface FileToScan {
  readonly file: string;
  /** Why a folder gave no files. */
  readonly failure?: unknown;
}

/**
 * Files in the order given; a folder or an archive that cannot be read or holds no recording stands for
 * itself.
 */
async function expandFolders(paths: readonly string[]): Promise<FileToScan[]> {
  const files: FileToScan[] = [];
  for (const path of paths) {
    const isFolder = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isFolder && archiveKind(path) === undefined) {
      files.push({ file: path });
      continue;
    }
    try {
      const { clips } = await openCorpus(path, { classes: 'any' });
      files.push(...clips.map((clip) => ({ file: clip.path })));
    } catch (failure) {
      files.push({ file: path, failure });
    }
  }
  return files;
}

function tally(results: readonly ScanResult[]): string {
  const count = (status: ScanResult['status']) =>
    results.filter((scanned) => scanned.status === status).length;
  return `${count('scored')} scored, ${count('refused')} refused, ${count('failed')} failed`;
}

function describe(scanned: ScanResult): string {
  const lines = [printable(scanned.file)];
  if (scanned.verdict === null) {
    lines.push(
      `  ${scanned.status}: ${scanned.message ?? ''} (${scanned.code})`,
      `  hint: ${scanned.hint ?? ''}`,
    );
    return lines.join('\n');
  }
  const { decision, llr, limit, wording, reasons } = scanned.verdict;
  const numbers =
    llr === null ? '' : `  LLR ${signed(llr)} (a decision needs ±${limit.toFixed(2)})`;
  lines.push(
    `  verdict: ${decision}${numbers}  ${formatSeconds(scanned.durationSec ?? 0)}`,
    `  ${wording}`,
  );
  for (const reason of reasons) lines.push(`  note: ${reason}`);
  for (const evidence of scanned.detectors) lines.push(...describeEvidence(evidence));
  return lines.join('\n');
}

function describeEvidence(evidence: ScanEvidence): string[] {
  const { id, score, llr, threshold, windows } = evidence;
  const llrText = llr === null ? 'not calibrated' : `LLR ${signed(llr)}`;
  const thresholdText =
    threshold === null ? '' : `, threshold ${threshold.toFixed(3)} (${evidence.thresholdFixedOn})`;
  const lines = [`  ${id}: score ${score.toFixed(3)}, ${llrText}${thresholdText}`];
  const last = windows.at(-1);
  if (windows.length > 1 && last !== undefined) {
    const values = windows.map((window) => window.score);
    const line = sparkline(values, Math.min(...values), Math.max(...values));
    lines.push(
      `    ${line}  0–${last.endSec.toFixed(1)} s, window scores ${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`,
    );
  }
  return lines;
}

function signed(value: number): string {
  return `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(2)}`;
}

/** A file name may hold line breaks and control characters: they are shown, not obeyed. */
function printable(name: string): string {
  return name.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
}

function toJson(scanned: ScanResult): Json {
  // A ScanResult is plain data; the round trip drops its readonly interfaces for the Json type.
  return JSON.parse(JSON.stringify(scanned)) as Json;
}
