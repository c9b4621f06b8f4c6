/**
 * WaveFake.
 * @module
 */

import { posix } from 'node:path';
import * as z from 'zod';
import { badLayout, findFiles, makeClip, stemOf, warnAbsent } from '../layout.ts';
import { defineReader, UNKNOWN_LICENCE } from '../reader.ts';

/** Folders of `generated_audio` as published. */
const FOLDERS = [
  'ljspeech_melgan',
  'ljspeech_melgan_large',
  'ljspeech_parallel_wavegan',
  'ljspeech_multi_band_melgan',
  'ljspeech_full_band_melgan',
  'ljspeech_hifiGAN',
  'ljspeech_waveglow',
  'jsut_multi_band_melgan',
  'jsut_parallel_wavegan',
  'common_voices_prompts_from_conformer_fastspeech2_pwg_ljspeech',
];

/** WaveFake: vocoded LJSpeech and JSUT; the genuine recordings are separate downloads. */
export const wavefake = defineReader({
  name: 'wavefake',
  kind: 'published',
  title: 'WaveFake',
  medium: 'audio',
  languages: ['en', 'ja'],
  classes: 'spoof',
  layout: [
    ...FOLDERS.map((folder) => `generated_audio/${folder}/*.wav`),
    'LJSpeech-1.1/wavs/LJ001-0001.wav          genuine, a download of its own',
    'jsut_ver1.1/basic5000/wav/*.wav           genuine, a download of its own',
  ].join('\n'),
  licence: UNKNOWN_LICENCE,
  where: 'github.com/RUB-SysSec/WaveFake',
  howTo: 'Give a folder that holds generated_audio, LJSpeech-1.1 and jsut_ver1.1.',
  notes: [
    'All of WaveFake is fake: without LJSpeech and JSUT beside it a study has one class only.',
    'The generator is the name of the folder after its first part; the source is the sentence that was vocoded.',
    'There is no split.',
  ],
  options: z.strictObject({}),
  parts: FOLDERS,
  marks: ['generated_audio/*/*.wav', 'generated_audio/*/*_gen.wav'],
  read: async (tree, _, work) => {
    const fakes = findFiles(tree, 'generated_audio/*/*.wav');
    if (fakes.length === 0) throw badLayout(tree, 'no generated_audio with folders of vocoders');
    const lj = findFiles(tree, 'LJSpeech-1.1/wavs/*.wav');
    const jsut = findFiles(tree, 'jsut_ver1.1/basic5000/wav/*.wav');
    if (lj.length + jsut.length === 0) {
      warnAbsent(work, tree, 'neither LJSpeech-1.1 nor jsut_ver1.1: no genuine clips');
    }
    return [
      ...fakes.map((path) => {
        const folder = posix.basename(posix.dirname(path));
        const [corpus] = folder.split('_');
        const isCommonVoice = folder.startsWith('common_voices');
        const name = stemOf(path).replace(/_gen$/, '');
        return makeClip({
          id: `${folder}/${posix.basename(path)}`,
          path: tree.path(path),
          label: 'spoof',
          speaker: corpus === 'jsut' ? 'jsut' : 'ljspeech',
          language: corpus === 'jsut' ? 'ja' : 'en',
          generator: folder.slice(folder.indexOf('_') + 1),
          source: isCommonVoice ? `wavefake/${name}` : `${corpus}/${name}`,
          domain: 'wavefake',
        });
      }),
      ...[...lj.map((path) => ['ljspeech', path]), ...jsut.map((path) => ['jsut', path])].map(
        ([corpus, path]) =>
          makeClip({
            id: `${corpus}/${posix.basename(path!)}`,
            path: tree.path(path!),
            label: 'bonafide',
            speaker: corpus,
            language: corpus === 'jsut' ? 'ja' : 'en',
            source: `${corpus}/${stemOf(path!)}`,
            domain: 'wavefake',
          }),
      ),
    ];
  },
});
