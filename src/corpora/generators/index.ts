/**
 * The text-to-speech generators by id (Debian and npm packages; none of them ships with us).
 * @module
 */

import { espeak } from './espeak.ts';
import { festival } from './festival.ts';
import { flite } from './flite.ts';
import { npmSpeaker } from './npm.ts';
import type { Speaker } from './speaker.ts';

const ENGLISH = { language: 'en', encoding: 'iso-8859-1', licence: 'BSD-style' } as const;
const ITALIAN = {
  family: 'diphone',
  language: 'it',
  encoding: 'iso-8859-1',
  licence: 'GPL-2.0',
} as const;
const czech = (name: string): Speaker =>
  festival({
    family: 'diphone',
    language: 'cs',
    encoding: 'iso-8859-2',
    licence: 'GPL-3.0',
    voice: `voice_czech_${name}`,
    index: [`czech-${name}-unisyn-index`, `voices/czech/czech_${name}/group/${name}.group`],
  });

/**
 * Every speaker. Engines that share a `database` have one voice: kal is a diphone voice of both Flite and
 * Festival, slt a statistical one of both.
 */
export const SPEAKERS: Readonly<Record<string, Speaker>> = {
  espeak: espeak(''),
  klatt: espeak('+klatt'),
  mespeak: npmSpeaker('mespeak', {
    family: 'formant',
    // Its Greek voice swallows most of a text.
    languages: ['en', 'es', 'fr', 'it', 'cs', 'nl', 'ro', 'ca'],
    licence: 'GPL',
  }),
  gnuspeech: npmSpeaker('gnuspeech', {
    family: 'articulatory',
    languages: ['en'],
    licence: 'GPL-3.0',
  }),
  'flite-slt': flite('slt', { family: 'statistical', database: 'slt' }),
  'flite-awb': flite('awb', { family: 'statistical' }),
  'flite-rms': flite('rms', { family: 'statistical' }),
  'flite-kal16': flite('kal16', { family: 'diphone', database: 'kal' }),
  'fest-kal': festival({
    ...ENGLISH,
    family: 'diphone',
    voice: 'voice_kal_diphone',
    database: 'kal',
  }),
  'fest-ked': festival({ ...ENGLISH, family: 'diphone', voice: 'voice_ked_diphone' }),
  'fest-slthts': festival({
    ...ENGLISH,
    family: 'statistical',
    voice: 'voice_cmu_us_slt_arctic_hts',
    database: 'slt',
  }),
  'fest-lp': festival({ ...ITALIAN, voice: 'voice_lp_diphone' }),
  'fest-pc': festival({ ...ITALIAN, voice: 'voice_pc_diphone' }),
  'fest-dita': czech('dita'),
  'fest-krb': czech('krb'),
  'fest-machac': czech('machac'),
  'fest-ph': czech('ph'),
  'fest-onahts': festival({
    family: 'statistical',
    language: 'ca',
    encoding: 'iso-8859-1',
    licence: 'LGPL-2.1-or-later',
    voice: 'voice_upc_ca_ona_hts',
  }),
  'fest-nshcl': festival({
    family: 'unit-selection',
    language: 'ru',
    encoding: 'utf-8',
    licence: 'BSD-style (festvox-ru)',
    voice: 'voice_msu_ru_nsh_clunits',
    database: 'nsh',
    cloneOf: 'nsh',
  }),
};
