import { describeKills } from '../../test/helpers/kill-suite.ts';

describeKills(3, [2]);
