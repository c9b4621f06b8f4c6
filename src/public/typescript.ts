/**
 * `node --import ringtrue/typescript FILE.ts`: runs scripts in TypeScript on any supported Node, types taken
 * away and not checked.
 * @module
 */

import { registerHooks } from '../training/load-recipe.ts';

registerHooks();
