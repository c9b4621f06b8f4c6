/**
 * Sounds of the game UFO: Alien Invasion, with the licence of each as the copyright file of the package lists it.
 * @module
 */

/** Where the sounds are. */
export const UFOAI = {
  package: 'ufoai-sound',
  /** A zip archive, relative to the root of the unpacked packages. */
  archive: 'usr/share/games/ufoai/base/0snd.pk3',
} as const;

/** Names below `sound/`, without `.ogg`, by licence: what is alien, speech, music or shorter than 2 s is left out. */
export const UFOAI_AMBIENCE: Readonly<Record<string, readonly string[]>> = {
  'CC-BY-SA-3.0': [
    'ambience/arcticwind',
    'ambience/fire',
    'ambience/fire03',
    'ambience/fire04',
    'ambience/fire05',
    'ambience/fire06',
    'ambience/sand-city',
    'ambience/smallfire',
    'ambience/thunder1',
    'ambience/thunder2',
    'ambience/thunder3',
    'ambience/tv_static',
    'ambience/water01',
    'ambience/water02',
    'ambience/waterfontain',
    'ambience/wind_turbine',
  ],
  'CC-BY-3.0': ['ambience/minepump03'],
  'GPL-2.0': [
    'ambience/fire1',
    'ambience/fire2',
    'ambience/firesoft',
    'ambience/sparks',
    'ambience/water',
  ],
  'GPL-2.0-or-later': [
    'ambience/city_abnd_ufoai_atm',
    'ambience/cricket_loop',
    'ambience/hum',
    'ambience/hum2',
    'ambience/machine1',
    'ambience/steam',
    'ambience/ufo_night_atm',
  ],
};

/** Shorter sounds, likewise. */
export const UFOAI_EFFECTS: Readonly<Record<string, readonly string[]>> = {
  'CC-BY-SA-3.0': [
    'ambience/water03',
    ...['carpet', 'dirt', 'grass', 'gravel', 'snow', 'splash', 'stone', 'tile', 'wood'].flatMap(
      (ground) => [1, 2, 3, 4].map((take) => `footsteps/${ground}${take}`),
    ),
    'footsteps/crouch',
    'footsteps/stand',
    'footsteps/water_in',
    'footsteps/water_out',
    'doors/door1-close',
    'doors/door1-open',
    'doors/door2-close',
    'doors/door2-open',
    'doors/door3-close',
    'doors/door3-open',
  ],
  'GPL-2.0': [
    'ambience/creak',
    'footsteps/hitground2',
    'footsteps/hitground3',
    'footsteps/hitground4',
  ],
  'GPL-2.0-or-later': [
    'ambience/lights_loop',
    'doors/creak_low_short',
    'doors/open_close',
    'footsteps/linoleum',
    'footsteps/metal1',
    'footsteps/metal3',
  ],
};

/** Path of a sound in the archive. */
export function ufoaiPath(name: string): string {
  return `sound/${name}.ogg`;
}

/** Licence of a sound; undefined for one that neither list has. */
export function ufoaiLicence(name: string): string | undefined {
  for (const list of [UFOAI_AMBIENCE, UFOAI_EFFECTS]) {
    for (const [licence, names] of Object.entries(list)) if (names.includes(name)) return licence;
  }
  return undefined;
}
