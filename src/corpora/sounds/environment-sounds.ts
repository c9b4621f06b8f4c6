/**
 * The sounds of the corpus `environment`: which files, of which class. What a file holds is told by its name and by
 * nothing else; takes of one thing are one sound, so that they stay in one split. Files that hold the same recording
 * as another one were found by their envelopes, and left out or joined to it.
 * @module
 */

import { UFOAI, ufoaiLicence, ufoaiPath } from '../sources/ufoai.ts';
import type { SoundRef } from './sound.ts';

/** A sound of the environment. */
export interface EnvironmentSound {
  /** Unique: package and first file. */
  readonly id: string;
  readonly class: string;
  readonly package: string;
  readonly licence: string;
  readonly sound: SoundRef;
}

/** A package of sounds in files of their own. */
interface Shelf {
  readonly package: string;
  readonly folder: string;
  readonly ending: string;
  readonly licence: string;
}

/** Takes by class: each text is a sound, its words are files. */
type Takes = Readonly<Record<string, readonly string[]>>;

const GROUNDS = ['carpet', 'dirt', 'grass', 'gravel', 'snow', 'splash', 'stone', 'tile', 'wood'];
const UFOAI_TAKES: Takes = {
  fire: ['fire', 'fire03 fire04 fire05 fire06', 'fire1 fire2 firesoft', 'smallfire'].map(ambience),
  water: ['water', 'water01 water02 water03', 'waterfontain'].map(ambience),
  wind: ['arcticwind', 'sand-city'].map(ambience),
  thunder: ['thunder1 thunder2 thunder3'].map(ambience),
  machine: ['machine1', 'minepump03', 'wind_turbine', 'steam', 'hum hum2'].map(ambience),
  electric: ['sparks', 'tv_static', 'lights_loop'].map(ambience),
  place: ['city_abnd_ufoai_atm', 'ufo_night_atm'].map(ambience),
  insect: ['cricket_loop'].map(ambience),
  footsteps: [
    ...GROUNDS.map((ground) => [1, 2, 3, 4].map((n) => `footsteps/${ground}${n}`).join(' ')),
    'footsteps/crouch footsteps/stand',
    'footsteps/hitground2 footsteps/hitground3 footsteps/hitground4',
    'footsteps/linoleum footsteps/metal1 footsteps/metal3',
    'footsteps/water_in footsteps/water_out',
  ],
  door: [
    'doors/door1-close doors/door1-open',
    'doors/door2-close doors/door2-open',
    'doors/door3-close doors/door3-open',
    'doors/open_close',
    'doors/creak_low_short',
    'ambience/creak',
  ],
};

function ambience(names: string): string {
  return names.replace(/\S+/g, 'ambience/$&');
}

const LUGARU: Shelf = {
  package: 'lugaru-data',
  folder: 'usr/share/games/lugaru/Sounds',
  ending: '.ogg',
  licence: 'CC-BY-SA-3.0',
};
const LUGARU_TAKES: Takes = {
  wind: ['DesertAmbient', 'Wind'],
  fire: ['Fire FireStart FireEnd'],
  footsteps: [
    'FootStepGrass1 FootStepGrass2',
    'FootStepSnow1 FootStepSnow2 SnowSkid',
    'Land Land1 Land2 Thud Skid FootStepStone1 FootStepStone2',
  ],
  mammal: [
    'Bark Bark2 Bark3 BarkGrowl',
    'Growl Growl2 Snarl Snarl2',
    'RabbitAttack RabbitAttack2 RabbitAttack3 RabbitAttack4 RabbitChitter RabbitChitter2 RabbitPain RabbitPain2',
  ],
  bird: ['Hawk'],
  impact: [
    'Break Broken StaffBreak',
    'Clank1 Clank2 Clank3 Clank4 MetalHit',
    'HeavyImpact StaffBody StaffHead',
    'KnifeDraw KnifeSheathe KnifeSlice KnifeSwish',
  ],
};

const RESCUE: Shelf = {
  package: 'searchandrescue-data',
  folder: 'usr/share/games/searchandrescue/sounds',
  ending: '.wav',
  licence: 'GPL',
};
const RESCUE_TAKES: Takes = {
  engine: [
    'helicopter_engine_inside helicopter_engine_outside',
    'helicopter_engine_outside2',
    'helicopter_engine_outside3',
    'helicopter_engine_start helicopter_engine_shutdown',
    'hh65/engine_inside hh65/engine_start hh65/engine_shutdown',
    'jet_engine_inside jet_engine_inside_old',
    'jet_engine_inside2',
    'jet_engine_outside',
    'jet_engine_start jet_engine_shutdown',
    'jet_engine_start2 jet_engine_shutdown2 jet_engine_shutdown3',
  ],
  machine: ['flap_down flap_up', 'gear_down gear_up', 'gear_down2 gear_up2', 'air_brake_out'],
  thunder: ['thunder_faint thunder_loud thunder_moderate'],
  water: ['splash_aircraft splash_human'],
  impact: [
    'crash_ground crash_obstruction',
    'thud_heavy thud_light thud_medium',
    'land_belly land_belly2',
    'land_ski land_ski_skid land_wheel_skid land_wheel_skid2 land_wheel_skid3',
  ],
};

const STAMPS: Shelf = {
  package: 'tuxpaint-stamps-default',
  folder: 'usr/share/tuxpaint/stamps',
  ending: '.ogg',
  licence: 'GPL-2.0',
};
const inFolder = (folder: string, names: string): string[] =>
  names.split(' ').map((name) => `${folder}/${name}`);
const STAMPS_TAKES: Takes = {
  bird: inFolder(
    'animals/birds',
    'blackbird crow cuckoo duck gander hen heron_greatblue_flying lark owl penguin quetzal rooster seagull tucan turkey vulture',
  ),
  mammal: [
    ...inFolder('animals/mammals/apes', 'chimp gorilla'),
    ...inFolder('animals/mammals/aquatic', 'dolphin orca sea_lion whale'),
    ...inFolder('animals/mammals/bovines', 'bison bull cow cow_white goat sheep'),
    'animals/mammals/camel/camel animals/mammals/camel/dromedary',
    ...inFolder('animals/mammals/cats', 'lion tiger'),
    ...inFolder('animals/mammals/deer', 'caribou deer doe'),
    ...inFolder('animals/mammals/dogs', 'dog fox'),
    ...inFolder('animals/mammals/equines', 'donkey horse zebra'),
    ...inFolder('animals/mammals/rodents', 'mouse rabbit squirrel'),
    ...inFolder('animals/mammals', 'badger bears/bear elephant ferret hippopotamus'),
    'animals/mammals/pig animals/mammals/pig_golden animals/mammals/pig_golden2',
    'animals/marsupials/koala',
  ],
  insect: inFolder('animals/insects', 'bee grasshopper hornet mosquito'),
  machine: ['household/Washing-machine household/vacuum_cleaner', 'household/kettle'],
  water: ['household/toilet'],
  impact: ['household/dishes/glass', 'household/tools/saw household/tools/hammer'],
  thunder: ['naturalforces/lightningbolt'],
  engine: ['vehicles/emergency/firetruck'],
};

/** Every sound, in a fixed order. */
export const ENVIRONMENT_SOUNDS: readonly EnvironmentSound[] = [
  ...entries(UFOAI_TAKES).map(([kind, names]): EnvironmentSound => {
    const [first = ''] = names;
    return {
      id: `ufoai-${first.replace(/.*\//, '')}`,
      class: kind,
      package: UFOAI.package,
      licence: ufoaiLicence(first) ?? '',
      sound: { archive: UFOAI.archive, files: names.map(ufoaiPath) },
    };
  }),
  ...onShelf(LUGARU, LUGARU_TAKES, 'lugaru'),
  ...onShelf(RESCUE, RESCUE_TAKES, 'rescue'),
  ...onShelf(STAMPS, STAMPS_TAKES, 'stamps'),
];

function entries(takes: Takes): (readonly [string, string[]])[] {
  return Object.entries(takes).flatMap(([kind, sounds]) =>
    sounds.map((names) => [kind, names.split(' ')] as const),
  );
}

function onShelf(shelf: Shelf, takes: Takes, short: string): EnvironmentSound[] {
  return entries(takes).map(([kind, names]) => ({
    id: `${short}-${(names[0] ?? '').replace(/^animals\/|^household\//, '').replaceAll('/', '-')}`,
    class: kind,
    package: shelf.package,
    licence: shelf.licence,
    sound: { files: names.map((name) => `${shelf.folder}/${name}${shelf.ending}`) },
  }));
}
