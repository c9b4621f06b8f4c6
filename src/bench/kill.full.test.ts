import { describeKills } from '../../test/helpers/kill-suite.ts';

describeKills(60, [1, 2]);
