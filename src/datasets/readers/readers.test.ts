import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ZipFile } from 'yazl';
import type { ProgressEvent } from '../../core/progress.ts';
import { checkFiles } from '../check.ts';
import type { Corpus } from '../clip.ts';
import { openCorpus } from '../open.ts';
import { openTree } from '../tree.ts';
import { listReaders, recogniseReaders } from './index.ts';

let root: string;
const cache = process.env.RINGTRUE_CACHE;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ringtrue-readers-'));
  process.env.RINGTRUE_CACHE = join(root, 'cache');
});
afterEach(async () => {
  if (cache === undefined) delete process.env.RINGTRUE_CACHE;
  else process.env.RINGTRUE_CACHE = cache;
  await rm(root, { recursive: true, force: true });
});

/** A generated tree: label files by path, and recordings, which are placeholders. */
interface Layout {
  readonly tables: Readonly<Record<string, readonly string[]>>;
  readonly media: readonly string[];
}

interface Case extends Layout {
  readonly reader: string;
  readonly options?: Readonly<Record<string, unknown>>;
  /** By id: the clip without id and domain, its path relative to the root. */
  readonly clips: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Tables whose line ends cannot be changed (quoted line ends). */
  readonly keepLines?: true;
}

const bonafide = 'bonafide';
const spoof = 'spoof';
const L = 'ASVspoof2019_LA_cm_protocols/ASVspoof2019.LA.cm';
const P = 'ASVspoof2019_PA_cm_protocols/ASVspoof2019.PA.cm';
const spans = (...parts: readonly [number, number, string][]) =>
  parts.map(([startSec, endSec, label]) => ({ startSec, endSec, label }));

const CASES: readonly Case[] = [
  {
    reader: 'asvspoof2015',
    tables: {
      'CM_protocol/cm_train.trn': ['T1 T1000001 human human', 'T1 T1000002 S1 spoof'],
      'CM_protocol/cm_evaluation.ndx.txt': ['E1 E1000001 S10 spoof'],
    },
    media: ['wav/T1/T1000001.wav', 'wav/T1/T1000002.wav', 'wav/E1/E1000001.wav'],
    clips: {
      T1000001: {
        path: 'wav/T1/T1000001.wav',
        label: bonafide,
        split: 'train',
        speaker: 'T1',
        language: 'en',
      },
      T1000002: {
        path: 'wav/T1/T1000002.wav',
        label: spoof,
        split: 'train',
        speaker: 'T1',
        language: 'en',
        generator: 'S1',
      },
      E1000001: {
        path: 'wav/E1/E1000001.wav',
        label: spoof,
        split: 'eval',
        speaker: 'E1',
        language: 'en',
        generator: 'S10',
      },
    },
  },
  {
    reader: 'asvspoof2017',
    tables: {
      'protocol_V2/ASVspoof2017_V2_train.trn.txt': [
        'T_1000001.wav genuine M0001 S01 - - -',
        'T_1001508.wav spoof M0002 S03 E05 P08 R03',
      ],
      'protocol_V2/ASVspoof2017_V2_dev.trl.txt': ['D_1000001.wav Genuine M0003 S02 - - -'],
    },
    media: [
      'ASVspoof2017_V2_train/T_1000001.wav',
      'ASVspoof2017_V2_train/T_1001508.wav',
      'ASVspoof2017_V2_dev/D_1000001.wav',
    ],
    clips: {
      T_1000001: {
        path: 'ASVspoof2017_V2_train/T_1000001.wav',
        label: bonafide,
        split: 'train',
        speaker: 'M0001',
        language: 'en',
        group: { phrase: 'S01' },
      },
      T_1001508: {
        path: 'ASVspoof2017_V2_train/T_1001508.wav',
        label: spoof,
        split: 'train',
        speaker: 'M0002',
        language: 'en',
        group: { phrase: 'S03', environment: 'E05', playback: 'P08', recording: 'R03' },
      },
      D_1000001: {
        path: 'ASVspoof2017_V2_dev/D_1000001.wav',
        label: bonafide,
        split: 'dev',
        speaker: 'M0003',
        language: 'en',
        group: { phrase: 'S02' },
      },
    },
  },
  {
    reader: 'asvspoof2019-la',
    tables: {
      [`LA/${L}.train.trn.txt`]: ['LA_0079 LA_T_1138215 - - bonafide'],
      [`LA/${L}.eval.trl.txt`]: ['LA_0039 LA_E_2834763 - A11 spoof'],
    },
    media: [
      'LA/ASVspoof2019_LA_train/flac/LA_T_1138215.flac',
      'LA/ASVspoof2019_LA_eval/flac/LA_E_2834763.flac',
    ],
    clips: {
      LA_T_1138215: {
        path: 'LA/ASVspoof2019_LA_train/flac/LA_T_1138215.flac',
        label: bonafide,
        split: 'train',
        speaker: 'LA_0079',
        language: 'en',
        source: 'asvspoof2019-la/LA_T_1138215',
      },
      LA_E_2834763: {
        path: 'LA/ASVspoof2019_LA_eval/flac/LA_E_2834763.flac',
        label: spoof,
        split: 'eval',
        speaker: 'LA_0039',
        language: 'en',
        generator: 'A11',
        source: 'asvspoof2019-la/LA_E_2834763',
      },
    },
  },
  {
    reader: 'asvspoof2019-pa',
    tables: {
      [`PA/${P}.train.trn.txt`]: [
        'PA_0079 PA_T_0000001 aaa - bonafide',
        'PA_0079 PA_T_0005401 aaa AA spoof',
      ],
    },
    media: [
      'PA/ASVspoof2019_PA_train/flac/PA_T_0000001.flac',
      'PA/ASVspoof2019_PA_train/flac/PA_T_0005401.flac',
    ],
    clips: {
      PA_T_0000001: {
        path: 'PA/ASVspoof2019_PA_train/flac/PA_T_0000001.flac',
        label: bonafide,
        split: 'train',
        speaker: 'PA_0079',
        language: 'en',
        source: 'asvspoof2019-pa/PA_T_0000001',
        group: { environment: 'aaa' },
      },
      PA_T_0005401: {
        path: 'PA/ASVspoof2019_PA_train/flac/PA_T_0005401.flac',
        label: spoof,
        split: 'train',
        speaker: 'PA_0079',
        language: 'en',
        generator: 'AA',
        source: 'asvspoof2019-pa/PA_T_0005401',
        group: { environment: 'aaa' },
      },
    },
  },
  {
    reader: 'asvspoof2021-la',
    tables: {
      'keys/LA/CM/trial_metadata.txt': [
        'LA_0009 LA_E_9332881 alaw ita_tx A07 spoof notrim eval',
        'LA_0020 LA_E_6866159 none - bonafide bonafide notrim eval',
        'LA_0020 LA_E_5464494 pstn mad_tx bonafide bonafide only_speech hidden',
      ],
    },
    media: [
      'ASVspoof2021_LA_eval/flac/LA_E_9332881.flac',
      'ASVspoof2021_LA_eval/flac/LA_E_6866159.flac',
      'ASVspoof2021_LA_eval/flac/LA_E_5464494.flac',
    ],
    clips: {
      LA_E_9332881: {
        path: 'ASVspoof2021_LA_eval/flac/LA_E_9332881.flac',
        label: spoof,
        split: 'eval',
        speaker: 'LA_0009',
        language: 'en',
        generator: 'A07',
        group: { codec: 'alaw', transmission: 'ita_tx', trim: 'notrim', subset: 'eval' },
      },
      LA_E_6866159: {
        path: 'ASVspoof2021_LA_eval/flac/LA_E_6866159.flac',
        label: bonafide,
        split: 'eval',
        speaker: 'LA_0020',
        language: 'en',
        group: { codec: 'none', trim: 'notrim', subset: 'eval' },
      },
    },
  },
  {
    reader: 'asvspoof2021-pa',
    options: { subset: 'all' },
    tables: {
      'keys/PA/CM/trial_metadata.txt': [
        'PA_0010 PA_E_1000001 R3 M3 d4 r1 m1 s4 c4 spoof notrim eval',
        'PA_0011 PA_E_1000002 R1 M2 d1 - - - - bonafide notrim progress',
      ],
    },
    media: [
      'ASVspoof2021_PA_eval/flac/PA_E_1000001.flac',
      'ASVspoof2021_PA_eval/flac/PA_E_1000002.flac',
    ],
    clips: {
      PA_E_1000001: {
        path: 'ASVspoof2021_PA_eval/flac/PA_E_1000001.flac',
        label: spoof,
        split: 'eval',
        speaker: 'PA_0010',
        language: 'en',
        group: {
          room: 'R3',
          microphone: 'M3',
          distance: 'd4',
          attackerRoom: 'r1',
          attackerMicrophone: 'm1',
          device: 's4',
          attackDistance: 'c4',
          trim: 'notrim',
          subset: 'eval',
        },
      },
      PA_E_1000002: {
        path: 'ASVspoof2021_PA_eval/flac/PA_E_1000002.flac',
        label: bonafide,
        split: 'eval',
        speaker: 'PA_0011',
        language: 'en',
        group: { room: 'R1', microphone: 'M2', distance: 'd1', trim: 'notrim', subset: 'progress' },
      },
    },
  },
  {
    reader: 'asvspoof2021-df',
    options: { subset: 'progress' },
    tables: {
      'keys/DF/CM/trial_metadata.txt': [
        'LA_0023 DF_E_2000011 nocodec asvspoof A14 spoof notrim progress traditional_vocoder - - - -',
        'TEF2 DF_E_2000013 low_m4a vcc2020 Task1-team20 spoof notrim progress neural_vocoder_nonautoregressive Task1 team20 FF E',
        'LA_0043 DF_E_2000026 mp3m4a asvspoof bonafide bonafide notrim eval bonafide - - - -',
      ],
    },
    media: [
      'part00/ASVspoof2021_DF_eval/flac/DF_E_2000011.flac',
      'part01/ASVspoof2021_DF_eval/flac/DF_E_2000013.flac',
      'part01/ASVspoof2021_DF_eval/flac/DF_E_2000026.flac',
    ],
    clips: {
      DF_E_2000011: {
        path: 'part00/ASVspoof2021_DF_eval/flac/DF_E_2000011.flac',
        label: spoof,
        split: 'eval',
        speaker: 'LA_0023',
        language: 'en',
        generator: 'A14',
        group: {
          codec: 'nocodec',
          corpus: 'asvspoof',
          vocoder: 'traditional_vocoder',
          trim: 'notrim',
          subset: 'progress',
        },
      },
      DF_E_2000013: {
        path: 'part01/ASVspoof2021_DF_eval/flac/DF_E_2000013.flac',
        label: spoof,
        split: 'eval',
        speaker: 'TEF2',
        language: 'en',
        generator: 'Task1-team20',
        group: {
          codec: 'low_m4a',
          corpus: 'vcc2020',
          vocoder: 'neural_vocoder_nonautoregressive',
          task: 'Task1',
          team: 'team20',
          genders: 'FF',
          languagePair: 'E',
          trim: 'notrim',
          subset: 'progress',
        },
      },
    },
  },
  {
    reader: 'asvspoof5',
    tables: {
      'ASVspoof5_protocols/ASVspoof5.train.tsv': ['T_4850 T_0000000000 F - - - AC3 A05 spoof -'],
      'ASVspoof5_protocols/ASVspoof5.eval.track_1.tsv': [
        'E_4608 E_0000000024 M C11 4 E_0004890277 AC1 A24 spoof -',
        'E_4609 E_0000000025 F - - - - bonafide bonafide -',
      ],
    },
    media: [
      'flac_T/T_0000000000.flac',
      'flac_E_eval/E_0000000024.flac',
      'flac_E_eval/E_0000000025.flac',
    ],
    clips: {
      T_0000000000: {
        path: 'flac_T/T_0000000000.flac',
        label: spoof,
        split: 'train',
        speaker: 'T_4850',
        language: 'en',
        generator: 'A05',
        group: { gender: 'F', attackTag: 'AC3' },
      },
      E_0000000024: {
        path: 'flac_E_eval/E_0000000024.flac',
        label: spoof,
        split: 'eval',
        speaker: 'E_4608',
        language: 'en',
        generator: 'A24',
        source: 'asvspoof5/E_0004890277',
        group: { gender: 'M', codec: 'C11', quality: '4', attackTag: 'AC1' },
      },
      E_0000000025: {
        path: 'flac_E_eval/E_0000000025.flac',
        label: bonafide,
        split: 'eval',
        speaker: 'E_4609',
        language: 'en',
        group: { gender: 'F' },
      },
    },
  },
  {
    reader: 'asvspoof-laundered',
    tables: {
      'protocols/ASVspoofLauneredDatabase_Noise_Addition.txt': [
        'LA_0039 LA_E_2834763_babble_0 A11 spoof Noise_Addition babble_0',
        'LA_0014 LA_E_4581379_babble_0 - bonafide Noise_Addition babble_0',
      ],
    },
    media: [
      'Noise_Addition/flac/LA_E_2834763_babble_0.flac',
      'Noise_Addition/flac/LA_E_4581379_babble_0.flac',
    ],
    clips: {
      LA_E_2834763_babble_0: {
        path: 'Noise_Addition/flac/LA_E_2834763_babble_0.flac',
        label: spoof,
        split: 'eval',
        speaker: 'LA_0039',
        language: 'en',
        generator: 'A11',
        source: 'asvspoof2019-la/LA_E_2834763',
        group: { condition: 'Noise_Addition', variant: 'babble_0' },
      },
      LA_E_4581379_babble_0: {
        path: 'Noise_Addition/flac/LA_E_4581379_babble_0.flac',
        label: bonafide,
        split: 'eval',
        speaker: 'LA_0014',
        language: 'en',
        source: 'asvspoof2019-la/LA_E_4581379',
        group: { condition: 'Noise_Addition', variant: 'babble_0' },
      },
    },
  },
  {
    reader: 'partialspoof',
    tables: {
      'database/protocols/PartialSpoof_LA_cm_protocols/PartialSpoof.LA.cm.train.trl.txt': [
        'LA_0079 CON_T_0000000 - CON spoof',
        'LA_0079 LA_T_1138215 - - bonafide',
      ],
      'database/train/con_data/rttm_2cls_0sil_spoof': [
        'SPEAKER CON_T_0000000 1 1.2300 0.5000 <NA> <NA> spoof <NA> <NA>',
        'SPEAKER CON_T_0000000 1 0.0000 1.2300 <NA> <NA> bonafide <NA> <NA>',
      ],
    },
    media: ['database/train/con_wav/CON_T_0000000.wav', 'database/train/con_wav/LA_T_1138215.wav'],
    clips: {
      CON_T_0000000: {
        path: 'database/train/con_wav/CON_T_0000000.wav',
        label: spoof,
        split: 'train',
        speaker: 'LA_0079',
        language: 'en',
        generator: 'CON',
        segments: spans([0, 1.23, bonafide], [1.23, 1.73, spoof]),
      },
      LA_T_1138215: {
        path: 'database/train/con_wav/LA_T_1138215.wav',
        label: bonafide,
        split: 'train',
        speaker: 'LA_0079',
        language: 'en',
        source: 'asvspoof2019-la/LA_T_1138215',
      },
    },
  },
  {
    reader: 'in-the-wild',
    tables: {
      'release_in_the_wild/meta.csv': [
        'file,speaker,label',
        '0.wav,Dr. Jürgen (Sr.) O’Neill,spoof',
        '1.wav,"Smith, J.",bona-fide',
      ],
    },
    media: ['release_in_the_wild/0.wav', 'release_in_the_wild/1.wav'],
    clips: {
      '0.wav': {
        path: 'release_in_the_wild/0.wav',
        label: spoof,
        split: 'eval',
        speaker: 'Dr. Jürgen (Sr.) O’Neill',
        language: 'en',
      },
      '1.wav': {
        path: 'release_in_the_wild/1.wav',
        label: bonafide,
        split: 'eval',
        speaker: 'Smith, J.',
        language: 'en',
      },
    },
  },
  {
    reader: 'wavefake',
    tables: {},
    media: [
      'generated_audio/ljspeech_hifiGAN/LJ001-0001_gen.wav',
      'generated_audio/jsut_parallel_wavegan/BASIC5000_0001_gen.wav',
      'generated_audio/common_voices_prompts_from_conformer_fastspeech2_pwg_ljspeech/gen_0.wav',
      'LJSpeech-1.1/wavs/LJ001-0001.wav',
      'jsut_ver1.1/basic5000/wav/BASIC5000_0001.wav',
    ],
    clips: {
      'ljspeech_hifiGAN/LJ001-0001_gen.wav': {
        path: 'generated_audio/ljspeech_hifiGAN/LJ001-0001_gen.wav',
        label: spoof,
        speaker: 'ljspeech',
        language: 'en',
        generator: 'hifiGAN',
        source: 'ljspeech/LJ001-0001',
      },
      'jsut_parallel_wavegan/BASIC5000_0001_gen.wav': {
        path: 'generated_audio/jsut_parallel_wavegan/BASIC5000_0001_gen.wav',
        label: spoof,
        speaker: 'jsut',
        language: 'ja',
        generator: 'parallel_wavegan',
        source: 'jsut/BASIC5000_0001',
      },
      'common_voices_prompts_from_conformer_fastspeech2_pwg_ljspeech/gen_0.wav': {
        path: 'generated_audio/common_voices_prompts_from_conformer_fastspeech2_pwg_ljspeech/gen_0.wav',
        label: spoof,
        speaker: 'ljspeech',
        language: 'en',
        generator: 'voices_prompts_from_conformer_fastspeech2_pwg_ljspeech',
        source: 'wavefake/gen_0',
      },
      'ljspeech/LJ001-0001.wav': {
        path: 'LJSpeech-1.1/wavs/LJ001-0001.wav',
        label: bonafide,
        speaker: 'ljspeech',
        language: 'en',
        source: 'ljspeech/LJ001-0001',
      },
      'jsut/BASIC5000_0001.wav': {
        path: 'jsut_ver1.1/basic5000/wav/BASIC5000_0001.wav',
        label: bonafide,
        speaker: 'jsut',
        language: 'ja',
        source: 'jsut/BASIC5000_0001',
      },
    },
  },
  {
    reader: 'fake-or-real',
    options: { version: 'norm' },
    tables: {},
    media: [
      'for-norm/training/real/file1.wav_16k.wav_norm.wav_mono.wav_silence.wav',
      'for-norm/training/fake/file4.wav',
      'for-norm/validation/fake/file2.wav',
      'for-norm/testing/fake/file3.mp3',
      'for-original/testing/fake/file3.mp3',
      'for-norm/testing/fake/._file3.mp3',
      'for-norm/training/fake/README.txt',
    ],
    clips: {
      'training/real/file1.wav_16k.wav_norm.wav_mono.wav_silence.wav': {
        path: 'for-norm/training/real/file1.wav_16k.wav_norm.wav_mono.wav_silence.wav',
        label: bonafide,
        split: 'train',
        language: 'en',
      },
      'training/fake/file4.wav': {
        path: 'for-norm/training/fake/file4.wav',
        label: spoof,
        split: 'train',
        language: 'en',
      },
      'validation/fake/file2.wav': {
        path: 'for-norm/validation/fake/file2.wav',
        label: spoof,
        split: 'dev',
        language: 'en',
      },
      'testing/fake/file3.mp3': {
        path: 'for-norm/testing/fake/file3.mp3',
        label: spoof,
        split: 'eval',
        language: 'en',
      },
    },
  },
  {
    reader: 'librisevoc',
    tables: {
      'train.txt': ['27_123349_000006_000000.wav'],
      'dev.txt': [],
      'test.txt': ['19_198_000000_000002.wav'],
    },
    media: ['train', 'test'].flatMap((part) => {
      const name = part === 'train' ? '27_123349_000006_000000' : '19_198_000000_000002';
      return [
        `gt/${name}.wav`,
        ...['diffwave', 'melgan', 'parallel_wave_gan', 'wavegrad', 'wavenet', 'wavernn'].map(
          (vocoder) => `${vocoder}/${name}_gen.wav`,
        ),
      ];
    }),
    clips: Object.fromEntries(
      (
        [
          ['27_123349_000006_000000', '27', 'train'],
          ['19_198_000000_000002', '19', 'eval'],
        ] as const
      ).flatMap(([name, speaker, split]) => [
        [
          `gt/${name}.wav`,
          {
            path: `gt/${name}.wav`,
            label: bonafide,
            split,
            speaker,
            language: 'en',
            source: `libritts/${name}`,
          },
        ],
        ...['diffwave', 'melgan', 'parallel_wave_gan', 'wavegrad', 'wavenet', 'wavernn'].map(
          (generator) => [
            `${generator}/${name}_gen.wav`,
            {
              path: `${generator}/${name}_gen.wav`,
              label: spoof,
              split,
              speaker,
              language: 'en',
              generator,
              source: `libritts/${name}`,
            },
          ],
        ),
      ]),
    ),
  },
  {
    reader: 'm-ailabs',
    tables: {
      'en_US/by_book/female/mary_ann/northandsouth/metadata.csv': [
        'northandsouth_01|a "bare quote|a',
      ],
    },
    media: [
      'en_US/by_book/female/mary_ann/northandsouth/wavs/northandsouth_01.wav',
      'en_US/by_book/female/mary_ann/northandsouth/wavs/._northandsouth_01.wav',
      'de_DE/by_book/mix/some_book/wavs/x_02.wav',
    ],
    clips: {
      'en_US/by_book/female/mary_ann/northandsouth/wavs/northandsouth_01.wav': {
        path: 'en_US/by_book/female/mary_ann/northandsouth/wavs/northandsouth_01.wav',
        label: bonafide,
        speaker: 'mary_ann',
        language: 'en-US',
        source: 'm-ailabs/en_US/by_book/female/mary_ann/northandsouth/wavs/northandsouth_01.wav',
        group: { gender: 'female' },
      },
      'de_DE/by_book/mix/some_book/wavs/x_02.wav': {
        path: 'de_DE/by_book/mix/some_book/wavs/x_02.wav',
        label: bonafide,
        language: 'de-DE',
        source: 'm-ailabs/de_DE/by_book/mix/some_book/wavs/x_02.wav',
      },
    },
  },
  {
    reader: 'mlaad',
    options: { version: 'v5' },
    tables: {
      'fake/en/Cartesia.ai (Sonic-3)/meta.csv': [
        'path|original_file|language|is_original_language|duration|training_data|model_name|architecture|transcript',
        './fake/en/Cartesia.ai (Sonic-3)/a 001.wav|en_US/by_book/female/mary_ann/b/wavs/x_01.wav|en|True|3.21|LJSpeech|vendor/models/sonic|VITS|He said "no',
        './fake/en/Cartesia.ai (Sonic-3)/a_002.wav|en_US/by_book/female/mary_ann/b/wavs/x_02.wav|en-GB|True||||-|' +
          'long '.repeat(40_000),
      ],
    },
    media: [
      'fake/en/Cartesia.ai (Sonic-3)/a 001.wav',
      'fake/en/Cartesia.ai (Sonic-3)/a_002.wav',
      'real/en_US/by_book/female/mary_ann/b/wavs/x_01.wav',
    ],
    clips: {
      'fake/en/Cartesia.ai (Sonic-3)/a 001.wav': {
        path: 'fake/en/Cartesia.ai (Sonic-3)/a 001.wav',
        label: spoof,
        language: 'en',
        generator: 'sonic',
        transcript: 'He said "no',
        durationSec: 3.21,
        source: 'm-ailabs/en_US/by_book/female/mary_ann/b/wavs/x_01.wav',
        group: {
          system: 'Cartesia.ai (Sonic-3)',
          architecture: 'VITS',
          trainingData: 'LJSpeech',
          originalLanguage: 'True',
          version: 'v5',
        },
      },
      'fake/en/Cartesia.ai (Sonic-3)/a_002.wav': {
        path: 'fake/en/Cartesia.ai (Sonic-3)/a_002.wav',
        label: spoof,
        language: 'en-GB',
        generator: 'Cartesia.ai (Sonic-3)',
        transcript: 'long '.repeat(40_000).trim(),
        source: 'm-ailabs/en_US/by_book/female/mary_ann/b/wavs/x_02.wav',
        group: {
          system: 'Cartesia.ai (Sonic-3)',
          originalLanguage: 'True',
          folderLanguage: 'en',
          version: 'v5',
        },
      },
      'en_US/by_book/female/mary_ann/b/wavs/x_01.wav': {
        path: 'real/en_US/by_book/female/mary_ann/b/wavs/x_01.wav',
        label: bonafide,
        speaker: 'mary_ann',
        language: 'en-US',
        source: 'm-ailabs/en_US/by_book/female/mary_ann/b/wavs/x_01.wav',
        group: { gender: 'female' },
      },
    },
  },
  {
    reader: 'odss',
    tables: {},
    media: ['odss/natural/en/p1/a.wav', 'odss/fastpitch-hifigan/de/x.wav', 'odss/vits/a.wav'],
    clips: {
      'natural/en/p1/a.wav': { path: 'odss/natural/en/p1/a.wav', label: bonafide, language: 'en' },
      'fastpitch-hifigan/de/x.wav': {
        path: 'odss/fastpitch-hifigan/de/x.wav',
        label: spoof,
        language: 'de',
        generator: 'fastpitch-hifigan',
      },
      'vits/a.wav': { path: 'odss/vits/a.wav', label: spoof, generator: 'vits' },
    },
  },
  {
    reader: 'spoofceleb',
    tables: {
      'metadata/train.csv': ['file,speaker,attack', 'a00/id10001/v-00001-001.flac,id10001,a00'],
      'metadata/evaluation.csv': [
        'file,speaker,attack',
        'a07/id10270/v-00002-001.flac,id10270,a07',
      ],
      'metadata/development.csv': ['speaker,attack,file,extra', 'id2,a03,a03/id2/w-1-2.flac,x'],
    },
    media: [
      'flac/train/a00/id10001/v-00001-001.flac',
      'flac/evaluation/a07/id10270/v-00002-001.flac',
      'flac/development/a03/id2/w-1-2.flac',
    ],
    clips: {
      'train/a00/id10001/v-00001-001.flac': {
        path: 'flac/train/a00/id10001/v-00001-001.flac',
        label: bonafide,
        split: 'train',
        speaker: 'id10001',
      },
      'evaluation/a07/id10270/v-00002-001.flac': {
        path: 'flac/evaluation/a07/id10270/v-00002-001.flac',
        label: spoof,
        split: 'eval',
        speaker: 'id10270',
        generator: 'a07',
      },
      'development/a03/id2/w-1-2.flac': {
        path: 'flac/development/a03/id2/w-1-2.flac',
        label: spoof,
        split: 'dev',
        speaker: 'id2',
        generator: 'a03',
      },
    },
  },
  {
    reader: 'dfadd',
    tables: {},
    media: [
      'GradTTS/test/p225_001.wav',
      'MatchaTTS/train/p226_010.wav',
      'VCTK_BONAFIDE/p225_001.wav',
      'notes/other.wav',
    ],
    clips: {
      'GradTTS/test/p225_001.wav': {
        path: 'GradTTS/test/p225_001.wav',
        label: spoof,
        split: 'eval',
        speaker: 'vctk/p225',
        language: 'en',
        generator: 'GradTTS',
        group: { family: 'diffusion' },
      },
      'MatchaTTS/train/p226_010.wav': {
        path: 'MatchaTTS/train/p226_010.wav',
        label: spoof,
        split: 'train',
        speaker: 'vctk/p226',
        language: 'en',
        generator: 'Matcha-TTS',
        group: { family: 'flow matching' },
      },
      'VCTK_BONAFIDE/p225_001.wav': {
        path: 'VCTK_BONAFIDE/p225_001.wav',
        label: bonafide,
        speaker: 'vctk/p225',
        language: 'en',
      },
    },
  },
  {
    reader: 'diffssd',
    tables: {
      'train_val_test_splits.csv': [
        'filename,label,set',
        'generated_speech/gradtts/a.wav,1,test',
        'real_speech/librispeech/test-clean/61/70968/61-70968-0000.flac,0,train',
        'real_speech/ljspeech/LJ001-0001.wav,0,val',
      ],
    },
    media: [
      'generated_speech/gradtts/a.wav',
      'real_speech/LibriSpeech/test-clean/61/70968/61-70968-0000.flac',
      'real_speech/LJSpeech-1.1/wavs/LJ001-0001.wav',
    ],
    clips: {
      'generated_speech/gradtts/a.wav': {
        path: 'generated_speech/gradtts/a.wav',
        label: spoof,
        split: 'eval',
        language: 'en',
        generator: 'gradtts',
      },
      'real_speech/LibriSpeech/test-clean/61/70968/61-70968-0000.flac': {
        path: 'real_speech/LibriSpeech/test-clean/61/70968/61-70968-0000.flac',
        label: bonafide,
        split: 'train',
        speaker: 'librispeech/61',
        language: 'en',
      },
      'real_speech/LJSpeech-1.1/wavs/LJ001-0001.wav': {
        path: 'real_speech/LJSpeech-1.1/wavs/LJ001-0001.wav',
        label: bonafide,
        split: 'dev',
        speaker: 'ljspeech',
        language: 'en',
      },
    },
  },
  {
    reader: 'diffuse-or-confuse',
    tables: {
      'metadata/metadata/protocols/wavegrad2_proto.txt': [
        'ID|FILE_PATH|FILE_NAME|TYPE',
        '1|wavegrad2/x/a.wav|a.wav|spoof_tts',
        '2|ljspeech/b.wav|b.wav|bonafide',
      ],
      'metadata/metadata/protocols/gradtts_proto.txt': [
        'FILE_NAME|TYPE|FILE_PATH',
        'c.wav|Spoof|gradtts/deep/c.wav',
        'b.wav|bonafide|ljspeech/b.wav',
      ],
    },
    media: [
      'dataset_01/wavegrad2/a.wav',
      'dataset_02/ljspeech/b.wav',
      'dataset_02/gradtts/deep/c.wav',
    ],
    clips: {
      'wavegrad2/a.wav': {
        path: 'dataset_01/wavegrad2/a.wav',
        label: spoof,
        language: 'en',
        generator: 'wavegrad2',
      },
      'ljspeech/b.wav': { path: 'dataset_02/ljspeech/b.wav', label: bonafide, language: 'en' },
      'gradtts/c.wav': {
        path: 'dataset_02/gradtts/deep/c.wav',
        label: spoof,
        language: 'en',
        generator: 'gradtts',
      },
    },
  },
  {
    reader: 'habla',
    tables: {
      'protocol.txt': ['arf_00295 arf_1 - - bona-fide', 'arf_00295 StarGAN-arf_2 - StarGAN spoof'],
    },
    media: ['eval/arf_1.wav', 'eval/StarGAN-arf_2.wav'],
    clips: {
      arf_1: {
        path: 'eval/arf_1.wav',
        label: bonafide,
        split: 'eval',
        speaker: 'arf_00295',
        language: 'es',
      },
      'StarGAN-arf_2': {
        path: 'eval/StarGAN-arf_2.wav',
        label: spoof,
        split: 'eval',
        speaker: 'arf_00295',
        language: 'es',
        generator: 'StarGAN',
      },
    },
  },
  {
    reader: 'codecfake-xie',
    options: { recoded: 'spoof' },
    tables: {
      'label/train.txt': ['SSB0005_1.wav real 0', 'F03_SSB0005_1.wav fake 3'],
      'label/C1.txt': ['r.wav real', 'f.wav fake'],
      'label/A3.txt': ['m.wav fake'],
    },
    media: [
      'train/SSB0005_1.wav',
      'train/F03_SSB0005_1.wav',
      'C1/r.wav',
      'C1/f.wav',
      'A3_fake/m.wav',
    ],
    clips: {
      'train/SSB0005_1.wav': {
        path: 'train/SSB0005_1.wav',
        label: bonafide,
        split: 'train',
        group: { part: 'train' },
      },
      'train/F03_SSB0005_1.wav': {
        path: 'train/F03_SSB0005_1.wav',
        label: spoof,
        split: 'train',
        generator: '3',
        group: { part: 'train', recoded: '3' },
      },
      'C1/r.wav': { path: 'C1/r.wav', label: bonafide, split: 'eval', group: { part: 'C1' } },
      'C1/f.wav': {
        path: 'C1/f.wav',
        label: spoof,
        split: 'eval',
        generator: 'C1',
        group: { part: 'C1', recoded: 'C1' },
      },
      'A3/m.wav': {
        path: 'A3_fake/m.wav',
        label: spoof,
        split: 'eval',
        generator: 'A3',
        group: { part: 'A3' },
      },
    },
  },
  {
    reader: 'codecfake-wu',
    options: { recoded: 'bonafide' },
    tables: {},
    media: ['genuine/p225_001.wav', 'valle-x/a.wav', 'encodec_24khz/p226/p226_002.wav'],
    clips: {
      'genuine/p225_001.wav': {
        path: 'genuine/p225_001.wav',
        label: bonafide,
        speaker: 'vctk/p225',
        language: 'en',
      },
      'valle-x/a.wav': {
        path: 'valle-x/a.wav',
        label: spoof,
        language: 'en',
        generator: 'valle-x',
      },
      'encodec_24khz/p226/p226_002.wav': {
        path: 'encodec_24khz/p226/p226_002.wav',
        label: bonafide,
        speaker: 'vctk/p226',
        language: 'en',
        group: { recoded: 'encodec_24khz' },
      },
    },
  },
  {
    reader: 'add2022',
    tables: {
      'track3_R1_label.txt': ['ADD_E3_00000000.wav fake', 'ADD_E3_00000001.wav genuine'],
      'track1_label.txt': ['ADD_E1_00000000.wav genuine'],
    },
    media: [
      'track3/ADD_E3_00000000.wav',
      'track3/ADD_E3_00000001.wav',
      'track1/ADD_E1_00000000.wav',
    ],
    clips: {
      ADD_E3_00000000: {
        path: 'track3/ADD_E3_00000000.wav',
        label: spoof,
        split: 'eval',
        language: 'zh',
        group: { part: 'track 3' },
      },
      ADD_E3_00000001: {
        path: 'track3/ADD_E3_00000001.wav',
        label: bonafide,
        split: 'eval',
        language: 'zh',
        group: { part: 'track 3' },
      },
      ADD_E1_00000000: {
        path: 'track1/ADD_E1_00000000.wav',
        label: bonafide,
        split: 'eval',
        language: 'zh',
        group: { part: 'track 1' },
      },
    },
  },
  {
    reader: 'add2023',
    tables: {
      'R1/label.txt': ['ADD2023_T1.2R1_E_00000000.wav genuine'],
      'R2/label.txt': ['ADD2023_T1.2R2_E_00000000.wav fake'],
    },
    media: ['R1/wav/ADD2023_T1.2R1_E_00000000.wav', 'R2/wav/ADD2023_T1.2R2_E_00000000.wav'],
    clips: {
      'ADD2023_T1.2R1_E_00000000': {
        path: 'R1/wav/ADD2023_T1.2R1_E_00000000.wav',
        label: bonafide,
        split: 'eval',
        language: 'zh',
        group: { part: 'R1' },
      },
      'ADD2023_T1.2R2_E_00000000': {
        path: 'R2/wav/ADD2023_T1.2R2_E_00000000.wav',
        label: spoof,
        split: 'eval',
        language: 'zh',
        group: { part: 'R2' },
      },
    },
  },
  {
    reader: 'add2023-track2',
    tables: {
      'train/label.txt': [
        'ADD2023_T2_T_00000003 0.00-1.25-T/1.25-1.80-F/1.80-4.53-T 0',
        'ADD2023_T2_T_00000001 0.00-4.72-T 1',
      ],
      'dev/label.txt': ['ADD2023_T2_D_00000001 0.00-0.50-F/0.51-1.00-T 0'],
    },
    media: [
      'train/wav/ADD2023_T2_T_00000003.wav',
      'train/wav/ADD2023_T2_T_00000001.wav',
      'dev/wav/ADD2023_T2_D_00000001.wav',
    ],
    clips: {
      ADD2023_T2_T_00000003: {
        path: 'train/wav/ADD2023_T2_T_00000003.wav',
        label: spoof,
        split: 'train',
        language: 'zh',
        segments: spans([0, 1.25, bonafide], [1.25, 1.8, spoof], [1.8, 4.53, bonafide]),
      },
      ADD2023_T2_T_00000001: {
        path: 'train/wav/ADD2023_T2_T_00000001.wav',
        label: bonafide,
        split: 'train',
        language: 'zh',
        segments: spans([0, 4.72, bonafide]),
      },
      ADD2023_T2_D_00000001: {
        path: 'dev/wav/ADD2023_T2_D_00000001.wav',
        label: spoof,
        split: 'dev',
        language: 'zh',
        segments: spans([0, 0.5, spoof], [0.51, 1, bonafide]),
      },
    },
  },
  {
    reader: 'had',
    tables: {
      'HAD_train/HAD_train_label.txt': [
        'HAD_train_fake_00000001 0.00-1.36-T/1.36-1.59-F/1.59-3.00-T 0',
      ],
      'HAD_test/HAD_test_label.txt': ['HAD_test_real_1 0.00-2.00-T 1'],
    },
    media: [
      'HAD_train/train/conbine/HAD_train_fake_00000001.wav',
      'HAD_test/test/HAD_test_real_1.wav',
    ],
    clips: {
      'HAD_train/HAD_train_fake_00000001': {
        path: 'HAD_train/train/conbine/HAD_train_fake_00000001.wav',
        label: spoof,
        split: 'train',
        language: 'zh',
        segments: spans([0, 1.36, bonafide], [1.36, 1.59, spoof], [1.59, 3, bonafide]),
      },
      'HAD_test/HAD_test_real_1': {
        path: 'HAD_test/test/HAD_test_real_1.wav',
        label: bonafide,
        split: 'eval',
        language: 'zh',
        segments: spans([0, 2, bonafide]),
      },
    },
  },
  {
    reader: 'llama-partial-spoof',
    tables: {
      'label_R01TTS.0.a.txt': [
        'dev01-yourtts-full_3000_15664_000010_000001 10.9930 spoof 0.0000-10.9930-spoof',
        'dev01-yourtts-partial-cf_8842_304647_000034_000001 1.9740 spoof 0.0000-0.8510-bonafide 0.8510-1.1910-spoof 1.1910-1.9740-bonafide',
        'dev-clean_84_121123_000007_000001 2.0000 bonafide 0.0000-2.0000-bonafide',
      ],
    },
    media: [
      'R01TTS.0.a/dev01-yourtts-full_3000_15664_000010_000001.wav',
      'R01TTS.0.a/x/dev01-yourtts-partial-cf_8842_304647_000034_000001.wav',
      'R01TTS.0.a/dev-clean_84_121123_000007_000001.wav',
    ],
    clips: {
      'R01TTS.0.a/dev01-yourtts-full_3000_15664_000010_000001': {
        path: 'R01TTS.0.a/dev01-yourtts-full_3000_15664_000010_000001.wav',
        label: spoof,
        split: 'eval',
        speaker: '3000',
        language: 'en',
        generator: 'yourtts',
        source: 'libritts/3000_15664_000010_000001',
        durationSec: 10.993,
        segments: spans([0, 10.993, spoof]),
        group: { kind: 'full' },
      },
      'R01TTS.0.a/dev01-yourtts-partial-cf_8842_304647_000034_000001': {
        path: 'R01TTS.0.a/x/dev01-yourtts-partial-cf_8842_304647_000034_000001.wav',
        label: spoof,
        split: 'eval',
        speaker: '8842',
        language: 'en',
        generator: 'yourtts',
        source: 'libritts/8842_304647_000034_000001',
        durationSec: 1.974,
        segments: spans([0, 0.851, bonafide], [0.851, 1.191, spoof], [1.191, 1.974, bonafide]),
        group: { kind: 'partial-cf' },
      },
      'R01TTS.0.a/dev-clean_84_121123_000007_000001': {
        path: 'R01TTS.0.a/dev-clean_84_121123_000007_000001.wav',
        label: bonafide,
        split: 'eval',
        speaker: '84',
        language: 'en',
        source: 'libritts/84_121123_000007_000001',
        durationSec: 2,
        segments: spans([0, 2, bonafide]),
      },
    },
  },
  {
    reader: 'xmad-bench',
    tables: {
      'commonvoice-ru/meta.csv': [
        'sample_name\tis_fake\tsplit',
        'common_voice_1.wav\t0\ttrain',
        'common_voice_1.wav\t1\ttrain',
      ],
      'mailabs-es/meta.csv': ['split,sample_name,is_fake,other', 'test,"a, b.wav",1,x'],
    },
    media: [
      'commonvoice-ru/real/common_voice_1.wav',
      'commonvoice-ru/fake/common_voice_1.wav',
      'mailabs-es/fake/a, b.wav',
    ],
    clips: {
      'commonvoice-ru/real/common_voice_1.wav': {
        path: 'commonvoice-ru/real/common_voice_1.wav',
        label: bonafide,
        split: 'train',
        language: 'ru',
        source: 'commonvoice-ru/common_voice_1.wav',
        group: { dataset: 'commonvoice-ru' },
      },
      'commonvoice-ru/fake/common_voice_1.wav': {
        path: 'commonvoice-ru/fake/common_voice_1.wav',
        label: spoof,
        split: 'train',
        language: 'ru',
        source: 'commonvoice-ru/common_voice_1.wav',
        group: { dataset: 'commonvoice-ru' },
      },
      'mailabs-es/fake/a, b.wav': {
        path: 'mailabs-es/fake/a, b.wav',
        label: spoof,
        split: 'eval',
        language: 'es',
        source: 'mailabs-es/a, b.wav',
        group: { dataset: 'mailabs-es' },
      },
    },
  },
  {
    reader: 'sonics',
    keepLines: true,
    tables: {
      'fake_songs.csv': [
        'id,filename,title,duration,algorithm,style,source,lyrics_features,topic,genre,mood,label,target,split',
        '1,fake_1_suno_0,"Ü ""quoted""\nover lines",120.5,chirp-v3.5,rock,suno,"a\n\nb",t,pop,sad,half fake,1,train',
        '2,fake_2_udio_0.mp3,t,45,udio-30s,,udio,,,,,full fake,1,',
      ],
      'real_songs.csv': [
        'id,filename,title,artist,year,lyrics,lyrics_features,duration,youtube_id,label,artist_overlap,target,skip_time,no_vocal,split',
        '7,real_7,T,Älva,1999,"l\nm",,200,abc,real,True,0,10,False,test',
        '8,real_8,T,B,1999,l,,200,abd,real,False,0,10,False,test',
      ],
    },
    media: [
      'fake_songs/fake_1_suno_0.mp3',
      'fake_songs/fake_2_udio_0.mp3',
      'real_songs/real_7.mp3',
    ],
    clips: {
      'fake_songs/fake_1_suno_0.mp3': {
        path: 'fake_songs/fake_1_suno_0.mp3',
        label: spoof,
        split: 'train',
        generator: 'chirp-v3.5',
        durationSec: 120.5,
        group: { fakeType: 'half fake', vendor: 'suno', style: 'rock', genre: 'pop', mood: 'sad' },
      },
      'fake_songs/fake_2_udio_0.mp3': {
        path: 'fake_songs/fake_2_udio_0.mp3',
        label: spoof,
        generator: 'udio-30s',
        durationSec: 45,
        group: { fakeType: 'full fake', vendor: 'udio' },
      },
      'real_songs/real_7.mp3': {
        path: 'real_songs/real_7.mp3',
        label: bonafide,
        split: 'eval',
        speaker: 'Älva',
        durationSec: 200,
        group: { artistOverlap: 'True' },
      },
    },
  },
  {
    reader: 'timit-tts',
    tables: {},
    media: ['CLEAN/gtts/a.wav', 'b.wav'],
    clips: {
      'CLEAN/gtts/a.wav': {
        path: 'CLEAN/gtts/a.wav',
        label: spoof,
        language: 'en',
        group: { folder: 'CLEAN/gtts' },
      },
      'b.wav': { path: 'b.wav', label: spoof, language: 'en' },
    },
  },
  {
    reader: 'decro',
    tables: {
      'en_eval.txt': ['LA_0001 LA_E_1 - - bonafide', 'hifigan 17 - hifigan spoof'],
      'ch_train.txt': ['SSB0005 17 - - bonafide'],
    },
    media: ['en_eval/LA_E_1.wav', 'en_eval/17.wav', 'ch_train/17.wav'],
    clips: {
      'en_eval/LA_E_1': {
        path: 'en_eval/LA_E_1.wav',
        label: bonafide,
        split: 'eval',
        speaker: 'LA_0001',
        language: 'en',
      },
      'en_eval/17': {
        path: 'en_eval/17.wav',
        label: spoof,
        split: 'eval',
        speaker: 'hifigan',
        language: 'en',
        generator: 'hifigan',
      },
      'ch_train/17': {
        path: 'ch_train/17.wav',
        label: bonafide,
        split: 'train',
        speaker: 'SSB0005',
        language: 'zh',
      },
    },
  },
  {
    reader: 'ctrsvdd',
    tables: {
      'train.txt': ['m4singer CtrSVDD_0110 CtrSVDD_0110_T_0015416 - - bonafide'],
      'dev.txt': ['jvsmusic CtrSVDD_0097 CtrSVDD_0097_D_0010993 - A06 deepfake'],
    },
    media: ['train_set/CtrSVDD_0110_T_0015416.flac', 'dev_set/CtrSVDD_0097_D_0010993.flac'],
    clips: {
      CtrSVDD_0110_T_0015416: {
        path: 'train_set/CtrSVDD_0110_T_0015416.flac',
        label: bonafide,
        split: 'train',
        speaker: 'CtrSVDD_0110',
        group: { corpus: 'm4singer' },
      },
      CtrSVDD_0097_D_0010993: {
        path: 'dev_set/CtrSVDD_0097_D_0010993.flac',
        label: spoof,
        split: 'dev',
        speaker: 'CtrSVDD_0097',
        generator: 'A06',
        group: { corpus: 'jvsmusic' },
      },
    },
  },
  {
    reader: 'esc50',
    tables: {
      'ESC-50-master/meta/esc50.csv': [
        'filename,fold,target,category,esc10,src_file,take',
        '1-100032-A-0.wav,1,0,dog,True,100032,A',
      ],
    },
    media: ['ESC-50-master/audio/1-100032-A-0.wav'],
    clips: {
      '1-100032-A-0.wav': {
        path: 'ESC-50-master/audio/1-100032-A-0.wav',
        label: bonafide,
        source: 'freesound/100032',
        group: { category: 'dog', fold: '1' },
      },
    },
  },
  {
    reader: 'urbansound8k',
    tables: {
      'UrbanSound8K/metadata/UrbanSound8K.csv': [
        'slice_file_name,fsID,start,end,salience,fold,classID,class',
        '100032-3-0-0.wav,100032,0.0,0.317551,1,5,3,dog_bark',
      ],
    },
    media: ['UrbanSound8K/audio/fold5/100032-3-0-0.wav'],
    clips: {
      '100032-3-0-0.wav': {
        path: 'UrbanSound8K/audio/fold5/100032-3-0-0.wav',
        label: bonafide,
        source: 'freesound/100032',
        group: { category: 'dog_bark', fold: '5', salience: '1' },
      },
    },
  },
  {
    reader: 'speech-commands',
    tables: {
      'validation_list.txt': ['yes/b_nohash_0.wav'],
      'testing_list.txt': ['no/c_nohash_1.wav'],
    },
    media: [
      'yes/a_nohash_0.wav',
      'yes/b_nohash_0.wav',
      'no/c_nohash_1.wav',
      '_background_noise_/white_noise.wav',
    ],
    clips: {
      'yes/a_nohash_0.wav': {
        path: 'yes/a_nohash_0.wav',
        label: bonafide,
        split: 'train',
        speaker: 'a',
        language: 'en',
        transcript: 'yes',
      },
      'yes/b_nohash_0.wav': {
        path: 'yes/b_nohash_0.wav',
        label: bonafide,
        split: 'dev',
        speaker: 'b',
        language: 'en',
        transcript: 'yes',
      },
      'no/c_nohash_1.wav': {
        path: 'no/c_nohash_1.wav',
        label: bonafide,
        split: 'eval',
        speaker: 'c',
        language: 'en',
        transcript: 'no',
      },
    },
  },
  {
    reader: 'casual-conversations',
    tables: {
      'CasualConversations.json': [
        JSON.stringify({
          '1140': {
            files: [
              'CasualConversationsA/1140/1140_00.MP4',
              'CasualConversationsA/1140/1140_01.MP4',
            ],
            dark_files: ['CasualConversationsA/1140/1140_01.MP4'],
            label: { age: '27', gender: 'Female', 'skin-type': '3' },
          },
          '1141': {
            files: ['CasualConversationsB/1141/1141_00.MP4'],
            dark_files: [],
            label: { age: 'N/A', gender: 'N/A', 'skin-type': '6' },
          },
        }),
      ],
    },
    media: [
      'CasualConversationsA/1140/1140_00.MP4',
      'CasualConversationsA/1140/1140_01.MP4',
      'CasualConversationsB/1141/1141_00.MP4',
    ],
    clips: {
      'CasualConversationsA/1140/1140_00.MP4': {
        path: 'CasualConversationsA/1140/1140_00.MP4',
        medium: 'video',
        label: bonafide,
        split: 'eval',
        speaker: '1140',
        language: 'en',
        licence: 'evaluation only',
        use: 'evaluation-only',
        group: { age: '18-30', gender: 'Female', skinType: '3', lighting: 'bright' },
      },
      'CasualConversationsA/1140/1140_01.MP4': {
        path: 'CasualConversationsA/1140/1140_01.MP4',
        medium: 'video',
        label: bonafide,
        split: 'eval',
        speaker: '1140',
        language: 'en',
        licence: 'evaluation only',
        use: 'evaluation-only',
        group: { age: '18-30', gender: 'Female', skinType: '3', lighting: 'dark' },
      },
      'CasualConversationsB/1141/1141_00.MP4': {
        path: 'CasualConversationsB/1141/1141_00.MP4',
        medium: 'video',
        label: bonafide,
        split: 'eval',
        speaker: '1141',
        language: 'en',
        licence: 'evaluation only',
        use: 'evaluation-only',
        group: { skinType: '6', lighting: 'bright' },
      },
    },
  },
  {
    reader: 'deepfake-eval-2024',
    tables: {
      'audio-metadata-publish.csv': [
        'Filename,Media,Ground Truth,Finetuning Set',
        'a.wav,x,Real,Train',
        'b.wav,"y, z",Fake,Test',
        'c.wav,x,Unknown,Test',
      ],
    },
    media: ['audio-data/a.mp3', 'audio-data/b.dat', 'audio-data/c.wav'],
    clips: {
      'a.wav': { path: 'audio-data/a.mp3', label: bonafide, split: 'train' },
      'b.wav': { path: 'audio-data/b.dat', label: spoof, split: 'eval' },
    },
  },
  {
    reader: 'famous-figures',
    tables: {
      'protocol.txt': [
        'Speaker\tSource\tText\tKey\tAudioPath',
        'Ann B\t-\tt\tbonafide\t/nfs/old/Ann B/-/x 1.wav',
        'Ann B\tXTTS\tt\tspoof\t/nfs/old/Ann B/XTTS/y.wav',
      ],
    },
    media: ['Ann B/Bonafide/x 1.wav', 'Ann B/XTTS/y.wav'],
    clips: {
      'Ann B/Bonafide/x 1.wav': {
        path: 'Ann B/Bonafide/x 1.wav',
        label: bonafide,
        split: 'eval',
        speaker: 'Ann B',
        language: 'en',
      },
      'Ann B/XTTS/y.wav': {
        path: 'Ann B/XTTS/y.wav',
        label: spoof,
        split: 'eval',
        speaker: 'Ann B',
        language: 'en',
        generator: 'XTTS',
      },
    },
  },
  {
    reader: 'av-deepfake1m',
    tables: {
      'train_metadata.json': [
        JSON.stringify([
          {
            file: 'id1/a/real.mp4',
            original: null,
            split: 'train',
            modify_type: 'real',
            audio_model: '',
            fake_segments: [],
            audio_fake_segments: [],
            visual_fake_segments: [],
          },
          {
            file: 'id1/a/fake_v.mp4',
            original: 'id1/a/real.mp4',
            split: 'train',
            modify_type: 'visual_modified',
            fake_segments: [[0.5, 1]],
            audio_fake_segments: [],
            visual_fake_segments: [[0.5, 1]],
          },
          {
            file: 'id1/a/fake_a.mp4',
            original: 'id1/a/real.mp4',
            split: 'train',
            modify_type: 'both_modified',
            audio_model: 'vits',
            fake_segments: [[0.5, 1]],
            audio_fake_segments: [
              [0.52, 1],
              [2, 2],
            ],
            visual_fake_segments: [],
          },
        ]),
      ],
    },
    media: ['train/id1/a/real.mp4', 'train/id1/a/fake_v.mp4', 'train/id1/a/fake_a.mp4'],
    clips: {
      'train/id1/a/real.mp4': {
        path: 'train/id1/a/real.mp4',
        medium: 'video',
        label: bonafide,
        split: 'train',
        language: 'en',
        source: 'av-deepfake1m/id1/a/real.mp4',
        group: { modified: 'real' },
      },
      'train/id1/a/fake_v.mp4': {
        path: 'train/id1/a/fake_v.mp4',
        medium: 'video',
        label: bonafide,
        split: 'train',
        language: 'en',
        source: 'av-deepfake1m/id1/a/real.mp4',
        group: { modified: 'visual_modified' },
      },
      'train/id1/a/fake_a.mp4': {
        path: 'train/id1/a/fake_a.mp4',
        medium: 'video',
        label: spoof,
        split: 'train',
        language: 'en',
        generator: 'vits',
        source: 'av-deepfake1m/id1/a/real.mp4',
        segments: spans([0.52, 1, spoof]),
        group: { modified: 'both_modified' },
      },
    },
  },
  {
    reader: 'lav-df',
    options: { label: 'any' },
    tables: {
      'metadata.json': [
        JSON.stringify([
          {
            file: 'train/000001.mp4',
            n_fakes: 0,
            fake_periods: [],
            duration: 4.5,
            original: null,
            modify_video: false,
            modify_audio: false,
            split: 'train',
            transcript: 'hello',
          },
          {
            file: 'test/000002.mp4',
            n_fakes: 1,
            fake_periods: [[1, 1.5]],
            duration: 4.5,
            original: 'train/000001.mp4',
            modify_video: true,
            modify_audio: false,
            split: 'test',
          },
        ]),
      ],
    },
    media: ['train/000001.mp4', 'test/000002.mp4'],
    clips: {
      'train/000001.mp4': {
        path: 'train/000001.mp4',
        medium: 'video',
        label: bonafide,
        split: 'train',
        language: 'en',
        source: 'lav-df/train/000001.mp4',
        transcript: 'hello',
        durationSec: 4.5,
        group: { modified: 'none' },
      },
      'test/000002.mp4': {
        path: 'test/000002.mp4',
        medium: 'video',
        label: spoof,
        split: 'eval',
        language: 'en',
        source: 'lav-df/train/000001.mp4',
        durationSec: 4.5,
        segments: spans([1, 1.5, spoof]),
        group: { modified: 'video' },
      },
    },
  },
  {
    reader: 'vctk',
    tables: {},
    media: [
      'wav48_silence_trimmed/p225/p225_001_mic1.flac',
      'wav48_silence_trimmed/p225/p225_001_mic2.flac',
    ],
    clips: {
      p225_001_mic1: {
        path: 'wav48_silence_trimmed/p225/p225_001_mic1.flac',
        label: bonafide,
        speaker: 'vctk/p225',
        language: 'en',
        source: 'vctk/p225_001',
        group: { microphone: 'mic1' },
      },
    },
  },
  {
    reader: 'ljspeech',
    tables: {
      'LJSpeech-1.1/metadata.csv': ['LJ001-0001|He said "one|He said one', 'LJ001-0002|Two|'],
    },
    media: ['LJSpeech-1.1/wavs/LJ001-0001.wav', 'LJSpeech-1.1/wavs/LJ001-0002.wav'],
    clips: {
      'LJ001-0001': {
        path: 'LJSpeech-1.1/wavs/LJ001-0001.wav',
        label: bonafide,
        speaker: 'ljspeech',
        language: 'en',
        source: 'ljspeech/LJ001-0001',
        transcript: 'He said one',
      },
      'LJ001-0002': {
        path: 'LJSpeech-1.1/wavs/LJ001-0002.wav',
        label: bonafide,
        speaker: 'ljspeech',
        language: 'en',
        source: 'ljspeech/LJ001-0002',
        transcript: 'Two',
      },
    },
  },
  {
    reader: 'cvoicefake',
    tables: {},
    media: ['IT/Bonafide/a.mp3', 'IT/multiband_melgan_generated/a.mp3'],
    clips: {
      'IT/Bonafide/a.mp3': {
        path: 'IT/Bonafide/a.mp3',
        label: bonafide,
        language: 'it',
        source: 'cvoicefake/IT/a',
      },
      'IT/multiband_melgan_generated/a.mp3': {
        path: 'IT/multiband_melgan_generated/a.mp3',
        label: spoof,
        language: 'it',
        generator: 'multiband_melgan',
        source: 'cvoicefake/IT/a',
      },
    },
  },
];

async function grow(
  base: string,
  { tables, media }: Layout,
  { lineEnd = '\n', mark = '' }: { lineEnd?: string; mark?: string } = {},
): Promise<void> {
  for (const path of media) await put(base, path, `sound of ${path}`);
  for (const [path, lines] of Object.entries(tables)) {
    await put(base, path, mark + lines.map((line) => line + lineEnd).join('') + lineEnd);
  }
}

async function put(base: string, path: string, content: string): Promise<void> {
  await mkdir(dirname(join(base, path)), { recursive: true });
  await writeFile(join(base, path), content);
}

/** The tree as an archive, written by software that is not ours. */
async function packTree(path: string, { tables, media }: Layout): Promise<void> {
  const files: [string, string][] = [
    ...media.map((name): [string, string] => [name, `sound of ${name}`]),
    ...Object.entries(tables).map(([name, lines]): [string, string] => [
      name,
      `${lines.join('\n')}\n`,
    ]),
  ];
  if (path.endsWith('.tar')) {
    const archive = pack();
    for (const [name, content] of files) archive.entry({ name: `./${name}` }, content);
    archive.finalize();
    await pipeline(archive, createWriteStream(path));
    return;
  }
  const zip = new ZipFile();
  for (const [name, content] of files) zip.addBuffer(Buffer.from(content), name);
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
}

function open(
  reader: string,
  base: string,
  options: Readonly<Record<string, unknown>> = {},
  events: ProgressEvent[] = [],
): Promise<Corpus> {
  return openCorpus(
    { reader, root: base, ...options },
    { classes: 'any' },
    { onProgress: (event) => void events.push(event) },
  );
}

/** Clips by id as the cases write them. */
function plain(corpus: Corpus): Record<string, unknown> {
  return Object.fromEntries(
    corpus.clips.map(({ id, path, medium, domain, ...rest }) => [
      id,
      {
        ...rest,
        path: relative(corpus.root, path),
        ...(medium === 'audio' ? {} : { medium }),
        ...(domain === corpus.name ? {} : { domain }),
      },
    ]),
  );
}

test('every published reader has a case', () => {
  const published = listReaders().filter(({ kind }) => kind === 'published');
  expect(CASES.map(({ reader }) => reader).sort()).toEqual(
    published.map(({ name }) => name).sort(),
  );
  expect(published.length).toBeGreaterThanOrEqual(30);
});

describe.each(CASES)('$reader', (layout) => {
  const { reader, options, clips, media, keepLines } = layout;

  test('reads its layout, with every file in its place', async () => {
    await grow(root, layout);
    const corpus = await open(reader, root, options);
    expect(corpus.name).toBe(reader);
    expect(plain(corpus)).toEqual(clips);
    const found = await checkFiles(corpus);
    expect(found.missing).toEqual([]);
    expect(found.empty).toEqual([]);
  });

  test('reads it from below another folder, with a mark, other line ends and hidden files', async () => {
    const base = join(root, 'copies/of it');
    await grow(base, layout, keepLines ? { mark: '\uFEFF' } : { lineEnd: '\r\n', mark: '\uFEFF' });
    for (const path of media)
      await put(base, join(dirname(path), `._${path.split('/').at(-1)}`), 'x');
    // The fixed places of these sets are at the root.
    const isAtRoot = ['timit-tts', 'codecfake-wu'].includes(reader);
    const corpus = await open(reader, isAtRoot ? base : root, options);
    const prefix = isAtRoot ? '' : 'copies/of it/';
    const read = Object.entries(plain(corpus)).map(([id, clip]) => [id.replace(prefix, ''), clip]);
    const moved = Object.entries(clips).map(([id, clip]) => [
      id,
      { ...clip, path: `${prefix}${clip.path}` },
    ]);
    expect(Object.fromEntries(read)).toEqual(Object.fromEntries(moved));
  });

  test.each(['packed.zip', 'packed.tar'])('reads it from %s', async (name) => {
    await packTree(join(root, name), layout);
    const corpus = await open(reader, join(root, name), options);
    expect(plain(corpus)).toEqual(clips);
    expect((await checkFiles(corpus)).missing).toEqual([]);
  });

  test('names recordings that are not there', async () => {
    await grow(root, layout);
    const used = Object.values(clips)[0]!.path as string;
    await rm(join(root, used));
    const corpus = await open(reader, root, options).catch(() => undefined);
    // Sets without lists know of a recording only by its file.
    const isListed = Object.keys(layout.tables).some((path) =>
      /\.(?:txt|csv|tsv|json|trn|ndx)$/.test(path),
    );
    const byFolder = ['wavefake', 'm-ailabs', 'speech-commands'].includes(reader);
    if (!isListed || byFolder) {
      expect(corpus?.clips.map(({ path }) => relative(root, path)) ?? []).not.toContain(used);
      return;
    }
    expect((await checkFiles(corpus!)).missing).toHaveLength(1);
  });

  test('is recognised by its marks and by no other reader first', async () => {
    const { marks } = listReaders().find(({ name }) => name === reader)!;
    if (marks.length === 0) return;
    await grow(root, layout);
    const [first] = recogniseReaders(await openTree(root));
    expect(first?.name).toBe(reader);
  });
});

/** A tree with something wrong in it, and what is said. */
interface BadCase extends Partial<Layout> {
  readonly reader: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly code: string;
  readonly says: string;
}

const KEYS = 'keys/LA/CM/trial_metadata.txt';
const LLAMA = 'label_R01TTS.0.a.txt';
const ADD = 'train/label.txt';
const MLAAD = 'fake/en/vits/meta.csv';

const BAD: Readonly<Record<string, BadCase>> = {
  'a column too many for the track': {
    reader: 'asvspoof2021-la',
    tables: { [KEYS]: ['LA_1 LA_E_1 alaw ita_tx A07 spoof notrim eval vocoder'] },
    code: 'datasets/bad-manifest',
    says: `${KEYS}:1: 9 columns, expected 8 (speaker, utterance, codec, transmission, attack, key, trim, subset)`,
  },
  'a column too few': {
    reader: 'asvspoof5',
    tables: {
      'p/ASVspoof5.train.tsv': ['T_1 T_1 F - - - AC3 A05 spoof -', 'T_1 T_2 F - - - AC3 A05 spoof'],
    },
    code: 'datasets/bad-manifest',
    says: 'ASVspoof5.train.tsv:2: 9 columns, expected 10',
  },
  'a label that is no word of the field': {
    reader: 'habla',
    tables: { 'protocol.txt': ['a b - - bonafide', '', 'a c - x spoofed?'] },
    code: 'datasets/bad-manifest',
    says: 'protocol.txt:3: the label is "spoofed?"',
  },
  'a protocol that lists an utterance twice': {
    reader: 'asvspoof2017',
    tables: {
      'p/ASVspoof2017_V2_train.trn.txt': [
        'T_1.wav genuine M1 S1 - - -',
        'T_1.wav spoof M1 S1 E1 P1 R1',
      ],
    },
    code: 'datasets/duplicate-id',
    says: '"T_1"',
  },
  'the same path twice in MLAAD': {
    reader: 'mlaad',
    tables: {
      [MLAAD]: [
        'path|original_file|language|model_name',
        './fake/en/vits/a.wav|o|en|vits',
        'fake/en/vits/a.wav|o|en|',
      ],
    },
    code: 'datasets/duplicate-id',
    says: 'fake/en/vits/a.wav',
  },
  'a table without the columns that are needed': {
    reader: 'mlaad',
    tables: { [MLAAD]: ['path|language', 'a|en'] },
    code: 'datasets/bad-manifest',
    says: 'no column original_file, model_name',
  },
  'a row with a cell too many': {
    reader: 'spoofceleb',
    tables: { 'metadata/train.csv': ['file,speaker,attack', 'a,b,a00', 'a,b,a00,c'] },
    code: 'datasets/bad-manifest',
    says: 'train.csv:3: 4 cells, expected 3',
  },
  'a quote that never closes': {
    reader: 'in-the-wild',
    tables: { 'meta.csv': ['file,speaker,label', '0.wav,"Smith,spoof'] },
    code: 'datasets/bad-manifest',
    says: 'meta.csv:2: a quote opens and never closes',
  },
  'spans with a gap': {
    reader: 'add2023-track2',
    tables: { [ADD]: ['ADD2023_T2_T_1 0.00-1.00-T/1.50-2.00-F 0'] },
    code: 'datasets/bad-manifest',
    says: 'label.txt:1: the span from 1.5 to 2 s leaves a gap before it',
  },
  'spans that overlap': {
    reader: 'add2023-track2',
    tables: { [ADD]: ['ADD2023_T2_T_1 0.00-1.00-T/0.50-2.00-F 0'] },
    code: 'datasets/bad-manifest',
    says: 'overlaps the one before',
  },
  'a span of no length': {
    reader: 'llama-partial-spoof',
    tables: { [LLAMA]: ['a_1_2_3_4 2 spoof 0-1-bonafide 1-1-spoof'] },
    code: 'datasets/bad-manifest',
    says: 'the span from 1 to 1 s has no length',
  },
  'a span with an unknown flag': {
    reader: 'had',
    tables: { 'HAD_dev/HAD_dev_label.txt': ['HAD_dev_1 0.00-1.00-X 0'] },
    code: 'datasets/bad-manifest',
    says: '"0.00-1.00-X" is no span BEGIN-END-FLAG with the flag T or F',
  },
  'a last column that the spans deny': {
    reader: 'add2023-track2',
    tables: { [ADD]: ['ADD2023_T2_T_1 0.00-1.00-T 0'] },
    code: 'datasets/bad-manifest',
    says: 'the last column is 0, its spans say otherwise',
  },
  'an unknown split': {
    reader: 'xmad-bench',
    tables: { 'commonvoice-de/meta.csv': ['sample_name,is_fake,split', 'a.wav,1,holdout'] },
    code: 'datasets/bad-manifest',
    says: 'meta.csv:2: the split is "holdout"',
  },
  'a flag that is neither 0 nor 1': {
    reader: 'xmad-bench',
    tables: { 'commonvoice-de/meta.csv': ['sample_name,is_fake,split', 'a.wav,fake,train'] },
    code: 'datasets/bad-manifest',
    says: 'is_fake is "fake"',
  },
  'several versions at once': {
    reader: 'fake-or-real',
    media: ['for-norm/training/real/a.wav', 'for-original/training/real/a.wav'],
    code: 'datasets/bad-layout',
    says: 'several versions (for-norm, for-original)',
  },
  'metadata that is no JSON': {
    reader: 'lav-df',
    tables: { 'metadata.json': ['[{"file":'] },
    code: 'datasets/bad-manifest',
    says: 'metadata.json: it is no JSON',
  },
  'an item of another shape': {
    reader: 'av-deepfake1m',
    tables: { 'train_metadata.json': ['[{"file": "a.mp4", "modify_type": "audio"}]'] },
    code: 'datasets/bad-manifest',
    says: 'item 0.modify_type',
  },
  'people without files': {
    reader: 'casual-conversations',
    tables: { 'CasualConversations.json': ['{"1": {"label": {}}}'] },
    code: 'datasets/bad-manifest',
    says: '1.files',
  },
  'a table that is not UTF-8': {
    reader: 'ljspeech',
    tables: { 'metadata.csv': [] },
    code: 'datasets/bad-manifest',
    says: 'not UTF-8',
  },
  'a protocol of another set': {
    reader: 'famous-figures',
    tables: { 'protocol.txt': ['a b - - bonafide'] },
    code: 'datasets/bad-manifest',
    says: 'expected AudioPath',
  },
};

describe.each(Object.entries(BAD))(
  '%s',
  (name, { reader, tables = {}, media = [], code, says }) => {
    test(`is refused with its place (${reader})`, async () => {
      await grow(root, { tables, media });
      if (name.includes('UTF-8')) {
        await writeFile(
          join(root, 'metadata.csv'),
          Buffer.from([0x61, 0xe4, 0x7c, 0x62, 0x7c, 0x63]),
        );
      }
      await expect(open(reader, root)).rejects.toMatchObject({
        code,
        message: expect.stringContaining(says),
      });
    });
  },
);

test.each(listReaders().map(({ name }) => name))(
  '%s says what it misses in a folder of something else',
  async (reader) => {
    await put(root, 'readme.md', 'nothing of the kind');
    await expect(open(reader, root)).rejects.toMatchObject({
      code: expect.stringMatching(/^datasets\/(?:bad-layout|empty)$/),
      message: expect.stringContaining(root),
    });
  },
);

test('re-coded genuine speech is what the option says', async () => {
  const layout = CASES.find(({ reader }) => reader === 'codecfake-xie')!;
  await grow(root, layout);
  const labels = async (
    options: Record<string, unknown>,
  ): Promise<Record<string, string | undefined>> =>
    Object.fromEntries(
      (await open('codecfake-xie', root, options)).clips.map(({ id, label }) => [id, label]),
    );
  expect(await labels({})).toEqual({
    'train/SSB0005_1.wav': bonafide,
    'C1/r.wav': bonafide,
    'A3/m.wav': spoof,
  });
  expect(await labels({ recoded: 'bonafide' })).toMatchObject({
    'train/F03_SSB0005_1.wav': bonafide,
    'C1/f.wav': bonafide,
  });
  expect(await labels({ recoded: 'spoof' })).toMatchObject({
    'train/F03_SSB0005_1.wav': spoof,
    'C1/f.wav': spoof,
  });
});

test('the parts of a set may stay packed in its folder; what was unpacked counts first', async () => {
  const layout = CASES.find(({ reader }) => reader === 'asvspoof2021-df')!;
  const [unpacked, ...packed] = layout.media;
  await packTree(join(root, 'keys.zip'), { tables: layout.tables, media: [] });
  await packTree(join(root, 'part01.tar'), { tables: {}, media: packed });
  await put(root, unpacked!, 'x');
  // An archive beside the folder that it was unpacked to stays closed, and a broken one is told.
  await packTree(join(root, 'part00.zip'), { tables: {}, media: ['other.flac'] });
  await put(root, 'broken.zip', 'no archive');
  const events: ProgressEvent[] = [];
  const corpus = await open('asvspoof2021-df', root, { subset: 'all' }, events);
  expect(corpus.clips.map(({ path }) => relative(root, path))).toEqual([
    unpacked,
    `part01.tar!/${packed[0]}`,
    `part01.tar!/${packed[1]}`,
  ]);
  expect(events.filter(({ type }) => type === 'warning')).toMatchObject([
    { code: 'archives/damaged' },
  ]);
  const found = await checkFiles(corpus);
  expect(found).toMatchObject({ missing: [], empty: [], unlisted: [] });
});

test('a protocol of a hundred thousand rows becomes as many clips', async () => {
  const rows = Array.from(
    { length: 100_000 },
    (_, i) => `LA_0001 LA_E_${i} - ${i % 2 ? 'A07 spoof' : '- bonafide'}`,
  );
  await grow(root, { tables: { [`${L}.eval.trl.txt`]: rows }, media: [] });
  const corpus = await open('asvspoof2019-la', root);
  expect(corpus.clips).toHaveLength(100_000);
});
