/**
 * Every reader of published and general layouts. A new one is a file here and a line below.
 * @module
 */

import { RingtrueError } from '../../core/errors.ts';
import { pathPattern } from '../layout.ts';
import type { DatasetReader } from '../reader.ts';
import type { Tree } from '../tree.ts';
import { add2022 } from './add2022.ts';
import { add2023 } from './add2023.ts';
import { add2023Track2 } from './add2023-track2.ts';
import { asvspoofLaundered } from './asvspoof-laundered.ts';
import { asvspoof5 } from './asvspoof5.ts';
import { asvspoof2015 } from './asvspoof2015.ts';
import { asvspoof2017 } from './asvspoof2017.ts';
import { asvspoof2019La } from './asvspoof2019-la.ts';
import { asvspoof2019Pa } from './asvspoof2019-pa.ts';
import { asvspoof2021Df } from './asvspoof2021-df.ts';
import { asvspoof2021La } from './asvspoof2021-la.ts';
import { asvspoof2021Pa } from './asvspoof2021-pa.ts';
import { avDeepfake1m } from './av-deepfake1m.ts';
import { casualConversations } from './casual-conversations.ts';
import { codecfakeWu } from './codecfake-wu.ts';
import { codecfakeXie } from './codecfake-xie.ts';
import { ctrsvdd } from './ctrsvdd.ts';
import { cvoicefake } from './cvoicefake.ts';
import { decro } from './decro.ts';
import { deepfakeEval2024 } from './deepfake-eval-2024.ts';
import { dfadd } from './dfadd.ts';
import { diffssd } from './diffssd.ts';
import { diffuseOrConfuse } from './diffuse-or-confuse.ts';
import { esc50 } from './esc50.ts';
import { fakeOrReal } from './fake-or-real.ts';
import { famousFigures } from './famous-figures.ts';
import { habla } from './habla.ts';
import { had } from './had.ts';
import { inTheWild } from './in-the-wild.ts';
import { labelledFolder } from './labelled-folder.ts';
import { lavDf } from './lav-df.ts';
import { librisevoc } from './librisevoc.ts';
import { ljspeech } from './ljspeech.ts';
import { llamaPartialSpoof } from './llama-partial-spoof.ts';
import { mAilabs } from './m-ailabs.ts';
import { mlaad } from './mlaad.ts';
import { odss } from './odss.ts';
import { parquet } from './parquet.ts';
import { partialspoof } from './partialspoof.ts';
import { plainFolder } from './plain-folder.ts';
import { sonics } from './sonics.ts';
import { speechCommands } from './speech-commands.ts';
import { spoofceleb } from './spoofceleb.ts';
import { timitTts } from './timit-tts.ts';
import { urbansound8k } from './urbansound8k.ts';
import { vctk } from './vctk.ts';
import { wavefake } from './wavefake.ts';
import { xmadBench } from './xmad-bench.ts';

const READERS: readonly DatasetReader[] = [
  labelledFolder,
  plainFolder,
  parquet,
  add2022,
  add2023Track2,
  add2023,
  asvspoofLaundered,
  asvspoof2015,
  asvspoof2017,
  asvspoof2019La,
  asvspoof2019Pa,
  asvspoof2021Df,
  asvspoof2021La,
  asvspoof2021Pa,
  asvspoof5,
  avDeepfake1m,
  casualConversations,
  codecfakeWu,
  codecfakeXie,
  ctrsvdd,
  cvoicefake,
  decro,
  deepfakeEval2024,
  dfadd,
  diffssd,
  diffuseOrConfuse,
  esc50,
  fakeOrReal,
  famousFigures,
  habla,
  had,
  inTheWild,
  lavDf,
  librisevoc,
  ljspeech,
  llamaPartialSpoof,
  mAilabs,
  mlaad,
  odss,
  partialspoof,
  sonics,
  speechCommands,
  spoofceleb,
  timitTts,
  urbansound8k,
  vctk,
  wavefake,
  xmadBench,
];

/** All readers: the general ones first, then published corpora by name. */
export function listReaders(): readonly DatasetReader[] {
  return READERS;
}

/**
 * The reader of that name.
 * @throws RingtrueError `datasets/unknown-reader`, with the names that exist
 */
export function findReader(name: string): DatasetReader {
  const found = READERS.find((reader) => reader.name === name);
  if (found !== undefined) return found;
  const names = READERS.map((reader) => reader.name);
  throw new RingtrueError(
    'datasets/unknown-reader',
    `no reader is called ${JSON.stringify(name)}; there are ${names.join(', ')}`,
    { details: { name, names } },
  );
}

/** Readers of published data sets whose marks are all in a tree; those with the most marks first. */
export function recogniseReaders(tree: Tree): readonly DatasetReader[] {
  return READERS.filter((reader) => hasMarks(reader, tree)).sort(
    (a, b) => b.marks.length - a.marks.length,
  );
}

/** What the owners of a tree allow, if it has the marks of a set that may not be trained on. */
export function useOf(tree: Tree): DatasetReader['use'] {
  return READERS.find((reader) => reader.use !== undefined && hasMarks(reader, tree))?.use;
}

function hasMarks({ marks }: DatasetReader, tree: Tree): boolean {
  return (
    marks.length > 0 &&
    marks.every((mark) => {
      const pattern = pathPattern(mark);
      return tree.files.some((path) => pattern.test(path));
    })
  );
}

/** Clips of a whole copy, with the default options; undefined where it is not known. */
export function wholeClips({ clips, expected }: DatasetReader): number | undefined {
  if (clips !== undefined || expected === undefined) return clips;
  return Object.values(expected).reduce((sum, { bonafide, spoof }) => sum + bonafide + spoof, 0);
}

/** The command that checks a copy. */
export function checkCommand({ name }: DatasetReader): string {
  return `ringtrue datasets check FOLDER --reader ${name}`;
}
