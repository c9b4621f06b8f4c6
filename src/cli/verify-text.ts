/**
 * What a verification found, as one screen of text.
 * @module
 */

import type { FeatureFigure } from '../bench/verify/auc-interval.ts';
import type { NearDuplicate } from '../bench/verify/duplicates.ts';
import type { FeatureResult, PartFigure } from '../bench/verify/feature-aucs.ts';
import type { AucFigure, JointAuc } from '../bench/verify/joint.ts';
import type { PartJoint } from '../bench/verify/joint-parts.ts';
import type { FieldLeak } from '../bench/verify/leaks.ts';
import type { CorpusVerification } from '../bench/verify/verify.ts';
import { errorEntry } from '../core/errors.ts';
import { formatTable } from './table.ts';

/** Features shown without `details`; those beyond the bound are always shown. */
const SHOWN_FEATURES = 10;
/** Problems, parts and pairs that are shown without `details`. */
const SHOWN_PROBLEMS = 12;
const SHOWN_PARTS = 4;
const SHOWN_PAIRS = 3;

/** Renders a verification. @param details true shows every feature, part, pair and shared value */
export function verifyText(found: CorpusVerification, details: boolean): string {
  const { clips, bound, corpus } = found;
  const lines = [
    `${corpus}: ${clips.bonafide} bonafide and ${clips.spoof} spoof clips; above 0.5 = larger for spoofs`,
    '',
    ...featureLines(found, details),
    '',
    ...jointLines(found, details),
    '',
    ...duplicateLines(found, details),
    ...found.leaks.map((leak) => leakLine(leak, details)),
    ...oneSidedLines(found),
    hashLine(found),
    '',
  ];
  if (found.ok) {
    lines.push(
      `passed: no feature is beyond ${(0.5 - bound).toFixed(2)} to ${(0.5 + bound).toFixed(2)}`,
    );
  }
  const shown = details ? found.problems : found.problems.slice(0, SHOWN_PROBLEMS);
  lines.push(...shown.map(({ code, message }) => `failed ${code}: ${message}`));
  const more = found.problems.length - shown.length;
  if (more > 0) lines.push(`and ${more} more problems (--details lists them)`);
  for (const code of new Set(found.problems.map((problem) => problem.code))) {
    lines.push(`  hint: ${errorEntry(code).hint}`);
  }
  return lines.join('\n');
}

function featureLines({ features }: CorpusVerification, details: boolean): string[] {
  const told = features.filter((feature, i) => details || feature.beyond || i < SHOWN_FEATURES);
  const table = formatTable(
    [
      { title: '' },
      { title: 'trivial feature' },
      { title: 'AUC', align: 'right' },
      { title: '95 %' },
      { title: 'furthest split, domain or language' },
      { title: 'strongest generator' },
    ],
    told.map((feature) => [
      feature.beyond ? '✗' : '',
      feature.name,
      feature.auc.toFixed(3),
      range(feature),
      furthest([...feature.splits, ...feature.domains, ...feature.languages]),
      furthest(feature.families),
    ]),
  );
  const rest = features.length - told.length;
  const lines = [table];
  if (rest > 0) lines.push(`and ${rest} more, all nearer to 0.5 (--details shows them)`);
  if (details) lines.push('', partTable(features));
  return lines;
}

/** Every figure in every part, those that are surely something first. */
function partTable(features: readonly FeatureResult[]): string {
  const rows = features.flatMap((feature) =>
    (
      [
        ['split', feature.splits],
        ['domain', feature.domains],
        ['language', feature.languages],
        ['family', feature.families],
      ] as const
    ).flatMap(([kind, parts]) => parts.map((part) => ({ feature, kind, part }))),
  );
  rows.sort((a, b) => Number(b.part.beyond) - Number(a.part.beyond) || a.part.p - b.part.p);
  return formatTable(
    [
      { title: '' },
      { title: 'trivial feature' },
      { title: 'in' },
      { title: 'AUC', align: 'right' },
      { title: '95 %' },
      { title: 'n' },
    ],
    rows.map(({ feature, kind, part }) => [
      part.beyond ? (kind === 'family' ? '!' : '✗') : '',
      feature.name,
      `${kind} ${part.part}`,
      part.auc.toFixed(3),
      range(part),
      `${part.bonafide} + ${part.spoof}`,
    ]),
  );
}

/** The part in which a feature tells most, beyond what its number of clips explains. */
function furthest(parts: readonly PartFigure[]): string {
  const [most] = [...parts].sort((a, b) => Number(b.beyond) - Number(a.beyond) || a.p - b.p);
  if (most === undefined) return '';
  return `${most.part} ${most.auc.toFixed(2)}${most.beyond ? ' !' : ''} (n ${most.bonafide} + ${most.spoof})`;
}

function range({ low, high }: Pick<FeatureFigure, 'low' | 'high'>): string {
  return `${low.toFixed(2)}–${high.toFixed(2)}`;
}

function jointLines(
  { joint, jointWide, jointParts }: CorpusVerification,
  details: boolean,
): string[] {
  const lines = [
    `all together  ${figure(joint)}  (${how(joint)})`,
    `a detector that does no better on this corpus has learned nothing`,
    `  with the recording chain's features too  ${figure(jointWide)}`,
  ];
  const parts = (title: string, some: readonly PartJoint[]): void => {
    const sorted = [...some].sort((a, b) => b.auc - a.auc);
    const shown = details ? sorted : sorted.slice(0, SHOWN_PARTS);
    if (shown.length === 0) return;
    const words = shown.map(
      (part) =>
        `${part.part} ${figure(part)} (n ${part.bonafide} + ${part.spoof}${part.groupedBy === joint.groupedBy ? '' : `, folds by ${part.groupedBy}: told only`})`,
    );
    const rest = sorted.length - shown.length;
    lines.push(`  by ${title}: ${words.join(', ')}${rest > 0 ? `, ${rest} more` : ''}`);
  };
  parts('split', jointParts.splits);
  parts('domain', jointParts.domains);
  parts('family', jointParts.families);
  if (jointParts.without !== undefined) {
    const { part } = jointParts.without;
    lines.push(`  without ${part}  ${figure(jointParts.without)}`);
  }
  return lines;
}

function figure({ auc, low, high }: AucFigure): string {
  return `${auc.toFixed(3)} [${low.toFixed(3)}–${high.toFixed(3)}]`;
}

function how({ classifier, folds, groupedBy, clusteredBy }: JointAuc): string {
  return `${classifier}, ${folds} folds by ${groupedBy}, interval over ${clusteredBy}s`;
}

function duplicateLines({ duplicates }: CorpusVerification, details: boolean): string[] {
  const { exact, near, maybeCopies, withinSplit, tooShort } = duplicates;
  const lines = [
    `recordings  ${exact.length} twice, ${near.length} twice in another form${tooShort > 0 ? ` (${tooShort} clips too short to tell)` : ''}`,
  ];
  const told = (title: string, pairs: readonly NearDuplicate[]): void => {
    if (pairs.length === 0) return;
    const shown = details ? pairs : pairs.slice(0, SHOWN_PAIRS);
    const words = shown.map(({ ids }) => ids.join(' = ')).join(', ');
    lines.push(`  ${title}: ${pairs.length} (${words}${pairs.length > shown.length ? ', …' : ''})`);
  };
  told('the same sound in two clips of one split and label', withinSplit);
  told('a real and a fake clip alike, sources unknown (copies?)', maybeCopies);
  return lines;
}

function leakLine(
  { field, part, promised, known, of, unchecked, values, shared }: FieldLeak,
  details: boolean,
): string {
  const name = `${field}s`.padEnd(10);
  // A promise on a part is kept against train alone, all others between any two splits.
  const [whose, where] =
    part === undefined ? ['', 'in several splits'] : [` of ${part}`, 'in train'];
  const promise = promised ? 'promised disjoint' : 'nothing promised';
  if (unchecked !== undefined) return `${name}  unknown${whose} (${promise}): ${unchecked}`;
  if (known === 0) return `${name}  unknown: no clip says`;
  const partly = known < of ? `, known of ${known} of ${of} clips` : '';
  const count = shared.length === 0 ? 'none' : String(shared.length);
  const line = `${name}  ${count} of ${values}${whose} ${where} (${promise}${partly})`;
  if (shared.length === 0) return line;
  const shown = details ? shared : shared.slice(0, SHOWN_PAIRS);
  const words = shown.map(({ value, splits }) => `${value} ${splits.join('+')}`).join(', ');
  const more = shared.length > shown.length ? ', …' : '';
  return `${line}: ${words}${more}`;
}

function oneSidedLines({ oneSided }: CorpusVerification): string[] {
  if (oneSided.length === 0) return [];
  const words = oneSided.map(
    ({ dimension, part, label, clips }) => `${dimension} ${part} only ${label} (${clips})`,
  );
  return [`one-sided   ${words.join(', ')}: whoever knows the part knows the label`];
}

function hashLine({ clips, changed, unhashed, failed }: CorpusVerification): string {
  const total = clips.bonafide + clips.spoof + failed.length;
  const known = total - unhashed;
  if (known <= 0) return 'files       no checksum is recorded';
  return `files       ${known - changed.length} of ${total} as recorded${unhashed > 0 ? `, ${unhashed} without a checksum` : ''}`;
}
