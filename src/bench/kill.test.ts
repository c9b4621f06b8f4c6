import { describeKills } from '../../test/helpers/kill-suite.ts';

describeKills('engine', 3, [2]);
