import { describeKills } from '../../test/helpers/kill-suite.ts';

describeKills('engine', 60, [1, 2]);
describeKills('command line', 20, [1]);
