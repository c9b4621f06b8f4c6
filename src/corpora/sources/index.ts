/**
 * Every source of real speech by id.
 * @module
 */

import type { RecordingSource } from '../recording.ts';
import { asterisk } from './asterisk.ts';
import { festvoxRu } from './festvox-ru.ts';
import { fillets } from './fillets.ts';
import { tuxpaint } from './tuxpaint.ts';

/** Sources of recordings with transcripts, at 16 kHz or more. */
export const SOURCES = {
  'asterisk-en': asterisk({
    language: 'en',
    speaker: 'allison',
    folder: 'en_US_f_Allison',
    licence: 'CC-BY-SA-3.0',
    about: 'Allison Smith, a voice artist; also asterisk-es',
  }),
  'asterisk-es': asterisk({
    language: 'es',
    speaker: 'allison',
    folder: 'es_MX_f_Allison',
    licence: 'CC-BY-SA-3.0',
    about: 'Allison Smith, by the name of the folder; also asterisk-en',
  }),
  'asterisk-fr': asterisk({
    language: 'fr',
    speaker: 'june',
    folder: 'fr_CA_f_June',
    licence: 'CC-BY-SA-3.0',
    about: 'June Wallack, a voice artist',
  }),
  'asterisk-it': asterisk({
    language: 'it',
    speaker: 'carlo',
    folder: 'it_IT_m_Carlo',
    licence: 'CC-BY-3.0',
    about: 'Carlo Flora, a voice artist',
  }),
  'asterisk-ru': asterisk({
    language: 'ru',
    speaker: 'ivr-ru',
    folder: 'ru_RU_f_IvrvoiceRU',
    licence: 'CC-BY-3.0',
    about: 'a woman of the recording service ivrvoice.ru, not named',
  }),
  'fillets-cs': fillets('cs'),
  'fillets-nl': fillets('nl'),
  'tux-es': tuxpaint('es', 'Estefanía Ortiz'),
  'tux-fr': tuxpaint('fr', '"PaulK" (some by Jacques Chion)'),
  'tux-ru': tuxpaint('ru', 'Edwin Veber'),
  'tux-ro': tuxpaint('ro', '"Tabbytha"'),
  'tux-ca': tuxpaint('ca', 'Pere Pujal i Carabantes'),
  'tux-bg': tuxpaint('bg', 'Krasimir Petkov'),
  'tux-be': tuxpaint('be', 'Kseniya Buraya'),
  'tux-el': tuxpaint('el', 'Kiriaki Serafeim'),
  'tux-da': tuxpaint('da', 'Joe Dalton'),
  'festvox-ru': festvoxRu(),
} as const satisfies Readonly<Record<string, RecordingSource>>;

/** Id of a source. */
export type SourceId = keyof typeof SOURCES;

/** Whose voices the sources have, a line each. */
export function voicesOf(sources: readonly SourceId[]): string[] {
  return [...new Set(sources)].map((id) => `${id}: ${SOURCES[id].about}`);
}
